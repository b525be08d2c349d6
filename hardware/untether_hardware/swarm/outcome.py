"""How the drones of a swarm fared."""

from dataclasses import dataclass

from untether_hardware.swarm.state import Flags, Floats


@dataclass(frozen=True)
class SwarmOutcome:
    """How each drone fared; all fields are (drones,).

    Attributes:
        arrived: Whether it came within the goal's radius.
        hit_drone: Whether it touched another drone.
        hit_column: Whether it touched a column.
        hit_wall: Whether it touched a wall or the ceiling.
        hit_floor: Whether it touched the floor.
        final_distance: Mean distance to its goal over the last second [m].
        way: Length of its flight [m].
    """

    arrived: Flags
    hit_drone: Flags
    hit_column: Flags
    hit_wall: Flags
    hit_floor: Flags
    final_distance: Floats
    way: Floats

    @property
    def hit_room(self) -> Flags:
        """Whether a drone touched a column, a wall, the ceiling or the floor."""
        return self.hit_column | self.hit_wall | self.hit_floor

    @property
    def collided(self) -> Flags:
        """Whether a drone touched anything."""
        return self.hit_drone | self.hit_room

    @property
    def succeeded(self) -> Flags:
        """Whether a drone arrived and touched nothing in the whole flight."""
        return self.arrived & ~self.collided

    @property
    def stuck(self) -> Flags:
        """Whether a drone touched nothing and did not arrive: a deadlock."""
        return ~self.arrived & ~self.collided
