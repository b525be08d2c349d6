import numpy as np
import pytest
from PIL import Image

from untether_hardware.crazyflie.drawing import draw_disc, draw_line, draw_polygon, draw_text


@pytest.fixture
def picture():
    return Image.new("RGB", (60, 40))


def red(picture):
    return np.asarray(picture)[:, :, 0]


def test_disc_covers_its_area(picture):
    draw_disc(picture, (30, 20), 10, (255, 0, 0))
    assert red(picture).sum() / 255 == pytest.approx(np.pi * 100, rel=0.05)
    assert np.asarray(picture)[:, :, 1:].max() == 0


def test_ring_leaves_its_middle_free(picture):
    draw_disc(picture, (30, 20), 10, (255, 0, 0), outline=2)
    assert red(picture)[20, 30] == 0
    assert red(picture)[20, 20] > 200


def test_line_has_its_width_and_opacity(picture):
    draw_line(picture, [(10, 20), (50, 20)], (200, 0, 0), width=4, opacity=0.5)
    column = red(picture)[:, 30]
    assert column.max() == pytest.approx(100, abs=2)
    assert column.sum() / 100 == pytest.approx(4, rel=0.3)


def test_shapes_beyond_the_picture_are_cut(picture):
    draw_polygon(picture, [(-50, -50), (5, -50), (5, 90), (-50, 90)], (255, 0, 0))
    draw_polygon(picture, [(500, 500), (510, 500), (500, 510)], (255, 0, 0))
    assert red(picture)[:, :4].min() == 255
    assert red(picture)[:, 10:].max() == 0


def test_one_point_makes_no_line(picture):
    draw_line(picture, [(5, 5)], (255, 0, 0))
    assert red(picture).max() == 0


def test_text_appears_at_its_anchor(picture):
    draw_text(picture, (58, 20), "12", (255, 0, 0), anchor="rm")
    columns = np.flatnonzero(red(picture).max(axis=0))
    assert 35 < columns.min() < columns.max() <= 58
