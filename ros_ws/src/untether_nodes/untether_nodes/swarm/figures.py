"""What episodes of a swarm come to: rates with their intervals, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from untether_hardware.swarm.rate import Rate
from untether_nodes.swarm.episodes import Episode

TITLES = (
    "condition",
    "episodes",
    "success [%]",
    "collision [%]",
    "drone [%]",
    "room [%]",
    "stuck [%]",
    "final [m]",
    "way [m]",
)
"""Of a row: rates count drones, with 95 % intervals; drone and room are what they touched; final,
the mean distance to the goal over the last second; way, the mean length of flights that succeed."""

_RATES = {
    "success": "succeeded",
    "collision": "collided",
    "hit_drone": "hit_drone",
    "hit_room": "hit_room",
    "stuck": "stuck",
}


@dataclass(frozen=True)
class SwarmFigures:
    """How the drones of some episodes fared.

    Attributes:
        condition: What was flown, for people.
        episodes: How many.
        rates: Shares of the drones by name: success, collision, hit_drone, hit_room, stuck.
        final_distance: Mean distance to the goal over the last second [m], of who flew.
        way: Mean length of the flights that succeeded [m]; not a number when there was none.
    """

    condition: str
    episodes: int
    rates: dict[str, Rate]
    final_distance: float
    way: float

    @classmethod
    def of(cls, condition: str, episodes: Sequence[Episode]) -> "SwarmFigures":
        """Count episodes, at least one, of equally many drones."""

        def join(name: str) -> np.ndarray:
            return np.array([getattr(episode.outcome, name) for episode in episodes]).T

        final, way = join("final_distance"), join("way")[join("succeeded")]
        flown = final[np.isfinite(final)]
        return cls(
            condition=condition,
            episodes=len(episodes),
            rates={name: Rate.of(join(field)) for name, field in _RATES.items()},
            final_distance=float(flown.mean()) if flown.size else np.nan,
            way=float(way.mean()) if way.size else np.nan,
        )

    def cells(self) -> tuple[str, ...]:
        """Return the row of a table, one cell for each of ``TITLES``."""
        shares = (
            f"{100 * self.rates[name].value:.1f}" for name in ("hit_drone", "hit_room", "stuck")
        )
        return (
            self.condition,
            str(self.episodes),
            str(self.rates["success"]),
            str(self.rates["collision"]),
            *shares,
            _format(self.final_distance, 2),
            _format(self.way, 1),
        )

    def describe(self) -> dict[str, float | int | str | None]:
        """Return the row as flat figures, null where there was nothing to measure."""
        figures: dict[str, float | int | str | None] = {
            "condition": self.condition,
            "episodes": self.episodes,
        }
        for name, rate in self.rates.items():
            figures |= {
                f"{name}_rate": rate.value,
                f"{name}_lower": rate.lower,
                f"{name}_upper": rate.upper,
            }
        for name, value in (("final_distance_m", self.final_distance), ("way_m", self.way)):
            figures[name] = value if np.isfinite(value) else None
        return figures


def _format(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else "-"
