"""Statistics of pictures are those of all their pixels."""

import numpy as np
import pytest

from untether_hardware.datasets.statistics import compute_picture_statistics


@pytest.mark.parametrize("shape", [(4, 8, 6, 3), (3, 5, 7, 3), (1, 1, 1, 3)])
def test_they_equal_those_of_the_pixels_whether_their_number_is_even_or_odd(shape):
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    statistics = compute_picture_statistics(pictures)
    for colour in range(3):
        values = pictures[..., colour] / 255.0
        found = {name: value.ravel()[colour % value.size] for name, value in statistics.items()}
        assert found["mean"] == pytest.approx(values.mean())
        assert found["std"] == pytest.approx(values.std())
        assert (found["min"], found["max"]) == (values.min(), values.max())
        assert found["q50"] == np.quantile(values, 0.5, method="inverted_cdf")
    assert statistics["count"] == len(pictures)
