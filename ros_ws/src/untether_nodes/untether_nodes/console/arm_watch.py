"""Watches the graph of an arm, and keeps what its page shows."""

import io
import math
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from diagnostic_msgs.msg import DiagnosticArray
from PIL import Image as Picture
from rcl_interfaces.srv import GetParameters
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import Image
from untether_interfaces.msg import ArmSetpoint, ArmState, Mode, PolicyStatus, SafetyEvent

from untether_hardware.franka.description import Vector3
from untether_hardware.manipulation.registry import TASKS, make_task
from untether_hardware.manipulation.tensors import CAMERAS
from untether_hardware.safety.events import Guard
from untether_nodes import qos
from untether_nodes.arm.conversions import to_picture
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.learning_curves import LearningCurves
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.service_call import ServiceCall

_QUALITY = 85  # of the pictures as JPEG
_PICTURE_PERIOD = 0.1  # [s] at least between two pictures of a camera
_RATE_PERIOD = 0.5  # [s] over which states are counted
_PARAMETER_TIMEOUT = 2.0  # [s] for the safety stage to tell its task
_SILENCE = 1.0  # [s] after which a part of the graph counts as not there


@dataclass
class ArmView:
    """What is known of the arm; read by any thread.

    Attributes:
        state: The newest, None before any came.
        received: When it came [s, steady clock].
        rate: Of the states [Hz].
        setpoint: Where the arm is pulled, None before that was told.
        workspace: Lower and upper corner of the box that setpoints are clipped to, (2, 3) [m]
            base_link; None before the safety stage has told its task.
        mode: The robot's, one of ``Mode``; None before it was told.
        reason: What caused it.
        policy: Name of the policy, empty without one.
        running: Whether an episode runs.
        pictures: JPEG of each camera, by its name, and a number that grows with each.
    """

    state: ArmState | None = None
    received: float = 0.0
    rate: float = 0.0
    setpoint: ArmSetpoint | None = None
    workspace: tuple[Vector3, Vector3] | None = None
    mode: int | None = None
    reason: str = ""
    policy: str = ""
    running: bool = False
    pictures: dict[str, tuple[int, bytes]] = field(default_factory=dict)


class ArmWatch:
    """A worker of the ROS thread.

    Attributes:
        view: What is known of the arm.
        curves: How its episodes come out.
    """

    def __init__(self, ros: RosThread, namespace: str, log: EventLog) -> None:
        """Subscribe.

        Args:
            ros: The thread.
            namespace: Of the arm's nodes.
            log: Where safety events and changes of mode are told.
        """
        self.view = ArmView()
        self.curves = LearningCurves()
        self._log = log
        self._newest: dict[str, bytes] = {}  # pictures that are not compressed yet
        self._due = dict.fromkeys(CAMERAS, 0.0)  # when the next picture is compressed
        self._taken = 0
        self._states = 0
        self._counted_at = time.monotonic()
        self._parameters = ros.node.create_client(
            GetParameters, f"{namespace}/arm_safety_node/get_parameters"
        )
        self._asked: ServiceCall | None = None  # for the safety stage's task
        ros.subscribe(ArmState, f"{namespace}/state", self._on_state, qos.WATCH)
        ros.subscribe(ArmSetpoint, f"{namespace}/command", self._on_setpoint, qos.WATCH)
        ros.subscribe(
            DiagnosticArray, f"{namespace}/learning_status", self._on_learning, qos.DIAGNOSTICS
        )
        for camera in CAMERAS:
            ros.subscribe(
                Image,
                f"{namespace}/camera/{camera}/image",
                partial(self._on_picture, camera),
                qos.NEWEST,
                raw=True,
            )
        ros.subscribe(Mode, f"{namespace}/mode", self._on_mode, qos.LATCHED)
        ros.subscribe(PolicyStatus, f"{namespace}/policy_status", self._on_policy, qos.LATCHED)
        ros.subscribe(SafetyEvent, f"{namespace}/safety_events", self._on_event, qos.EVENTS)

    @property
    def missing(self) -> tuple[str, ...]:
        """Nodes that have not been heard of."""
        view = self.view
        absent = []
        if view.state is None or time.monotonic() - view.received > _SILENCE:
            absent.append("arm (state)")
        if view.mode is None:
            absent.append("arm_safety_node (mode)")
        if not view.policy:
            absent.append("arm_policy_node (policy_status)")
        return tuple(absent)

    def tick(self) -> None:
        """Compress the newest pictures, count the states and learn of the workspace."""
        now = time.monotonic()
        for camera, due in self._due.items():
            if now >= due and camera in self._newest:
                self._due[camera] = max(due + _PICTURE_PERIOD, now - _PICTURE_PERIOD)
                self._compress(camera, self._newest.pop(camera))
        if now - self._counted_at >= _RATE_PERIOD:
            self.view.rate = self._states / (now - self._counted_at)
            self._states, self._counted_at = 0, now
        if self._asked is not None:
            self._learn_workspace(self._asked)

    def _compress(self, camera: str, packed: bytes) -> None:
        picture = to_picture(deserialize_message(packed, Image))
        if picture is None:
            self._log.add(
                Severity.WARNING,
                f"{camera}: expected pictures as rgb8, got others: left out. "
                "Fix: set the camera's encoding.",
                key=camera,
            )
            return
        content = io.BytesIO()
        Picture.fromarray(picture).save(content, "JPEG", quality=_QUALITY)
        self._taken += 1
        self.view.pictures = {**self.view.pictures, camera: (self._taken, content.getvalue())}

    def _learn_workspace(self, asked: ServiceCall) -> None:
        """Take in the box of the safety stage's task, once that has been told."""
        answer = asked.poll()
        if answer is None and not asked.overdue:
            return
        self._asked = None
        if answer is not None:
            name = answer.values[0].string_value if answer.values else ""
            box = make_task(name).config.workspace if name in TASKS else None
            self.view.workspace = (box.lower, box.upper) if box else None

    def _on_state(self, message: ArmState) -> None:
        if not _is_finite(message):
            self._log.add(
                Severity.ERROR,
                "state ignored: expected finite numbers, got others; check the arm's driver.",
                key="state",
            )
            return
        self.view.state, self.view.received = message, time.monotonic()
        self._states += 1

    def _on_setpoint(self, message: ArmSetpoint) -> None:
        self.view.setpoint = message

    def _on_learning(self, message: DiagnosticArray) -> None:
        pairs = (pair for status in message.status for pair in status.values)
        self.curves.add_status({pair.key: pair.value for pair in pairs})

    def _on_picture(self, camera: str, packed: bytes, _: object) -> None:
        self._newest[camera] = packed

    def _on_mode(self, message: Mode) -> None:
        view = self.view
        is_new = view.workspace is None or message.mode == Mode.IDLE  # in which a stage begins
        if is_new and self._asked is None:
            request = GetParameters.Request(names=["task"])
            self._asked = ServiceCall(self._parameters, request, _PARAMETER_TIMEOUT)
        if (view.mode, view.reason) != (message.mode, message.reason):
            fault = message.mode == Mode.FAULT
            severity = Severity.ERROR if fault else Severity.INFO
            self._log.add(severity, f"arm: mode {name_mode(message.mode)}: {message.reason}")
        view.mode, view.reason = message.mode, message.reason

    def _on_policy(self, message: PolicyStatus) -> None:
        self.view.policy, self.view.running = message.name, message.running

    def _on_event(self, message: SafetyEvent) -> None:
        fault = message.severity == SafetyEvent.SEVERITY_FAULT
        try:
            guard = Guard(message.guard).name
        except ValueError:
            guard = f"guard {message.guard}"
        self._log.add(
            Severity.ERROR if fault else Severity.WARNING,
            f"arm: {guard}: {message.text}",
            key="" if fault else f"arm {guard}",
        )


def name_mode(value: int | None) -> str:
    """Return the name of a mode."""
    names = {
        Mode.IDLE: "IDLE",
        Mode.STANDBY: "STANDBY",
        Mode.POLICY: "POLICY",
        Mode.INTERVENTION: "INTERVENTION",
        Mode.FAULT: "FAULT",
        None: "unknown",
    }
    return names.get(value, f"mode {value}")


def _is_finite(state: ArmState) -> bool:
    """Return whether everything that the page shows of a state is a number."""
    place, turn, force = (
        state.tool_pose.position,
        state.tool_pose.orientation,
        state.tool_wrench.force,
    )
    parts = ((part.x, part.y, part.z) for part in (place, turn, force))
    rest = (turn.w, state.gripper_width, *state.joint_position)
    return all(map(math.isfinite, chain(*parts, rest)))
