"""What the safety stage of every robot does: modes, faults, commanders, and what guards report."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from untether_hardware.safety.clock import LoopClock
from untether_hardware.safety.events import EventLog, Finding, Guard, SafetyEvent
from untether_hardware.safety.modes import Mode, Request, Source, change_mode
from untether_hardware.safety.publishers import PublisherGuard
from untether_hardware.safety.stall import StallGuard
from untether_hardware.safety.verdict import InterveneCode, Verdict
from untether_policies.contract import Contract

COMMANDERS = {Mode.POLICY: Source.POLICY, Mode.INTERVENTION: Source.OPERATOR}
"""Whose commands are used in which mode."""


class StampedCommander(Protocol):
    """A source of commands with stamps."""

    def forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""


CommanderT = TypeVar("CommanderT", bound=StampedCommander)


class StageBase(ABC, Generic[CommanderT]):
    """Keeps mode, latched fault and log; a robot's stage adds guards, limits and its fallback.

    All time is passed in: ``now`` and stamps are seconds on the node's clock, and nothing reads a
    clock. One thread only.

    Args:
        commanders: Policy and operator.
        stall: Judges gaps between two calls.
        stall_warning: Gap from which on it is asked [s].
    """

    def __init__(
        self, commanders: Mapping[Source, CommanderT], stall: StallGuard, stall_warning: float
    ) -> None:
        self._commanders = commanders
        self._stall = stall
        self._stall_warning = stall_warning
        self._clock = LoopClock(stall_warning)
        self._log = EventLog()
        self._publishers = PublisherGuard()
        self._contract: Contract | None = None
        self._mode = Mode.IDLE
        self._fault = Guard.NONE
        self._reason = "started"
        self._since = 0.0  # monotonic time of the last change of mode [s]

    @property
    def mode(self) -> Mode:
        """Who commands the robot."""
        return self._mode

    @property
    def fault(self) -> Guard:
        """The guard that tripped; NONE outside FAULT."""
        return self._fault

    @property
    def reason(self) -> str:
        """What caused the present mode, for people."""
        return self._reason

    def observe_publishers(self, now: float, count: int) -> None:
        """Take in how many publish on the robot's command topic, the stage's own node included.

        Args:
            now: Time of the count [s, node clock].
            count: Publishers.
        """
        time = self._advance(now)
        finding = self._publishers.observe(count)
        if finding is not None:
            self._report(time, finding, trips=True)

    def take_events(self) -> list[SafetyEvent]:
        """Return what the guards did since the last call, oldest first."""
        return self._log.take()

    @abstractmethod
    def arm(self, now: float) -> Verdict:
        """Arm the robot: IDLE to STANDBY."""

    @abstractmethod
    def disarm(self, now: float) -> Verdict:
        """Disarm the robot: STANDBY to IDLE."""

    @abstractmethod
    def select_policy(self, now: float, contract: Contract | None) -> Verdict:
        """Let a policy command (STANDBY to POLICY), or no more (POLICY to STANDBY)."""

    @abstractmethod
    def intervene(self, now: float, take_over: bool) -> Verdict:
        """Hand command to the operator, or back to the policy (to STANDBY when there is none)."""

    @abstractmethod
    def reset_fault(self, now: float) -> Verdict:
        """Clear a latched fault: FAULT to IDLE, once the cause is gone."""

    @abstractmethod
    def emergency_stop(self, now: float) -> Verdict:
        """Stop the robot at once, in any mode, until the fault is reset."""

    @abstractmethod
    def _restart(self, time: float) -> None:
        """Start afresh in the mode that was just entered."""

    @abstractmethod
    def _fall_back(self, time: float) -> None:
        """Let the fallback take over: a fault was latched just now."""

    @property
    @abstractmethod
    def _in_motion(self) -> bool:
        """Whether a loop that stands still is dangerous now."""

    def _forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""
        for commander in self._commanders.values():
            commander.forget_stamps()

    def _describe_mode(self) -> str:
        """Return the mode, for people."""
        return self._mode.name

    def _advance(self, now: float) -> float:
        """Take the time in and return the monotonic time [s]; report a loop that stood still."""
        gap = self._clock.advance(now)
        time = self._clock.time
        if 0.0 <= gap < self._stall_warning:
            return time
        finding, severe = self._stall.check(gap)
        if gap < 0.0:
            self._forget_stamps()
        self._report(time, finding, trips=severe and self._in_motion)
        return time

    def _find_commander(self, source: int) -> CommanderT | None:
        """Return the commander of a message's source, None for one that may not command."""
        return next((found for known, found in self._commanders.items() if known == source), None)

    def _active_commander(self) -> CommanderT | None:
        """Return the commander whose turn it is."""
        source = COMMANDERS.get(self._mode)
        return None if source is None else self._commanders[source]

    def _hand_back(self, time: float, reason: str) -> Verdict:
        """Hand command back to the policy; to STANDBY when there is none."""
        if change_mode(self._mode, Request.HAND_BACK) is None:
            return self._refuse(InterveneCode.WRONG_MODE, "INTERVENTION", "take over first")
        verdict = self._enter(time, Request.HAND_BACK, reason)
        if self._contract is None:
            return verdict
        reason = f"{reason}; policy {self._contract.name} goes on"
        return self._enter(time, Request.START_POLICY, reason)

    def _enter(self, time: float, request: Request, reason: str) -> Verdict:
        """Change the mode as requested, and start afresh in it."""
        mode = change_mode(self._mode, request)
        if mode is None:
            return self._refuse(1, f"a mode in which to {request.name}", "change the mode first")
        self._mode = mode
        self._reason = reason
        self._fault = Guard.NONE
        self._since = time
        if mode in (Mode.IDLE, Mode.FAULT):
            self._contract = None
        self._restart(time)
        return Verdict(0, reason)

    def _report(self, time: float, finding: Finding, *, trips: bool) -> None:
        """Log a finding; trip when it is bad enough and the robot is armed."""
        if self._mode is Mode.IDLE:
            return
        if trips:
            self._trip(time, finding)
        else:
            self._log.warn(time, self._clock.latest, finding)

    def _trip(self, time: float, finding: Finding, request: Request = Request.TRIP) -> None:
        """Go to FAULT and let the fallback take over; the first fault stays the latched one."""
        first = self._mode is not Mode.FAULT
        self._log.trip(time, self._clock.latest, finding, first=first)
        if first:
            self._enter(time, request, finding.text)
            self._fault = finding.guard
            self._fall_back(time)

    def _refuse(self, code: int, wanted: str, fix: str) -> Verdict:
        return Verdict(code, f"expected {wanted}, got {self._describe_mode()}; {fix}")
