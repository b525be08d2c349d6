"""Whether samples were really taken at the rate that is claimed for them."""

import numpy as np

from untether_hardware.datasets.errors import DatasetError

RATE_TOLERANCE = 0.02
"""Relative error of the mean rate that is allowed."""
INTERVAL_TOLERANCE = 0.5
"""Error of a single interval that is allowed, in periods."""


def require_rate(what: str, stamps: np.ndarray, rate: float) -> None:
    """Refuse samples whose true rate is another one.

    Args:
        what: Whose samples these are, for the message.
        stamps: When each was taken [s] (samples,).
        rate: What is claimed [Hz].

    Raises:
        DatasetError: When the mean rate or a single interval is off; it says where.
    """
    if len(stamps) < 2:
        return
    intervals = np.diff(stamps)
    worst = int(np.argmax(np.abs(intervals * rate - 1.0)))
    expected = f"{1e3 / rate:.1f} ms between frames, within {100 * INTERVAL_TOLERANCE:.0f} %"
    if not abs(intervals[worst] * rate - 1.0) <= INTERVAL_TOLERANCE:
        at = stamps[worst] - stamps[0]
        got = f"{1e3 * intervals[worst]:.1f} ms after frame {worst}, at {at:.3f} s"
        fix = "leave this episode out, and find what held the recorder up"
        raise DatasetError(f"{what}: interval", expected=expected, got=got, fix=fix)
    true = len(intervals) / (stamps[-1] - stamps[0])
    if not abs(true / rate - 1.0) <= RATE_TOLERANCE:
        raise DatasetError(
            f"{what}: rate",
            expected=f"{rate:g} Hz within {100 * RATE_TOLERANCE:g} %",
            got=f"{true:.3f} Hz over {len(stamps)} frames",
            fix="state the true rate, or convert the recording to the one that is wanted",
        )
