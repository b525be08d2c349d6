"""Makes a recording whole that was cut off, by a power cut for example; run it as a module."""

import sys
from pathlib import Path

from mcap.records import Attachment, Channel, Message, Metadata, Schema
from mcap.writer import CompressionType, Writer

from untether_nodes.recording.record_stream import read_records


def recover_bag(folder: Path) -> int:
    """Rewrite the MCAP file of a rosbag2 folder with everything that can still be read.

    ``metadata.yaml`` is removed, as its counts are those of the start: ``ros2 bag reindex`` writes
    a new one, and Foxglove needs none.

    Args:
        folder: The bag.

    Returns:
        The number of messages saved.

    Raises:
        FileNotFoundError: When there is no MCAP file.
    """
    files = sorted(folder.glob("*.mcap"))
    if not files:
        raise FileNotFoundError(f"{folder}: expected a folder with an .mcap file, got none.")
    count = 0
    for path in files:
        draft = path.with_suffix(".mcap.tmp")
        with draft.open("wb") as stream:
            count += _copy(path, Writer(stream, compression=CompressionType.ZSTD))
        draft.replace(path)
    (folder / "metadata.yaml").unlink(missing_ok=True)
    return count


def _copy(path: Path, writer: Writer) -> int:
    """Copy all readable records of a file; return the number of messages."""
    writer.start(profile="ros2", library="untether recovery")
    schemas: dict[int, int] = {}
    channels: dict[int, int] = {}
    count = 0
    for record in read_records(path):
        if isinstance(record, Schema) and record.id not in schemas:
            schemas[record.id] = writer.register_schema(record.name, record.encoding, record.data)
        elif isinstance(record, Channel) and record.id not in channels:
            channels[record.id] = writer.register_channel(
                record.topic, record.message_encoding, schemas[record.schema_id], record.metadata
            )
        elif isinstance(record, Message):
            writer.add_message(
                channels[record.channel_id],
                record.log_time,
                record.data,
                record.publish_time,
                record.sequence,
            )
            count += 1
        elif isinstance(record, Attachment):
            writer.add_attachment(
                record.create_time, record.log_time, record.name, record.media_type, record.data
            )
        elif isinstance(record, Metadata):
            writer.add_metadata(record.name, record.metadata)
    writer.finish()
    return count


def main() -> int:
    """Recover the bags named on the command line."""
    if len(sys.argv) < 2:
        sys.stderr.write("usage: python -m untether_nodes.recording.recovery FOLDER ...\n")
        return 2
    for folder in map(Path, sys.argv[1:]):
        try:
            sys.stdout.write(f"{folder}: {recover_bag(folder)} messages saved\n")
        except OSError as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
