"""Rows of messages about several drones, matched with the drones by name."""

from collections.abc import Iterable, Sequence

from untether_interfaces.msg import SwarmCommand, SwarmState

from untether_hardware.state import ActuatorCommand, BodyState, ImuSample, Quaternion, Vector
from untether_nodes.conversions import to_seconds

Sample = tuple[int, BodyState, ImuSample | None]
"""A drone, by its place in the order of names, and what its sensors tell."""
CommandRow = tuple[int, ActuatorCommand]
"""A drone, likewise, and a command for it."""

_LEFT_OUT = -1  # the drone of a row that nobody asked for


class RowReader:
    """Reads messages whatever they hold: a row that fits no drone is left out, and counted.

    Of two rows for one drone the first counts. Values are not judged, as that is the task of each
    drone's safety stage.

    Attributes:
        ignored: Rows that were left out so far.
        problem: What was wrong with the last message: expected, got; empty when nothing was.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Create a reader.

        Args:
            names: The drones, in the order of the indices that are returned.
        """
        self.ignored = 0
        self.problem = ""
        self._index = {name: index for index, name in enumerate(names)}
        self._names: list[str] = []
        self._drones: list[int] = []  # of the rows of the last names that were matched
        self._strays: list[str] = []  # the names among them that were left out

    def read_states(self, message: SwarmState) -> list[Sample]:
        """Return what a message tells of each drone that is known.

        Args:
            message: With rows in any order; without inertial samples where their arrays do not fit.
        """
        self.problem = ""
        rows = len(message.names)
        position, orientation = message.position, message.orientation
        linear, angular = message.linear_velocity, message.angular_velocity
        sizes = tuple(map(len, (position, orientation, linear, angular)))
        if sizes != (3 * rows, 4 * rows, 3 * rows, 3 * rows):
            self._refuse(rows, f"3, 4, 3 and 3 state values for each of {rows} drones", sizes)
            return []
        stamp = to_seconds(message.header.stamp)
        return [
            (drone, BodyState(stamp, *motion), imu)
            for drone, imu, *motion in zip(
                self._match(list(message.names)),
                self._read_imu(message, rows),
                _vectors(position),
                _quaternions(orientation),
                _vectors(linear),
                _vectors(angular),
                strict=True,
            )
            if drone != _LEFT_OUT
        ]

    def read_commands(self, message: SwarmCommand, source: int) -> list[CommandRow]:
        """Return a message's commands for the drones that are known.

        Args:
            message: The message; who it says its rows come from does not count.
            source: Who it comes from, by the topic.
        """
        self.problem = ""
        rows, width = len(message.drones), len(message.names)
        if len(message.values) != rows * width:
            self._refuse(rows, f"{rows} x {width} values", (len(message.values),))
            return []
        stamp, kind, names = to_seconds(message.header.stamp), message.kind, tuple(message.names)
        values = zip(*[iter(message.values)] * width, strict=True) if width else [()] * rows
        return [
            (drone, ActuatorCommand(stamp, kind, names, row, source))
            for drone, row in zip(self._match(list(message.drones)), values, strict=True)
            if drone != _LEFT_OUT
        ]

    def _read_imu(self, message: SwarmState, rows: int) -> Sequence[ImuSample | None]:
        """Return the inertial sample of each row."""
        angular, linear = message.imu_angular_velocity, message.imu_linear_acceleration
        if len(angular) == len(linear) == 3 * rows:
            stamp = to_seconds(message.imu_stamp)
            pairs = zip(_vectors(angular), _vectors(linear), strict=True)
            return [ImuSample(stamp, rate, force) for rate, force in pairs]
        if len(angular) or len(linear):
            self._refuse(
                rows, f"3 and 3 inertial values for each of {rows}", (len(angular), len(linear))
            )
        return [None] * rows

    def _match(self, names: list[str]) -> list[int]:
        """Return the drone of each row."""
        if names != self._names:
            self._names = names
            self._drones, self._strays = [], []
            seen = set()
            for name in self._names:
                drone = _LEFT_OUT if name in seen else self._index.get(name, _LEFT_OUT)
                self._drones.append(drone)
                seen.add(name)
                if drone == _LEFT_OUT:
                    self._strays.append(name)
        if self._strays:
            known = f"each of {len(self._index)} drones, {next(iter(self._index))} and so on, once"
            self._refuse(len(self._strays), known, [name[:20] for name in self._strays[:4]])
        return self._drones

    def _refuse(self, rows: int, expected: str, got: Sequence[int | str]) -> None:
        self.ignored += rows
        self.problem = f"expected {expected}, got {', '.join(map(str, got))}"


def _vectors(values: Iterable[float]) -> Iterable[Vector]:
    """Return rows of three plain floats; by way of an array it takes three times as long."""
    entries = iter(values)
    return zip(entries, entries, entries, strict=True)


def _quaternions(values: Iterable[float]) -> Iterable[Quaternion]:
    """Return rows of four plain floats."""
    entries = iter(values)
    return zip(entries, entries, entries, entries, strict=True)
