"""A flight is landed whatever ends it."""

import pytest

from untether_hardware.safety import Mode
from untether_nodes.client import FlightClientError
from untether_nodes.flight_goal import GoalCode, Task
from untether_nodes.flight_legs import Leg, fly_legs
from untether_nodes.goal_report import GoalReport

LEGS = [Leg(Task.POSITION, (1.0, 0.0, 1.0), tolerance=0.2), Leg(Task.HOVER, (0.0, 0.0, 1.0), 5.0)]


class FakeRobot:
    """Flies perfectly, unless ``troubles`` says what a method raises or how a goal ends."""

    log = None

    def __init__(self, **troubles):
        self.troubles = troubles
        self.calls = []
        self.mode = Mode.POLICY

    def _call(self, name):
        self.calls.append(name)
        trouble = self.troubles.get(name)
        if isinstance(trouble, BaseException):
            raise trouble
        return trouble

    def wait_until_ready(self, timeout):
        self._call("wait_until_ready")

    def arm(self):
        self._call("arm")

    def fly_to(self, goal, *, tolerance, hold_time, timeout, on_feedback):
        assert tolerance == 0.2
        return self._report(goal, self._call("fly_to"))

    def hover(self, goal, duration, *, on_feedback):
        assert duration == 5.0
        return self._report(goal, self._call("hover"))

    def land(self):
        self._call("land")
        return True

    def _report(self, goal, code):
        if code is GoalCode.FAULT:
            self.mode = Mode.FAULT
        return GoalReport(goal, int(code or 0), "", 1.0, 0.1, 0.1, 100, 1e-4, 2e-4)


def fly(robot, **options):
    return fly_legs(robot, LEGS, tell=lambda text: None, **options)


def test_legs_are_flown_in_order_and_landed():
    robot = FakeRobot()
    flown = fly(robot)
    assert robot.calls == ["wait_until_ready", "arm", "fly_to", "hover", "land"]
    assert (flown.reached, flown.landed, flown.succeeded) == (2, True, True)


def test_a_flight_that_succeeds_may_stay_up():
    robot = FakeRobot()
    flown = fly(robot, land=False)
    assert "land" not in robot.calls
    assert (flown.landed, flown.succeeded) == (None, True)


@pytest.mark.parametrize("trouble", [FlightClientError("silence"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["wait_until_ready", "arm", "fly_to", "hover"])
def test_a_flight_that_is_cut_short_is_landed_though_it_was_to_stay_up(place, trouble):
    robot = FakeRobot(**{place: trouble})
    flown = fly(robot, land=False)
    assert robot.calls[-2:] == [place, "land"]
    assert (flown.landed, flown.succeeded) == (True, False)
    assert flown.interrupted == isinstance(trouble, KeyboardInterrupt)
    assert flown.problem == str(trouble)


def test_an_unexpected_error_does_not_leave_the_robot_in_the_air():
    robot = FakeRobot(fly_to=RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        fly(robot)
    assert robot.calls[-1] == "land"


def test_a_goal_that_is_not_reached_does_not_end_the_flight_but_a_fault_does():
    robot = FakeRobot(fly_to=GoalCode.DEADLINE)
    assert (fly(robot).reached, robot.calls[-2:]) == (1, ["hover", "land"])
    robot = FakeRobot(fly_to=GoalCode.FAULT)
    assert (fly(robot).reached, robot.calls[-2:]) == (0, ["fly_to", "land"])


@pytest.mark.parametrize("trouble", [FlightClientError("silence"), KeyboardInterrupt()])
def test_a_landing_that_fails_is_told(trouble):
    flown = fly(FakeRobot(land=trouble))
    assert (flown.reached, flown.landed, flown.succeeded) == (2, False, False)
    assert flown.interrupted == isinstance(trouble, KeyboardInterrupt)
    assert flown.problem == str(trouble)
