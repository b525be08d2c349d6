"""Shares a collective thrust and torques out to four rotors, each within its limits."""

import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.mixer import mixer_matrix
from untether_hardware.state import Vector


class Mixer:
    """Allocates rotor thrusts; when they do not suffice, tilt comes first and yaw last.

    A robot that cannot do all at once gives up yaw, then collective thrust: only a robot that
    points the right way can use its thrust.

    Args:
        description: the quadrotor.
    """

    def __init__(self, description: QuadrotorDescription) -> None:
        self._largest = description.max_rotor_thrust
        rows = np.linalg.inv(mixer_matrix(description)).tolist()  # (4 rotors, 4 parts)
        self._rows = tuple((row[1], row[2], row[3]) for row in rows)

    def allocate(self, collective: float, torque: Vector) -> tuple[float, float, float, float]:
        """Return rotor thrusts within limits, (4,) [N].

        Args:
            collective: thrust of all rotors together [N].
            torque: about x, y, z, (3,) [N m] base_link.
        """
        x, y, z = torque
        largest = self._largest
        tilt = [row[0] * x + row[1] * y for row in self._rows]
        low = min(tilt)
        high = max(tilt)
        if high - low > largest:
            scale = largest / (high - low)
            tilt = [value * scale for value in tilt]
            low *= scale
            high *= scale
        base = min(max(0.25 * collective, -low), largest - high)
        yaw = [row[2] * z for row in self._rows]
        part = 1.0
        for value, turn in zip(tilt, yaw, strict=True):
            room = largest - base - value if turn > 0.0 else base + value
            if turn != 0.0 and abs(turn) * part > room:
                part = max(0.0, room) / abs(turn)
        a, b, c, d = (
            min(largest, max(0.0, base + value + part * turn))
            for value, turn in zip(tilt, yaw, strict=True)
        )
        return a, b, c, d
