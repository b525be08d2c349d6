"""The simulated Crazyflie: a MuJoCo model behind the interface of the robot."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

import math
from collections import deque
from collections.abc import Sequence

import mujoco
import numpy as np

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.model import ROTOR_HEIGHT, build_model
from untether_hardware.crazyflie.motors import Motors
from untether_hardware.crazyflie.sensors import Sensors
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.crazyflie.wind import Wind
from untether_hardware.state import BodyState, ImuSample

__all__ = ["SimulatedCrazyflie", "SimulatedCrazyflieConfig"]

Quaternion = tuple[float, float, float, float]
_NO_CONTACT = int(mujoco.mjtDisableBit.mjDSBL_CONTACT)
_Snapshot = tuple[float, list[float], list[float]]  # time [s], MuJoCo's qpos and qvel


class SimulatedCrazyflie:
    """A Crazyflie in MuJoCo, with motor lag, latency, sensor noise, drag and contacts.

    It is not the simulator that policies are trained in, so flying it is a transfer. The same seed
    and the same commands give the same trajectory, bit for bit.

    A command reaches the motors after ``command_latency + extra_latency``, the odometry is
    ``odometry_latency`` old; both are exact to a physics step, not to a control period.

    Attributes:
        config: How the robot differs from its description, and what disturbs it.
        description: The robot.
        model: MuJoCo's model, for rendering.
        data: MuJoCo's state, for rendering; write to it through ``reset`` only.
        nan_commands: Commanded values that were not a number and became zero, since construction.
        clamped_commands: Commanded values that were outside of the limits, since construction.
    """

    def __init__(
        self,
        config: SimulatedCrazyflieConfig | None = None,
        seed: int = 0,
        *,
        description: QuadrotorDescription = CRAZYFLIE,
    ) -> None:
        """Create a robot that stands where the configuration says.

        Args:
            config: How the robot differs from its description; None for the nominal robot.
            seed: Of the sensors' noise and the gusts.
            description: The robot.
        """
        self.config = config = config or SimulatedCrazyflieConfig()
        self.description = description
        self.model = build_model(description, config)
        self.data = mujoco.MjData(self.model)
        self.nan_commands = 0
        self.clamped_commands = 0
        self._motors = Motors(
            description,
            time_constants=config.motor_time_constants,
            timestep=config.timestep,
            max_speed=config.max_rotor_speed,
            rotor_inertia=config.rotor_inertia,
        )
        self._sensors = Sensors(config.noise)
        self._wind = Wind(config)
        self._generator = np.random.default_rng(seed)
        # A latency is a number of control periods and a phase, in physics steps, within one.
        self._command_delay, self._command_phase = divmod(
            config.count_steps(config.command_latency + config.extra_latency), config.substeps
        )
        age, phase = divmod(config.count_steps(config.odometry_latency), config.substeps)
        self._odometry_phase = config.substeps - phase
        self._commands: deque[Sequence[float]] = deque()
        self._snapshots: deque[_Snapshot] = deque(maxlen=age + 1)
        self.reset(config.position)

    @property
    def time(self) -> float:
        """Time since the last reset [s]."""
        return self._ticks * self.config.control_period

    @property
    def rotor_thrust(self) -> tuple[float, float, float, float]:
        """Thrusts that the rotors make now, without the ground's effect, (4,) [N]."""
        scale = self.config.thrust_scale * self.description.max_rotor_thrust
        r0, r1, r2, r3 = self._motors.speed
        return scale * r0 * r0, scale * r1 * r1, scale * r2 * r2, scale * r3 * r3

    def reset(
        self,
        position: Sequence[float] = (0.0, 0.0, 0.02),
        orientation: Sequence[float] = (0.0, 0.0, 0.0, 1.0),
        linear_velocity: Sequence[float] = (0.0, 0.0, 0.0),
        angular_velocity: Sequence[float] = (0.0, 0.0, 0.0),
        *,
        rotor_thrust: float = 0.0,
        seed: int | None = None,
    ) -> None:
        """Put the robot somewhere and start the clock again.

        Args:
            position: (3,) [m] map.
            orientation: From base_link to map, (x, y, z, w); it is normalised.
            linear_velocity: (3,) [m/s] map.
            angular_velocity: (3,) [rad/s] base_link.
            rotor_thrust: Thrust that each rotor makes, and goes on to make until the first command
                arrives [N].
            seed: Starts the random numbers anew; None goes on with them.

        Raises:
            ValueError: When a value is not finite, or there are too few or many.
        """
        x, y, z, w = _finite("orientation", orientation, 4)
        norm = math.sqrt(x * x + y * y + z * z + w * w)
        if norm < 1e-6:
            raise ValueError(
                f"reset(orientation): expected a quaternion (x, y, z, w), got {orientation!r}. "
                "Fix: (0, 0, 0, 1) is level."
            )
        if not 0.0 <= rotor_thrust <= self.description.max_rotor_thrust:
            raise ValueError(
                f"reset(rotor_thrust): expected 0 to {self.description.max_rotor_thrust} N, got "
                f"{rotor_thrust!r}. Fix: give the thrust of one rotor, not of four."
            )
        if seed is not None:
            self._generator = np.random.default_rng(seed)
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:3] = _finite("position", position, 3)
        # MuJoCo's quaternions are (w, x, y, z); its free joint's velocities are map and base_link.
        self.data.qpos[3:] = (w / norm, x / norm, y / norm, z / norm)
        self.data.qvel[:3] = _finite("linear_velocity", linear_velocity, 3)
        self.data.qvel[3:] = _finite("angular_velocity", angular_velocity, 3)
        self._motors.reset(rotor_thrust)
        self._commands.clear()
        self._commands.extend([(rotor_thrust,) * 4] * self._command_delay)
        self._sensors.reset(self._generator)
        self._wind.reset(self._generator)
        self._ticks = 0
        self._snapshots.clear()
        self._snapshots.append(self._snapshot(0))
        self._odometry: BodyState | None = None
        self.data.ctrl[:4] = self.rotor_thrust
        mujoco.mj_forward(self.model, self.data)

    def step(self, rotor_thrust: Sequence[float]) -> None:
        """Advance by one control period.

        This is the robot's own last line: values are clamped to what a rotor can do, and NaN
        becomes zero.

        Args:
            rotor_thrust: Commanded rotor thrusts, (4,) [N], in the description's order.
        """
        self._commands.append(self._sanitize(rotor_thrust))
        model, data, ctrl = self.model, self.data, self.data.ctrl
        motors, command_phase, odometry_phase = (
            self._motors,
            self._command_phase,
            self._odometry_phase,
        )
        gain = self.config.thrust_scale * self._ground_effect()
        if self._wind.blows:
            data.qfrc_applied[:3] = self._wind.advance()
        self._look_for_floor()
        for phase in range(self.config.substeps):
            if phase == command_phase:
                motors.command(self._commands.popleft())
            if phase == odometry_phase:
                self._snapshots.append(self._snapshot(phase))
            f0, f1, f2, f3, torque = motors.advance()
            ctrl[0] = gain * f0
            ctrl[1] = gain * f1
            ctrl[2] = gain * f2
            ctrl[3] = gain * f3
            ctrl[4] = torque
            mujoco.mj_step(model, data)
        if odometry_phase == self.config.substeps:
            self._snapshots.append(self._snapshot(odometry_phase))
        self._ticks += 1
        self._sensors.advance()
        self._odometry = None

    def read_truth(self) -> BodyState:
        """Return the true state now."""
        return _to_state(self.time, self.data.qpos.tolist(), self.data.qvel.tolist())

    def read_state(self) -> BodyState:
        """Return what the odometry tells: noisy, and as old as its latency.

        The stamp is the time of the measurement. Reading twice in a control period gives the same.
        """
        if self._odometry is None:
            self._odometry = self._sensors.measure_state(_to_state(*self._snapshots[0]))
        return self._odometry

    def read_imu(self) -> ImuSample:
        """Return what the inertial measurement unit told at the last physics step."""
        wx, wy, wz, ax, ay, az = self.data.sensordata.tolist()
        stamp = max(0.0, self.time - self.config.timestep)
        return self._sensors.measure_imu(ImuSample(stamp, (wx, wy, wz), (ax, ay, az)))

    def _snapshot(self, phase: int) -> _Snapshot:
        time = self.time + phase * self.config.timestep
        return time, self.data.qpos.tolist(), self.data.qvel.tolist()

    def _sanitize(self, rotor_thrust: Sequence[float]) -> Sequence[float]:
        limit = self.description.max_rotor_thrust
        if len(rotor_thrust) != 4:
            raise ValueError(
                f"step(rotor_thrust): expected 4 thrusts [N], got {len(rotor_thrust)}. "
                f"Fix: give one for each of {', '.join(self.description.rotor_names)}."
            )
        safe = [float(value) for value in rotor_thrust]
        for index, value in enumerate(safe):
            if 0.0 <= value <= limit:
                continue
            if math.isnan(value):
                self.nan_commands += 1
                safe[index] = 0.0
            else:
                self.clamped_commands += 1
                safe[index] = min(max(value, 0.0), limit)
        return safe

    def _look_for_floor(self) -> None:
        """Let MuJoCo look for contacts only where the floor is in reach: a fifth of the time."""
        data, option = self.data, self.model.opt
        height = data.qpos[2] + data.qvel[2] * self.config.control_period
        if height < 2.0 * self.description.radius:
            option.disableflags &= ~_NO_CONTACT
        else:
            option.disableflags |= _NO_CONTACT

    def _ground_effect(self) -> float:
        """Return the gain of thrust near the floor (Cheeseman and Bennett 1955), level flight."""
        radius = self.description.rotor_radius
        height = float(self.data.qpos[2]) + ROTOR_HEIGHT
        if not self.config.ground_effect or height > 4.0 * radius:
            return 1.0
        height = max(height, 0.5 * radius)  # [m] below that the model does not hold
        return 1.0 / (1.0 - (radius / (4.0 * height)) ** 2)


def _to_state(time: float, qpos: list[float], qvel: list[float]) -> BodyState:
    x, y, z, qw, qx, qy, qz = qpos
    vx, vy, vz, wx, wy, wz = qvel
    return BodyState(time, (x, y, z), (qx, qy, qz, qw), (vx, vy, vz), (wx, wy, wz))


def _finite(name: str, values: Sequence[float], count: int) -> list[float]:
    numbers = [float(value) for value in values]
    if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
        raise ValueError(
            f"reset({name}): expected {count} finite numbers, got {numbers}. "
            "Fix: check what computes the initial state."
        )
    return numbers
