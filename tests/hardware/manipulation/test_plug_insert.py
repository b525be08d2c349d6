"""The plug is lost where nobody can grasp it any more, and inserted only when it is."""

import math

import mujoco
import numpy as np
import pytest

from untether_hardware.franka.cameras import CameraRenderer
from untether_hardware.franka.pose import Pose
from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.workspace import POINTING_DOWN
from untether_hardware.manipulation.plug_insert import PLUG, RECEPTACLE, PlugInsert
from untether_hardware.manipulation.workcell import Workcell


@pytest.fixture
def cell():
    made = Workcell(PlugInsert())
    made.reset(np.random.default_rng(3))
    return made


def put(cell, position, tilt=0.0):
    """Put the plug somewhere, tilted about y."""
    arm = cell.arm
    half = 0.5 * tilt
    arm.data.joint(PLUG).qpos = (*position, math.cos(half), 0.0, math.sin(half), 0.0)
    mujoco.mj_forward(arm.model, arm.data)


def is_lost(cell):
    return cell.task.is_lost(cell.arm.data, cell.arm.read_state())


def test_a_plug_in_its_stand_or_in_the_air_can_still_be_inserted(cell):
    assert not is_lost(cell)
    put(cell, (0.5, 0.0, 0.10), tilt=math.radians(30.0))
    assert not is_lost(cell)


@pytest.mark.parametrize(
    ("position", "tilt"), [((0.45, 0.0, 0.014), 0.0), ((0.5, 0.06, 0.05), math.radians(80.0))]
)
def test_a_plug_on_the_table_or_on_its_side_is_lost(cell, position, tilt):
    put(cell, position, tilt)
    assert is_lost(cell)
    assert not cell.is_success()


def test_a_plug_in_the_receptacle_is_a_success_and_not_lost(cell):
    task, data = cell.task, cell.arm.data
    receptacle = data.body(RECEPTACLE)
    above = receptacle.xpos + np.array((0.0, 0.0, task.config.grip[2] + 0.001))
    data.joint(PLUG).qpos = (*above, *receptacle.xquat)
    mujoco.mj_forward(cell.arm.model, data)
    assert cell.is_success()
    assert not is_lost(cell)
    data.joint(PLUG).qpos[2] += 0.006
    mujoco.mj_forward(cell.arm.model, data)
    assert not cell.is_success()


def test_both_cameras_see_the_plug_and_where_it_belongs(cell):
    place = cell.arm.data.body(RECEPTACLE).xpos
    cell.arm.reset_to_pose(Pose(place + np.array((0.0, 0.0, 0.08)), POINTING_DOWN))
    with CameraRenderer(cell.arm.model) as renderer:
        for camera, name in (("front", PLUG), ("front", RECEPTACLE), ("wrist", RECEPTACLE)):
            before = renderer.render(cell.arm.data, camera).astype(int)
            geoms = np.flatnonzero(cell.arm.model.geom_bodyid == cell.arm.model.body(name).id)
            colors = cell.arm.model.geom_rgba[geoms].copy()
            cell.arm.model.geom_rgba[geoms] = (1.0, 0.0, 1.0, 1.0)
            after = renderer.render(cell.arm.data, camera).astype(int)
            cell.arm.model.geom_rgba[geoms] = colors
            changed = (np.abs(after - before).max(2) > 20).sum()
            assert changed > 100, (camera, name)


def test_a_plug_that_is_held_does_not_slip_under_a_force(cell):
    arm, task = cell.arm, cell.task
    pose = Pose(np.array((0.5, 0.0, 0.15)), POINTING_DOWN)
    arm.reset_to_pose(pose)
    put(cell, pose.position)
    arm.command_pose(pose)
    cell.command_gripper(GripperCommand.CLOSE)
    weight = 9.81 * task.config.mass
    arm.data.xfrc_applied[arm.model.body(PLUG).id, 2] = weight  # until it is held
    arm.step(1.0)
    before = task.observe_privileged(arm.data, arm.read_state())[:3]
    arm.data.xfrc_applied[arm.model.body(PLUG).id, 2] = 20.0  # [N] as from a rim that it stands on
    arm.step(4.0)
    after = task.observe_privileged(arm.data, arm.read_state())[:3]
    assert np.linalg.norm(before) < 0.02
    assert np.linalg.norm(after - before) < 0.001
