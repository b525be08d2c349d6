"""The learning curve is a picture."""

import pytest

from untether_training.learning.curve import plot_curve


@pytest.mark.parametrize("count", [1, 7])
def test_curve_is_written_for_short_runs_too(tmp_path, reports, count):
    path = tmp_path / "curve.png"
    plot_curve(reports[:count], path, "waypoint")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 10_000
