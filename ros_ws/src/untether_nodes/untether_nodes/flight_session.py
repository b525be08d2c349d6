"""A policy's flight: its goal, whether the safety stage lets it command, and where it hovers.

Times are passed in and nothing is sent, so that every order of events can be tried without ROS.
"""

from dataclasses import dataclass

from untether_hardware.safety import Mode
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import Vector
from untether_nodes.flight_goal import FlightGoal, GoalCode, GoalProgress

_MODE_PATIENCE = 1.0  # [s] that a policy keeps ready for a mode in which it commands
_COMMANDED = (Mode.POLICY, Mode.INTERVENTION)


@dataclass(frozen=True)
class Ending:
    """How a goal ended.

    Attributes:
        code: Of ``untether_interfaces/action/RunPolicy``.
        text: What happened, for people.
        progress: The goal's last figures.
    """

    code: GoalCode
    text: str
    progress: GoalProgress


class FlightSession:
    """Follows a flight from its first goal until the mode is not POLICY any more.

    The policy computes commands while it flies; whether they pass is up to the safety stage.
    Between goals it hovers where the last one ended, or where it is told to.

    Args:
        mode: The robot's mode, None before it is known.

    Attributes:
        flying: Whether commands are computed.
        asking: Whether the safety stage has been asked to let the policy command, and not answered.
        mode: The robot's mode, None before it is known.
        progress: The goal that is flown, or None.
    """

    def __init__(self, mode: int | None = None) -> None:
        self.flying = False
        self.asking = False
        self.mode = mode
        self.progress: GoalProgress | None = None
        self._hover: Setpoint | None = None
        self._ready_since = 0.0  # [s] last time that a mode to command in was to be expected soon

    def begin(self, goal: FlightGoal) -> bool:
        """Begin a goal; return whether the safety stage has to be asked to let the policy command.

        Args:
            goal: What is asked of the flight.
        """
        self.progress = GoalProgress(goal)
        self.flying = True
        must_ask = self.mode != Mode.POLICY
        self.asking = self.asking or must_ask
        return must_ask

    def consent(self, now: float) -> None:
        """Take in that the safety stage lets the policy command; the mode follows.

        Args:
            now: Steady time [s].
        """
        self.asking = False
        self._ready_since = now

    def refuse(self, text: str) -> Ending | None:
        """Take in that the safety stage does not let the policy command.

        Args:
            text: Its reason.
        """
        code = GoalCode.NOT_ARMED
        if self.mode == Mode.FAULT:
            code = GoalCode.FAULT
        elif self.mode == Mode.INTERVENTION:
            code = GoalCode.INTERVENTION
        return self.abort(code, text)

    def change_mode(self, mode: int, reason: str, now: float) -> Ending | None:
        """Take in a mode; return how the goal ended when it did.

        Args:
            mode: The robot's mode.
            reason: What caused it.
            now: Steady time [s].
        """
        before, self.mode = self.mode, mode
        self._ready_since = now
        if not self.flying or mode == Mode.POLICY:
            return None
        if mode == Mode.INTERVENTION:
            return self._end(GoalCode.INTERVENTION, "an operator took over")
        if mode == Mode.FAULT:
            return self.abort(GoalCode.FAULT, f"the safety stage tripped: {reason}")
        if before == Mode.POLICY:
            return self.abort(GoalCode.INTERVENTION, f"the policy was stopped: {reason}")
        return None  # POLICY follows: it has been selected, or an operator has handed back

    def check_mode(self, now: float) -> Ending | None:
        """Give the flight up when no mode has come in which the policy commands.

        Args:
            now: Steady time [s].
        """
        if not self.flying or self.asking or self.mode in _COMMANDED:
            return None
        if now - self._ready_since <= _MODE_PATIENCE:
            return None
        return self.abort(GoalCode.NOT_ARMED, f"the robot stays in mode {self.mode}")

    def setpoint(self, stamp: float, position: Vector) -> Setpoint:
        """Return where to be at a time.

        Args:
            stamp: The time [s].
            position: Where the robot is, (3,) [m] map.
        """
        if self.progress is not None:
            return self.progress.setpoint(stamp)
        if self._hover is None or self.mode == Mode.INTERVENTION:
            # While an operator flies, the policy is ready to hover wherever it is handed back.
            self._hover = Setpoint(position)
        return self._hover

    def update(self, stamp: float, position: Vector) -> Ending | None:
        """Take a sample of the odometry in; return how the goal ended when it did.

        Args:
            stamp: Its stamp [s].
            position: (3,) [m] map.
        """
        progress = self.progress
        if progress is None:
            return None
        progress.update(stamp, position)
        goal = progress.goal
        if progress.reached:
            end = Setpoint(progress.setpoint(stamp).position)
            text = "landing" if goal.land_after else "hovers here"
            ending = self._end(GoalCode.NONE, text)
            self._hover = end
            return ending
        if not progress.overdue:
            return None
        return self._end(
            GoalCode.DEADLINE,
            f"expected to stay within {goal.tolerance:g} m for {goal.hold_time:g} s before "
            f"{goal.max_duration:g} s, got {progress.distance:.3f} m; hovers here. "
            "Fix: allow more time, or check the policy.",
        )

    def hover_at(self, position: Vector) -> None:
        """Hover somewhere else.

        Args:
            position: (3,) [m] map.
        """
        self._hover = Setpoint(position)

    def cancel(self) -> Ending | None:
        """End the goal on its client's wish: hover here, or stay on the ground."""
        if self.mode == Mode.POLICY:
            return self._end(GoalCode.CANCELED, "cancelled by the client; hovers here")
        return self.abort(GoalCode.CANCELED, "cancelled by the client before the start")

    def abort(self, code: GoalCode, text: str) -> Ending | None:
        """End the goal, if one is flown, and fly no more.

        Args:
            code: Why.
            text: The same for people.
        """
        ending = self._end(code, text)
        self.flying = self.asking = False
        self._hover = None
        return ending

    def _end(self, code: GoalCode, text: str) -> Ending | None:
        """End the goal, if one is flown, and hover where the robot is."""
        progress, self.progress = self.progress, None
        if progress is None:
            return None
        self._hover = None
        return Ending(code, text, progress)
