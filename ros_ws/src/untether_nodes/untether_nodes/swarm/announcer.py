"""Tells the modes of a swarm's drones, and what their guards did."""

from collections import Counter
from collections.abc import Sequence

from untether_interfaces.msg import Mode, SafetyEvent, SwarmModes

from untether_nodes import qos
from untether_nodes.conversions import to_safety_event
from untether_nodes.managed_node import ManagedNode
from untether_nodes.swarm.crew import Crew


class Announcer:
    """Publishes each drone's ``mode`` and ``safety_events`` at once, and ``modes`` of all a tick.

    Attributes:
        events: How often each guard intervened.
    """

    def __init__(self, node: ManagedNode, names: Sequence[str]) -> None:
        """Connect.

        Args:
            node: Whose publishers and log are used.
            names: The drones.
        """
        self.events: Counter[str] = Counter()
        self._node = node
        self._names = names
        self._publish_modes = node.add_publisher(SwarmModes, "modes", qos.LATCHED)
        self._publish_mode = [
            node.add_publisher(Mode, f"{name}/mode", qos.LATCHED) for name in names
        ]
        self._publish_event = [
            node.add_publisher(SafetyEvent, f"{name}/safety_events", qos.EVENTS) for name in names
        ]
        self._modes = SwarmModes(names=list(names))
        self._changed: set[int] = set()

    def tell(self, crew: Crew) -> None:
        """Tell what has changed since the last call, drone by drone."""
        for drone in crew.take_changes():
            self._changed.add(drone)
            stage = crew.stages[drone]
            message = Mode(mode=int(stage.mode), fault=int(stage.fault), reason=stage.reason)
            message.header.stamp = self._node.get_clock().now().to_msg()
            self._publish_mode[drone].publish(message)
        alike: dict[tuple[str, bool], tuple[str, list[int]]] = {}
        for drone, event in crew.take_events():
            self.events[event.guard.name] += 1
            self._publish_event[drone].publish(to_safety_event(event))
            _, drones = alike.setdefault((event.guard.name, event.fault), (event.text, []))
            drones.append(drone)
        for (guard, fault), (text, drones) in alike.items():
            line = f"{self.list(drones)}: {guard}: {text}"
            # On two lines: a logger refuses to change its severity at one.
            if fault:
                self._node.get_logger().error(line)
            else:
                self._node.get_logger().warning(line)

    def tell_modes(self, crew: Crew) -> None:
        """Tell the modes of all drones when one has changed since the last call."""
        if not self._changed:
            return
        message, stages = self._modes, crew.stages
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.modes = [int(stage.mode) for stage in stages]
        message.faults = [int(stage.fault) for stage in stages]
        message.reasons = [stage.reason for stage in stages]
        self._publish_modes.publish(message)
        alike: dict[str, list[int]] = {}
        for drone in sorted(self._changed):
            text = f"mode {stages[drone].mode.name}: {stages[drone].reason}"
            alike.setdefault(text, []).append(drone)
        for text, drones in alike.items():
            self._node.get_logger().info(f"{self.list(drones)}: {text}")
        self._changed.clear()

    def list(self, drones: Sequence[int]) -> str:
        """Return the names of drones, for people."""
        if len(drones) == len(self._names) > 1:
            return f"all {len(drones)} drones"
        return ", ".join(self._names[drone] for drone in drones)
