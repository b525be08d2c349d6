"""Dead reckoning: where the robot is when only its inertial sensor is left.

While the body state is good, the estimate is held at the stamp of the latest state (a delayed
horizon) and corrected by it, which also teaches the biases of gyroscope and accelerometer: a
complementary filter (Mahony et al. 2008, IEEE TAC 53(5)) for the attitude and an observer of the
same form for the velocity, with the gains of a Kalman filter. Inertial samples that are newer wait
in a queue; they carry the estimate to the present when it is asked for, and for good when the body
state is lost.
"""

from collections import deque
from dataclasses import dataclass

from untether_hardware.safety.bias import BiasGains
from untether_hardware.safety.rotation import difference, rotate, rotate_back, turn
from untether_hardware.state import BodyState, ImuSample, Quaternion, Vector

# Standard deviations of the odometry, and densities of the inertial sensor with what vibration and
# discrete time add; those of a small quadrotor under motion capture.
_ORIENTATION_NOISE = 0.005  # [rad]
_VELOCITY_NOISE = 0.015  # [m/s]
_GYROSCOPE_NOISE = 0.0015  # [rad/s/sqrt(Hz)]
_ACCELEROMETER_NOISE = 0.02  # [m/s^2/sqrt(Hz)]
_GYROSCOPE_WANDER = 0.0005  # [rad/s/sqrt(s)]
_ACCELEROMETER_WANDER = 0.01  # [m/s^2/sqrt(s)]
_GYROSCOPE_BIAS = 0.02  # [rad/s] at first
_ACCELEROMETER_BIAS = 0.2  # [m/s^2] at first
_POSITION_GAIN = 0.3  # [1]
_LARGEST_GYROSCOPE_BIAS = 0.1  # [rad/s]
_LARGEST_ACCELEROMETER_BIAS = 1.0  # [m/s^2]
# Innovations that no drift explains: the state has jumped, or the inertial samples have gaps.
_JUMP_ANGLE = 0.06  # [rad]
_JUMP_VELOCITY = 0.15  # [m/s]
_LONGEST_GAP = 0.05  # [s] without inertial samples over which the estimate may be carried
_QUEUE = 256

_Motion = tuple[float, Vector, Quaternion, Vector]  # stamp, position, orientation, linear velocity


@dataclass(frozen=True, slots=True)
class Estimate:
    """Where the robot is thought to be.

    Attributes:
        stamp: the time it is about [s, node clock].
        position: (3,) [m] map.
        orientation: base_link to map, (4,) [1] xyzw.
        linear_velocity: (3,) [m/s] map.
        angular_velocity: (3,) [rad/s] base_link.
    """

    stamp: float
    position: Vector
    orientation: Quaternion
    linear_velocity: Vector
    angular_velocity: Vector


class Estimator:
    """Integrates inertial samples from the last good body state.

    Args:
        gravity: gravitational acceleration [m/s^2].
    """

    def __init__(self, gravity: float) -> None:
        self._gravity = gravity
        self._queue: deque[ImuSample] = deque(maxlen=_QUEUE)
        self._last: ImuSample | None = None  # the newest sample that the estimate has used up
        self._motion: _Motion | None = None
        self._attitude_gains = BiasGains(
            _ORIENTATION_NOISE, _GYROSCOPE_NOISE, _GYROSCOPE_WANDER, _GYROSCOPE_BIAS
        )
        self._velocity_gains = BiasGains(
            _VELOCITY_NOISE, _ACCELEROMETER_NOISE, _ACCELEROMETER_WANDER, _ACCELEROMETER_BIAS
        )
        self._gyroscope_bias: Vector = (0.0, 0.0, 0.0)  # [rad/s] base_link
        self._accelerometer_bias: Vector = (0.0, 0.0, 0.0)  # [m/s^2] base_link

    @property
    def gyroscope_bias(self) -> Vector:
        """Learnt bias of the gyroscope, (3,) [rad/s] base_link."""
        return self._gyroscope_bias

    @property
    def accelerometer_bias(self) -> Vector:
        """Learnt bias of the accelerometer, (3,) [m/s^2] base_link."""
        return self._accelerometer_bias

    def observe_imu(self, sample: ImuSample) -> None:
        """Queue a sample; stamps must grow."""
        self._queue.append(sample)

    def correct(self, state: BodyState) -> None:
        """Take a good body state in; stamps must grow."""
        before = self._motion
        predicted = self._carry_to(state.stamp)
        if before is None or predicted is None:
            self._attitude_gains.restart()
            self._velocity_gains.restart()
            self._motion = state.stamp, state.position, state.orientation, state.linear_velocity
            return
        step = state.stamp - before[0]
        _, (a, b, c), orientation, (u, v, w) = predicted
        p, q, r = difference(orientation, state.orientation)
        jumped = p * p + q * q + r * r > _JUMP_ANGLE * _JUMP_ANGLE
        gain, bias_gain = self._attitude_gains.update(step, jumped)
        self._gyroscope_bias = _learn(
            self._gyroscope_bias, bias_gain, (p, q, r), _LARGEST_GYROSCOPE_BIAS
        )
        orientation = turn(orientation, (gain * p, gain * q, gain * r))
        x, y, z = state.linear_velocity
        x -= u
        y -= v
        z -= w
        jumped = x * x + y * y + z * z > _JUMP_VELOCITY * _JUMP_VELOCITY
        gain, bias_gain = self._velocity_gains.update(step, jumped)
        self._accelerometer_bias = _learn(
            self._accelerometer_bias,
            bias_gain,
            rotate_back(state.orientation, (x, y, z)),
            _LARGEST_ACCELEROMETER_BIAS,
        )
        p, q, r = state.position
        self._motion = (
            state.stamp,
            (
                a + _POSITION_GAIN * (p - a),
                b + _POSITION_GAIN * (q - b),
                c + _POSITION_GAIN * (r - c),
            ),
            orientation,
            (u + gain * x, v + gain * y, w + gain * z),
        )

    def predict(self) -> Estimate | None:
        """Return the estimate at the newest inertial sample; None before the first state."""
        motion = self._motion
        if motion is None:
            return None
        last = self._last
        for sample in self._queue:
            motion = self._integrate(motion, last, sample, sample.stamp)
            last = sample
        if last is None:
            return None
        stamp, position, orientation, velocity = motion
        x, y, z = last.angular_velocity
        a, b, c = self._gyroscope_bias
        return Estimate(stamp, position, orientation, velocity, (x - a, y - b, z - c))

    def settle(self) -> None:
        """Carry the estimate to the newest inertial sample for good: no state will correct it."""
        while self._queue:
            sample = self._queue.popleft()
            if self._motion is not None:
                self._motion = self._integrate(self._motion, self._last, sample, sample.stamp)
            self._last = sample

    def forget(self) -> None:
        """Forget where the robot is, but not the biases: the node's clock has jumped."""
        self._queue.clear()
        self._last = None
        self._motion = None

    def _carry_to(self, stamp: float) -> _Motion | None:
        """Return the motion at a stamp; None when the inertial samples do not reach it."""
        motion = self._motion
        queue = self._queue
        if motion is None or stamp < motion[0]:
            return None
        last = self._last
        while queue and queue[0].stamp <= stamp:
            sample = queue.popleft()
            motion = self._integrate(motion, last, sample, sample.stamp)
            last = sample
        self._last = last
        if last is None or stamp - last.stamp > _LONGEST_GAP:
            return None
        if stamp > motion[0]:
            motion = self._integrate(motion, last, queue[0] if queue else last, stamp)
        return motion

    def _integrate(
        self, start: _Motion, before: ImuSample | None, after: ImuSample, stamp: float
    ) -> _Motion:
        """Carry a motion to a stamp with the mean of the samples on both sides."""
        start_stamp, position, orientation, velocity = start
        step = stamp - start_stamp
        if not 0.0 < step <= _LONGEST_GAP:
            # Samples from before the estimate teach nothing, and a gap cannot be bridged.
            return (max(stamp, start_stamp), position, orientation, velocity)
        if before is None:
            before = after
        half = 0.5 * step
        a, b, c = before.angular_velocity
        d, e, f = after.angular_velocity
        g, h, i = self._gyroscope_bias
        a = half * (a + d) - step * g  # the turn in this step [rad]
        b = half * (b + e) - step * h
        c = half * (c + f) - step * i
        x, y, z = before.linear_acceleration
        d, e, f = after.linear_acceleration
        g, h, i = self._accelerometer_bias
        x = 0.5 * (x + d) - g
        y = 0.5 * (y + e) - h
        z = 0.5 * (z + f) - i
        # The body turns during the step: take the specific force half-way.
        x, y, z = rotate(
            orientation,
            (x + 0.5 * (b * z - c * y), y + 0.5 * (c * x - a * z), z + 0.5 * (a * y - b * x)),
        )
        z -= self._gravity
        u, v, w = velocity
        p, q, r = position
        return (
            stamp,
            (p + step * (u + half * x), q + step * (v + half * y), r + step * (w + half * z)),
            turn(orientation, (a, b, c)),
            (u + step * x, v + step * y, w + step * z),
        )


def _learn(bias: Vector, gain: float, innovation: Vector, limit: float) -> Vector:
    """Return a bias after an innovation, within its limits."""
    x, y, z = bias
    a, b, c = innovation
    x += gain * a
    y += gain * b
    z += gain * c
    if x * x + y * y + z * z > limit * limit:
        scale = limit / (x * x + y * y + z * z) ** 0.5
        return x * scale, y * scale, z * scale
    return x, y, z
