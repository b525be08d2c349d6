"""The demo's flight: arm, fly a tour by the action, land, and keep all figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from statistics import mean, median
from typing import TYPE_CHECKING

from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.flight_statistics import summarize_flight
from untether_hardware.state import Vector
from untether_nodes.client import FlightClient, FlightClientError
from untether_nodes.flight_goal import Task
from untether_nodes.flight_legs import Leg, fly_legs
from untether_nodes.goal_report import GoalReport
from untether_nodes.stop_request import StopRequest

if TYPE_CHECKING:
    from rich.console import Console

_TOLERANCE = 0.15  # [m]
_HOLD_TIME = 0.5  # [s]
_LEG_TIMEOUT = 10.0  # [s]


@dataclass(frozen=True)
class DemoFlight:
    """A tour that was flown.

    Attributes:
        record: What happened, sample by sample.
        waypoints: Waypoints of the tour.
        reports: How each waypoint that was tried went.
        guards: Names of the safety stage's guards that intervened.
        landed: Whether the robot stands on the floor without a fault.
        latency_p50: From sample to command [s].
        latency_p99: From sample to command [s].
    """

    record: Flight
    waypoints: int
    reports: tuple[GoalReport, ...]
    guards: tuple[str, ...]
    landed: bool
    latency_p50: float
    latency_p99: float

    @property
    def reached(self) -> int:
        """Waypoints reached."""
        return sum(report.reached for report in self.reports)

    @property
    def succeeded(self) -> bool:
        """Whether every waypoint was reached and the robot landed without a fault."""
        return self.reached == self.waypoints and self.landed

    def describe_failure(self) -> str:
        """Return in one line why the flight did not succeed."""
        for index, report in enumerate(self.reports):
            if not report.reached:
                return (
                    f"waypoint {index + 1} of {self.waypoints} was not reached "
                    f"(code {report.error_code}: {report.message})"
                )
        return "the robot did not land without a fault"

    def describe(self) -> dict[str, str]:
        """Return the figures by name, for people."""
        statistics = summarize_flight(self.record)
        legs = [report.duration for report in self.reports if report.reached]
        errors = [report.mean_error for report in self.reports if report.reached]
        ticks = [report for report in self.reports if not isnan(report.inference_p50)]
        inference_p50 = median(report.inference_p50 for report in ticks) if ticks else 0.0
        inference_p99 = max((report.inference_p99 for report in ticks), default=0.0)
        return {
            "waypoints reached": f"{self.reached} of {self.waypoints}",
            "landed": f"{'yes' if self.landed else 'no'}, at {statistics.impact_speed:.2f} m/s",
            "time per waypoint": f"{mean(legs):.2f} s (longest {max(legs):.2f} s)" if legs else "-",
            "error at the waypoints": f"{100 * mean(errors):.1f} cm" if errors else "-",
            "speed": f"mean {statistics.mean_speed:.2f} m/s, top {statistics.max_speed:.2f} m/s",
            "sample to command": _describe_times(self.latency_p50, self.latency_p99),
            "inference": _describe_times(inference_p50, inference_p99),
            "safety events": ", ".join(self.guards) or "none",
        }


def _describe_times(p50: float, p99: float) -> str:
    return f"p50 {1e3 * p50:.3f} ms, p99 {1e3 * p99:.3f} ms"


def fly_tour(tour: Sequence[Vector], console: "Console") -> DemoFlight:
    """Arm, fly to every waypoint in turn, land; stop early when a waypoint is not reached.

    Args:
        tour: Waypoints, (3,) [m] map each.
        console: Where progress is shown.

    Raises:
        FlightClientError: When the graph does not answer or refuses to arm.
        KeyboardInterrupt: After Ctrl-C or the like, when the robot has landed.
    """
    legs = [
        Leg(Task.POSITION, goal, tolerance=_TOLERANCE, hold_time=_HOLD_TIME, timeout=_LEG_TIMEOUT)
        for goal in tour
    ]
    with StopRequest() as stop, FlightClient("cf1", name="demo", on_tick=stop.check) as robot:
        with console.status("waiting for the nodes") as line:
            flown = fly_legs(robot, legs, tell=line.update)
        if flown.interrupted:
            raise KeyboardInterrupt
        if flown.problem or robot.log is None:
            raise FlightClientError(flown.problem)
        return DemoFlight(
            record=robot.log.make_flight(
                "Crazyflie 2.1 in MuJoCo", list(tour), _TOLERANCE, _HOLD_TIME
            ),
            waypoints=len(tour),
            reports=tuple(flown.reports),
            guards=tuple(robot.find_guards()),
            landed=flown.landed is True,
            latency_p50=robot.latency.p50,
            latency_p99=robot.latency.p99,
        )
