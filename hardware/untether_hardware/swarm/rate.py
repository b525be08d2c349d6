"""How often something happened to the drones of a swarm."""

from __future__ import annotations

from dataclasses import dataclass

from untether_hardware.interval import wilson_interval
from untether_hardware.swarm.state import Flags


@dataclass(frozen=True)
class Rate:
    """How often something happened to a drone, with a 95 % interval.

    The drones of an episode meet each other, so they count as fewer independent trials than they
    are: by the ratio of the variance between episodes to that of independent drones (the design
    effect of cluster sampling: Kish 1965).

    Attributes:
        count: Drones to which it happened.
        trials: Drones.
        lower: Lower end of Wilson's interval.
        upper: Its upper end.
    """

    count: int
    trials: int
    lower: float
    upper: float

    @property
    def value(self) -> float:
        """The share."""
        return self.count / self.trials

    @classmethod
    def of(cls, happened: Flags) -> Rate:
        """Count over drones and episodes, (D, W) bool."""
        drones, episodes = happened.shape
        count, trials = int(happened.sum()), drones * episodes
        share = count / trials
        effect = 1.0
        if 0.0 < share < 1.0 and episodes > 1:
            between = float(happened.mean(axis=0).var(ddof=1))
            effect = max(1.0, between * drones / (share * (1.0 - share)))
        effective = max(1, round(trials / effect))
        lower, upper = wilson_interval(min(effective, round(share * effective)), effective)
        return cls(count, trials, min(lower, share), max(upper, share))

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} ({100 * self.lower:.1f}-{100 * self.upper:.1f})"
