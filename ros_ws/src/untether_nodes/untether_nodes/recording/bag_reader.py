"""Reads the messages of an MCAP file as far as it goes, whole or cut off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mcap.records import Attachment, Channel, Footer, Message, Schema
from rclpy.serialization import deserialize_message

from untether_hardware.datasets.errors import DatasetError
from untether_nodes.recording.message_definition import (
    DefinitionError,
    import_message,
    read_definition,
)
from untether_nodes.recording.record_stream import read_records


class BagMessage(NamedTuple):
    """A message of a recording.

    Attributes:
        topic: Name of its topic.
        message_type: For example ``nav_msgs/msg/Odometry``.
        received: When the recorder got it [s].
        data: The message, CDR.
    """

    topic: str
    message_type: str
    received: float
    data: bytes


class BagReader:
    """Reads a file from its beginning, as often as one likes, and keeps none of its messages.

    Attributes:
        path: The MCAP file.
        whole: Whether the last pass got to the file's end; a recorder that was killed leaves a file
            without.
        documents: Attachments that the last pass came across, by name.
    """

    def __init__(self, recording: Path) -> None:
        """Find the file.

        Args:
            recording: The file itself, or the folder that the recorder made for it.

        Raises:
            DatasetError: When there is none, or more than one.
        """
        self.path = _find_file(recording)
        self.whole = False
        self.documents: dict[str, str] = {}
        self._definitions: dict[str, str] = {}

    def read_messages(self) -> Iterator[BagMessage]:
        """Yield the messages of all topics in the order of the file.

        Raises:
            OSError: When the file cannot be read.
        """
        self.whole = False
        channels: dict[int, Channel] = {}
        types: dict[int, str] = {}
        for record in read_records(self.path):
            if isinstance(record, Message):
                channel = channels[record.channel_id]
                kind = types[channel.schema_id]
                yield BagMessage(channel.topic, kind, record.log_time * 1e-9, record.data)
            elif isinstance(record, Schema):
                types[record.id] = record.name
                self._definitions[record.name] = record.data.decode()
            elif isinstance(record, Channel):
                channels[record.id] = record
            elif isinstance(record, Attachment):
                self.documents[record.name] = record.data.decode()
            elif isinstance(record, Footer):
                self.whole = True

    def decode(self, message: BagMessage) -> Any:  # noqa: ANN401 - of a generated type
        """Return a message of this file as its Python class.

        Raises:
            DatasetError: When its type is not installed, or has other fields here.
        """
        kind = message.message_type
        try:
            same = self._definitions[kind] == read_definition(kind)
            message_class = import_message(kind)
        except DefinitionError as error:
            got, fix = str(error), "convert it where the messages are installed"
            raise DatasetError(
                message.topic, expected=f"{kind}, installed", got=got, fix=fix
            ) from error
        if not same:
            raise DatasetError(
                f"{self.path}: {message.topic}",
                expected=f"{kind} as it is defined here",
                got="another definition of it",
                fix="convert it with the version of untether that recorded it",
            )
        return deserialize_message(message.data, message_class)


def _find_file(recording: Path) -> Path:
    if recording.is_file():
        return recording
    files = sorted(recording.glob("*.mcap"))
    if len(files) != 1:
        got = ", ".join(file.name for file in files) or "none"
        fix = "name the file" if files else "give the folder that recorder_node wrote"
        raise DatasetError(str(recording), expected="one .mcap file", got=got, fix=fix)
    return files[0]
