"""Who of a swarm the policy flies, where to, and what ends it.

Times are passed in and nothing is sent, so that every order of events can be tried without ROS.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from untether_hardware.safety import Mode
from untether_hardware.swarm.state import Flags, Floats
from untether_nodes.swarm.run import RunCode, RunEnding, SwarmRun

_MODE_PATIENCE = 1.0  # [s] that a policy keeps ready for mode POLICY, after it has been granted

Rows = NDArray[np.intp]


class Phase(IntEnum):
    """How far a drone is on its way into the air."""

    OFF = 0  # the policy does not fly it
    ARMING = 1  # the safety stage has been asked to arm it
    STARTING = 2  # the safety stage has been asked to let the policy command
    FLYING = 3  # in mode POLICY


@dataclass(frozen=True)
class Question:
    """What to ask the safety stages.

    Attributes:
        start: Whether to let the policy command, else to arm.
        rows: Whom.
    """

    start: bool
    rows: Rows


class SwarmSession:
    """Follows the drones of a swarm from take-off until they are not in mode POLICY any more.

    The policy computes commands for who starts or flies; whether they pass is up to the safety
    stages. A drone is sent somewhere by ``take_off``, ``go_to`` or a run, and stays there.

    Attributes:
        phase: How far each drone is, (drones,) of ``Phase``.
        mode: The mode of each drone, (drones,); -1 before it is known.
        run: The run that is flown, or None.
        home: Above the place where each drone took off last, (drones, 3) [m] map.
    """

    def __init__(self, drones: int) -> None:
        """Create a session of drones that stand.

        Args:
            drones: How many.
        """
        self.phase = np.full(drones, Phase.OFF)
        self.mode = np.full(drones, -1)
        self.run: SwarmRun | None = None
        self.home = np.zeros((drones, 3))
        self._deadline = np.full(drones, np.inf)  # [s] for mode POLICY to come
        # Each goal moves from an origin to a target within a time, from the next sample on.
        self._goal = np.zeros((drones, 3))
        self._origin = np.zeros((drones, 3))
        self._target = np.zeros((drones, 3))
        self._span = np.zeros(drones)  # [s]
        self._began = np.full(drones, np.nan)  # [s] stamp; not a number before that sample
        self._height = np.zeros(drones)  # [m] to rise to
        self._climb = np.zeros(drones)  # [s] within which
        self._rising = np.zeros(drones, dtype=bool)  # who will, from the next sample on

    @property
    def commanded(self) -> Flags:
        """For whom commands are computed, (drones,)."""
        return self.phase >= Phase.STARTING

    @property
    def starting(self) -> Flags:
        """Who is commanded but does not fly yet, so that the policy must carry nothing on."""
        return self.phase == Phase.STARTING

    @property
    def flying(self) -> Flags:
        """Who flies, (drones,)."""
        return self.phase == Phase.FLYING

    @property
    def free(self) -> Flags:
        """Who flies without being in a run, and can be sent somewhere, (drones,)."""
        free = self.flying & ~self._rising
        if self.run is not None:
            free[self.run.flown] = False
        return free

    def take_off(self, rows: Rows, height: float, duration: float) -> list[Question]:
        """Begin to take drones off; return what to ask the safety stages.

        Who flies already, and is in no run, rises or sinks.

        Args:
            rows: Whom.
            height: To rise to [m] map.
            duration: Within which time [s].
        """
        airborne = rows[self.free[rows]]
        self._move(airborne, self._at_height(airborne, height), duration)
        rows = rows[(self.phase[rows] < Phase.FLYING) | self._rising[rows]]
        self._height[rows] = height
        self._climb[rows] = duration
        rows = rows[self.phase[rows] == Phase.OFF]
        armed = np.isin(self.mode[rows], (Mode.STANDBY, Mode.POLICY))
        questions = []
        if not armed.all():
            self.phase[rows[~armed]] = Phase.ARMING
            questions.append(Question(start=False, rows=rows[~armed]))
        if armed.any():
            questions.append(self._start(rows[armed]))
        return questions

    def answer(self, question: Question, granted: Flags, now: float) -> Question | None:
        """Take in what the safety stages answer; return what to ask next.

        Args:
            question: What they were asked.
            granted: Whether each said yes, (rows,).
            now: Steady time [s].
        """
        rows = question.rows
        if question.start:
            refused = rows[~granted]
            self.phase[refused[self.phase[refused] == Phase.STARTING]] = Phase.OFF
            self._deadline[rows] = now + _MODE_PATIENCE
            self.change_modes(self.mode)  # who was in mode POLICY before is not told of again
            return None
        # An answer may come to a request that was repeated: who is armed by now, is.
        granted = granted | (self.mode[rows] == Mode.STANDBY)
        waiting = self.phase[rows] == Phase.ARMING
        self.phase[rows[waiting & ~granted]] = Phase.OFF
        armed = rows[waiting & granted]
        return self._start(armed) if len(armed) else None

    def change_modes(self, modes: ArrayLike) -> RunEnding | None:
        """Take in the modes; return how the run ended when it did.

        Args:
            modes: Of each drone, (drones,); -1 where it is not known.
        """
        self.mode = np.array(modes)
        policy = self.mode == Mode.POLICY
        risen = self.starting & policy
        self.phase[risen] = Phase.FLYING
        self._rising |= risen
        faulty = self.starting & (self.mode == Mode.FAULT)
        return self._leave(faulty | (self.flying & ~policy))

    def check_modes(self, now: float) -> Rows:
        """Give up who was granted to the policy but did not come into mode POLICY; return them.

        Args:
            now: Steady time [s].
        """
        late = np.flatnonzero(self.starting & (now > self._deadline))
        self.phase[late] = Phase.OFF
        return late

    def go_to(self, rows: Rows, target: Floats, duration: float) -> None:
        """Move the goals of drones that fly freely; of others, nothing changes.

        Args:
            rows: Whom.
            target: Where to, (rows, 3) [m] map.
            duration: Within which time [s].
        """
        free = self.free[rows]
        self._move(rows[free], target[free], duration)

    def find_target(self, rows: Rows, goal: ArrayLike, *, relative: bool) -> Floats:
        """Return where a request sends drones, (rows, 3) [m] map.

        Args:
            rows: Whom.
            goal: (3,) [m] map.
            relative: Whether the goal is added to where each is to be now.
        """
        start = self._goal[rows] if relative else np.zeros((len(rows), 3))
        return start + np.asarray(goal)

    def begin(self, run: SwarmRun) -> None:
        """Begin a run; one that is flown ends without a word.

        Args:
            run: Of drones that fly.
        """
        self._hover()
        self.run = run

    def advance(self, stamp: float, position: Floats) -> Floats:
        """Return where the drones are to be at a time, (drones, 3) [m] map.

        Args:
            stamp: The time [s].
            position: Where they are, (drones, 3) [m] map.
        """
        self._rise(position)
        self._began[np.isnan(self._began)] = stamp
        elapsed = (stamp - self._began) / np.maximum(self._span, 1e-9)
        share = np.clip(elapsed, 0.0, 1.0)[:, None]
        self._goal = self._origin + share * (self._target - self._origin)
        if self.run is not None:
            goals = self.run.advance(stamp)
            self._goal[self.run.flown] = goals[~self.run.lost]
        grounded = self.phase != Phase.FLYING
        self._goal[grounded] = position[grounded]
        return self._goal

    def update(self, position: Floats) -> RunEnding | None:
        """Take in a sample that ``advance`` was told of; return how the run ended when it did.

        Args:
            position: Where the drones are, (drones, 3) [m] map.
        """
        run = self.run
        if run is None:
            return None
        run.observe(position)
        return self.end(RunCode.NONE, "flown; they hover at their goals") if run.over else None

    def end(self, code: RunCode, text: str) -> RunEnding | None:
        """End the run, if one is flown; its drones hover at their goals.

        Args:
            code: Why.
            text: The same for people.
        """
        self._hover()
        run, self.run = self.run, None
        return None if run is None else RunEnding(code, text, run)

    def cancel(self, position: Floats) -> RunEnding | None:
        """End the run on its client's wish; its drones hover where they are.

        Args:
            position: (drones, 3) [m] map.
        """
        if self.run is not None:
            rows = self.run.flown
            self._goal[rows] = position[rows]
        return self.end(RunCode.CANCELED, "cancelled by the client; they hover where they are")

    def stop(self, code: RunCode, text: str) -> RunEnding | None:
        """End the run, if one is flown, and fly nobody any more; arguments as of ``end``."""
        ending = self.end(code, text)
        self.phase[:] = Phase.OFF
        return ending

    def _start(self, rows: Rows) -> Question:
        self.phase[rows] = Phase.STARTING
        self._deadline[rows] = np.inf
        return Question(start=True, rows=rows)

    def _rise(self, position: Floats) -> None:
        """Let who has just come into mode POLICY rise from where it is."""
        rows = np.flatnonzero(self._rising & self.flying)
        self._rising[:] = False
        self._goal[rows] = position[rows]
        self._move(rows, self._at_height(rows, self._height[rows]), self._climb[rows])
        self.home[rows] = self._target[rows]

    def _at_height(self, rows: Rows, height: ArrayLike) -> Floats:
        """Return places above or below the goals of drones, (rows, 3) [m] map."""
        target = self._goal[rows].copy()
        target[:, 2] = height
        return target

    def _move(self, rows: Rows, target: ArrayLike, duration: ArrayLike) -> None:
        self._origin[rows] = self._goal[rows]
        self._target[rows] = target
        self._span[rows] = duration
        self._began[rows] = np.nan

    def _hover(self) -> None:
        """Let the drones of the run stay at their goals."""
        if self.run is not None:
            rows = self.run.flown
            self._move(rows, self._goal[rows], 0.0)

    def _leave(self, gone: Flags) -> RunEnding | None:
        """Fly some drones no more; return how the run ended when it has none left."""
        self.phase[gone] = Phase.OFF
        run = self.run
        if run is None:
            return None
        run.lost |= gone[run.rows]
        if not run.lost.all():
            return None
        return self.end(RunCode.FAULT, "the safety stages took all drones from the policy")
