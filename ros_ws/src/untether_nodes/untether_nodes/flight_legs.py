"""A flight in legs: arm, fly to one goal after the other, land whatever happens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from untether_interfaces.action import RunPolicy

from untether_hardware.safety import Mode
from untether_hardware.state import Vector
from untether_nodes.client import FlightClient, FlightClientError, OnFeedback
from untether_nodes.flight_goal import Task
from untether_nodes.goal_report import GoalReport


@dataclass(frozen=True)
class Leg:
    """One goal of a flight.

    Attributes:
        task: What to do.
        goal: (3,) [m] map.
        duration: Of a hover or a figure eight [s].
        tolerance: Distance that counts as arrived [m]; 0 takes policy_node's parameter.
        hold_time: Time to stay there [s]; 0 takes policy_node's parameter.
        timeout: Deadline to arrive [s]; 0 takes policy_node's parameter.
    """

    task: Task
    goal: Vector
    duration: float = 0.0
    tolerance: float = 0.0
    hold_time: float = 0.0
    timeout: float = 0.0

    def fly(self, robot: FlightClient, on_feedback: OnFeedback) -> GoalReport:
        """Fly this leg.

        Args:
            robot: An armed robot.
            on_feedback: Called ten times a second.

        Raises:
            FlightClientError: When policy_node does not take the goal.
        """
        match self.task:
            case Task.HOVER:
                return robot.hover(self.goal, self.duration, on_feedback=on_feedback)
            case Task.FIGURE_EIGHT:
                return robot.figure_eight(self.goal, self.duration, on_feedback=on_feedback)
            case Task.POSITION:
                return robot.fly_to(
                    self.goal,
                    tolerance=self.tolerance,
                    hold_time=self.hold_time,
                    timeout=self.timeout,
                    on_feedback=on_feedback,
                )


@dataclass
class LegsFlown:
    """How a flight went.

    Attributes:
        legs: What was to be flown.
        reports: How each leg that was tried went.
        landed: Whether the robot stands on the floor without a fault; None when it was to stay up.
        problem: Why the flight ended early or did not land, for people; else empty.
        interrupted: Whether it ended early because of Ctrl-C or the like.
    """

    legs: Sequence[Leg]
    reports: list[GoalReport] = field(default_factory=list)
    landed: bool | None = None
    problem: str = ""
    interrupted: bool = False

    @property
    def reached(self) -> int:
        """Goals reached."""
        return sum(report.reached for report in self.reports)

    @property
    def succeeded(self) -> bool:
        """Whether every goal was reached, and the robot landed if it was to."""
        return self.reached == len(self.legs) and self.landed is not False


def fly_legs(
    robot: FlightClient,
    legs: Sequence[Leg],
    *,
    timeout: float = 30.0,
    land: bool = True,
    tell: Callable[[str], None],
) -> LegsFlown:
    """Fly the legs until one ends with the policy out of command.

    A flight that does not reach all its goals is landed in any case, whatever ended it.

    Args:
        robot: A client whose ``on_tick`` raises KeyboardInterrupt to end the flight.
        legs: What to fly.
        timeout: To find the robot [s].
        land: Whether to land at the end.
        tell: Called with what goes on.
    """
    flown = LegsFlown(legs)
    try:
        robot.wait_until_ready(timeout)
        robot.arm()
        for index, leg in enumerate(legs):
            title = f"{leg.task.name.lower()} {index + 1} of {len(legs)}"

            def show(feedback: RunPolicy.Feedback, title: str = title) -> None:
                tell(f"{title}: {feedback.elapsed:.1f} s, {feedback.distance:.2f} m to go")

            if robot.log is not None:
                robot.log.goal_index = index
            flown.reports.append(leg.fly(robot, show))
            if robot.mode is not Mode.POLICY:
                break
    except FlightClientError as error:
        flown.problem = str(error)
    except KeyboardInterrupt:
        flown.interrupted = True
    finally:
        if land or flown.reached < len(legs):
            _land(robot, flown, tell)
    return flown


def _land(robot: FlightClient, flown: LegsFlown, tell: Callable[[str], None]) -> None:
    flown.landed = False
    tell("landing")
    try:
        flown.landed = robot.land()
    except FlightClientError as error:
        flown.problem = flown.problem or str(error)
    except KeyboardInterrupt:
        flown.interrupted = True
