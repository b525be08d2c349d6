"""One row of an evaluation: how often a bundle succeeds under one condition."""

import math
from dataclasses import dataclass

import numpy as np

from untether_hardware.interval import wilson_interval
from untether_training.evaluation.outcome import Episodes, Floats, Outcome


@dataclass(frozen=True)
class EvaluationRow:
    """Counts and mean figures of the episodes of one condition.

    Attributes:
        simulator: ``training`` or ``mujoco``.
        condition: What was different from nominal, as ``mass_plus_15``.
        title: The same for people.
        episodes: How many episodes there were.
        successes: How many of them met the task's criterion.
        lower: Lower end of the 95 % Wilson interval of the success rate.
        upper: Its upper end.
        grounded: Episodes that ended on the ground after take-off.
        flipped: Episodes that ended upside down.
        lost: Episodes that flew away or whose state was not finite.
        timeouts: Episodes whose time was up.
        time_to_goal: Mean over the successes [s]; NaN when there is none, or none is timed.
        final_distance: Mean distance to the goal at the end [m].
        mean_speed: Mean over the episodes of the mean speed [m/s].
        peak_speed: Largest speed of all episodes [m/s].
        tracking_error: Mean distance to the goal over the scored window [m]; NaN without any.
        target: Success rate that the row has to reach, or None when it is only reported.
    """

    simulator: str
    condition: str
    title: str
    episodes: int
    successes: int
    lower: float
    upper: float
    grounded: int
    flipped: int
    lost: int
    timeouts: int
    time_to_goal: float
    final_distance: float
    mean_speed: float
    peak_speed: float
    tracking_error: float
    target: float | None = None

    @property
    def name(self) -> str:
        """Prefix of the row's figures, as ``mujoco_nominal``."""
        return f"{self.simulator}_{self.condition}"

    @property
    def success_rate(self) -> float:
        """Share of the episodes that met the criterion."""
        return self.successes / self.episodes

    @property
    def passed(self) -> bool:
        """Whether the success rate reaches the target; true without a target."""
        return self.target is None or self.success_rate >= self.target

    @classmethod
    def of(
        cls,
        simulator: str,
        condition: str,
        title: str,
        episodes: Episodes,
        target: float | None,
    ) -> "EvaluationRow":
        """Count the episodes of one condition."""
        successes = episodes.tally(Outcome.SUCCESS)
        lower, upper = wilson_interval(successes, episodes.count)
        return cls(
            simulator=simulator,
            condition=condition,
            title=title,
            episodes=episodes.count,
            successes=successes,
            lower=lower,
            upper=upper,
            grounded=episodes.tally(Outcome.GROUND),
            flipped=episodes.tally(Outcome.FLIPPED),
            lost=episodes.tally(Outcome.LOST),
            timeouts=episodes.tally(Outcome.TIMEOUT),
            time_to_goal=_mean(episodes.time_to_goal),
            final_distance=_mean(episodes.final_distance),
            mean_speed=_mean(episodes.mean_speed),
            peak_speed=float(episodes.peak_speed.max()),
            tracking_error=_mean(episodes.tracking_error),
            target=target,
        )

    def figures(self) -> dict[str, float | int | None]:
        """Return the row as flat figures with prefixed names; NaN becomes None."""
        values: dict[str, float | int | None] = {
            "episodes": self.episodes,
            "successes": self.successes,
            "success_rate": self.success_rate,
            "success_lower": self.lower,
            "success_upper": self.upper,
            "grounded": self.grounded,
            "flipped": self.flipped,
            "lost": self.lost,
            "timeouts": self.timeouts,
            "time_to_goal_s": self.time_to_goal,
            "final_distance_m": self.final_distance,
            "mean_speed_m_s": self.mean_speed,
            "peak_speed_m_s": self.peak_speed,
            "tracking_error_m": self.tracking_error,
            "target": self.target,
        }
        return {
            f"{self.name}_{key}": None
            if isinstance(value, float) and not math.isfinite(value)
            else value
            for key, value in values.items()
        }


def _mean(values: Floats) -> float:
    """Return the mean of the finite values, NaN when there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan
