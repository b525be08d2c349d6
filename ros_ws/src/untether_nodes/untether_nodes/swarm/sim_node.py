"""A simulated swarm among columns as a ROS node, with the topics of a swarm's drivers."""

import time
from dataclasses import dataclass
from math import isfinite

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from motion_capture_tracking_interfaces.msg import NamedPose, NamedPoseArray
from untether_interfaces.msg import Columns as ColumnsMessage
from untether_interfaces.msg import SwarmCommand
from untether_interfaces.msg import SwarmContacts as ContactsMessage
from untether_interfaces.msg import SwarmState as StateMessage
from untether_interfaces.srv import ResetSwarm

from untether_hardware.crazyflie.sensors import SensorNoise
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.places import sample_pads
from untether_hardware.swarm.simulator import SimulatedSwarm, SimulatedSwarmConfig
from untether_hardware.swarm.state import SwarmState
from untether_nodes import qos
from untether_nodes.conversions import MAP, write_seconds
from untether_nodes.diagnostics import Level, make_status
from untether_nodes.measurements import Measurements
from untether_nodes.parameters import parameter
from untether_nodes.process import run_node
from untether_nodes.simulator_node import (
    EPOCH,
    ON_FLOOR,
    SETTLING_TIME,
    FlightSimulatorConfig,
    SimulatorNode,
)
from untether_nodes.swarm.command_board import CommandBoard
from untether_nodes.swarm.drones import MOST_DRONES, name_drones
from untether_nodes.swarm.row_writer import (
    to_floats,
    write_columns,
    write_contacts,
    write_pose,
    write_states,
)

_LARGEST_DENSITY = 0.95  # share of the cells with a column
_SIZES = (0.05, 1.0)  # [m] diameters of columns that fit into their cells


@dataclass(frozen=True)
class SwarmSimConfig(FlightSimulatorConfig):
    """Parameters of the simulated swarm."""

    drones: int = parameter(8, "how many drones there are", lower=1, upper=MOST_DRONES)
    density: float = parameter(
        0.2, "share of the cells with a column", lower=0.0, upper=_LARGEST_DENSITY
    )
    size: float = parameter(
        0.6, "diameter of the columns", unit="m", lower=_SIZES[0], upper=_SIZES[1]
    )
    seed: int = parameter(
        0, "of the room, of where the drones stand, and of all noise", lower=0, upper=2**31 - 1
    )
    hull_radius: float = parameter(
        0.046,
        "radius with which a drone touches others, columns and walls: 0.046 as in Huang et al. "
        "2024 (2309.13285), 0.0685 is the circle about the propellers",
        unit="m",
        lower=0.01,
        upper=0.2,
    )
    downwash: bool = parameter(True, "whether drones push down those who fly below them")


class SwarmSimNode(SimulatorNode[SwarmSimConfig]):
    """Publishes ``states``, ``ground_truth``, ``columns`` and ``poses``, and obeys ``command``."""

    landing_time = 8.5

    def __init__(self) -> None:
        super().__init__("swarm_sim_node", SwarmSimConfig)

    def set_up(self) -> None:
        """Build the room and the drones."""
        config = self.config
        self._names = name_drones(config.drones)
        self._swarm = self._build(config.seed, config.density, config.size)
        self._prepare_messages()
        self.keep_time()
        self._publish_states = self.add_publisher(StateMessage, "states", qos.STATE)
        self._publish_truth = self.add_publisher(StateMessage, "ground_truth/states", qos.STATE)
        self._publish_contacts = self.add_publisher(
            ContactsMessage, "ground_truth/contacts", qos.STATE
        )
        self._publish_columns = self.add_publisher(ColumnsMessage, "columns", qos.LATCHED)
        self._publish_poses = self.add_publisher(NamedPoseArray, "poses", qos.STATE)
        rows = qos.NEWEST_ROWS if self.is_realtime() else qos.ROWS
        self.add_subscription(SwarmCommand, "command", self._on_command, rows)
        self.add_service(ResetSwarm, "reset", self._on_reset)

    def start(self) -> None:
        """Switch the drones on."""
        self._board = CommandBoard(self._names, self._swarm.description.rotor_names)
        self._stamp = 0.0
        self._sent_at = 0.0
        self._latency, self._step_times = Measurements(), Measurements()
        self._reported_at, self._reported_time = time.monotonic(), self.epoch + self._swarm.time
        self._tell_columns()

    def is_heard(self) -> bool:
        """Return whether somebody listens to the states."""
        return self._publish_states.get_subscription_count() > 0

    def is_settled(self) -> bool:
        """Return whether all drones stand, and their commander knows it."""
        landed = bool(np.all(self._swarm.read_truth().position[:, 2] < ON_FLOOR))
        return landed and not self._is_driven()

    def describe_miss(self) -> str:
        """Return who was not commanded."""
        drones = ", ".join(self._names[drone] for drone in self._board.unanswered)
        return (
            f"expected commands for all drones for the states of {self._stamp:.2f} s within "
            f"{self.config.lockstep_timeout} s, got none for {drones}. Fix: check that "
            "swarm_safety_node is active and has as many drones"
        )

    def report(self) -> list[DiagnosticStatus]:
        """Report speed, the loop from states to commands, and what the commands were like."""
        if not self.active:
            return []
        now, simulated = time.monotonic(), self.epoch + self._swarm.time
        factor = (simulated - self._reported_time) / max(1e-9, now - self._reported_at)
        self._reported_at, self._reported_time = now, simulated
        median, worst = self._latency.quantiles(0.5, 0.99)
        step, step_worst = self._step_times.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "real-time factor": factor,
            "step p50 [s]": step,
            "step p99 [s]": step_worst,
            "states to last command p50 [s]": median,
            "states to last command p99 [s]": worst,
            "samples answered": self._latency.count,
            "rows ignored": self._board.ignored,
            "simulated time [s]": simulated - EPOCH,
            "nan commands": int(self._swarm.nan_commands.sum()),
            "commands beyond limits": int(self._swarm.clamped_commands.sum()),
        }
        return [make_status("swarm", Level.OK, f"{len(self._names)} drones, simulated", values)]

    def _build(self, seed: int, density: float, size: float) -> SimulatedSwarm:
        """Return drones on the floor of a new room.

        Raises:
            ValueError: When there is not enough room for them.
        """
        config = self.config
        generator = np.random.default_rng(seed)
        columns = Columns.sample(density, size, generator)
        robot = SimulatedCrazyflieConfig(
            mass_scale=config.mass_scale,
            thrust_scale=config.thrust_scale,
            gust=config.gust,
            noise=SensorNoise() if config.noise else None,
        )
        options = SimulatedSwarmConfig(
            robot, hull_radius=config.hull_radius, downwash=config.downwash
        )
        pads = sample_pads(columns, len(self._names), generator)
        return SimulatedSwarm(columns, pads, options, seed)

    def _prepare_messages(self) -> None:
        """Make the messages, and write what stays the same."""
        names = list(self._names)
        self._states, self._truth = StateMessage(names=names), StateMessage(names=names)
        self._contacts, self._columns = ContactsMessage(names=names), ColumnsMessage()
        self._poses = NamedPoseArray(poses=[NamedPose(name=name) for name in names])
        for message in (self._states, self._truth, self._columns, self._poses):
            message.header.frame_id = MAP

    def _is_driven(self) -> bool:
        """Return whether a rotor has lately been told to turn."""
        return bool(np.any(self._swarm.time - self._board.driven_at < SETTLING_TIME))

    def _on_command(self, message: SwarmCommand) -> None:
        received = time.perf_counter()
        if not self.active:
            return
        complete = self._board.receive(
            self._swarm.time,
            list(message.drones),
            list(message.names),
            message.values,
            answers=message.header.stamp == self._states.header.stamp,
        )
        if not complete:
            return
        self._latency.add(received - self._sent_at)
        self.answered()

    def advance(self) -> None:
        """Advance by one control period and publish what there is to know, the states first."""
        began = time.perf_counter()
        swarm = self._swarm
        self._board.expire(swarm.time, self.config.command_timeout)
        swarm.step(self._board.thrust)
        self._stamp = self.tell_time(swarm.time)
        states = swarm.read_states()
        self._tell_states(states)
        self._tell_truth()
        if self._publish_poses.get_subscription_count() > 0:
            self._tell_poses(states)
        self._step_times.add(time.perf_counter() - began)

    def _tell_states(self, states: SwarmState) -> None:
        """Publish what the sensors tell, and wait for the answers."""
        message = self._states
        write_states(states, message)
        rate, force = self._swarm.read_imu()
        message.imu_angular_velocity = to_floats(rate)
        message.imu_linear_acceleration = to_floats(force)
        write_seconds(self._stamp, message.imu_stamp)
        # From the swarm's time to the stamps'.
        write_seconds(states.stamp + self._stamp - self._swarm.time, message.header.stamp)
        self._board.expect()
        self._sent_at = time.perf_counter()
        self._publish_states.publish(message)
        self.sent(expects_answer=True)

    def _tell_truth(self) -> None:
        write_states(self._swarm.read_truth(), self._truth)
        write_contacts(self._swarm.contacts, self._contacts)
        for message in (self._truth, self._contacts):
            write_seconds(self._stamp, message.header.stamp)
        self._publish_truth.publish(self._truth)
        self._publish_contacts.publish(self._contacts)

    def _tell_poses(self, states: SwarmState) -> None:
        """Publish the measured poses as a motion capture system does."""
        for named, position, orientation in zip(
            self._poses.poses, states.position.tolist(), states.orientation.tolist(), strict=True
        ):
            write_pose(position, orientation, named.pose)
        self._poses.header.stamp = self._states.header.stamp
        self._publish_poses.publish(self._poses)

    def _tell_columns(self) -> None:
        write_columns(self._swarm.columns, self._columns)
        self._columns.header.stamp = self.get_clock().now().to_msg()
        self._publish_columns.publish(self._columns)

    def _on_reset(
        self, request: ResetSwarm.Request, response: ResetSwarm.Response
    ) -> ResetSwarm.Response:
        """Put the drones on the floor of a new room, unless somebody drives them."""
        try:
            self._reset(request.seed, request.density, request.size)
        except ValueError as error:
            response.message = str(error)
            return response
        response.success = True
        columns = len(self._swarm.columns.radius)
        response.message = f"{len(self._names)} drones on the floor among {columns} columns"
        return response

    def _reset(self, seed: int, density: float, size: float) -> None:
        if not self.active:
            raise ValueError("swarm_sim_node is not active. Fix: activate it")
        if self._is_driven():
            raise ValueError(
                "expected rotors that stand still, got commands to turn them. Fix: land all "
                "drones first."
            )
        low, high = _SIZES
        if not (0.0 <= density <= _LARGEST_DENSITY and low <= size <= high and isfinite(size)):
            raise ValueError(
                f"expected a density from 0 to {_LARGEST_DENSITY} and a size from {low} to {high} "
                f"m, got {density} and {size}. Fix: change them."
            )
        swarm = self._build(seed, density, size)
        self.epoch += self._swarm.time  # time goes on
        self._swarm = swarm
        self._board = CommandBoard(self._names, swarm.description.rotor_names)
        self._board.expect()
        self._tell_columns()


def main() -> int:
    """Run the node."""
    return run_node(SwarmSimNode)
