"""Reads the recording of an arm: states, pictures, commands and episodes, with both their times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.features import Commander
from untether_hardware.franka.description import FR3
from untether_hardware.franka.state import ArmState
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.tensors import CAMERAS
from untether_nodes.arm.conversions import to_arm_state, to_picture, to_tool_twist
from untether_nodes.arm.episode_notice import EpisodeNotice, read_notice
from untether_nodes.conversions import to_seconds
from untether_nodes.recording.bag_reader import BagReader


class SentTwist(NamedTuple):
    """What the safety stage sent to the arm.

    Attributes:
        sequence: Count of setpoints.
        commander: Who asked for it.
        twist: What came of it after all limits.
    """

    sequence: int
    commander: Commander
    twist: ToolTwist


class Track(NamedTuple):
    """What was recorded of a topic, in the order of its messages.

    Attributes:
        topic: Its full name.
        stamps: Of the headers [s, node clock] (messages,).
        received: When the recorder got them [s] (messages,).
        values: What they tell.
    """

    topic: str
    stamps: NDArray[np.float64]
    received: NDArray[np.float64]
    values: list[Any]


@dataclass(frozen=True, eq=False)
class RecordedArm:
    """A recording of one arm, all but the pixels.

    Attributes:
        namespace: Of the arm.
        task: Name of the task that the safety stage was told; empty when it is not recorded.
        states: `ArmState`, or None where a message told of other joints.
        pictures: Width and height of square rgb8 pictures [px], else None, by camera.
        sent: `SentTwist`.
        answers: Of the policy; only their stamps matter.
        notices: Of the episodes that ended, in order.
    """

    namespace: str
    task: str
    states: Track
    pictures: Mapping[str, Track]
    sent: Track
    answers: Track
    notices: tuple[EpisodeNotice, ...]


class _Topic(NamedTuple):
    """A topic that is read.

    Attributes:
        message_type: Of its messages.
        read: Returns what is kept of a message.
    """

    message_type: str
    read: Callable[[Any], object]


def picture_topic(camera: str) -> str:
    """Return the name of a camera's topic within the arm's namespace."""
    return f"camera/{camera}/image"


def read_recorded_arm(bag: BagReader, namespace: str | None = None) -> RecordedArm:
    """Read a recording as far as it goes; ``bag.whole`` tells whether that was to its end.

    Args:
        bag: The recording.
        namespace: Of the arm, such as ``/franka``; None for the only one.

    Raises:
        DatasetError: When there is no arm or more than one, a topic is missing, or its messages are
            of another type or version.
        OSError: When the file cannot be read.
    """
    found: dict[str, list[tuple[float, float, object]]] = {}
    arms: set[str] = set()
    for message in bag.read_messages():
        for name, topic in _TOPICS.items():
            if message.topic.endswith(f"/{name}") and message.message_type == topic.message_type:
                content = bag.decode(message)
                stamp = to_seconds(content.header.stamp)
                row = (stamp, message.received, topic.read(content))
                found.setdefault(message.topic, []).append(row)
                if name == _COMMAND:
                    arms.add(message.topic.removesuffix(f"/{name}"))
    space = _choose_arm(bag, arms, namespace)
    tracks = {name: _make_track(bag, f"{space}/{name}", found) for name in _TOPICS}
    return RecordedArm(
        space,
        _find_task(bag, space),
        tracks["state"],
        {camera: tracks[picture_topic(camera)] for camera in CAMERAS},
        tracks[_COMMAND],
        tracks["policy/command"],
        tuple(tracks["episode_end"].values),
    )


def _read_state(message: Any) -> ArmState | None:  # noqa: ANN401 - of a generated type
    return to_arm_state(message, FR3)


def _read_size(message: Any) -> int | None:  # noqa: ANN401
    picture = to_picture(message)
    return None if picture is None or picture.shape[0] != picture.shape[1] else len(picture)


def _read_sent(message: Any) -> SentTwist:  # noqa: ANN401
    known = message.source in tuple(Commander)
    commander = Commander(message.source) if known else Commander.NONE
    return SentTwist(message.sequence, commander, to_tool_twist(message))


_COMMAND = "command"
_TOPICS = {
    "state": _Topic("untether_interfaces/msg/ArmState", _read_state),
    _COMMAND: _Topic("untether_interfaces/msg/ArmSetpoint", _read_sent),
    "policy/command": _Topic("untether_interfaces/msg/ArmCommand", lambda _: None),
    "episode_end": _Topic("diagnostic_msgs/msg/DiagnosticArray", read_notice),
    **{picture_topic(camera): _Topic("sensor_msgs/msg/Image", _read_size) for camera in CAMERAS},
}


def _choose_arm(bag: BagReader, arms: set[str], wanted: str | None) -> str:
    """Return the namespace of the only arm, or of the one that is wanted."""
    chosen = sorted(arms if wanted is None else arms & {wanted.rstrip("/")})
    if len(chosen) == 1:
        return chosen[0]
    expected = "one arm" if wanted is None else f"an arm in {wanted}"
    raise DatasetError(
        str(bag.path),
        expected=f"{expected}, with setpoints on {_COMMAND}",
        got=", ".join(sorted(arms)) or "none",
        fix="name its namespace" if arms else "record the namespace of an arm that is commanded",
    )


def _make_track(
    bag: BagReader, topic: str, found: Mapping[str, list[tuple[float, float, object]]]
) -> Track:
    if topic not in found:
        name = next(name for name in _TOPICS if topic.endswith(f"/{name}"))
        raise DatasetError(
            f"{bag.path}: {topic}",
            expected=f"messages of type {_TOPICS[name].message_type}",
            got="none" if bag.whole else "none, in a file that was cut off",
            fix="record while arm, cameras and policy run, until an episode has ended",
        )
    stamps, received, values = zip(*found[topic], strict=True)
    return Track(topic, np.array(stamps), np.array(received), list(values))


def _find_task(bag: BagReader, namespace: str) -> str:
    """Return the task that the safety stage's parameters name."""
    node = f"{namespace}/arm_safety_node"
    text = bag.documents.get(f"parameters{node.replace('/', '.')}.yaml")
    if text is None:
        return ""
    return str(yaml.safe_load(text)[node]["ros__parameters"]["task"])
