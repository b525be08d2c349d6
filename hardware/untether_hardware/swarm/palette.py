"""Colours by which the drones of a swarm are told apart."""

import colorsys

from untether_hardware.crazyflie.drawing import Color

_FIRST: tuple[Color, ...] = (
    (37, 99, 200),
    (240, 110, 30),
    (34, 150, 90),
    (200, 45, 50),
    (138, 79, 192),
    (20, 160, 180),
    (214, 150, 20),
    (214, 80, 150),
)
_GOLDEN_ANGLE = 0.381966  # [turns] between the hues of the others: neighbours are far apart
_FIRST_HUE = 0.22  # [turns] where they start: away from those above
_LIGHTNESS = (0.30, 0.42, 0.58)


def find_drone_color(drone: int) -> Color:
    """Return the colour of a drone.

    Args:
        drone: Its row.
    """
    if drone < len(_FIRST):
        return _FIRST[drone]
    hue = (_FIRST_HUE + drone * _GOLDEN_ANGLE) % 1.0
    lightness = _LIGHTNESS[drone % len(_LIGHTNESS)]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.55)
    return round(255 * red), round(255 * green), round(255 * blue)
