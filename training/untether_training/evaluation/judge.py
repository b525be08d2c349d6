"""Judges a running batch of episodes by the criterion of their task."""

import numpy as np
import numpy.typing as npt

from untether_training.evaluation.criteria import (
    AIRBORNE_HEIGHT,
    FLIP_TILT,
    GROUND_HEIGHT,
    LOST_DISTANCE,
    Criteria,
    Goal,
)
from untether_training.evaluation.outcome import Episodes, Outcome

FloatArray = npt.NDArray[np.float64] | npt.NDArray[np.float32]


class Judge:
    """Watches a batch of episodes, one call per control period, and says how each ended.

    Figures of an episode stop changing once it has ended, so the simulator may go on with the
    others. Nothing is drawn at random and no clock is read.
    """

    def __init__(self, criteria: Criteria, count: int, period: float, *, legs: int = 1) -> None:
        """Begin ``count`` episodes.

        Args:
            criteria: The task's criterion.
            count: How many episodes run side by side.
            period: Time between two calls of ``observe`` [s].
            legs: How many goals each episode visits, one after the other; each leg has to meet
                the criterion and has the whole time limit. Tasks that arrive only.
        """
        self._criteria = criteria
        self._period = period
        self._legs = legs
        self.leg = np.zeros(count, np.int64)
        """Which goal each episode is heading for, ``(count,)``."""
        # Whole numbers of ticks, so that no sum of rounded periods decides an episode.
        self._window = round(criteria.window / period)
        self._limit = round(criteria.time_limit / period)
        self._outcome = np.zeros(count, np.int64)  # (count,) Outcome
        self._ticks = np.zeros(count, np.int64)  # (count,) observed so far
        self._leg_start = np.zeros(count, np.int64)  # (count,) tick at which the leg began
        self._inside = np.zeros(count, np.int64)  # (count,) ticks without a break
        self._airborne = np.zeros(count, bool)  # (count,)
        self._entered = np.zeros(count, np.int64)  # (count,) tick at which the stay began
        self._travel = np.zeros(count, np.int64)  # (count,) ticks of all legs until their stay
        self._error_sum = np.zeros(count)  # (count,) [m] over the scored window
        self._error_ticks = np.zeros(count, np.int64)  # (count,)
        self._stay_sum = np.zeros(count)  # (count,) [m] over a stay that may still be broken
        self._speed_sum = np.zeros(count)  # (count,) [m/s]
        self._peak_speed = np.zeros(count)  # (count,) [m/s]
        self._distance = np.full(count, np.nan)  # (count,) [m]

    @property
    def done(self) -> npt.NDArray[np.bool_]:
        """Which episodes have ended, ``(count,)``."""
        return self._outcome != Outcome.RUNNING

    def observe(
        self,
        position: FloatArray,  # (count, 3) [m] map
        orientation: FloatArray,  # (count, 4) [1] xyzw
        linear_velocity: FloatArray,  # (count, 3) [m/s] map
        goal_position: FloatArray,  # (count, 3) [m] map
    ) -> npt.NDArray[np.bool_]:
        """Take the true state after one control period, and return which episodes have ended.

        Args:
            position: Centres of the drones, shape ``(count, 3)`` [m] map.
            orientation: Quaternions, shape ``(count, 4)``, xyzw.
            linear_velocity: Velocities, shape ``(count, 3)`` [m/s] map.
            goal_position: Where each drone should be now, shape ``(count, 3)`` [m] map.

        Returns:
            ``done``, shape ``(count,)``.
        """
        active = ~self.done
        self._ticks += active
        distance = np.linalg.norm(position - goal_position, axis=1)  # (count,) [m]
        speed = np.linalg.norm(linear_velocity, axis=1)  # (count,) [m/s]
        x, y = orientation[:, 0], orientation[:, 1]
        upright = np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)  # (count,) cosine of the tilt
        finite = np.isfinite(distance) & np.isfinite(speed) & np.isfinite(upright)
        moving = active & finite
        self._distance[moving] = distance[moving]
        self._speed_sum[moving] += speed[moving]
        self._peak_speed[moving] = np.maximum(self._peak_speed[moving], speed[moving])
        self._score(moving, distance, upright)
        self._end(finite, distance, upright, position[:, 2])
        return self.done

    def _score(
        self, moving: npt.NDArray[np.bool_], distance: FloatArray, upright: FloatArray
    ) -> None:
        """Update the stay inside the radius and the error over the scored window."""
        level = upright >= np.cos(self._criteria.max_tilt)
        inside = moving & (distance <= self._criteria.radius) & level
        self._entered = np.where(inside & (self._inside == 0), self._ticks, self._entered)
        self._inside = np.where(moving, np.where(inside, self._inside + 1, 0), self._inside)
        self._stay_sum[moving & ~inside] = 0.0
        self._stay_sum[inside] += distance[inside]
        if self._criteria.goal is not Goal.ARRIVE:
            scored = moving & (self._ticks > self._limit - self._window)
            self._error_sum[scored] += distance[scored]
            self._error_ticks += scored

    def _end(
        self,
        finite: npt.NDArray[np.bool_],
        distance: FloatArray,
        upright: FloatArray,
        height: FloatArray,
    ) -> None:
        """Set the outcome of the episodes that end now; failures go before success."""
        self._airborne |= height > AIRBORNE_HEIGHT
        late = self._ticks - self._leg_start >= self._limit
        flipped = (upright < np.cos(FLIP_TILT)) & (not self._criteria.may_flip)
        running = ~self.done
        for outcome, holds in (
            (Outcome.LOST, ~finite | (distance > LOST_DISTANCE)),
            (Outcome.GROUND, self._airborne & (height < GROUND_HEIGHT)),
            (Outcome.FLIPPED, flipped),
        ):
            self._outcome[running & holds] = outcome
            running &= ~holds
        reached = running & self._reach(late)
        self._outcome[running & late & ~reached] = Outcome.TIMEOUT
        self._outcome[self._complete_leg(reached)] = Outcome.SUCCESS

    def _reach(self, late: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return which episodes meet the criterion now."""
        if self._criteria.goal is Goal.ARRIVE:
            return self._inside >= self._window
        if self._criteria.goal is Goal.HOLD:
            return late & (self._inside >= self._window)
        mean = self._error_sum / np.maximum(self._error_ticks, 1)
        return late & (mean <= self._criteria.radius)

    def _complete_leg(self, reached: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Book the legs that met the criterion, and return which episodes have no other."""
        self._travel[reached] += (self._entered - self._leg_start)[reached]
        if self._criteria.goal is Goal.ARRIVE:
            self._error_sum[reached] += self._stay_sum[reached]
            self._error_ticks[reached] += self._inside[reached]
        last = reached & (self.leg == self._legs - 1)
        onward = reached & ~last
        self.leg[onward] += 1
        self._leg_start[onward] = self._ticks[onward]
        self._inside[onward] = 0
        return last

    def episodes(self) -> Episodes:
        """Return the figures so far; episodes still running have the outcome RUNNING."""
        success = self._outcome == Outcome.SUCCESS
        timed = success & (self._criteria.goal is not Goal.TRACK)
        scored = self._error_ticks > 0
        ticks = np.maximum(self._ticks, 1)
        return Episodes(
            outcome=self._outcome.copy(),
            time_to_goal=np.where(timed, self._travel * (self._period / self._legs), np.nan),
            final_distance=self._distance.copy(),
            mean_speed=self._speed_sum / ticks,
            peak_speed=self._peak_speed.copy(),
            tracking_error=np.where(
                scored, self._error_sum / np.maximum(self._error_ticks, 1), np.nan
            ),
        )
