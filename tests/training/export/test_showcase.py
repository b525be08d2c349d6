"""The showcase flies every task's course in the deployment simulator."""

import numpy as np
import pytest

from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_hardware.setpoint import Setpoint
from untether_training.export.showcase import _COURSES, fly_showcase
from untether_training.tasks.registry import TASKS


def test_every_task_has_a_course():
    assert set(_COURSES) == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_courses_begin_with_a_goal_within_reach(task):
    simulator = SimulatedCrazyflie()
    course = _COURSES[task](simulator, np.random.default_rng(0))
    truth = simulator.read_truth()
    goal = course.advance(truth)
    assert isinstance(goal, Setpoint)
    assert np.linalg.norm(np.subtract(goal.position, truth.position)) < 5.0


def test_a_bundle_is_flown_to_the_end(exported, tmp_path):
    bundle = exported.write(tmp_path / "crazyflie_test", "# Test\n")
    flight = fly_showcase(bundle.path, "hover", seed=0)
    assert flight.duration == pytest.approx(6.0, abs=0.02)
