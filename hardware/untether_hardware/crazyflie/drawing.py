"""Smooth lines, shapes and text on pictures: Pillow's primitives, drawn larger and shrunk."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Color = tuple[int, int, int]
Point = tuple[float, float]

_SCALE = 4  # how much larger shapes are drawn before they are shrunk


@cache
def load_font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font that comes with Pillow.

    Args:
        size: Height of the letters [px].
    """
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError(
            "load_font: expected a scalable font, got a bitmap one. Fix: install Pillow's wheel, "
            "which has FreeType."
        )
    return font


def draw_line(
    image: Image.Image,
    points: Sequence[Point],
    color: Color,
    *,
    width: float = 2.0,
    opacity: float = 1.0,
) -> None:
    """Draw a smooth line through points.

    Args:
        image: Picture to draw on.
        points: Column and row of each point [px].
        color: Red, green and blue.
        width: Of the line [px].
        opacity: From 0 to 1.
    """
    if len(points) < 2:
        return
    stroke = max(1, round(width * _SCALE))

    def paint(draw: ImageDraw.ImageDraw, inner: list[Point]) -> None:
        draw.line(inner, fill=255, width=stroke)

    _paint(image, points, color, opacity, paint, pad=width)


def draw_polygon(
    image: Image.Image, points: Sequence[Point], color: Color, *, opacity: float = 1.0
) -> None:
    """Draw a smooth filled polygon.

    Args:
        image: Picture to draw on.
        points: Column and row of each corner [px].
        color: Red, green and blue.
        opacity: From 0 to 1.
    """

    def paint(draw: ImageDraw.ImageDraw, inner: list[Point]) -> None:
        draw.polygon(inner, fill=255)

    _paint(image, points, color, opacity, paint, pad=1.0)


def draw_disc(
    image: Image.Image,
    centre: Point,
    radius: float,
    color: Color,
    *,
    opacity: float = 1.0,
    outline: float = 0.0,
) -> None:
    """Draw a smooth disc or ring.

    Args:
        image: Picture to draw on.
        centre: Column and row [px].
        radius: [px].
        color: Red, green and blue.
        opacity: From 0 to 1.
        outline: Width of a ring [px]; 0 draws a disc.
    """
    count = max(12, math.ceil(3 * radius))
    angle = np.linspace(0.0, 2 * math.pi, count, endpoint=False)
    ring = np.stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)], 1)
    points: list[Point] = [(x, y) for x, y in ring.tolist()]
    if outline:
        draw_line(image, [*points, points[0]], color, width=outline, opacity=opacity)
    else:
        draw_polygon(image, points, color, opacity=opacity)


def draw_text(
    image: Image.Image,
    position: Point,
    text: str,
    color: Color,
    *,
    size: int = 14,
    anchor: str = "la",
) -> None:
    """Write a line of text.

    Args:
        image: Picture to draw on.
        position: Column and row of the anchor [px].
        text: What to write.
        color: Red, green and blue.
        size: Height of the letters [px].
        anchor: Pillow's anchor: ``la`` is the left end of the ascenders, ``rm`` the right middle.
    """
    ImageDraw.Draw(image).text(position, text, fill=color, font=load_font(size), anchor=anchor)


def _paint(
    image: Image.Image,
    points: Sequence[Point],
    color: Color,
    opacity: float,
    paint: Callable[[ImageDraw.ImageDraw, list[Point]], None],
    *,
    pad: float,
) -> None:
    """Paint a shape through a mask that is drawn larger and then shrunk, where the shape is."""
    columns, rows = [x for x, _ in points], [y for _, y in points]
    left = max(0, math.floor(min(columns) - pad))
    top = max(0, math.floor(min(rows) - pad))
    right = min(image.width, math.ceil(max(columns) + pad) + 1)
    bottom = min(image.height, math.ceil(max(rows) + pad) + 1)
    if left >= right or top >= bottom:
        return
    mask = Image.new("L", ((right - left) * _SCALE, (bottom - top) * _SCALE))
    inner = [((x - left) * _SCALE, (y - top) * _SCALE) for x, y in points]
    paint(ImageDraw.Draw(mask), inner)
    mask = mask.reduce(_SCALE)
    if opacity < 1.0:
        mask = mask.point([round(value * opacity) for value in range(256)])
    image.paste(color, (left, top, right, bottom), mask)
