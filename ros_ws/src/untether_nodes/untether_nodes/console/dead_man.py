"""The dead-man: an operator's hand commands only while it is known to be on the device."""

import threading

from untether_hardware.franka.twist import ToolTwist

LONGEST_SILENCE = 0.12
"""Time without a sign of the hand after which it counts as gone [s]."""


class DeadMan:
    """Keeps what the hand says; safe to use from several threads.

    Whoever holds sends a sign at least each 50 ms. A sign that says the hand is off, a lost
    connection, or silence ends it at once. After silence or ``end`` the hand has to be off before
    it holds again: a network that delivers late takes nothing over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._twist: ToolTwist | None = None
        self._holder = ""
        self._heard = 0.0
        self._refused: set[str] = set()  # hands that have to be off before they hold again

    def hold(self, holder: str, twist: ToolTwist, now: float) -> bool:
        """Take a sign of a hand in; return whether it counts: one hand at a time.

        Args:
            holder: Identifies the hand.
            twist: What it wants.
            now: Steady time [s].
        """
        with self._lock:
            busy = self._find(now) is not None and holder != self._holder
            if busy or holder in self._refused:
                return False
            self._holder, self._twist, self._heard = holder, twist, now
            return True

    def release(self, holder: str) -> None:
        """Take in that a hand is off, or its connection lost."""
        with self._lock:
            self._refused.discard(holder)
            if holder == self._holder:
                self._twist = None

    def end(self) -> None:
        """End what the hand does, until it has been off."""
        with self._lock:
            self._end()

    def refuses(self, holder: str) -> bool:
        """Return whether a hand has to be off before it holds again."""
        with self._lock:
            return holder in self._refused

    def find(self, now: float) -> ToolTwist | None:
        """Return what the hand wants, or None when there is none on the device.

        Args:
            now: Steady time [s].
        """
        with self._lock:
            return self._find(now)

    def _find(self, now: float) -> ToolTwist | None:
        if now - self._heard > LONGEST_SILENCE:
            self._end()
        return self._twist

    def _end(self) -> None:
        if self._twist is not None:
            self._twist = None
            self._refused.add(self._holder)
