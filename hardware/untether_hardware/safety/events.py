"""What the guards report: findings, and the log of events that people see."""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum


class Guard(IntEnum):
    """What may intervene; the values of ``untether_interfaces/msg/SafetyEvent``."""

    NONE = 0
    NOT_FINITE = 1
    VALUE_LIMIT = 2
    RATE_LIMIT = 3
    COMMAND_STALE = 4
    COMMAND_MISMATCH = 5
    SENSOR_LOST = 6
    SENSOR_FROZEN = 7
    SENSOR_INVALID = 8
    ENVELOPE = 9
    TILT = 10
    FLOOR = 11
    DUPLICATE_PUBLISHER = 12
    OPERATOR_STOP = 13
    STALL = 14
    JOINT_LIMIT = 15
    FORCE = 16
    WORKSPACE = 17


@dataclass(frozen=True, slots=True)
class Finding:
    """What a guard found wrong.

    Attributes:
        guard: which one.
        element: the element concerned, empty when not applicable.
        value: what was measured, in the unit named in ``text``.
        limit: what was allowed, in the unit named in ``text``.
        text: expected, got and what to do, for people.
    """

    guard: Guard
    element: str
    value: float
    limit: float
    text: str


@dataclass(frozen=True, slots=True)
class SafetyEvent:
    """One intervention of the safety stage.

    Attributes:
        stamp: when it happened [s, node clock].
        guard: which guard intervened.
        fault: True when the fallback takes over, False when the commander keeps control.
        element: the element concerned, empty when not applicable.
        value: what was measured, in the unit named in ``text``.
        limit: what was allowed, in the unit named in ``text``.
        text: expected, got and what to do, for people.
    """

    stamp: float
    guard: Guard
    fault: bool
    element: str
    value: float
    limit: float
    text: str


class EventLog:
    """Collects events; repeated warnings of one guard and element are thinned out.

    Args:
        period: least time between two alike warnings [s].
        capacity: events kept until they are taken; the oldest give way.
    """

    def __init__(self, period: float = 1.0, capacity: int = 200) -> None:
        self._period = period
        self._events: deque[SafetyEvent] = deque(maxlen=capacity)
        self._next: dict[tuple[Guard, str, bool], float] = {}

    def warn(self, time: float, stamp: float, finding: Finding) -> None:
        """Log a warning, unless its like was logged less than a period ago.

        Args:
            time: monotonic time [s].
            stamp: time on the node's clock [s].
            finding: what was found.
        """
        self._thin_out(time, stamp, finding, fault=False)

    def trip(self, time: float, stamp: float, finding: Finding, *, first: bool) -> None:
        """Log a fault.

        Args:
            time: monotonic time [s].
            stamp: time on the node's clock [s].
            finding: what was found.
            first: whether it changes the mode; later ones are thinned out like warnings.
        """
        if first:
            self._append(stamp, finding, fault=True)
        else:
            self._thin_out(time, stamp, finding, fault=True)

    def take(self) -> list[SafetyEvent]:
        """Return the events since the last call, oldest first."""
        events = list(self._events)
        self._events.clear()
        return events

    def _thin_out(self, time: float, stamp: float, finding: Finding, *, fault: bool) -> None:
        key = (finding.guard, finding.element, fault)
        if time >= self._next.get(key, time):
            self._next[key] = time + self._period
            self._append(stamp, finding, fault=fault)

    def _append(self, stamp: float, finding: Finding, *, fault: bool) -> None:
        self._events.append(
            SafetyEvent(
                stamp,
                finding.guard,
                fault,
                finding.element,
                finding.value,
                finding.limit,
                finding.text,
            )
        )
