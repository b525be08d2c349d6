"""The panel of a flight's figures: mode, time, goal, error over time, and rotor thrusts."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.drawing import Point, draw_line, draw_text
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.mode_style import find_mode_style

_BACKGROUND = (17, 21, 27)
_TRACK = (40, 47, 58)
_DIM = (126, 138, 154)
_BRIGHT = (236, 240, 245)
_ACCENT = (255, 138, 61)
_MARGIN = 18  # [px]
_CHART_TOP, _CHART_HEIGHT = 132, 58  # [px]
_BARS_TOP, _BAR_STEP = 222, 17  # [px]


class FlightPanel:
    """Draws the figures of a flight at a sample."""

    def __init__(
        self,
        flight: Flight,
        width: int,
        height: int,
        *,
        description: QuadrotorDescription = CRAZYFLIE,
    ) -> None:
        """Create a panel.

        Args:
            flight: The flight.
            width: Of the panel [px].
            height: Of the panel [px].
            description: Names and limits of the rotors.
        """
        self._flight = flight
        self._description = description
        self._error = flight.error
        self._speed = flight.speed
        self._right = width - _MARGIN
        finite = self._error[np.isfinite(self._error)]
        self._scale = max(0.5, float(finite.max())) if len(finite) else 0.0  # [m]
        self._empty = Image.new("RGB", (width, height), _BACKGROUND)
        self._draw_frame()
        self._chart = self._empty.copy()
        for points in self._find_lines():
            draw_line(self._empty, points, _TRACK, width=1.6)
            draw_line(self._chart, points, _ACCENT, width=1.6)

    def draw(self, index: int) -> Image.Image:
        """Return the panel at a sample.

        Args:
            index: Of the sample.
        """
        flight, right = self._flight, self._right
        picture = self._empty.copy()
        self._draw_mode(picture, int(flight.mode[index]))
        elapsed = flight.time[index] - flight.time[0]
        draw_text(picture, (right, 30), f"{elapsed:.1f} s", _BRIGHT, size=20, anchor="rm")
        goal = int(flight.goal_index[index])
        count = len(flight.waypoints)
        error = float(self._error[index])
        columns = (
            ("waypoint", f"{goal + 1} / {count}" if goal >= 0 else "-"),
            ("distance", f"{error:.2f} m" if np.isfinite(error) else "-"),
            ("speed", f"{self._speed[index]:.2f} m/s"),
        )
        for column, (label, value) in enumerate(columns):
            x = _MARGIN + column * 100
            draw_text(picture, (x, 60), label, _DIM, size=12)
            draw_text(picture, (x, 77), value, _BRIGHT, size=18)
        if self._scale:
            self._draw_chart(picture, flight.time[index])
        self._draw_thrust(picture, flight.thrust[index].tolist())
        return picture

    def _draw_frame(self) -> None:
        if self._scale:
            label = f"distance to the goal, 0 to {self._scale:.1f} m"
            draw_text(self._empty, (_MARGIN, _CHART_TOP - 20), label, _DIM, size=12)
            bottom = _CHART_TOP + _CHART_HEIGHT
            draw_line(self._empty, [(_MARGIN, bottom), (self._right, bottom)], _TRACK, width=1)
        label = f"rotor thrust, 0 to {self._description.max_rotor_thrust:.2f} N"
        draw_text(self._empty, (_MARGIN, _BARS_TOP - 20), label, _DIM, size=12)
        for row, name in enumerate(self._description.rotor_names):
            y = _BARS_TOP + _BAR_STEP * row + 6
            draw_text(self._empty, (_MARGIN, y), name, _DIM, size=12, anchor="lm")

    def _draw_mode(self, picture: Image.Image, mode: int) -> None:
        style = find_mode_style(mode)
        draw = ImageDraw.Draw(picture)
        draw.rounded_rectangle((_MARGIN, 17, _MARGIN + 118, 43), radius=6, fill=style.color)
        draw_text(picture, (_MARGIN + 59, 30), style.name, (255, 255, 255), size=14, anchor="mm")

    def _draw_chart(self, picture: Image.Image, now: float) -> None:
        """Uncover the chart up to now."""
        x = round(self._find_column(now))
        box = (_MARGIN, _CHART_TOP - 2, max(x, _MARGIN + 1), _CHART_TOP + _CHART_HEIGHT + 2)
        picture.paste(self._chart.crop(box), box)
        line = ((x, _CHART_TOP - 2), (x, _CHART_TOP + _CHART_HEIGHT))
        ImageDraw.Draw(picture).line(line, fill=_BRIGHT)

    def _draw_thrust(self, picture: Image.Image, thrust: Sequence[float]) -> None:
        draw = ImageDraw.Draw(picture)
        left, limit = _MARGIN + 30, self._description.max_rotor_thrust
        hover = left + (self._right - left) * self._description.hover_rotor_thrust / limit
        for row, value in enumerate(thrust):
            y = _BARS_TOP + _BAR_STEP * row
            end = left + (self._right - left) * min(max(value / limit, 0.0), 1.0)
            draw.rectangle((left, y + 1, self._right, y + 11), fill=_TRACK)
            if end > left:
                draw.rectangle((left, y + 1, end, y + 11), fill=_ACCENT)
            draw.line(((hover, y - 1), (hover, y + 13)), fill=_BRIGHT)

    def _find_column(self, time: float) -> float:
        share = (time - self._flight.time[0]) / max(self._flight.duration, 1e-9)
        return _MARGIN + share * (self._right - _MARGIN)

    def _find_lines(self) -> list[list[Point]]:
        """Return the error over time as lines, one for each stretch with a goal."""
        finite = np.isfinite(self._error)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], finite.astype(int), [0]])))
        bottom = _CHART_TOP + _CHART_HEIGHT
        lines = []
        for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            step = max(1, len(self._error) // 1000)
            chosen = range(first, last, step)
            lines.append(
                [
                    (
                        self._find_column(self._flight.time[i]),
                        bottom - _CHART_HEIGHT * float(self._error[i]) / self._scale,
                    )
                    for i in chosen
                ]
            )
        return lines
