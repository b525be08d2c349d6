"""How modes look in pictures of a flight."""

from dataclasses import dataclass

from untether_hardware.crazyflie.drawing import Color
from untether_hardware.safety.modes import Mode

_COLORS: dict[Mode, Color] = {
    Mode.IDLE: (120, 130, 145),
    Mode.STANDBY: (44, 110, 200),
    Mode.POLICY: (34, 150, 90),
    Mode.INTERVENTION: (214, 140, 20),
    Mode.FAULT: (208, 52, 56),
}


@dataclass(frozen=True)
class ModeStyle:
    """Name and colour of a mode.

    Attributes:
        name: In capitals, as in ``untether_interfaces/msg/Mode``.
        color: Red, green and blue, from 0 to 255.
    """

    name: str
    color: Color


def find_mode_style(mode: int) -> ModeStyle:
    """Return how a mode looks; a value that is no mode looks UNKNOWN.

    Args:
        mode: Value of ``untether_interfaces/msg/Mode``.
    """
    try:
        known = Mode(mode)
    except ValueError:
        return ModeStyle("UNKNOWN", (90, 90, 100))
    return ModeStyle(known.name, _COLORS[known])
