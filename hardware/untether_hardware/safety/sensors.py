"""The robot's sensors: which samples may be used, when they are lost, and what to believe then."""

from untether_hardware.safety.arrivals import Arrivals
from untether_hardware.safety.config import SafetyConfig
from untether_hardware.safety.estimator import Estimate, Estimator
from untether_hardware.safety.events import Finding, Guard
from untether_hardware.safety.frozen import FrozenGuard
from untether_hardware.safety.rotation import turn
from untether_hardware.safety.staleness import Arrival, Freshness
from untether_hardware.state import BodyState, ImuSample

# No sum of a real sample's values comes near these.
_LARGEST = 1e6
_LARGEST_RATE = 150.0  # [rad/s]
_LARGEST_FORCE = 1000.0  # [m/s^2]
_REST = 1e-6  # [m/s] and [rad/s]
_UNIT_TOLERANCE = 0.02  # of the quaternion's squared length


class Sensors:
    """Judges samples and keeps the estimate of where the robot is.

    Args:
        config: ages, times and counts.
        gravity: gravitational acceleration [m/s^2].
    """

    def __init__(self, config: SafetyConfig, gravity: float) -> None:
        self._config = config
        self._state_freshness = Freshness(config.state_max_age)
        self._imu_freshness = Freshness(config.state_max_age)
        self._frozen = FrozenGuard(config.frozen_count, config.frozen_distance)
        self._estimator = Estimator(gravity)
        self._good_in_row = 0
        self._lost = False
        self._imu_moves = False  # the last inertial sample differed from the one before
        self._invalid: Finding | None = None
        self.state: BodyState | None = None
        """The last good body state."""
        self.imu: ImuSample | None = None
        """The last good inertial sample."""
        self.arrivals = Arrivals(config.state_timeout)
        """Samples that have come, good or not."""

    @property
    def trusted(self) -> bool:
        """Whether body states may be used."""
        return self.state is not None and not self._lost

    def observe_state(
        self, time: float, now: float, state: BodyState, active: bool
    ) -> tuple[bool, Finding | None]:
        """Take a body state in.

        Args:
            time: monotonic time of receipt [s].
            now: time of receipt [s, node clock].
            state: the state.
            active: whether the motors turn, so that the state must change.

        Returns:
            Whether it is good, and what was found wrong; a frozen sensor is lost at once.
        """
        self.arrivals.note_state(time, now, state.stamp)
        if not _is_valid(state):
            self._good_in_row = 0
            self._invalid = _describe_invalid(state)
            return False, self._invalid
        before = self._state_freshness.stamp
        arrival = self._state_freshness.offer(time, now, state.stamp)
        # A perfect simulator in equilibrium repeats, too: all sensors stand, at a velocity of zero.
        stands = not (self._imu_moves and self.has_imu(time))
        watched = active and not (stands and _is_at_rest(state))
        frozen = self._check_frozen(state, state.stamp - before) if watched else None
        if frozen is not None:
            self._lose()
            return False, frozen
        if arrival is not Arrival.FRESH or (watched and self._frozen.repeats):
            self._good_in_row = 0
            return False, None
        self._invalid = None
        self._good_in_row += 1
        if self._lost and self._good_in_row >= self._config.recovery_count:
            self._lost = False
        if not self._lost:
            self.state = state
            self._estimator.correct(state)
        return not self._lost, None

    def observe_imu(self, time: float, now: float, sample: ImuSample) -> Finding | None:
        """Take an inertial sample in; return what was found wrong."""
        self.arrivals.note_imu(now, sample.stamp)
        a, b, c = sample.angular_velocity
        d, e, f = sample.linear_acceleration
        total = abs(a) + abs(b) + abs(c)
        if not (total < _LARGEST_RATE and abs(d) + abs(e) + abs(f) < _LARGEST_FORCE):
            return Finding(
                Guard.SENSOR_INVALID,
                "imu",
                total,
                _LARGEST_RATE,
                f"expected inertial samples of ordinary size, got angular velocity "
                f"{sample.angular_velocity}, acceleration {sample.linear_acceleration}: not used; "
                "check the sensor",
            )
        last = self.imu
        if (
            last is not None
            and last.angular_velocity == sample.angular_velocity
            and (last.linear_acceleration == sample.linear_acceleration)
        ):
            self._imu_moves = False
            return None  # frozen, or perfect and at rest: nothing new in either case
        self._imu_moves = True
        arrival = self._imu_freshness.offer(time, now, sample.stamp)
        if arrival is Arrival.FRESH:
            self.imu = sample
            self._estimator.observe_imu(sample)
        return None

    def watch(self, time: float) -> Finding | None:
        """Return the finding when the body state has just been lost."""
        silence = self._state_freshness.silence(time)
        if self._lost or self.state is None or silence <= self._config.state_timeout:
            return None
        self._lose()
        if self._invalid is not None:
            return self._invalid
        return Finding(
            Guard.SENSOR_LOST,
            "",
            silence,
            self._config.state_timeout,
            f"expected a body state each {self._config.period:.3f} s, got none for {silence:.3f} "
            "s; check the odometry's source",
        )

    def has_imu(self, time: float) -> bool:
        """Return whether inertial samples are coming in."""
        return self._imu_freshness.silence(time) <= self._config.imu_timeout

    def estimate(self, time: float) -> Estimate | None:
        """Return where the robot is thought to be; None when no sensor is left.

        Args:
            time: monotonic time [s].
        """
        inertial = self.has_imu(time)
        if not self.trusted:
            if not inertial:
                return None
            self._estimator.settle()
            return self._estimator.predict()
        estimate = self._estimator.predict() if inertial else None
        return estimate or self._extrapolate(self._state_freshness.silence(time))

    def forget_stamps(self) -> None:
        """Accept any stamps next: the node's clock has jumped."""
        self._state_freshness.forget_stamps()
        self._imu_freshness.forget_stamps()
        self._estimator.forget()
        self.arrivals.forget_stamps()

    def _check_frozen(self, state: BodyState, period: float) -> Finding | None:
        return self._frozen.check(state, min(max(period, 0.0), self._config.state_max_age))

    def _lose(self) -> None:
        """Stop trusting body states until many good ones have come."""
        self._lost = True
        self._good_in_row = 0

    def _extrapolate(self, age: float) -> Estimate | None:
        """Return the last good state carried on by its velocities."""
        state = self.state
        if state is None:
            return None
        x, y, z = state.position
        u, v, w = state.linear_velocity
        a, b, c = state.angular_velocity
        return Estimate(
            state.stamp + age,
            (x + age * u, y + age * v, z + age * w),
            turn(state.orientation, (a * age, b * age, c * age)),
            state.linear_velocity,
            state.angular_velocity,
        )


def _is_valid(state: BodyState) -> bool:
    """Return whether a state is finite and its quaternion of unit length."""
    x, y, z, w = state.orientation
    if not abs(x * x + y * y + z * z + w * w - 1.0) < _UNIT_TOLERANCE:
        return False
    a, b, c = state.position
    d, e, f = state.linear_velocity
    g, h, i = state.angular_velocity
    total = abs(a) + abs(b) + abs(c) + abs(d) + abs(e) + abs(f) + abs(g) + abs(h) + abs(i)
    return total < _LARGEST


def _is_at_rest(state: BodyState) -> bool:
    """Return whether a state is one of rest, as exactly as no real sensor tells."""
    velocities = state.linear_velocity + state.angular_velocity
    return all(-_REST < value < _REST for value in velocities)


def _describe_invalid(state: BodyState) -> Finding:
    x, y, z, w = state.orientation
    length = (x * x + y * y + z * z + w * w) ** 0.5
    return Finding(
        Guard.SENSOR_INVALID,
        "",
        length,
        1.0,
        f"expected finite values and a quaternion of length 1, got length {length:.3f}, position "
        f"{state.position}, velocity {state.linear_velocity}: not used; check the odometry's "
        "source",
    )
