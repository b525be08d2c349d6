"""The simulated swarm: one MuJoCo model of all drones behind arrays."""

# pyright: reportAttributeAccessIssue=false
# MuJoCo's bindings are compiled and come without type stubs.

from collections import deque

import mujoco
import numpy as np
from numpy.typing import ArrayLike

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.crazyflie.model import ROTOR_HEIGHT
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.config import SimulatedSwarmConfig
from untether_hardware.swarm.contacts import ContactWatch
from untether_hardware.swarm.downwash import Downwash
from untether_hardware.swarm.model import build_swarm_model
from untether_hardware.swarm.motors import SwarmMotors
from untether_hardware.swarm.sensors import SwarmSensors
from untether_hardware.swarm.state import Floats, SwarmContacts, SwarmState
from untether_hardware.swarm.wind import SwarmWind

__all__ = ["SimulatedSwarm", "SimulatedSwarmConfig"]


class SimulatedSwarm:
    """Crazyflies in a room with columns, as ``SimulatedCrazyflie`` has one of them.

    They have motor lag, latencies, sensor noise, drag, ground effect and contacts, and they blow at
    each other. The same seed and the same commands give the same flight, bit for bit; a drone that
    meets no other flies as if it were alone, and its noise does not depend on the others.

    Attributes:
        columns: Room and columns.
        drones: How many drones there are.
        config: How they differ from their description, and what disturbs them.
        description: The robot.
        nan_commands: Commanded values that were not a number and became zero, since construction,
            (drones,).
        clamped_commands: Commanded values that were outside of the limits, likewise.
    """

    def __init__(
        self,
        columns: Columns,
        position: ArrayLike,
        config: SimulatedSwarmConfig | None = None,
        seed: int = 0,
        *,
        description: QuadrotorDescription = CRAZYFLIE,
    ) -> None:
        """Create a swarm.

        Args:
            columns: Room and columns.
            position: Where the drones are at first, (drones, 3) [m] map.
            config: How they differ from their description; None for nominal ones.
            seed: Of noise and gusts.
            description: The robot.
        """
        self.columns = columns
        self.drones = drones = len(np.atleast_2d(np.asarray(position)))
        self.config = config = config or SimulatedSwarmConfig()
        self.description = description
        self.nan_commands = np.zeros(drones, dtype=int)
        self.clamped_commands = np.zeros(drones, dtype=int)
        self._model = build_swarm_model(columns, drones, description, config)
        self._data = mujoco.MjData(self._model)
        # Views of MuJoCo's memory, one row a drone.
        self._qpos = self._data.qpos.reshape(drones, 7)
        self._qvel = self._data.qvel.reshape(drones, 6)
        self._qacc = self._data.qacc.reshape(drones, 6)
        self._applied = self._data.qfrc_applied.reshape(drones, 6)
        self._rotation = self._data.xmat[1:].reshape(drones, 3, 3)
        robot = config.robot
        self._drag = np.asarray(robot.drag)
        self._motors = SwarmMotors(description, robot, drones)
        self._downwash = Downwash(description, robot) if config.downwash else None
        self._contacts = ContactWatch(self._model, drones)
        # A latency is a number of control periods and a phase, in physics steps, within one.
        self._command_delay, self._command_phase = divmod(
            robot.count_steps(robot.command_latency + robot.extra_latency), robot.substeps
        )
        age, phase = divmod(robot.count_steps(robot.odometry_latency), robot.substeps)
        self._odometry_phase = robot.substeps - phase
        self._commands: deque[Floats] = deque()
        self._snapshots: deque[SwarmState] = deque(maxlen=age + 1)
        self.reset(position, seed)

    @property
    def time(self) -> float:
        """Time since the last reset [s]."""
        return self._ticks * self.config.robot.control_period

    @property
    def rotor_thrust(self) -> Floats:
        """Thrusts that the rotors make now, without the ground's effect, (drones, 4) [N]."""
        return self.config.robot.thrust_scale * self._motors.thrust

    @property
    def contacts(self) -> SwarmContacts:
        """What the drones touched during the last control period."""
        return self._contacts.read()

    def reset(
        self,
        position: ArrayLike,
        seed: int | None = None,
        *,
        orientation: ArrayLike = (0.0, 0.0, 0.0, 1.0),
        linear_velocity: ArrayLike = (0.0, 0.0, 0.0),
        angular_velocity: ArrayLike = (0.0, 0.0, 0.0),
        rotor_thrust: ArrayLike = 0.0,
    ) -> None:
        """Put the drones somewhere and start the clock again.

        Args:
            position: (drones, 3) [m] map.
            seed: Starts the random numbers anew; None goes on with them.
            orientation: From base_link to map, (drones, 4) or (4,) [1] xyzw; it is normalised.
            linear_velocity: (drones, 3) or (3,) [m/s] map.
            angular_velocity: (drones, 3) or (3,) [rad/s] base_link.
            rotor_thrust: Thrusts that the rotors make, and go on to make until the first command
                arrives, (drones, 4) or one for all rotors [N].

        Raises:
            ValueError: When a value is not finite, or a shape does not fit.
        """
        rows = self.drones
        quaternion = _finite("orientation", orientation, (rows, 4))
        norm = np.linalg.norm(quaternion, axis=1, keepdims=True)
        if np.any(norm < 1e-6):
            raise ValueError(
                "reset(orientation): expected quaternions (x, y, z, w), got one that is zero. "
                "Fix: (0, 0, 0, 1) is level."
            )
        thrust = _finite("rotor_thrust", rotor_thrust, (rows, 4))
        if np.any((thrust < 0.0) | (thrust > self.description.max_rotor_thrust)):
            raise ValueError(
                f"reset(rotor_thrust): expected 0 to {self.description.max_rotor_thrust} N, got "
                f"{thrust.tolist()}. Fix: give thrusts of single rotors."
            )
        place = _finite("position", np.atleast_2d(np.asarray(position)), (rows, 3))
        velocity = _finite("linear_velocity", linear_velocity, (rows, 3))
        rate = _finite("angular_velocity", angular_velocity, (rows, 3))
        if seed is not None:
            children = np.random.SeedSequence(seed).spawn(rows)
            self._generators = [np.random.default_rng(child) for child in children]
        mujoco.mj_resetData(self._model, self._data)
        # MuJoCo's quaternions are (w, x, y, z); its free joint's velocities are map and base_link.
        self._qpos[:, :3] = place
        self._qpos[:, 3:] = (quaternion / norm)[:, [3, 0, 1, 2]]
        self._qvel[:, :3] = velocity
        self._qvel[:, 3:] = rate
        self._motors.reset(thrust)
        self._commands.clear()
        self._commands.extend([thrust] * self._command_delay)
        self._sensors = SwarmSensors(self.config.robot.noise, self._generators)
        self._wind = SwarmWind(self.config.robot, self._generators)
        self._ticks = 0
        self._snapshots.clear()
        self._snapshots.append(self.read_truth())
        self._odometry: SwarmState | None = None
        self._contacts.clear()
        mujoco.mj_forward(self._model, self._data)
        lift = self.rotor_thrust.sum(axis=1, keepdims=True)
        self._applied[:, :3] = lift * self._rotation[:, :, 2]
        mujoco.mj_forward(self._model, self._data)

    def step(self, rotor_thrust: ArrayLike) -> None:
        """Advance by one control period.

        This is the robots' own last line: values are clamped to what a rotor can do, and NaN
        becomes zero.

        Args:
            rotor_thrust: Commanded rotor thrusts, (drones, 4) [N], in the description's order.

        Raises:
            ValueError: When there are too few or many.
        """
        self._commands.append(self._sanitize(rotor_thrust))
        model, data = self._model, self._data
        gain = (self.config.robot.thrust_scale * self._ground_effect())[:, None]
        force, torque = self._blow()
        up = self._rotation[:, :, 2]
        self._contacts.clear()
        for phase in range(self.config.robot.substeps):
            if phase == self._command_phase:
                self._motors.command(self._commands.popleft())
            if phase == self._odometry_phase:
                self._snapshots.append(self._snapshot(phase))
            wrench = self._motors.advance(gain)
            mujoco.mj_step1(model, data)
            self._contacts.look(data)
            np.multiply(up, wrench[:, :1], out=self._applied[:, :3])
            self._applied[:, :3] += force
            np.add(torque, wrench[:, 1:], out=self._applied[:, 3:])
            mujoco.mj_step2(model, data)
        if self._odometry_phase == self.config.robot.substeps:
            self._snapshots.append(self._snapshot(self._odometry_phase))
        self._ticks += 1
        self._sensors.advance()
        self._odometry = None

    def read_truth(self) -> SwarmState:
        """Return the true states now."""
        return self._snapshot(0)

    def read_states(self) -> SwarmState:
        """Return what the odometry tells: noisy, and as old as its latency.

        The stamp is the time of the measurement. Reading twice in a control period gives the same.
        """
        if self._odometry is None:
            self._odometry = self._sensors.measure_state(self._snapshots[0])
        return self._odometry

    def read_imu(self) -> tuple[Floats, Floats]:
        """Return what the inertial measurement units told at the last physics step.

        Returns:
            Angular velocities (drones, 3) [rad/s], and specific forces (drones, 3) [m/s^2],
            base_link both.
        """
        elapsed = self.config.robot.timestep if self._ticks else 0.0
        rate = self._qvel[:, 3:] - elapsed * self._qacc[:, 3:]
        acceleration = self._qacc[:, :3] + (0.0, 0.0, self.description.gravity)
        specific_force = np.einsum("na,nab->nb", acceleration, self._rotation)
        return self._sensors.measure_imu(rate, specific_force)

    def _snapshot(self, phase: int) -> SwarmState:
        """Return the true states, so many physics steps after the last control period."""
        qpos, qvel = self._qpos, self._qvel
        return SwarmState(
            stamp=self.time + phase * self.config.robot.timestep,
            position=qpos[:, :3].copy(),
            orientation=qpos[:, [4, 5, 6, 3]],
            linear_velocity=qvel[:, :3].copy(),
            angular_velocity=qvel[:, 3:].copy(),
        )

    def _sanitize(self, rotor_thrust: ArrayLike) -> Floats:
        commanded = np.asarray(rotor_thrust, dtype=float)
        if commanded.shape != (self.drones, 4):
            raise ValueError(
                f"step(rotor_thrust): expected shape ({self.drones}, 4) [N], got "
                f"{commanded.shape}. Fix: give each drone one thrust for each of "
                f"{', '.join(self.description.rotor_names)}."
            )
        safe = np.clip(commanded, 0.0, self.description.max_rotor_thrust)
        if not np.array_equal(safe, commanded):
            missing = np.isnan(commanded)
            self.nan_commands += missing.sum(axis=1)
            self.clamped_commands += (~missing & (safe != commanded)).sum(axis=1)
            safe[missing] = 0.0
        return safe

    def _blow(self) -> tuple[Floats, Floats]:
        """Return force (drones, 3) [N] map and torque (drones, 3) [N m] base_link of moving air."""
        if self._downwash is None:
            force, torque = np.zeros((2, self.drones, 3))
        else:
            thrust = self.rotor_thrust.sum(axis=1)
            force, torque = self._downwash.act(self._qpos[:, :3], self._rotation, thrust)
        if self._wind.blows:
            force += self._drag * self._wind.advance()
        return force, torque

    def _ground_effect(self) -> Floats:
        """Return the gains of thrust near the floor (Cheeseman and Bennett 1955), level flight."""
        radius = self.description.rotor_radius
        height = self._qpos[:, 2] + ROTOR_HEIGHT
        if not self.config.robot.ground_effect or height.min() > 4.0 * radius:
            return np.ones(self.drones)
        model = np.maximum(height, 0.5 * radius)  # [m] below that the model does not hold
        gain = 1.0 / (1.0 - np.square(radius / (4.0 * model)))
        return np.where(height > 4.0 * radius, 1.0, gain)


def _finite(name: str, values: ArrayLike, shape: tuple[int, int]) -> Floats:
    numbers = np.asarray(values, dtype=float)
    fits = numbers.shape in (shape, shape[1:], ())
    if not fits or not np.all(np.isfinite(numbers)):
        raise ValueError(
            f"reset({name}): expected finite numbers of shape {shape}, got {numbers.tolist()}. "
            "Fix: check what computes the initial state."
        )
    return np.array(np.broadcast_to(numbers, shape))
