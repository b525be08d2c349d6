"""Checks a dataset: files, counts, times, values, statistics, videos and tasks."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from untether_hardware.datasets.episode_check import (
    check_indices,
    check_rate,
    check_statistics,
    check_values,
    compare_statistics,
)
from untether_hardware.datasets.episode_record import EpisodeRecord
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.information import (
    Information,
    combine_records,
    read_information,
)
from untether_hardware.datasets.layout import data_path, list_files, video_path
from untether_hardware.datasets.reader import DatasetReader
from untether_hardware.datasets.table import count_rows
from untether_hardware.datasets.video import count_frames

_RESUME = "resume the dataset with its writer, which removes what belongs to no episode"


@dataclass
class Finding:
    """The result of one check.

    Attributes:
        name: What was checked.
        detail: What was seen.
        problems: What is wrong; empty when the check is passed.
    """

    name: str
    detail: str
    problems: list[DatasetError] = field(default_factory=list)


def check_dataset(folder: Path) -> list[Finding]:
    """Check a dataset with all its frames and pictures; nobody may be writing.

    Returns:
        A finding for each check, in order.

    Raises:
        DatasetError: When there is no dataset at all, or one whose ``meta`` cannot be read.
    """
    reader = DatasetReader(folder)
    information, schema = read_information(folder), reader.schema
    counts = f"{reader.episode_count} episodes, {reader.frame_count} frames, {schema.fps} Hz"
    findings = [
        Finding("counts", counts, list(_check_counts(reader, information))),
        Finding("tasks", f"{len(reader.tasks)} in words", list(_check_tasks(reader, information))),
        Finding("files", "all rows belong to episodes", list(_check_data(reader))),
        Finding("videos", f"{len(schema.videos)} cameras", list(_check_videos(reader))),
    ]
    frames = {
        "indices": Finding("indices", "numbers and nominal times"),
        "rate": Finding("rate", "frames were observed at the rate that is claimed"),
        "values": Finding("values", "finite"),
        "stats": Finding("stats", "those of the frames"),
    }
    for record in reader.records:
        _check_episode(reader, record, frames)
    frames["stats"].problems.extend(_check_total(reader))
    return [*findings, *frames.values()]


def _check_episode(
    reader: DatasetReader, record: EpisodeRecord, findings: dict[str, Finding]
) -> None:
    schema = reader.schema
    task = reader.tasks.index(record.task) if record.task in reader.tasks else -1
    try:
        episode = reader.read_episode(record.index)
    except DatasetError as error:
        findings["indices"].problems.append(error)
        return
    findings["indices"].problems.extend(check_indices(episode, record, schema, task))
    findings["rate"].problems.extend(check_rate(episode, record, schema))
    findings["values"].problems.extend(check_values(episode, record, schema))
    findings["stats"].problems.extend(check_statistics(episode, record, schema))


def _check_counts(reader: DatasetReader, information: Information) -> Iterator[DatasetError]:
    """Check that episodes are numbered without gaps, and that all counts agree."""
    first = 0
    for index, record in enumerate(reader.records):
        if (record.index, record.first_frame) != (index, first):
            got = f"episode {record.index} from frame {record.first_frame}"
            expected = f"episode {index} from frame {first}"
            yield _problem("meta/episodes", expected, got, "restore it from a copy")
            return
        first += record.length
    for name, true, stated in (
        ("total_episodes", reader.episode_count, information.episode_count),
        ("total_frames", reader.frame_count, information.frame_count),
        ("total_tasks", len(reader.tasks), information.task_count),
    ):
        if true != stated:
            yield _problem(f"meta/info.json: {name}", f"{true}", f"{stated}", _RESUME)


def _check_tasks(reader: DatasetReader, information: Information) -> Iterator[DatasetError]:
    """Check that each episode's task is known, once."""
    for task, count in Counter(reader.tasks).items():
        if count > 1 or not task.strip():
            got = f"{task!r}, {count} times"
            yield _problem("meta/tasks.parquet", "different tasks in words", got, "rename it")
    for record in reader.records:
        if record.task not in reader.tasks:
            got, fix = repr(record.task), "restore meta/tasks.parquet from a copy"
            yield _problem(f"episode {record.index}: task", "a known task", got, fix)


def _check_data(reader: DatasetReader) -> Iterator[DatasetError]:
    """Check that Parquet files have the rows of their episodes, and no others."""
    rows: Counter[Path] = Counter()
    for record in reader.records:
        rows[data_path(reader.folder, record.data)] += record.length
    for path in sorted({*rows, *list_files(reader.folder / "data", ".parquet")}):
        try:
            got = count_rows(path)
        except DatasetError as error:
            yield error
            continue
        if got != rows[path]:
            yield _problem(str(path), f"{rows[path]} frames", f"{got}", _RESUME)


def _check_videos(reader: DatasetReader) -> Iterator[DatasetError]:
    """Check that MP4 files have the frames of their episodes, one after the other."""
    for camera in reader.schema.videos:
        frames: Counter[Path] = Counter()
        for record in reader.records:
            span = record.videos[camera.name]
            path = video_path(reader.folder, camera.name, span.number)
            got = [round(1e3 * time) for time in (span.start, span.stop)]
            ends = (frames[path], frames[path] + record.length)
            wanted = [round(1e3 * frame / reader.schema.fps) for frame in ends]
            if got != wanted:
                where = f"episode {record.index}: {camera.name}"
                expected = f"{wanted[0]} to {wanted[1]} ms in {path.name}"
                got_text = f"{got[0]} to {got[1]} ms"
                yield _problem(where, expected, got_text, "restore meta/episodes from a copy")
            frames[path] += record.length
        folder = reader.folder / "videos" / camera.name
        for path in sorted({*frames, *list_files(folder, ".mp4")}):
            try:
                count = count_frames(path)
            except DatasetError as error:
                yield error
                continue
            if count != frames[path]:
                yield _problem(str(path), f"{frames[path]} frames", f"{count}", _RESUME)


def _check_total(reader: DatasetReader) -> Iterator[DatasetError]:
    """Check the statistics over all episodes."""
    if not reader.records:
        return
    try:
        for name, true in combine_records(reader.records).items():
            yield from compare_statistics("meta/stats.json", name, true, reader.statistics)
    except DatasetError as error:
        yield error


def _problem(what: str, expected: str, got: str, fix: str) -> DatasetError:
    return DatasetError(what, expected=expected, got=got, fix=fix)
