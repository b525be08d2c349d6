"""The peg fits its socket closely, is held, and counts as inserted only when it is."""

import math

import mujoco
import numpy as np
import pytest

from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.manipulation.peg_insert import (
    PEG,
    SOCKET,
    PegInsert,
    PegInsertConfig,
    find_quarter_turn,
)
from untether_hardware.manipulation.socket import SocketShape, add_peg, add_socket
from untether_hardware.manipulation.workcell import Workcell

SHAPE = SocketShape()


@pytest.fixture(scope="module")
def cell():
    return Workcell(PegInsert())


@pytest.fixture(scope="module")
def pair():
    """Return a socket and a loose peg, without an arm."""
    spec = mujoco.MjSpec()
    spec.option.timestep = 0.001
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    add_socket(spec, SOCKET, SHAPE)
    add_peg(spec, PEG, SHAPE)
    return spec.compile()


def falls_in(model, offset, turn):
    """Let a loose peg go above a socket, and return whether it is in half a second later."""
    data = mujoco.MjData(model)
    data.mocap_pos[0] = 0.0
    data.qpos[:3] = (*offset, 0.004)
    data.qpos[3:] = (math.cos(0.5 * turn), 0.0, 0.0, math.sin(0.5 * turn))
    for _ in range(500):
        mujoco.mj_step(model, data)
    x, y, z = data.body(PEG).xpos
    return max(abs(x), abs(y)) < 0.5 * SHAPE.clearance + 1e-4 and z < -0.02


def test_a_peg_falls_in_where_it_fits_and_only_there(pair):
    assert falls_in(pair, (0.0, 0.0), 0.0)
    assert falls_in(pair, (0.0001, 0.0001), 0.0)
    assert not falls_in(pair, (0.004, 0.0), 0.0)
    assert not falls_in(pair, (0.0, 0.0), math.radians(20.0))


def test_walls_give_way_by_much_less_than_the_clearance(pair):
    data = mujoco.MjData(pair)
    data.mocap_pos[0] = 0.0
    data.qpos[:3], data.qpos[3] = (0.0, 0.0, -0.02), 1.0
    arm = 0.5 * SHAPE.peg_length - 0.01  # 20 N in the middle of what is in the hole
    data.xfrc_applied[pair.body(PEG).id] = (20.0, 0.0, 0.0, 0.0, -20.0 * arm, 0.0)
    for _ in range(300):
        mujoco.mj_step(pair, data)
    pressed_in = data.body(PEG).xpos[0] - 0.5 * SHAPE.clearance
    assert 0.0 <= pressed_in < 0.1 * SHAPE.clearance


def test_the_peg_is_held_while_nothing_happens_and_when_it_is_pressed(cell):
    state = cell.reset(np.random.default_rng(0))
    arm = cell.arm

    def slip():
        tool = arm.read_state().pose
        return tool.rotation.T @ (arm.data.body(PEG).xpos - tool.position)

    before = slip()
    arm.command_pose(state.pose)
    arm.step(1.0)
    assert np.abs(slip() - before).max() < 2e-4
    arm.data.xfrc_applied[arm.model.body(PEG).id, 2] = 20.0
    arm.step(1.0)
    arm.data.xfrc_applied[:] = 0.0
    assert np.abs(slip() - before).max() < 1e-3


def test_success_is_a_tip_deep_in_the_socket(cell):
    cell.reset(np.random.default_rng(1))
    data, config = cell.arm.data, cell.task.config
    socket = data.body(SOCKET)
    base = Pose(socket.xpos.copy(), socket.xmat.reshape(3, 3).copy())

    def put(*position):
        tip = base @ Pose(np.array(position), np.eye(3))
        data.joint(PEG).qpos[:3] = tip.position
        mujoco.mj_forward(cell.arm.model, data)
        return cell.is_success()

    assert put(0.0, 0.0, -config.depth - 0.001)
    assert not put(0.0, 0.0, -config.depth + 0.001)
    assert not put(0.03, 0.0, -config.depth - 0.001)  # beside the socket
    remaining = [
        (put(0.0, 0.0, z), cell.task.measure_remaining(data, cell.arm.read_state()))[1]
        for z in (0.04, 0.01, -0.01)
    ]
    assert remaining == sorted(remaining, reverse=True)


def test_starts_differ_within_their_bounds_and_are_no_success(cell):
    config = PegInsertConfig()
    places = []
    for seed in range(30):
        state = cell.reset(np.random.default_rng(seed))
        assert not cell.is_success()
        data = cell.arm.data
        places.append(data.body(SOCKET).xpos[:2] - config.socket_centre)
        known = cell.task.observe_privileged(data, state)
        assert abs(known[3]) < config.socket_turn + config.tool_turn + 1e-3
        assert known[2] > 0.01  # the rim is in front of the tip
    assert np.abs(places).max() <= config.socket_spread
    assert np.ptp(places, axis=0).min() > config.socket_spread


@pytest.mark.parametrize("degrees", [0.0, 30.0, -30.0, 90.0, 100.0, 190.0, -80.0])
def test_a_square_peg_fits_after_each_quarter_turn(degrees):
    tip = Pose(np.zeros(3), make_rotation((0.0, 0.0, math.radians(degrees))))
    turn = math.degrees(find_quarter_turn(tip))
    assert -45.0 <= turn <= 45.0
    assert (degrees - turn) % 90.0 == pytest.approx(0.0, abs=1e-6) or (
        degrees - turn
    ) % 90.0 == pytest.approx(90.0, abs=1e-6)
