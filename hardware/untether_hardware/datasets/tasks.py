"""``meta/tasks.parquet``: tasks in words, numbered."""

import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from untether_hardware.datasets.durable_file import write_durably
from untether_hardware.datasets.errors import DatasetError
from untether_hardware.datasets.layout import TASKS
from untether_hardware.datasets.table import read_table

_INDEX = "__index_level_0__"
# LeRobot reads the file as a pandas table whose index is the text; this note makes it one.
_PANDAS = {
    "index_columns": [_INDEX],
    "column_indexes": [],
    "columns": [
        {
            "name": name,
            "field_name": field,
            "pandas_type": pandas_type,
            "numpy_type": numpy_type,
            "metadata": None,
        }
        for name, field, pandas_type, numpy_type in (
            ("task_index", "task_index", "int64", "int64"),
            (None, _INDEX, "unicode", "object"),
        )
    ],
    "pandas_version": "2.2.0",
}


def write_tasks(folder: Path, tasks: Sequence[str]) -> None:
    """Write the tasks of a dataset; the number of each is its place.

    Raises:
        OSError: When the file cannot be written.
    """
    table = pa.table({"task_index": pa.array(range(len(tasks)), pa.int64()), _INDEX: list(tasks)})
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps(_PANDAS)}), sink)
    write_durably(folder / TASKS, sink.getvalue().to_pybytes())


def read_tasks(folder: Path) -> list[str]:
    """Return the tasks of a dataset by number; none when there is no file yet.

    Raises:
        DatasetError: When the file is damaged.
    """
    if not (folder / TASKS).exists():
        return []
    table = read_table(folder / TASKS)
    names = next((name for name in table.column_names if name != "task_index"), "")
    if "task_index" not in table.column_names or not names:
        got, fix = ", ".join(table.column_names) or "none", "restore it from a copy"
        what, expected = str(folder / TASKS), "the columns task_index and that of the texts"
        raise DatasetError(what, expected=expected, got=got, fix=fix)
    numbered = zip(table["task_index"].to_pylist(), table[names].to_pylist(), strict=True)
    return [task for _, task in sorted(numbered)]
