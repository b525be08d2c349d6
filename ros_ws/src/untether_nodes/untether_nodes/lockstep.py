"""Lockstep: a simulator's time stands still until its last sample has been answered."""

_LOST_PERIOD = 0.01  # [s] wall time of a step for which no answer is expected


class Lockstep:
    """Decides when a simulator may go on.

    Args:
        timeout: Wall time after which it goes on without an answer [s].
        step_time: Least wall time of a step [s]; zero is as fast as the answers come.
    """

    def __init__(self, timeout: float, step_time: float = 0.0) -> None:
        self.missed = 0
        """Samples that were not answered in time, since the first one that was."""
        self._timeout = timeout
        self._step_time = step_time
        self._sent_at = 0.0
        self._waiting = False
        self._expected = False
        self._answered = False

    def sent(self, now: float, *, expects_answer: bool) -> None:
        """Take note that a sample has been sent.

        Args:
            now: Steady wall time [s].
            expects_answer: False when the sample was lost on purpose, so that none can answer it.
        """
        self._sent_at = now
        self._waiting = True
        self._expected = expects_answer

    def answer(self, now: float) -> bool:
        """Take note of the answer to the last sample; return whether the simulator may go on now.

        Args:
            now: Steady wall time [s].
        """
        self._answered = True
        waiting, self._waiting = self._waiting, False
        return waiting and self.may_go_on(now)

    def may_go_on(self, now: float) -> bool:
        """Return whether the simulator may go on: there is an answer, or none will come.

        Args:
            now: Steady wall time [s].
        """
        if not self._waiting:
            return now - self._sent_at >= self._step_time
        limit = self._timeout if self._expected else _LOST_PERIOD
        if now - self._sent_at < limit:
            return False
        if self._expected and self._answered:
            self.missed += 1
        return True
