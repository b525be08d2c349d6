"""The simulated Crazyflie as a ROS node, with the topics of a robot's driver."""

import time
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from std_srvs.srv import Trigger
from untether_interfaces.msg import Command

from untether_hardware.crazyflie.sensors import SensorNoise
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie, SimulatedCrazyflieConfig
from untether_nodes import qos
from untether_nodes.conversions import (
    BODY,
    MAP,
    write_imu,
    write_odometry,
    write_seconds,
)
from untether_nodes.diagnostics import Level, make_status
from untether_nodes.measurements import Measurements
from untether_nodes.parameters import Change, parameter
from untether_nodes.process import run_node
from untether_nodes.sensor_fault import FAULTS, SensorFault
from untether_nodes.simulator_node import (
    ON_FLOOR,
    SETTLING_TIME,
    FlightSimulatorConfig,
    SimulatorNode,
)

_OFF = (0.0, 0.0, 0.0, 0.0)  # (rotors,) [N]


@dataclass(frozen=True)
class RobotSimConfig(FlightSimulatorConfig):
    """Parameters of the simulated robot."""

    extra_latency: float = parameter(
        0.0,
        "added to the time from a command to its effect; a multiple of 0.002 s",
        unit="s",
        lower=0.0,
        upper=0.2,
    )
    motor_time_constants: tuple[float, ...] = parameter(
        SimulatedCrazyflieConfig.motor_time_constants,
        "of rotors that speed up, and that slow down",
        unit="s",
        lower=0.001,
        upper=1.0,
    )
    wind: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.0), "mean wind velocity x, y, z in map", unit="m/s", lower=-15.0, upper=15.0
    )
    seed: int = parameter(0, "seed of noise and gusts", lower=0, upper=2**31 - 1)
    initial_position: tuple[float, ...] = parameter(
        (0.0, 0.0, 0.02),
        "where the robot stands at the start and after reset: x, y, z in map",
        unit="m",
        lower=-100.0,
        upper=100.0,
        change=Change.ANYTIME,
    )
    odom_fault: str = parameter(
        "none", "fault of the odometry", choices=FAULTS, change=Change.ANYTIME
    )
    imu_fault: str = parameter(
        "none",
        "fault of the inertial measurement unit",
        choices=FAULTS,
        change=Change.ANYTIME,
    )


class RobotSimNode(SimulatorNode[RobotSimConfig]):
    """Publishes ``odom``, ``imu/data`` and ``ground_truth/odom``, and obeys ``command``."""

    def __init__(self) -> None:
        super().__init__("robot_sim_node", RobotSimConfig)
        self._odom, self._truth = Odometry(), Odometry()
        self._imu = Imu()
        for message in (self._odom, self._truth):
            message.header.frame_id, message.child_frame_id = MAP, BODY
        self._imu.header.frame_id = BODY
        self._imu.orientation_covariance[0] = -1.0  # this device measures no orientation
        self._latency = Measurements()
        self._ignored = 0

    def set_up(self) -> None:
        """Build the simulator."""
        config = self.config
        x, y, z = config.initial_position
        wx, wy, wz = config.wind
        rise, fall = config.motor_time_constants
        self._robot = SimulatedCrazyflie(
            SimulatedCrazyflieConfig(
                mass_scale=config.mass_scale,
                thrust_scale=config.thrust_scale,
                extra_latency=config.extra_latency,
                motor_time_constants=(rise, fall),
                wind=(wx, wy, wz),
                gust=config.gust,
                noise=SensorNoise() if config.noise else None,
                position=(x, y, z),
            ),
            config.seed,
        )
        self._names = list(self._robot.description.rotor_names)
        self.keep_time()
        self._publish_imu = self.add_publisher(Imu, "imu/data", qos.STATE)
        self._publish_odom = self.add_publisher(Odometry, "odom", qos.STATE)
        self._publish_truth = self.add_publisher(Odometry, "ground_truth/odom", qos.STATE)
        self.add_subscription(Command, "command", self._on_command, self.control_profile())
        self.add_service(Trigger, "reset", self._on_reset)
        self.config_changed()

    def start(self) -> None:
        """Switch the robot on."""
        self._thrust = _OFF
        self._commanded_at = self._driven_at = self._robot.time
        self._sent_at = 0.0
        self._unanswered = False

    def config_changed(self) -> None:
        """Inject the faults asked for."""
        self._odom_fault = SensorFault(self.config.odom_fault)
        self._imu_fault = SensorFault(self.config.imu_fault)

    def is_heard(self) -> bool:
        """Return whether somebody listens to the odometry."""
        return self._publish_odom.get_subscription_count() > 0

    def is_settled(self) -> bool:
        """Return whether the robot stands, and its commander knows it."""
        landed = self._robot.read_truth().position[2] < ON_FLOOR
        return landed and self._robot.time - self._driven_at >= SETTLING_TIME

    def describe_miss(self) -> str:
        """Return that nobody commanded."""
        return (
            f"expected a command for the sample of {self._stamp:.2f} s within "
            f"{self.config.lockstep_timeout} s, got none. Fix: check that safety_node is active"
        )

    def report(self) -> list[DiagnosticStatus]:
        """Report the loop from sample to command, and what the commands were like."""
        if not self.active:
            return []
        median, worst = self._latency.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "odom to command p50 [s]": median,
            "odom to command p99 [s]": worst,
            "commands answered": self._latency.count,
            "commands ignored (element names)": self._ignored,
            "simulated time [s]": self._robot.time,
            "odom fault": self.config.odom_fault,
            "imu fault": self.config.imu_fault,
            "nan commands": self._robot.nan_commands,
            "commands beyond limits": self._robot.clamped_commands,
        }
        return [make_status("robot", Level.OK, "simulated", values)]

    def _on_command(self, message: Command) -> None:
        received = time.perf_counter()
        if not self.active:
            return
        values = self._in_order(message)
        if values is None:
            self._ignored += 1
            return
        self._thrust = values
        self._commanded_at = self._robot.time
        if any(values):
            self._driven_at = self._commanded_at
        if not self._unanswered or message.header.stamp != self._odom.header.stamp:
            return
        self._unanswered = False
        self._latency.add(received - self._sent_at)
        self.answered()

    def _in_order(self, message: Command) -> list[float] | None:
        """Return the values in the robot's order, or None when they are not for its rotors."""
        names, values = list(message.names), list(message.values)
        if len(values) != len(self._names) or sorted(names) != sorted(self._names):
            return None
        return [values[names.index(name)] for name in self._names]

    def advance(self) -> None:
        """Advance by one control period and publish what the sensors tell."""
        robot = self._robot
        if robot.time - self._commanded_at > self.config.command_timeout:
            self._thrust = _OFF
        robot.step(self._thrust)
        self._stamp = self.tell_time(robot.time)
        self._publish_sensors(self._stamp - robot.time)
        write_odometry(robot.read_truth(), self._truth)
        write_seconds(self._stamp, self._truth.header.stamp)
        self._publish_truth.publish(self._truth)

    def _publish_sensors(self, offset: float) -> None:
        """Publish the sensors' samples, the odometry last, as it is what commanders answer.

        Args:
            offset: From the robot's time to the stamps' [s].
        """
        sample = self._imu_fault.apply(self._robot.read_imu())
        if sample is not None:
            write_imu(sample, self._imu)
            write_seconds(sample.stamp + offset, self._imu.header.stamp)
            self._publish_imu.publish(self._imu)
        state = self._odom_fault.apply(self._robot.read_state())
        if state is not None:
            write_odometry(state, self._odom)
            write_seconds(state.stamp + offset, self._odom.header.stamp)
            self._unanswered = True
            self._sent_at = time.perf_counter()
            self._publish_odom.publish(self._odom)
        self.sent(expects_answer=state is not None)

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Put the robot back to its initial position, at rest."""
        self.epoch += self._robot.time  # time goes on
        x, y, z = self.config.initial_position
        self._robot.reset((x, y, z))
        self._thrust = _OFF
        self._commanded_at = self._driven_at = self._robot.time
        response.success, response.message = True, f"placed at {x:.2f}, {y:.2f}, {z:.2f} m"
        return response


def main() -> int:
    """Run the node."""
    return run_node(RobotSimNode)
