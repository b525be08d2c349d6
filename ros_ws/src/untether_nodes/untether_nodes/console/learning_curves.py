"""How the arm's episodes come out: as a learner tells, or those that the console ran.

A learner publishes ``diagnostic_msgs/DiagnosticArray`` on ``learning_status``, with these keys in
any of its statuses; those that it does not know are left out:

| key | what |
|---|---|
| ``episode`` | number of episodes so far |
| ``return`` | of the last episode |
| ``success`` | 1 when that was a success, else 0 |
| ``intervention rate`` | share of its actions that an operator commanded, 0 to 1 |
| ``q`` | the critics' mean estimate of the last batch |
| ``latency [s]`` | from the pictures to the action |
"""

import math
from collections import deque
from collections.abc import Mapping

CURVES = ("return", "success", "intervention rate", "q", "latency [s]")
"""Names of the curves."""

_SIZE = 500  # points of a curve
_MEAN_SIZE = 20  # episodes over which successes are averaged

Points = list[tuple[float, float]]


class LearningCurves:
    """The last 500 episodes; filled by the ROS thread, and read by any.

    Attributes:
        revision: Grows with every change.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._curves = {name: deque[tuple[float, float]](maxlen=_SIZE) for name in CURVES}
        self._episode = 0.0  # the last
        self._of_learner = False

    def add_episode(self, *, success: bool, steps: int, corrected: int) -> None:
        """Take in an episode that the console ran, unless a learner tells.

        Args:
            success: Whether the task was done, which is all that is rewarded.
            steps: Actions.
            corrected: Of which an operator commanded.
        """
        if self._of_learner:
            return
        done = float(success)
        rate = corrected / steps if steps else 0.0
        values = {"return": done, "success": done, "intervention rate": rate}
        self._add(self._episode + 1.0, values)

    def add_status(self, values: Mapping[str, str]) -> None:
        """Take in what a learner tells.

        The same episode again replaces what was told of it before; an earlier one begins anew, and
        what is not a number is left out.

        Args:
            values: Keys and values of its status.
        """
        numbers = {name: _read(values.get(name, "")) for name in (*CURVES, "episode")}
        episode = numbers.pop("episode")
        known = {name: value for name, value in numbers.items() if math.isfinite(value)}
        if not (math.isfinite(episode) and known):
            return
        if not self._of_learner or episode < self._episode:
            self._of_learner = True
            for points in self._curves.values():
                points.clear()
        self._add(episode, known)

    def read(self) -> dict[str, Points]:
        """Return episode and value of the points of each curve; successes as a running mean."""
        curves = {name: list(points) for name, points in self._curves.items()}
        successes = [value for _, value in curves["success"]]
        for index, (episode, _) in enumerate(curves["success"]):
            last = successes[max(0, index + 1 - _MEAN_SIZE) : index + 1]
            curves["success"][index] = (episode, sum(last) / len(last))
        return curves

    def _add(self, episode: float, values: Mapping[str, float]) -> None:
        self._episode = episode
        for name, value in values.items():
            points = self._curves[name]
            if points and points[-1] == (episode, value):
                continue
            if points and points[-1][0] == episode:
                points.pop()
            points.append((episode, value))
            self.revision += 1


def _read(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
