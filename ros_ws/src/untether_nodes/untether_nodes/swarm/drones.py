"""The drones of a swarm by name, as Crazyswarm2 calls them."""

from collections.abc import Iterable, Sequence

MOST_DRONES = 64
"""The largest swarm that the nodes accept."""


def name_drones(count: int) -> tuple[str, ...]:
    """Return the names of so many drones, ``cf1`` and so on, in the order of all rows."""
    return tuple(f"cf{number}" for number in range(1, count + 1))


def list_drones(names: Sequence[str], drones: Iterable[int]) -> str:
    """Return the names of drones by their index, for people."""
    listed = [names[drone] for drone in drones]
    return f"all {len(listed)} drones" if len(listed) == len(names) > 1 else ", ".join(listed)
