"""The simulated arm with a task as a ROS node, with the topics of an arm's driver."""

import time
from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import Image
from std_msgs.msg import Bool
from untether_interfaces.msg import ArmSetpoint
from untether_interfaces.msg import ArmState as ArmStateMessage
from untether_interfaces.srv import ResetScene

from untether_hardware.franka.cameras import CameraRenderer
from untether_hardware.manipulation.registry import TASKS, make_task
from untether_hardware.manipulation.tensors import CAMERAS
from untether_hardware.manipulation.workcell import Workcell
from untether_hardware.safety.modes import Source
from untether_nodes import qos
from untether_nodes.arm.conversions import read_pose, to_gripper, write_arm_state, write_picture
from untether_nodes.conversions import write_seconds
from untether_nodes.diagnostics import Level, make_status
from untether_nodes.measurements import Measurements
from untether_nodes.parameters import parameter
from untether_nodes.process import run_node
from untether_nodes.simulator_node import SimulatorConfig, SimulatorNode

_PERIOD = 0.01  # [s] between two states
_COMMANDERS = (Source.POLICY, Source.OPERATOR)


@dataclass(frozen=True)
class ArmSimConfig(SimulatorConfig):
    """Parameters of the simulated arm."""

    task: str = parameter("pick", "what stands on the table", choices=tuple(TASKS))
    seed: int = parameter(0, "of the first scene, and of those drawn on", lower=0, upper=2**31 - 1)
    image_size: int = parameter(
        128, "width and height of the pictures, in pixels", lower=16, upper=1024
    )
    command_timeout: float = parameter(
        0.3,
        "time without a setpoint after which the arm holds where it is",
        unit="s",
        lower=0.02,
        upper=10.0,
    )


class ArmSimNode(SimulatorNode[ArmSimConfig]):
    """Publishes ``state``, both cameras and ``success``, and obeys ``command``.

    In lockstep, time waits for the setpoint that answers each set of pictures while somebody
    commands the arm.
    """

    def __init__(self) -> None:
        super().__init__("arm_sim_node", ArmSimConfig)
        self._state = ArmStateMessage()
        self._pictures = {camera: Image() for camera in CAMERAS}
        self._latency = Measurements()
        self._rendering = Measurements()
        self._refused = 0
        self._renderer: CameraRenderer | None = None

    def set_up(self) -> None:
        """Build the scene."""
        config = self.config
        task = make_task(config.task)
        self._cell = Workcell(task)
        self._generator = np.random.default_rng(config.seed)
        self._cell.reset(self._generator)
        self._every = round(task.config.period / _PERIOD)
        self._renderer = CameraRenderer(
            self._cell.arm.model, width=config.image_size, height=config.image_size
        )
        self.keep_time()
        self._publish_state = self.add_publisher(ArmStateMessage, "state", qos.STATE)
        self._publish_success = self.add_publisher(Bool, "success", qos.STATE)
        self._publish_pictures = {
            camera: self.add_publisher(Image, f"camera/{camera}/image", qos.STATE)
            for camera in CAMERAS
        }
        self.add_subscription(ArmSetpoint, "command", self._on_setpoint, self.control_profile())
        self.add_service(ResetScene, "reset_scene", self._on_reset_scene)

    def start(self) -> None:
        """Switch the arm on; it holds where it is."""
        self._steps = 0
        self._commanded_at = -np.inf
        self._source = Source.NONE
        self._held = True
        self._unanswered = False
        self._sent_at = 0.0
        self._stamp = 0.0

    def tear_down(self) -> None:
        """Free what the renderer holds on the graphics card."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def is_heard(self) -> bool:
        """Return whether somebody listens to the state."""
        return self._publish_state.get_subscription_count() > 0

    def is_settled(self) -> bool:
        """Return that the arm may be switched off at any time: its brakes hold it."""
        return True

    def describe_miss(self) -> str:
        """Return that nobody commanded."""
        return (
            f"expected a setpoint for the pictures of {self._stamp:.2f} s within "
            f"{self.config.lockstep_timeout} s, got none. Fix: check the policy and the safety node"
        )

    def report(self) -> list[DiagnosticStatus]:
        """Report the loop from pictures to setpoint, and the time that pictures take."""
        if not self.active:
            return []
        median, worst = self._latency.quantiles(0.5, 0.99)
        render, slowest = self._rendering.quantiles(0.5, 0.99)
        values: dict[str, float | int | str] = {
            "task": self.config.task,
            "pictures to setpoint p50 [s]": median,
            "pictures to setpoint p99 [s]": worst,
            "rendering p50 [s]": render,
            "rendering p99 [s]": slowest,
            "setpoints refused (not finite)": self._refused,
        }
        return [make_status("robot", Level.OK, "simulated", values)]

    def advance(self) -> None:
        """Advance by 10 ms and publish what the arm tells, and pictures when they are due."""
        arm = self._cell.arm
        if not self._held and arm.time - self._commanded_at > self.config.command_timeout:
            arm.command_pose(arm.read_state().pose)
            self._held, self._source = True, Source.NONE
        arm.step(_PERIOD)
        self._steps += 1
        state = arm.read_state()
        self._stamp = self.tell_time(arm.time)
        write_arm_state(state, arm.description, self._state)
        write_seconds(self._stamp, self._state.header.stamp)
        self._publish_state.publish(self._state)
        pictured = self._steps % self._every == 0
        if pictured:
            self._publish_success.publish(Bool(data=self._cell.is_success()))
            self._take_pictures()
            self._unanswered = True
            self._sent_at = time.perf_counter()
        self.sent(expects_answer=pictured and self._source in _COMMANDERS)

    def _take_pictures(self) -> None:
        began = time.perf_counter()
        if self._renderer is None:
            return
        for camera, message in self._pictures.items():
            write_picture(self._renderer.render(self._cell.arm.data, camera), camera, message)
            write_seconds(self._stamp, message.header.stamp)
            self._publish_pictures[camera].publish(message)
        self._rendering.add(time.perf_counter() - began)

    def _on_setpoint(self, message: ArmSetpoint) -> None:
        received = time.perf_counter()
        if not self.active:
            return
        arm = self._cell.arm
        try:
            arm.command_pose(read_pose(message.pose))
        except ValueError:
            self._refused += 1
            return
        self._cell.command_gripper(to_gripper(message.gripper))
        self._commanded_at, self._held = arm.time, False
        self._source = Source(message.source) if message.source in tuple(Source) else Source.NONE
        answers = message.header.stamp == self._state.header.stamp
        if self._unanswered and answers and self._source in _COMMANDERS:
            self._unanswered = False
            self._latency.add(received - self._sent_at)
            self.answered()

    def _on_reset_scene(
        self, request: ResetScene.Request, response: ResetScene.Response
    ) -> ResetScene.Response:
        """Draw a new scene, unless somebody commands the arm."""
        arm = self._cell.arm
        if not self.active or not self._held:
            response.error_code = ResetScene.Response.WRONG_MODE
            response.message = (
                "expected an active node and an arm that nobody commands, got another. "
                "Fix: disarm the arm first"
            )
            return response
        if request.seed >= 0:
            self._generator = np.random.default_rng(request.seed)
        self.epoch += arm.time  # time goes on
        self._cell.reset(self._generator)
        self._commanded_at = -np.inf
        self._steps = 0  # pictures are due a whole period later
        response.error_code, response.message = ResetScene.Response.OK, "a new scene was drawn"
        return response


def main() -> int:
    """Run the node."""
    return run_node(ArmSimNode)
