"""One commander of the arm: what it sent, whether it fits, and for how long it has been silent."""

from dataclasses import dataclass

import numpy as np

from untether_hardware.franka.safety.config import ArmSafetyConfig
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.safety.events import Finding, Guard


@dataclass(frozen=True)
class Reception:
    """What came of a command.

    Attributes:
        good: Whether it may be used.
        finding: What is wrong with it, if anything.
        trips: Whether that is bad enough for the fallback.
    """

    good: bool
    finding: Finding | None = None
    trips: bool = False


class ArmCommander:
    """Judges the commands of a policy or an operator.

    Args:
        name: For people.
        config: Ages.

    A second command to the same state may be used, but ends no silence: a device that repeats what
    it sent last is as silent as a dead one.
    """

    def __init__(self, name: str, config: ArmSafetyConfig) -> None:
        self._name = name
        self._max_age = config.command_max_age
        self._received = float("-inf")
        self._received_at = float("-inf")  # [s, node clock]
        self._stamp = float("-inf")

    def receive(self, time: float, now: float, stamp: float, twist: ToolTwist) -> Reception:
        """Take a command in.

        Args:
            time: Monotonic time [s].
            now: Time of receipt on the node's clock [s].
            stamp: Of the state that the command answers [s, node clock].
            twist: What it wants.
        """
        if np.shape(twist.linear) != (3,) or np.shape(twist.angular) != (3,):
            text = f"expected two velocities (3,) of the {self._name}, got others; stop it"
            return Reception(
                False, Finding(Guard.COMMAND_MISMATCH, self._name, 0.0, 0.0, text), True
            )
        if not twist.is_finite:
            text = f"expected finite velocities of the {self._name}, got NaN or infinity; stop it"
            return Reception(False, Finding(Guard.NOT_FINITE, self._name, 0.0, 0.0, text), True)
        age = now - stamp
        if not -self._max_age <= age <= self._max_age or stamp < self._stamp:
            return Reception(
                False,
                Finding(
                    Guard.COMMAND_STALE,
                    self._name,
                    age,
                    self._max_age,
                    f"expected the {self._name} to answer a state of at most {self._max_age:g} s, "
                    f"got one of {age:.3f} s; it is not used",
                ),
            )
        if stamp > self._stamp:
            self._received, self._received_at, self._stamp = time, now, stamp
        return Reception(True)

    def silence(self, time: float) -> float:
        """Return the time since the last good command to a new state [s]."""
        return time - self._received

    def absence(self, time: float, now: float) -> float:
        """Return the same, with the time that this loop itself stood still [s].

        Args:
            time: Monotonic time [s].
            now: The time [s, node clock].
        """
        return max(self.silence(time), now - self._received_at)

    def describe_silence(self, time: float, limit: float) -> Finding:
        """Return the finding for a silence beyond a limit [s]."""
        silence = min(self.silence(time), 1e3)
        return Finding(
            Guard.COMMAND_STALE,
            self._name,
            silence,
            limit,
            f"expected a command of the {self._name} each {limit:g} s, got none for "
            f"{silence:.3f} s; start it again",
        )

    def forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""
        self._stamp = float("-inf")
