"""Records a robot: every topic of its namespace, and what is needed to understand them later."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from untether_interfaces.msg import PolicyStatus

from untether_nodes.diagnostics import Level, make_status
from untether_nodes.managed_node import ManagedNode, NodeConfig
from untether_nodes.parameters import parameter
from untether_nodes.process import run_node
from untether_nodes.recording.bag_metadata import BagTopic
from untether_nodes.recording.bag_thread import BagThread
from untether_nodes.recording.bag_writer import BagWriter, Record
from untether_nodes.recording.message_definition import (
    DefinitionError,
    import_message,
    read_definition,
)
from untether_nodes.recording.parameter_dump import ParameterDump
from untether_nodes.recording.provenance import describe_origin

if TYPE_CHECKING:
    from rclpy.subscription import MessageInfo, Subscription

_COMMON = ("/diagnostics", "/clock", "/rosout", "/parameter_events", "/tf", "/tf_static")
_DISCOVERY_PERIOD = 0.25  # [s]
_DEPTH = 200  # messages of a topic that may wait: two seconds at 100 Hz
_POLICY_STATUS = "policy_status"


@dataclass(frozen=True)
class RecorderConfig(NodeConfig):
    """Parameters of the recorder."""

    folder: str = parameter(
        "runs/recordings", "where recordings are put, each in a folder of its own"
    )
    name: str = parameter("", "name of the recording; empty takes date and time")
    topics: str = parameter(
        "", "topics to record besides those of the namespace: full names, separated by spaces"
    )
    launch_arguments: str = parameter("", "what the robot was launched with, kept in the file")


class _Topic(NamedTuple):
    """A topic that is recorded."""

    name: str
    message_type: type
    profile: QoSProfile
    subscription: Subscription[Any]


class RecorderNode(ManagedNode[RecorderConfig]):
    """Writes messages as they are, without looking into them; it looks for new topics all the time.

    It collects what has come fifty times a second, so that it wakes rarely, and a thread of its own
    writes to the disk.
    """

    gathers = True

    def __init__(self) -> None:
        super().__init__("recorder_node", RecorderConfig)
        self._bag: BagThread | None = None

    def set_up(self) -> None:
        """Check that the folder can be written."""
        folder = Path(self.config.folder).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise ValueError(f"folder: expected one that can be written, got {folder}.")

    def start(self) -> None:
        """Begin a recording."""
        name = self.config.name or datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S")
        folder = _find_free(Path(self.config.folder).expanduser() / name)
        origin = {**describe_origin(), "launch_arguments": self.config.launch_arguments}
        origin["namespace"] = self.get_namespace()
        self._writer = BagWriter(folder, library="untether", custom=origin)
        self._bag = BagThread(self._writer)
        self._dump = ParameterDump(self, self._attach_parameters)
        self._topics: dict[str, _Topic] = {}
        self._dumped: list[str] = []
        self._told = False
        self._ignored: set[str] = set()
        self._batch: list[Record] = []
        self._received = 0
        self._next_discovery = 0.0
        self._policy = ""
        self._simulated = bool(self.get_parameter("use_sim_time").value)
        self.get_logger().info(f"records to {folder}")

    def stop(self) -> None:
        """Finish the recording."""
        if self._bag is None:
            return
        self._dump.close()
        for topic in self._topics.values():
            self.remove_subscription(topic.subscription)
        bag, self._bag = self._bag, None
        self._submit_batch(bag)
        bag.close()
        self.get_logger().info(
            f"recorded {self._writer.message_count} messages of {len(self._topics)} topics "
            f"in {self._writer.folder}"
        )
        if bag.error is not None:
            self._tell_gap(bag.error)

    def tick(self) -> None:
        """Hand over what has come, and look for new topics."""
        if self._bag is None:
            return
        self._submit_batch(self._bag)
        if self._bag.error is not None and not self._told:
            self._tell_gap(self._bag.error)
        wall = time.monotonic()
        if wall < self._next_discovery:
            return
        self._next_discovery = wall + _DISCOVERY_PERIOD
        for name, types in self.get_topic_names_and_types():
            if name in self._topics:
                self._widen_topic(self._topics[name])
            elif name not in self._ignored and self._is_wanted(name):
                self._add_topic(name, types)

    def rest(self) -> None:
        """Go on asking for parameters."""
        super().rest()
        if self._bag is None:
            return
        namespace = self.get_namespace().rstrip("/") + "/"
        nodes = [
            f"{space.rstrip('/')}/{name}" for name, space in self.get_node_names_and_namespaces()
        ]
        self._dump.discover([node for node in nodes if node.startswith(namespace)])
        self._dump.poll()

    def report(self) -> list[DiagnosticStatus]:
        """Report how the recording goes."""
        bag = self._bag
        if bag is None:
            return []
        values: dict[str, float | int | str] = {
            "folder": str(self._writer.folder),
            "topics": len(self._topics),
            "topics ignored": ", ".join(sorted(self._ignored)),
            "messages": self._received,
            "parameters recorded of": ", ".join(self._dumped),
            "waiting for the disk": bag.waiting,
        }
        if bag.error is not None:
            message = f"incomplete: {bag.error}. Fix: free the disk, then deactivate and activate."
            return [make_status("recording", Level.ERROR, message, values)]
        slow = bag.waiting > 10_000
        level, message = (Level.WARN, "the disk is slow") if slow else (Level.OK, "recording")
        return [make_status("recording", level, message, values)]

    def _is_wanted(self, name: str) -> bool:
        hidden = any(part.startswith("_") for part in name.split("/"))
        namespace = self.get_namespace().rstrip("/") + "/"
        inside = name.startswith(namespace) and not hidden
        return inside or name in _COMMON or name in self.config.topics.split()

    def _add_topic(self, name: str, types: list[str]) -> None:
        """Subscribe to a topic once somebody publishes on it."""
        bag = self._bag
        publishers = self.get_publishers_info_by_topic(name)
        if not publishers or bag is None:
            return
        try:
            if len(types) != 1:
                raise DefinitionError(f"expected one type, got {', '.join(types)}.")
            message_class = import_message(types[0])
            read_definition(types[0])
        except DefinitionError as error:
            self._ignored.add(name)
            self.get_logger().warning(f"{name} is not recorded: {error}")
            return
        profiles = tuple(publisher.qos_profile for publisher in publishers)
        topic = BagTopic(name, types[0], str(publishers[0].topic_type_hash), profiles)
        bag.submit(lambda writer: writer.add_topic(topic))
        self._topics[name] = self._subscribe(name, message_class, _match(profiles))

    def _subscribe(self, name: str, message_type: type, profile: QoSProfile) -> _Topic:
        callback = partial(self._on_message, name)
        subscription = self.add_subscription(message_type, name, callback, profile, raw=True)
        return _Topic(name, message_type, profile, subscription)

    def _widen_topic(self, topic: _Topic) -> None:
        """Subscribe anew when somebody publishes with less than the subscription asks for."""
        publishers = self.get_publishers_info_by_topic(topic.name)
        profiles = [publisher.qos_profile for publisher in publishers]
        profile = _match([topic.profile, *profiles])
        if profile != topic.profile:
            self.remove_subscription(topic.subscription)
            self._topics[topic.name] = self._subscribe(topic.name, topic.message_type, profile)

    def _tell_gap(self, error: Exception) -> None:
        """Tell that something is missing and how to save the rest; the process fails in the end."""
        self._told = True
        self.complete = False
        folder = self._writer.folder
        self.get_logger().error(
            f"the recording {folder} is incomplete: {error}. Fix: free the disk, then make the "
            f"file whole with python -m untether_nodes.recording.recovery {folder}"
        )

    def _on_message(self, topic: str, data: bytes, info: MessageInfo) -> None:
        if self._simulated:
            received = published = self.get_clock().now().nanoseconds
        else:
            received, published = info["received_timestamp"], info["source_timestamp"]
        self._batch.append(Record(topic, received, published, data))
        if topic.endswith(f"/{_POLICY_STATUS}"):
            self._note_policy(data, received)

    def _submit_batch(self, bag: BagThread) -> None:
        if not self._batch:
            return
        batch, self._batch = self._batch, []
        self._received += len(batch)
        bag.submit(lambda writer: writer.write_all(batch))

    def _note_policy(self, data: bytes, stamp: int) -> None:
        """Put the contract of the policy that runs, and its hash, where no message is needed."""
        status = deserialize_message(data, PolicyStatus)
        if self._bag is None or status.sha256 == self._policy:
            return
        self._policy = status.sha256
        facts = {"name": status.name, "sha256": status.sha256, "bundle": status.bundle}
        contract = status.contract.encode()
        self._bag.submit(lambda writer: writer.add_metadata("policy", facts))
        self._bag.submit(
            lambda writer: writer.attach("contract.yaml", "application/yaml", contract, stamp)
        )

    def _attach_parameters(self, node: str, document: str) -> None:
        """Put a node's parameters into the file."""
        self._dumped.append(node)
        name = f"parameters{node.replace('/', '.')}.yaml"
        data, stamp = document.encode(), time.time_ns()
        if self._bag is not None:
            self._bag.submit(lambda writer: writer.attach(name, "application/yaml", data, stamp))


def _find_free(folder: Path) -> Path:
    """Return a folder that does not exist yet: this one, or the same with a number."""
    found, number = folder, 1
    while found.exists():
        number += 1
        found = folder.with_name(f"{folder.name}_{number}")
    return found


def _match(profiles: Sequence[QoSProfile]) -> QoSProfile:
    """Return the strongest quality of service that all publishers of a topic offer."""
    reliable = all(one.reliability is ReliabilityPolicy.RELIABLE for one in profiles)
    latched = all(one.durability is DurabilityPolicy.TRANSIENT_LOCAL for one in profiles)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=_DEPTH,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def main() -> int:
    """Run the node."""
    return run_node(RecorderNode, niceness=5)
