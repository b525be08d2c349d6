"""Writes rows of messages about several drones."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain

import numpy as np
from geometry_msgs.msg import Pose
from numpy.typing import NDArray
from untether_interfaces.msg import Columns as ColumnsMessage
from untether_interfaces.msg import SwarmCommand
from untether_interfaces.msg import SwarmContacts as ContactsMessage
from untether_interfaces.msg import SwarmState as StateMessage

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.state import SwarmContacts, SwarmState
from untether_nodes.swarm.row_reader import CommandRow


def write_commands(rows: Sequence[CommandRow], names: Sequence[str], message: SwarmCommand) -> None:
    """Write commands of one kind with the same elements, all but stamp and sequence number.

    Args:
        rows: At least one.
        names: The drones.
        message: Where to.
    """
    commands = [command for _, command in rows]
    message.kind = commands[0].kind
    message.names = list(commands[0].names)
    message.drones = [names[drone] for drone, _ in rows]
    message.sources = array("B", [command.source for command in commands])
    message.values = array("d", chain.from_iterable(command.values for command in commands))


def write_states(state: SwarmState, message: StateMessage) -> None:
    """Write poses and velocities of all drones, all but names and stamp."""
    message.position = to_floats(state.position)
    message.orientation = to_floats(state.orientation)
    message.linear_velocity = to_floats(state.linear_velocity)
    message.angular_velocity = to_floats(state.angular_velocity)


def write_contacts(contacts: SwarmContacts, message: ContactsMessage) -> None:
    """Write what all drones touched, all but names and stamp."""
    message.drone = contacts.drone.tolist()
    message.column = contacts.column.tolist()
    message.wall = contacts.wall.tolist()
    message.floor = contacts.floor.tolist()


def write_columns(columns: Columns, message: ColumnsMessage) -> None:
    """Write a room, all but its stamp."""
    message.room, message.cells = float(columns.room), columns.cells
    message.x, message.y = map(to_floats, columns.centre.T)
    message.radius = to_floats(columns.radius)


def write_pose(position: Sequence[float], orientation: Sequence[float], pose: Pose) -> None:
    """Write a position (3,) [m] and an orientation (4,) [1] xyzw."""
    p, q = pose.position, pose.orientation
    p.x, p.y, p.z = position
    q.x, q.y, q.z, q.w = orientation


def to_floats(values: NDArray[np.float64]) -> array[float]:
    """Return numbers, row by row, as the messages hold them: they check no number in an array."""
    flat = array("d")
    flat.frombytes(np.ascontiguousarray(values, dtype=np.float64).tobytes())
    return flat
