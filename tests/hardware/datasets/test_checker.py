import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.hardware.datasets.conftest import FRONT, SCHEMA, add_frames

from untether_hardware.commands.dataset import main
from untether_hardware.datasets.checker import check_dataset
from untether_hardware.datasets.features import Step
from untether_hardware.datasets.writer import DatasetWriter

DATA = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"


def change_column(folder, file, name, change):
    """Change a column of a Parquet file."""
    table = pq.read_table(folder / file)
    values = table[name].to_pylist()
    change(values)
    column = pa.array(values, table[name].type)
    table = table.set_column(table.column_names.index(name), name, column)
    pq.write_table(table, folder / file)


def change_info(folder, **changes):
    path = folder / "meta/info.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def spoil(values, row, value):
    values[row] = value


SPOILT = {
    "total": (lambda f: change_info(f, total_frames=14), "counts", "expected 15, got 14"),
    "fps": (lambda f: change_info(f, fps=20), "videos", "expected 0 to 250 ms"),
    "nan": (
        lambda f: change_column(f, DATA, "action", lambda v: v[7].__setitem__(1, float("nan"))),
        "values",
        "nan in dy at frame 2",
    ),
    "slow": (
        lambda f: change_column(f, DATA, "stamp", lambda v: spoil(v, 4, v[4] + 0.3)),
        "rate",
        "400.0 ms after frame 3",
    ),
    "index": (
        lambda f: change_column(f, DATA, "index", lambda v: spoil(v, 6, 99)),
        "indices",
        "expected 6, got 99 at frame 1",
    ),
    "value": (
        lambda f: change_column(f, DATA, "action", lambda v: v[3].__setitem__(0, 7.0)),
        "stats",
        "of action",
    ),
    "commander": (
        lambda f: change_column(f, DATA, "commander", lambda v: spoil(v, 0, 9)),
        "values",
        "got 9 at frame 0",
    ),
    "early end": (
        lambda f: change_column(f, DATA, "next.done", lambda v: spoil(v, 1, True)),
        "values",
        "an end at the last frame only",
    ),
    "task": (
        lambda f: change_column(f, EPISODES, "tasks", lambda v: spoil(v, 2, ["juggle"])),
        "tasks",
        "'juggle'",
    ),
    "video": (
        lambda f: change_column(
            f, EPISODES, f"videos/{FRONT}/from_timestamp", lambda v: spoil(v, 1, 0.7)
        ),
        "videos",
        "500 to 900 ms",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_wrong_is_found_and_told(folder, name):
    change, check, message = SPOILT[name]
    change(folder)
    problems = {finding.name: finding.problems for finding in check_dataset(folder)}
    assert any(message in str(problem) for problem in problems[check]), problems
    assert all("fix" in str(problem).lower() for problem in problems[check])
    assert main(["check", str(folder)]) == 1


def test_damaged_files_are_told_and_never_crash(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole = path.read_bytes()
            for damaged in (whole[: len(whole) // 2], b"", b"\x00" * 64):
                path.write_bytes(damaged)
                assert main(["check", str(folder)]) in (1, 2), path
            path.write_bytes(whole)
    assert main(["check", str(folder)]) == 0


def test_the_command_tells_what_it_checked(folder, tmp_path, capsys):
    assert main(["check", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "3 episodes, 15 frames, 10 Hz" in printed
    assert "sound" in printed
    assert main(["check", str(tmp_path / "nothing")]) == 2


def test_a_recorder_that_stood_still_is_found(tmp_path):
    path = tmp_path / "dataset"
    with DatasetWriter.create(path, SCHEMA) as writer:
        add_frames(writer, 0, 3)
        writer._steps[1]["stamp"][:] = Step(0.19).stamp
        writer.finish_episode("lift")
    (rate,) = (finding for finding in check_dataset(path) if finding.name == "rate")
    assert "190.0 ms after frame 0" in str(rate.problems[0])
