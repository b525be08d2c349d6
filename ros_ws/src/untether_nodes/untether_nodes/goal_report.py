"""How one goal was flown."""

from dataclasses import dataclass

from untether_interfaces.action import RunPolicy

from untether_hardware.state import Vector


@dataclass(frozen=True)
class GoalReport:
    """How one goal was flown; fields as in ``untether_interfaces/action/RunPolicy``.

    Attributes:
        goal: (3,) [m] map.
        error_code: 0 on success, else a code of the action.
        message: What happened, for people.
        duration: [s].
        final_distance: [m].
        mean_error: [m].
        ticks: Policy ticks.
        inference_p50: [s].
        inference_p99: [s].
    """

    goal: Vector
    error_code: int
    message: str
    duration: float
    final_distance: float
    mean_error: float
    ticks: int
    inference_p50: float
    inference_p99: float

    @classmethod
    def from_result(cls, goal: Vector, result: RunPolicy.Result) -> "GoalReport":
        """Return the report of an action's result.

        Args:
            goal: (3,) [m] map.
            result: As the action server sent it.
        """
        return cls(
            goal=goal,
            error_code=result.error_code,
            message=result.error_msg,
            duration=result.duration,
            final_distance=result.final_distance,
            mean_error=result.mean_error,
            ticks=result.ticks,
            inference_p50=result.inference_p50,
            inference_p99=result.inference_p99,
        )

    @property
    def reached(self) -> bool:
        """Whether the goal was reached."""
        return self.error_code == RunPolicy.Result.NONE
