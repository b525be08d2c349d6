"""Floor guard: can the robot still stop above the floor at full thrust?"""

from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.persistence import Persistence

_COUNT = 2  # successive states that trip
_HARMLESS = 0.3  # [m/s] speed of descent with which a robot may touch the floor


class FloorGuard:
    """Compares the height with the distance that it takes to stop.

    Until the rotors give full thrust the robot goes on with the thrust it has now; then it brakes
    with what full thrust leaves beyond its weight.

    Args:
        config: floor height, clearance, reaction time and thrust to count on.
        thrust_to_weight: described largest collective thrust over weight [1].
        gravity: gravitational acceleration [m/s^2].
    """

    def __init__(self, config: SafetyConfig, thrust_to_weight: float, gravity: float) -> None:
        self._lowest = config.floor_height + config.floor_clearance
        self._reaction = config.floor_reaction
        self._braking = max(0.05, config.floor_thrust * thrust_to_weight - 1.0) * gravity
        self._gravity = gravity
        self._persistence = Persistence(_COUNT, _COUNT)

    def check(self, height: float, velocity: float, lift: float) -> Finding | None:
        """Judge a state.

        Args:
            height: of the robot's centre [m] map.
            velocity: vertical, positive up [m/s] map.
            lift: vertical part of the present thrust over the weight [1].
        """
        distance = self._find_distance(velocity, lift)
        room = height - self._lowest
        if not self._persistence.add(distance > room and velocity < -_HARMLESS):
            return None
        return Finding(
            Guard.FLOOR,
            "",
            distance,
            room,
            f"expected to stop within {room:.2f} m, the room above the floor, got a stopping "
            f"distance of {distance:.2f} m; let the policy descend more slowly",
        )

    def clear(self) -> None:
        """Forget past states."""
        self._persistence.clear()

    def _find_distance(self, velocity: float, lift: float) -> float:
        """Return the distance that it takes to stop [m]."""
        time = self._reaction
        acceleration = (lift - 1.0) * self._gravity
        distance = -(velocity + 0.5 * acceleration * time) * time
        speed = -(velocity + acceleration * time)  # downwards, when braking begins
        if speed > 0.0:
            distance += 0.5 * speed * speed / self._braking
        return distance
