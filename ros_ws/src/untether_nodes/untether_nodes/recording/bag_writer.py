"""Writes a rosbag2 folder: one MCAP file and its ``metadata.yaml``."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml
from mcap.writer import CompressionType, Writer

from untether_nodes.recording.bag_metadata import BagTopic, describe_bag, describe_profiles
from untether_nodes.recording.message_definition import read_definition

_CHUNK_SIZE = 64 * 1024  # [bytes] that a kill may cost; a quarter of a second of one robot


class Record(NamedTuple):
    """A message to be written.

    Attributes:
        topic: Name of its topic.
        received: When it came [ns].
        published: When it was sent [ns].
        data: The message, CDR.
    """

    topic: str
    received: int
    published: int
    data: bytes


class BagWriter:
    """A recording that is readable at any time: whole after ``close``, up to the last chunk before.

    ``metadata.yaml`` is there from the start and true after ``close``. A file that was cut off can
    be read by Foxglove, and made whole by :func:`untether_nodes.recording.recovery.recover_bag`.

    Attributes:
        folder: The bag.
        path: The MCAP file.
        message_count: Messages written so far.
    """

    def __init__(self, folder: Path, *, library: str, custom: Mapping[str, str]) -> None:
        """Create the folder and begin the file.

        Args:
            folder: The bag; must not exist.
            library: Who writes, for the file's header.
            custom: What to say about the bag as a whole, in both files.

        Raises:
            OSError: When the folder exists or cannot be written.
        """
        folder.mkdir(parents=True)
        self.folder = folder
        self.path = folder / f"{folder.name}_0.mcap"
        self.message_count = 0
        self._custom = dict(custom)
        self._topics: dict[str, BagTopic] = {}
        self._numbers: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        self._start = self._end = 0
        self._stream = self.path.open("wb")
        self._writer = Writer(
            self._stream, chunk_size=_CHUNK_SIZE, compression=CompressionType.ZSTD
        )
        self._writer.start(profile="ros2", library=library)
        self._writer.add_metadata("untether", self._custom)
        self._write_description()
        self.flush()

    def add_topic(self, topic: BagTopic) -> None:
        """Add a topic, before its first message.

        Raises:
            DefinitionError: When the definition of its type is not installed.
        """
        if topic.message_type not in self._schemas:
            definition = read_definition(topic.message_type).encode()
            schema = self._writer.register_schema(topic.message_type, "ros2msg", definition)
            self._schemas[topic.message_type] = schema
        profiles = yaml.safe_dump(describe_profiles(topic.profiles), sort_keys=False)
        self._numbers[topic.name] = self._writer.register_channel(
            topic.name,
            "cdr",
            self._schemas[topic.message_type],
            {"offered_qos_profiles": profiles, "topic_type_hash": topic.type_hash},
        )
        self._topics[topic.name], self._counts[topic.name] = topic, 0

    def write_all(self, records: Iterable[Record]) -> None:
        """Write messages of topics that have been added."""
        for record in records:
            topic, received = record.topic, record.received
            count = self._counts[topic]
            number = self._numbers[topic]
            self._writer.add_message(number, received, record.data, record.published, count)
            self._counts[topic] = count + 1
            self._start = received if self.message_count == 0 else min(self._start, received)
            self._end = max(self._end, received)
            self.message_count += 1

    def attach(self, name: str, media_type: str, data: bytes, time: int) -> None:
        """Attach a document.

        Args:
            name: Its name.
            media_type: For example ``application/yaml``.
            data: Its content.
            time: When it was made [ns].
        """
        self._writer.add_attachment(time, time, name, media_type, data)

    def add_metadata(self, name: str, values: Mapping[str, str]) -> None:
        """Add a record of facts by name."""
        self._writer.add_metadata(name, dict(values))

    def flush(self) -> None:
        """Hand everything but the chunk that is being filled to the operating system."""
        self._stream.flush()

    def close(self) -> None:
        """Write the index and the final ``metadata.yaml``."""
        self._writer.finish()
        self._stream.close()
        self._write_description()

    def _write_description(self) -> None:
        topics = [(topic, self._counts[name]) for name, topic in self._topics.items()]
        text = describe_bag(self.path.name, topics, self._start, self._end, self._custom)
        draft = self.folder / "metadata.yaml.tmp"
        draft.write_text(text, encoding="utf-8")
        draft.replace(self.folder / "metadata.yaml")
