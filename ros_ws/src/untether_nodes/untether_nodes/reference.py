"""References that move: where a body is to be at a time, and how fast."""

from math import cos, sin, tau

from untether_hardware.setpoint import Setpoint
from untether_hardware.state import Vector


def figure_eight(centre: Vector, elapsed: float, *, period: float, size: float) -> Setpoint:
    """Return a point of a level figure eight, a lemniscate of Gerono.

    It starts at the centre and crosses it twice a lap; it is ``2 size`` wide along x and ``size``
    along y.

    Args:
        centre: Where the figure crosses itself, (3,) [m] map.
        elapsed: Time since the start [s].
        period: Time of one lap [s].
        size: Half the width [m].
    """
    rate = tau / period
    angle = rate * elapsed
    x, y, z = centre
    position = (x + size * sin(angle), y + 0.5 * size * sin(2.0 * angle), z)
    velocity = (size * rate * cos(angle), size * rate * cos(2.0 * angle), 0.0)
    return Setpoint(position, velocity)
