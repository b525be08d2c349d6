"""Which sample the stage's own commands answer: a robot waits for an answer to each state."""

import math

_AHEAD = 0.05  # [s] that a simulated clock may lag behind a sample


class Arrivals:
    """Counts samples, good or not, and keeps the stamp to answer.

    A robot in lockstep waits for the command with the stamp of its body state, even of one that is
    frozen or not a number. Once body states stop coming, inertial samples are answered.

    Args:
        patience: time without body states after which inertial samples are answered [s].
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._state_time = -math.inf
        self._states = 0
        self._state_stamp = 0.0
        self._imu_samples = 0
        self._imu_stamp = 0.0

    def note_state(self, time: float, now: float, stamp: float) -> None:
        """Note a body state.

        Args:
            time: monotonic time of receipt [s].
            now: time of receipt [s, node clock].
            stamp: the state's stamp [s, node clock].
        """
        self._state_time = time
        self._states += 1
        if self._state_stamp < stamp <= now + _AHEAD and stamp < math.inf:
            self._state_stamp = stamp

    def note_imu(self, now: float, stamp: float) -> None:
        """Note an inertial sample.

        Args:
            now: time of receipt [s, node clock].
            stamp: the sample's stamp [s, node clock].
        """
        self._imu_samples += 1
        if self._imu_stamp < stamp <= now + _AHEAD and stamp < math.inf:
            self._imu_stamp = stamp

    def count(self, time: float) -> int:
        """Return a number that changes when a sample to answer has come."""
        if time - self._state_time <= self._patience:
            return self._states
        return self._states + self._imu_samples

    def stamp(self, time: float) -> float:
        """Return the stamp to answer [s, node clock]; it only falls when the clock jumps back."""
        if time - self._state_time <= self._patience:
            return self._state_stamp
        return max(self._state_stamp, self._imu_stamp)

    def forget_stamps(self) -> None:
        """Accept any stamp next: the node's clock has jumped."""
        self._state_stamp = 0.0
        self._imu_stamp = 0.0
