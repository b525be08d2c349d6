"""What a node says about itself on ``/diagnostics``: one status for each of its concerns."""

from collections.abc import Mapping
from enum import IntEnum

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from untether_nodes.measurements import InputMonitor


class Level(IntEnum):
    """How well something is; the values of ``diagnostic_msgs/msg/DiagnosticStatus``."""

    OK = 0
    WARN = 1
    ERROR = 2
    STALE = 3


def make_status(
    name: str, level: Level, message: str, values: Mapping[str, float | int | str]
) -> DiagnosticStatus:
    """Return one status.

    Args:
        name: The concern; the node's own name is put before it.
        level: How well it is.
        message: The same in words.
        values: Figures by name, the unit in the name.
    """
    return DiagnosticStatus(
        level=bytes([level]),
        name=name,
        message=message,
        values=[KeyValue(key=key, value=_format(value)) for key, value in values.items()],
    )


def describe_inputs(
    monitors: Mapping[str, InputMonitor], now: float, *, rate: float, active: bool
) -> DiagnosticStatus:
    """Return the status of a node's inputs.

    Args:
        monitors: The first one is the input that must keep the rate, the others may be silent.
        now: Steady time [s].
        rate: Rate expected of the first input [Hz].
        active: Whether the node is active, so that a silent first input is an error.
    """
    values: dict[str, float | int | str] = {}
    rates = []
    for name, monitor in monitors.items():
        rates.append(monitor.take_rate(now))
        median, worst = monitor.ages.quantiles(0.5, 0.99)
        values[f"{name}: rate [Hz]"] = rates[-1]
        values[f"{name}: age p50 [s]"] = median
        values[f"{name}: age p99 [s]"] = worst
        values[f"{name}: dropped"] = monitor.dropped
    level, message = Level.OK, "inputs arrive"
    if active and rates[0] == 0.0:
        level, message = Level.ERROR, f"no {next(iter(monitors))} in the last second"
    elif active and abs(rates[0] - rate) > 0.1 * rate:
        level = Level.WARN
        message = f"{next(iter(monitors))} at {rates[0]:.1f} Hz, expected {rate:.1f} Hz"
    return make_status("inputs", level, message, values)


def make_array(node_name: str, hardware: str, statuses: list[DiagnosticStatus]) -> DiagnosticArray:
    """Return a message of statuses, each named after the node.

    Args:
        node_name: Full name of the node.
        hardware: The robot that it belongs to.
        statuses: As :func:`make_status` returns them.
    """
    for status in statuses:
        status.name = f"{node_name}: {status.name}"
        status.hardware_id = hardware
    return DiagnosticArray(status=statuses)


def _format(value: float | int | str) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
