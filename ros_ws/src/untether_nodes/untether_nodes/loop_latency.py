"""Latency of the loop, from a sample's publication to its command, as the simulated robot tells."""

from statistics import median

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from untether_nodes import qos

_MEDIAN = "odom to command p50 [s]"
_WORST = "odom to command p99 [s]"
_ANSWERED = "commands answered"


class LoopLatency:
    """Collects what ``robot_sim_node`` reports on ``/diagnostics``, once a second.

    Args:
        node: Who subscribes.
        group: The callback group of its loop.
    """

    def __init__(self, node: Node, group: CallbackGroup) -> None:
        self._reports: list[tuple[float, float]] = []
        topic = "/diagnostics"
        node.create_subscription(
            DiagnosticArray, topic, self._on_diagnostics, qos.DIAGNOSTICS, callback_group=group
        )

    @property
    def p50(self) -> float:
        """Median over the reports of their medians [s]; 0 before the first."""
        return median(report[0] for report in self._reports) if self._reports else 0.0

    @property
    def p99(self) -> float:
        """Median over the reports of their 99th percentiles [s]; 0 before the first."""
        return median(report[1] for report in self._reports) if self._reports else 0.0

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = {item.key: item.value for item in status.values}
            if _MEDIAN in values and float(values.get(_ANSWERED, 0)) > 0:
                self._reports.append((float(values[_MEDIAN]), float(values[_WORST])))
