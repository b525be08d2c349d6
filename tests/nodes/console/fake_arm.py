"""An arm that publishes and answers as the nodes of one do."""

import threading
import time

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
from rclpy.action import ActionServer
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image
from std_srvs.srv import Trigger
from untether_interfaces.action import RunEpisode
from untether_interfaces.msg import ArmCommand, ArmSetpoint, ArmState, Mode, PolicyStatus
from untether_interfaces.srv import Arm, Intervene, LabelEpisode, ResetFault

from untether_hardware.franka.description import FR3
from untether_nodes import qos
from untether_nodes.arm.conversions import write_picture


class FakeArm:
    """Publishes an arm at rest, and notes what it is told and asked, and when."""

    def __init__(self):
        self.mode = Mode.IDLE
        self.joints = FR3.home
        self.commands = []
        self.calls = []
        self._lock = threading.Lock()

    def start(self):
        """Publish and serve until closed."""
        self._ending = threading.Event()
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node = node = Node("fake_arm", namespace="franka", context=self._context)
        self._state = node.create_publisher(ArmState, "state", qos.STATE)
        self._setpoint = node.create_publisher(ArmSetpoint, "command", qos.STATE)
        self._learning = node.create_publisher(DiagnosticArray, "learning_status", qos.DIAGNOSTICS)
        self._pictures = {
            camera: node.create_publisher(Image, f"camera/{camera}/image", qos.STATE)
            for camera in ("front", "wrist")
        }
        self._modes = node.create_publisher(Mode, "mode", qos.LATCHED)
        self._status = node.create_publisher(PolicyStatus, "policy_status", qos.LATCHED)
        node.create_subscription(ArmCommand, "operator/command", self._on_command, 50)
        parameters = "arm_safety_node/get_parameters"
        node.create_service(GetParameters, parameters, self._on_get_parameters)
        node.create_service(Arm, "arm", self._on_arm)
        node.create_service(Intervene, "intervene", self._on_intervene)
        node.create_service(ResetFault, "reset_fault", self._on_reset)
        node.create_service(Trigger, "emergency_stop", self._on_stop)
        node.create_service(LabelEpisode, "label_episode", self._on_label)
        self._action = ActionServer(node, RunEpisode, "run_episode", self._on_run)
        node.create_timer(0.02, self._publish)
        self._tell(Mode.IDLE)
        self._status.publish(PolicyStatus(name="fake_policy", rate=10.0))
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def close(self):
        """Leave the graph."""
        self._ending.set()
        self._thread.join()
        self._action.destroy()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    def clear(self):
        """Forget what came, and be in STANDBY."""
        with self._lock:
            self.commands.clear()
            self.calls.clear()
        self._tell(Mode.STANDBY)

    def fail(self):
        """Trip a guard."""
        self._tell(Mode.FAULT)

    def tell_learning(self, **values):
        """Publish what a learner tells."""
        pairs = [KeyValue(key=name, value=str(value)) for name, value in values.items()]
        self._learning.publish(DiagnosticArray(status=[DiagnosticStatus(values=pairs)]))

    def forget_calls(self):
        with self._lock:
            self.calls.clear()

    def find(self, *call):
        """Return when something was asked first [s], or None."""
        with self._lock:
            return next((at for at, *asked in self.calls if tuple(asked) == call), None)

    @property
    def last_command(self):
        """When the last command came [s], and the command."""
        with self._lock:
            return self.commands[-1] if self.commands else None

    def _spin(self):
        executor = SingleThreadedExecutor(context=self._context)
        executor.add_node(self._node)
        while not self._ending.is_set():
            executor.spin_once(timeout_sec=0.02)
        executor.shutdown()

    def _publish(self):
        stamp = self._node.get_clock().now().to_msg()
        state = ArmState(names=list(FR3.joint_names), gripper_width=0.05)
        state.joint_position = list(self.joints)
        state.header.stamp = stamp
        state.tool_pose.position.x = 0.5
        self._state.publish(state)
        setpoint = ArmSetpoint()
        setpoint.pose.position.x, setpoint.pose.position.z = 0.5, 0.2
        self._setpoint.publish(setpoint)
        for camera, publisher in self._pictures.items():
            message = Image()
            write_picture(np.full((128, 128, 3), 90, np.uint8), camera, message)
            message.header.stamp = stamp
            publisher.publish(message)

    def _tell(self, mode):
        self.mode = mode
        self._modes.publish(Mode(mode=mode, reason="as asked"))

    def _note(self, *call):
        with self._lock:
            self.calls.append((time.monotonic(), *call))

    def _on_command(self, message):
        with self._lock:
            self.commands.append((time.monotonic(), message))

    def _on_get_parameters(self, request, response):
        assert request.names == ["task"]
        response.values = [ParameterValue(string_value="peg")]
        return response

    def _on_arm(self, request, response):
        self._note("arm", request.arm)
        self._tell(Mode.STANDBY if request.arm else Mode.IDLE)
        return response

    def _on_intervene(self, request, response):
        self._note("intervene", request.take_over)
        if self.mode != Mode.FAULT:  # which stands until it is reset
            self._tell(Mode.INTERVENTION if request.take_over else Mode.STANDBY)
        return response

    def _on_reset(self, request, response):
        self._note("reset")
        self._tell(Mode.IDLE)
        return response

    def _on_stop(self, request, response):
        self._note("stop")
        self._tell(Mode.FAULT)
        response.success = True
        return response

    def _on_label(self, request, response):
        self._note("label", request.label)
        return response

    def _on_run(self, handle):
        self._note("run", handle.request.reset)
        handle.succeed()
        return RunEpisode.Result(outcome=RunEpisode.Result.SUCCESS, steps=12, corrected=3)
