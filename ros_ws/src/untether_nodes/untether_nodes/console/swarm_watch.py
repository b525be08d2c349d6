"""Watches the graph of a swarm, and keeps a picture of it for the pages."""

import time
from functools import partial

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.serialization import deserialize_message
from untether_interfaces.msg import (
    Columns,
    PolicyStatus,
    SafetyEvent,
    SwarmGoals,
    SwarmModes,
    SwarmState,
)

from untether_hardware.safety import Guard
from untether_nodes import qos
from untether_nodes.console.answers import list_drones
from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.ros_thread import RosThread
from untether_nodes.console.swarm_picture import (
    UNKNOWN_MODE,
    Singles,
    SwarmFrame,
    SwarmHealth,
    SwarmScene,
)

_HEALTH_PERIOD = 0.5  # [s] between two looks at the graph
_EVENTS_PERIOD = 0.2  # [s] between two looks at what the guards did
_GOAL_LIFETIME = 1.0  # [s] after which goals that were not repeated are gone
_FRAME_PERIOD = 0.045  # [s] at least between two frames: 20 a second from states at 100 Hz
_SOURCES = {"states": "sim_node", "modes": "safety_node", "policy_status": "policy_node"}
_NOWHERE: Singles = np.full(3, np.nan, dtype=np.float32)


class SwarmWatch:
    """A worker of the ROS thread; its attributes may be read by any thread.

    Attributes:
        frame: Where the drones are, None before any states came.
        scene: What seldom changes.
        health: How well the graph is.
    """

    def __init__(self, ros: RosThread, log: EventLog) -> None:
        """Subscribe.

        Args:
            ros: The thread.
            log: Where safety events and changes of the graph are told.
        """
        self.frame: SwarmFrame | None = None
        self.scene = SwarmScene()
        self.health = SwarmHealth()
        self._ros, self._log = ros, log
        self._states: bytes | None = None  # the newest ones, not yet read
        self._received = 0.0
        self._count = 0
        self._next_frame = 0.0
        self._looked_at = time.monotonic()
        self._looked = False
        self._modes: dict[str, tuple[int, str]] = {}
        self._goals: dict[str, Singles] = {}
        self._goals_at = 0.0
        self._real_time_factor: float | None = None
        self._policy = ""
        self._heard: set[str] = set()
        self._events: dict[tuple[str, str, bool], list[str]] = {}  # guard, text, fault: drones
        self._next_events = 0.0
        ros.subscribe(SwarmState, "states", self._on_states, qos.WATCH, raw=True)
        ros.subscribe(SwarmGoals, "goals", self._on_goals, qos.WATCH)
        ros.subscribe(SwarmModes, "modes", self._on_modes, qos.LATCHED)
        ros.subscribe(Columns, "columns", self._on_columns, qos.LATCHED)
        ros.subscribe(PolicyStatus, "policy_status", self._on_policy, qos.LATCHED)
        ros.subscribe(DiagnosticArray, "/diagnostics", self._on_diagnostics, qos.WATCH)

    @property
    def modes(self) -> dict[str, tuple[int, str]]:
        """Mode and reason of each drone whose safety stage has told."""
        return self._modes

    def tick(self) -> None:
        """Make a frame of the newest states, and look at the graph."""
        now = time.monotonic()
        if self._states is not None and now >= self._next_frame:
            self._next_frame = now + _FRAME_PERIOD
            message = deserialize_message(self._states, SwarmState)
            self._states = None
            self._make_frame(message, now)
        if now - self._looked_at >= _HEALTH_PERIOD:
            self._look(now)
        self._tell_events(now)

    def _make_frame(self, message: SwarmState, now: float) -> None:
        names = tuple(message.names)
        rows = len(names)
        fields = (
            (message.position, 3),
            (message.orientation, 4),
            (message.linear_velocity, 3),
        )
        if any(len(values) != rows * width for values, width in fields):
            sizes = [len(values) for values, _ in fields]
            self._log.add(
                Severity.WARNING,
                f"states: expected 3, 4 and 3 numbers for each of {rows} drones, got {sizes}: left "
                "out. Fix: check who publishes it.",
                key="states",
            )
            return
        position, orientation, velocity = (
            np.asarray(values, dtype=np.float32).reshape(rows, width) for values, width in fields
        )
        goals = self._goals if now - self._goals_at < _GOAL_LIFETIME else {}
        goal = np.array([goals.get(name, _NOWHERE) for name in names], dtype=np.float32)
        modes = [self._modes.get(name, (UNKNOWN_MODE, ""))[0] for name in names]
        if names != self.scene.names:
            self._change_scene(names=names)
        self.frame = SwarmFrame(
            position=position,
            orientation=orientation,
            velocity=velocity,
            goal=goal.reshape(rows, 3),
            modes=np.array(modes, dtype=np.uint8),
            received=self._received,
        )

    def _change_scene(
        self,
        *,
        names: tuple[str, ...] | None = None,
        columns: tuple[tuple[float, float, float], ...] | None = None,
        room: float | None = None,
    ) -> None:
        names = self.scene.names if names is None else names
        self.scene = SwarmScene(
            names=names,
            reasons=tuple(
                self._modes.get(name, (0, "no safety stage has told"))[1] for name in names
            ),
            columns=self.scene.columns if columns is None else columns,
            room=self.scene.room if room is None else room,
        )
        for name in names:
            self._hear(name)

    def _hear(self, name: str) -> None:
        """Subscribe to the safety events of a drone, once."""
        if name not in self._heard:
            self._heard.add(name)
            callback = partial(self._on_event, name)
            self._ros.subscribe(SafetyEvent, f"{name}/safety_events", callback, qos.WATCH)

    def _look(self, now: float) -> None:
        """Find out how well the graph is."""
        rate = self._count / (now - self._looked_at)
        self._count, self._looked_at = 0, now
        node = self._ros.node
        missing = tuple(
            f"{topic} of {source}"
            for topic, source in _SOURCES.items()
            if not node.count_publishers(node.resolve_topic_name(topic))
        )
        if self._looked:
            for one in sorted(set(self.health.missing) ^ set(missing)):
                severity = Severity.WARNING if one in missing else Severity.INFO
                self._log.add(severity, f"{one}: {'gone' if one in missing else 'there'}")
        self._looked = True
        self.health = SwarmHealth(rate, self._real_time_factor, self._policy, missing)

    def _on_states(self, content: bytes, info: object) -> None:
        self._states = content
        self._received = time.monotonic()
        self._count += 1

    def _on_goals(self, message: SwarmGoals) -> None:
        if len(message.position) == 3 * len(message.names):
            position = np.asarray(message.position, dtype=np.float32).reshape(-1, 3)
            self._goals = dict(zip(message.names, position, strict=True))
            self._goals_at = time.monotonic()

    def _on_modes(self, message: SwarmModes) -> None:
        rows = zip(message.names, message.modes, message.reasons, strict=False)
        self._modes = {name: (int(mode), reason) for name, mode, reason in rows}
        self._change_scene()

    def _on_columns(self, message: Columns) -> None:
        rows = zip(message.x, message.y, message.radius, strict=False)
        self._change_scene(
            columns=tuple((float(x), float(y), float(radius)) for x, y, radius in rows),
            room=float(message.room),
        )

    def _on_policy(self, message: PolicyStatus) -> None:
        self._policy = message.name

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            for value in status.values:
                if value.key.startswith("real-time factor"):
                    try:
                        self._real_time_factor = float(value.value)
                    except ValueError:
                        self._real_time_factor = None

    def _on_event(self, name: str, message: SafetyEvent) -> None:
        fault = message.severity == SafetyEvent.SEVERITY_FAULT
        told = (_name_guard(message.guard), message.text, fault)
        self._events.setdefault(told, []).append(name)

    def _tell_events(self, now: float) -> None:
        """Log what the guards did, what was the same for several drones in one line."""
        if not self._events or now < self._next_events:
            return
        self._next_events = now + _EVENTS_PERIOD
        for (guard, text, fault), names in self._events.items():
            drones = list_drones(list(dict.fromkeys(names)))
            self._log.add(
                Severity.ERROR if fault else Severity.WARNING,
                f"{drones}: {guard}: {text}",
                key="" if fault else f"{drones} {guard}",
            )
        self._events.clear()


def _name_guard(value: int) -> str:
    try:
        return Guard(value).name
    except ValueError:
        return f"guard {value}"
