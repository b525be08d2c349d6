from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.flight_panel import FlightPanel

ACCENT = np.array([255, 138, 61])


def accent(picture, rows):
    """Number of pixels in the accent colour within some rows."""
    pixels = np.asarray(picture).astype(int)[rows]
    return int((np.abs(pixels - ACCENT).max(axis=2) < 30).sum())


CHART, BARS = slice(128, 195), slice(220, 300)


def test_chart_is_uncovered_as_time_passes(flight):
    panel = FlightPanel(flight, 320, 300)
    last = len(flight.time) - 1
    shown = [accent(panel.draw(index), CHART) for index in (0, last // 2, last)]
    assert shown[0] < 10 < shown[1] < shown[2]


def test_bars_are_as_long_as_the_thrust(flight):
    def bars(thrust):
        changed = replace(flight, thrust=np.full_like(flight.thrust, thrust))
        return accent(FlightPanel(changed, 320, 300).draw(5), BARS)

    full = bars(CRAZYFLIE.max_rotor_thrust)
    assert full > 5000
    assert bars(0.25 * CRAZYFLIE.max_rotor_thrust) == pytest.approx(0.25 * full, rel=0.05)
    assert bars(0.0) == bars(-1.0) == bars(np.nan) == 0
    assert bars(9.0) == pytest.approx(full, rel=0.01)


def test_mode_changes_the_picture(flight):
    pictures = [
        FlightPanel(replace(flight, mode=np.full_like(flight.mode, mode)), 320, 300).draw(0)
        for mode in (0, 2, 4, 99)
    ]
    assert len({picture.tobytes() for picture in pictures}) == 4
