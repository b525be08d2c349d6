"""Duplicate publisher: nobody but the safety stage may publish on the robot's command topic."""

from untether_hardware.safety.events import Finding, Guard


class PublisherGuard:
    """Keeps the count of publishers on the robot's command topic, the stage's own node included."""

    def __init__(self) -> None:
        self._count = 1

    def observe(self, count: int) -> Finding | None:
        """Take a count in; return the finding when somebody else publishes, too."""
        self._count = count
        return self.check()

    def check(self) -> Finding | None:
        """Return the finding when somebody else published at the last count."""
        if self._count <= 1:
            return None
        return Finding(
            Guard.DUPLICATE_PUBLISHER,
            "",
            float(min(self._count, 1_000_000)),
            1.0,
            "expected the safety stage alone on the robot's command topic, got more than one "
            "publisher; stop the others",
        )
