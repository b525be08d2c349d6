"""Faults of simulated sensors, for tests and demonstrations of the safety stage."""

from dataclasses import replace
from typing import TypeVar

from untether_hardware.state import BodyState, ImuSample

SampleT = TypeVar("SampleT", BodyState, ImuSample)
FAULTS = ("none", "lost", "frozen")
"""``lost`` sends nothing; ``frozen`` repeats one sample for ever, with stamps that go on."""


class SensorFault:
    """One fault of one sensor.

    Args:
        kind: One of :data:`FAULTS`.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._frozen: BodyState | ImuSample | None = None

    def apply(self, sample: SampleT) -> SampleT | None:
        """Return what a sensor with this fault sends instead of a sample; None is nothing."""
        if self._kind == "none":
            return sample
        if self._kind == "lost":
            return None
        if not isinstance(self._frozen, type(sample)):
            self._frozen = sample
        return replace(self._frozen, stamp=sample.stamp)
