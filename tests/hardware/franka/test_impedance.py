import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.franka.description import FR3
from untether_hardware.franka.impedance import ImpedanceController
from untether_hardware.franka.impedance_config import COMPLIANCE, PRECISION, ImpedanceConfig
from untether_hardware.franka.pose import Pose, make_rotation

HERE = Pose(np.array([0.5, 0.0, 0.3]), np.diag([1.0, -1.0, -1.0]))
HOME = np.array(FR3.home)
STILL = np.zeros(7)
JACOBIAN = np.random.default_rng(0).normal(0.0, 0.1, (6, 7))
MAX_TORQUE = np.array([joint.max_torque for joint in FR3.joints])


def make(config=COMPLIANCE, torque=STILL, description=FR3):
    controller = ImpedanceController(description, config, period=0.001)
    controller.reset(HERE, HOME, torque)
    return controller


def shift(*offset):
    return Pose(HERE.position + np.array(offset), HERE.rotation)


def find_wrench(controller, velocity=STILL, calls=1000):
    """The wrench that the torques make on the tool, once they may change no more."""
    for _ in range(calls):
        torque = controller.compute(HERE, JACOBIAN, HOME, velocity, STILL)
    return np.linalg.lstsq(JACOBIAN.T, torque, rcond=None)[0]


def test_far_setpoint_pulls_with_the_stiffness_times_the_limit():
    controller = make()
    controller.set_target(shift(1.0, -1.0, 1.0))
    expected = (2000 * 0.0075, -2000 * 0.0016, 2000 * 0.0055, 0, 0, 0)
    assert find_wrench(controller) == pytest.approx(expected, abs=1e-3)


def test_near_setpoint_pulls_in_proportion_to_the_error_in_the_base_frame():
    controller = make(PRECISION)
    turn = make_rotation((0.0, 0.0, 0.02))  # about z of the base, though the tool points down
    controller.set_target(Pose(shift(0.0, 0.004, 0.0).position, turn @ HERE.rotation))
    assert find_wrench(controller) == pytest.approx((0, 8, 0, 0, 0, 5), abs=1e-3)


def test_motion_is_damped():
    controller = make()
    velocity = np.linalg.lstsq(JACOBIAN, [0.01, 0, 0, 0, 0, 0], rcond=None)[0]
    wrench = find_wrench(controller, velocity)
    assert wrench[0] == pytest.approx(-0.89, abs=1e-3)


def test_wrench_keeps_its_bound_however_fast_the_tool_moves():
    strong = tuple(replace(joint, max_torque=1e6) for joint in FR3.joints)
    controller = make(
        replace(COMPLIANCE, nullspace_damping=0.0), description=replace(FR3, joints=strong)
    )
    bound = 2000 * 0.0016 + 2 * 89 * 0.0016 * 1000
    assert controller.max_wrench[1] == pytest.approx(bound)
    controller.set_target(shift(0.0, 1.0, 0.0))
    velocity = np.linalg.lstsq(JACOBIAN, [0, -100.0, 0, 0, 0, 0], rcond=None)[0]
    assert find_wrench(controller, velocity)[1] == pytest.approx(bound, rel=1e-3)


def test_feed_forward_wrench_acts_in_the_tool_frame():
    controller = make()
    controller.set_target(HERE, np.array([1.0, 2.0, 3.0, 0.1, 0.2, 0.3]))
    assert find_wrench(controller) == pytest.approx((1, -2, -3, 0.1, -0.2, -0.3), abs=1e-3)


def test_pull_to_the_reset_angles_does_not_move_the_tool():
    controller = make()
    for _ in range(100):
        torque = controller.compute(HERE, JACOBIAN, HOME + 0.3, STILL, STILL)
    assert np.abs(torque).max() > 0.1
    assert JACOBIAN @ torque == pytest.approx(np.zeros(6), abs=1e-3)


def test_gravity_and_coriolis_torques_are_compensated():
    bias = np.linspace(-8.0, 8.0, 7)
    torque = make(torque=bias).compute(HERE, JACOBIAN, HOME, STILL, bias)
    assert torque == pytest.approx(bias)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=7),
    st.lists(st.floats(-1e6, 1e6), min_size=7, max_size=7),
    st.integers(1, 200),
)
def test_torques_and_their_rates_never_exceed_the_limits(velocity, bias, calls):
    controller = make(PRECISION)
    controller.set_target(Pose(HERE.position + 10.0, make_rotation((3, 0, 0)) @ HERE.rotation))
    previous = STILL
    for _ in range(calls):
        torque = controller.compute(HERE, JACOBIAN, HOME, np.array(velocity), np.array(bias))
        assert (np.abs(torque) <= MAX_TORQUE).all()
        assert (np.abs(torque - previous) <= 1.0 + 1e-9).all()
        previous = torque


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_setpoint_that_is_not_finite_is_refused_and_the_last_one_stays(bad):
    controller = make()
    wanted = Pose(HERE.position + 0.001, HERE.rotation)
    controller.set_target(wanted)
    for pose, wrench in (
        (Pose(np.array([0.5, bad, 0.3]), HERE.rotation), None),
        (Pose(HERE.position, np.full((3, 3), bad)), None),
        (HERE, np.array([0, 0, bad, 0, 0, 0])),
    ):
        with pytest.raises(ValueError, match=r"expected a finite pose .* Fix: .* last one stays"):
            controller.set_target(pose, wrench)
    assert controller.target is wanted


@pytest.mark.parametrize(
    "changes",
    [
        {"translational_stiffness": -1.0},
        {"rotational_damping": math.nan},
        {"translation_lower": (0.001, 0.0, 0.0)},
        {"rotation_upper": (math.inf, 0.0, 0.0)},
    ],
)
def test_gains_and_limits_that_make_no_sense_are_refused(changes):
    with pytest.raises(ValueError, match=r"ImpedanceConfig\..*expected .* got .* Fix: "):
        ImpedanceConfig(**changes)
