"""What a batch of flights starts from and is sent to, as plain arrays."""

from dataclasses import dataclass, fields

import numpy as np

from untether_training.evaluation.outcome import Floats


@dataclass(frozen=True)
class Scenario:
    """Starts and goals of some flights.

    A goal belongs to a leg, or, when ``moving``, to a tick of the control loop.

    Attributes:
        position: (flights, 3) [m] map.
        orientation: (flights, 4) [1] xyzw.
        linear_velocity: (flights, 3) [m/s] map.
        angular_velocity: (flights, 3) [rad/s] base_link.
        rotor_thrust: (flights,) [1] thrust of each rotor at the start over its largest.
        goal_position: (legs or ticks, flights, 3) [m] map.
        goal_velocity: (legs or ticks, flights, 3) [m/s] map.
        moving: Whether the goals' first axis is ticks.
    """

    position: Floats
    orientation: Floats
    linear_velocity: Floats
    angular_velocity: Floats
    rotor_thrust: Floats
    goal_position: Floats
    goal_velocity: Floats
    moving: bool

    @property
    def count(self) -> int:
        """Number of flights."""
        return len(self.position)

    @property
    def legs(self) -> int:
        """How many goals each flight visits."""
        return 1 if self.moving else len(self.goal_position)

    def goals(self, tick: int, leg: np.ndarray) -> tuple[Floats, Floats]:
        """Return where each drone should be at a tick.

        Args:
            tick: Control periods since the start.
            leg: (flights,) which goal each flight heads for.

        Returns:
            Positions (flights, 3) [m] and velocities (flights, 3) [m/s] map.
        """
        if self.moving:
            index = min(tick, len(self.goal_position) - 1)
            return self.goal_position[index], self.goal_velocity[index]
        flights = np.arange(self.count)
        return self.goal_position[leg, flights], self.goal_velocity[leg, flights]

    def part(self, start: int, stop: int) -> "Scenario":
        """Return flights ``start`` to ``stop`` alone."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in values.items():
            if name.startswith("goal_"):
                values[name] = value[:, start:stop]
            elif name != "moving":
                values[name] = value[start:stop]
        return Scenario(**values)
