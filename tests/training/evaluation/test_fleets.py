"""The drones of both simulators start where they should and differ as they should."""

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.evaluation.condition import CONDITIONS
from untether_training.evaluation.mujoco_fleet import MujocoFleet
from untether_training.evaluation.scenario import Scenario
from untether_training.evaluation.training_fleet import TrainingFleet

HOVER = CRAZYFLIE.hover_rotor_thrust  # [N]
BY_NAME = {condition.name: condition for condition in CONDITIONS}


def hovering(count, thrust=HOVER):
    """Level drones at 2 m, at rest, whose rotors carry them."""
    return Scenario(
        position=np.tile([0.5, -0.5, 2.0], (count, 1)),
        orientation=np.tile([0.0, 0.0, 0.0, 1.0], (count, 1)),
        linear_velocity=np.zeros((count, 3)),
        angular_velocity=np.zeros((count, 3)),
        rotor_thrust=np.full(count, thrust / CRAZYFLIE.max_rotor_thrust),
        goal_position=np.zeros((1, count, 3)),
        goal_velocity=np.zeros((1, count, 3)),
        moving=False,
    )


def fly(condition, count, ticks, thrust=HOVER):
    """Vertical velocities [m/s] of a MuJoCo fleet after some ticks of one thrust."""
    fleet = MujocoFleet(BY_NAME[condition], count)
    fleet.reset(hovering(count), seeds=range(count))
    for _ in range(ticks):
        fleet.step(range(count), [(thrust,) * 4] * count)
    return fleet.truth()[2][:, 2]


def test_true_masses_are_those_of_the_condition():
    gravity = CRAZYFLIE.gravity
    for name, scales in (
        ("nominal", [1.0, 1.0]),
        ("mass_plus_15", [1.15, 1.15]),
        ("mass_minus_15", [0.85, 0.85]),
        ("stress", [1.15, 0.85]),
    ):
        expected = [0.2 * gravity * (1.0 / scale - 1.0) for scale in scales]
        assert fly(name, 2, ticks=20) == pytest.approx(expected, abs=0.04)


def test_extra_latency_delays_the_effect_of_a_command():
    # 10 ms are one tick: after one more, the late robot is where the prompt one was.
    prompt, late = (fly(name, 1, 3, 1.5 * HOVER)[0] for name in ("nominal", "latency_plus_10ms"))
    later = fly("latency_plus_10ms", 1, 4, 1.5 * HOVER)[0]
    assert late < 0.6 * prompt
    assert later == pytest.approx(prompt, rel=0.05)


def test_resting_drones_stay_and_noise_follows_the_seed():
    fleet = MujocoFleet(BY_NAME["nominal"], 2)
    fleet.reset(hovering(2), seeds=(4, 4))
    first, second = fleet.measure((0, 1))
    assert first == second
    assert first.position != (0.5, -0.5, 2.0)
    fleet.step((1,), [(0.0,) * 4])
    assert fleet.truth()[0][0] == pytest.approx([0.5, -0.5, 2.0])
    fleet.reset(hovering(2), seeds=(4, 5))
    first, second = fleet.measure((0, 1))
    assert first != second


def test_training_drones_start_where_told_and_differ_from_each_other():
    fleet = TrainingFleet("waypoint", hovering(50), seed=1)
    position, orientation, velocity = fleet.truth()
    assert position == pytest.approx(np.tile([0.5, -0.5, 2.0], (50, 1)))
    assert orientation == pytest.approx(np.tile([0.0, 0.0, 0.0, 1.0], (50, 1)))
    measured = fleet.measure((7, 3))
    assert measured[0].position == pytest.approx((0.5, -0.5, 2.0), abs=0.05)
    assert measured[0].position != measured[1].position
    for _ in range(20):
        fleet.step(range(50), [(HOVER,) * 4] * 50)
    velocity = fleet.truth()[2][:, 2]
    assert velocity.std() > 0.1
    assert np.abs(velocity).max() < 1.5


def test_training_drones_without_a_command_keep_their_last_one():
    fleet = TrainingFleet("waypoint", hovering(2), seed=1)
    fleet.step((0, 1), [(HOVER,) * 4, (0.0,) * 4])
    for _ in range(20):
        fleet.step((0,), [(np.nan,) * 4])
    velocity = fleet.truth()[2][:, 2]
    assert velocity[1] < -1.5
    assert velocity[0] < -1.0  # a command that is no number is none
