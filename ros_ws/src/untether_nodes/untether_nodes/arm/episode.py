"""An episode of an arm's task: from the request to how it came out.

Times are passed in and nothing is sent, so that every order of events can be tried without ROS.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum, auto

from untether_hardware.safety.modes import Mode

_ROUNDING = 1e-6  # [s] of stamps


class EpisodeCode(IntEnum):
    """Codes of ``untether_interfaces/action/RunEpisode``."""

    NONE = 0
    NO_POLICY = 100
    NOT_ARMED = 102
    CANCELED = 104
    FAULT = 105
    STATE_LOST = 107
    PREEMPTED = 108
    SAFETY_UNREACHABLE = 109
    RESET_FAILED = 110


class Outcome(IntEnum):
    """How an episode came out; the first three after UNKNOWN are ``LabelEpisode``'s labels."""

    UNKNOWN = 0
    SUCCESS = 1
    FAILURE = 2
    DISCARDED = 3


class Phase(Enum):
    """What an episode waits for."""

    DISARM = auto()
    RESET = auto()
    ARM = auto()
    SELECT = auto()
    ACT = auto()
    OVER = auto()


@dataclass(frozen=True)
class EpisodeEnd:
    """How an episode ended.

    Attributes:
        code: NONE when it ran to its end.
        text: What happened, for people.
        outcome: How it came out.
        timed_out: Whether the deadline ended it.
    """

    code: EpisodeCode
    text: str
    outcome: Outcome = Outcome.UNKNOWN
    timed_out: bool = False


class Episode:
    """Follows one episode; its phases are gone through in order, those before ACT by services.

    Args:
        reset: Whether the scene is reset first, for which the arm is disarmed.
        max_duration: Deadline of the acting [s].
        mode: Of the robot, at the request.

    Attributes:
        phase: What it waits for.
        steps: Actions so far.
        corrected: Of which an operator commanded.
        corrections: How often an operator took over.
    """

    def __init__(self, *, reset: bool, max_duration: float, mode: int | None) -> None:
        self.phase = Phase.SELECT
        if reset:
            self.phase = Phase.DISARM
        self.steps = self.corrected = self.corrections = 0
        self._max_duration = max_duration
        self._mode = mode
        self._began: float | None = None
        self._latest = 0.0

    @property
    def elapsed(self) -> float:
        """Time since the first action [s, node clock]."""
        return 0.0 if self._began is None else self._latest - self._began

    @property
    def acting(self) -> bool:
        """Whether actions are computed."""
        return self.phase is Phase.ACT

    def advance(self) -> None:
        """Take note that what the phase waits for was done."""
        order = list(Phase)
        self.phase = order[order.index(self.phase) + 1]

    def refuse(self, text: str) -> EpisodeEnd:
        """Return how it ends when what the phase waits for was refused."""
        code = {
            Phase.RESET: EpisodeCode.RESET_FAILED,
        }.get(self.phase, EpisodeCode.NOT_ARMED)
        if self._mode == Mode.FAULT:
            code = EpisodeCode.FAULT
        return self._end(code, text)

    def act(self, stamp: float) -> EpisodeEnd | None:
        """Take note of an action; return how the episode ended when its time is over.

        Args:
            stamp: Of the pictures that it answers [s, node clock].
        """
        if self._began is None:
            self._began = stamp
        self._latest = stamp
        if self.elapsed >= self._max_duration - _ROUNDING:
            return self._end(EpisodeCode.NONE, "the time is over", Outcome.FAILURE, timed_out=True)
        self.steps += 1
        self.corrected += self._mode == Mode.INTERVENTION
        return None

    def change_mode(self, mode: int, reason: str) -> EpisodeEnd | None:
        """Take a mode in; return how the episode ended when it did.

        Args:
            mode: Of the robot.
            reason: What caused it.
        """
        before, self._mode = self._mode, mode
        if not self.acting:
            return None
        if mode == Mode.FAULT:
            return self._end(EpisodeCode.FAULT, f"the safety stage tripped: {reason}")
        if mode == Mode.INTERVENTION and before != Mode.INTERVENTION:
            self.corrections += 1
        if mode == Mode.IDLE or (mode == Mode.STANDBY and before == Mode.POLICY):
            return self._end(EpisodeCode.NOT_ARMED, f"the policy was stopped: {reason}")
        return None

    def succeed(self, told: str) -> EpisodeEnd | None:
        """Take in that somebody sees the task done; return how the episode ended, if it acts.

        Args:
            told: Who says so.
        """
        if not self.acting or not self.steps:
            return None
        return self._end(EpisodeCode.NONE, f"success, as {told} says", Outcome.SUCCESS)

    def label(self, outcome: Outcome) -> EpisodeEnd | None:
        """Take a person's label in; return how the episode ended, if it acts."""
        if not self.acting:
            return None
        return self._end(EpisodeCode.NONE, f"a person says {outcome.name.lower()}", outcome)

    def abort(self, code: EpisodeCode, text: str) -> EpisodeEnd:
        """Return how it ends for a reason of its surroundings."""
        return self._end(code, text)

    def _end(
        self,
        code: EpisodeCode,
        text: str,
        outcome: Outcome = Outcome.UNKNOWN,
        *,
        timed_out: bool = False,
    ) -> EpisodeEnd:
        self.phase = Phase.OVER
        return EpisodeEnd(code, text, outcome, timed_out)
