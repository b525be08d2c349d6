"""Stall: the control loop itself fell behind, or its clock was set back."""

from untether_hardware.safety.events import Finding, Guard


class StallGuard:
    """Judges the gaps between two calls of the stage.

    Args:
        timeout: the gap to trip at [s].
        expected: the usual one [s].
    """

    def __init__(self, timeout: float, expected: float) -> None:
        self._timeout = timeout
        self._expected = expected

    def check(self, gap: float) -> tuple[Finding, bool]:
        """Judge a gap beyond the one to report.

        Args:
            gap: time since the last call [s]; negative when the clock jumped back.

        Returns:
            What is wrong, and whether a moving robot must not go on like this.
        """
        if gap < 0.0:
            what = f"a clock that jumped back by {-gap:.3f} s; leave the clock alone"
        else:
            what = f"{gap:.3f} s between two; relieve this computer"
        finding = Finding(
            Guard.STALL,
            "",
            gap,
            self._timeout,
            f"expected a call each {self._expected:.3f} s, got {what}",
        )
        return finding, not 0.0 <= gap < self._timeout
