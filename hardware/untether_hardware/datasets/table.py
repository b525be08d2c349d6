"""Frames as Parquet: columns from arrays and back, files that grow by whole episodes."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from untether_hardware.datasets.durable_file import write_durably
from untether_hardware.datasets.errors import DatasetError

_ENCODED = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def build_table(
    columns: Mapping[str, np.ndarray], pictures: Mapping[str, Sequence[bytes]]
) -> pa.Table:
    """Return a table with a row for each frame.

    Args:
        columns: (frames, size) of each vector.
        pictures: PNG files of each camera.
    """
    built = {
        name: pa.array([{"bytes": one, "path": None} for one in encoded], _ENCODED)
        for name, encoded in pictures.items()
    }
    for name, values in columns.items():
        flat = pa.array(values.ravel())
        size = values.shape[1]
        built[name] = flat if size == 1 else pa.FixedSizeListArray.from_arrays(flat, size)
    return pa.table(built)


def read_column(table: pa.Table, name: str, size: int) -> np.ndarray:
    """Return a vector of all frames (frames, size).

    Raises:
        DatasetError: When the column is missing, or has another size.
    """
    if name not in table.column_names:
        raise _refuse(f"column {name}", "it in the frames", "no such column")
    column = table[name].combine_chunks()
    while pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    values = column.to_numpy(zero_copy_only=False)
    if len(values) != table.num_rows * size:
        got = f"{len(values)} in {table.num_rows}"
        raise _refuse(f"column {name}", f"{size} values in each frame", got)
    return values.reshape(-1, size)


def read_pictures(table: pa.Table, name: str) -> list[bytes]:
    """Return a camera's PNG files of all frames.

    Raises:
        DatasetError: When there are none.
    """
    if name not in table.column_names:
        raise _refuse(f"column {name}", "pictures in the frames", "no such column")
    return [row["bytes"] for row in table[name].to_pylist()]


def read_table(path: Path, episode: int | None = None) -> pa.Table:
    """Return all rows of a file, or those of an episode.

    Raises:
        DatasetError: When there is no such file, or it is damaged.
    """
    try:
        filters = None if episode is None else [("episode_index", "=", episode)]
        return pq.read_table(path, filters=filters)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def count_rows(path: Path) -> int:
    """Return the number of rows of a file.

    Raises:
        DatasetError: When there is no such file, or it is damaged.
    """
    try:
        return pq.read_metadata(path).num_rows
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def append_rows(path: Path, table: pa.Table, *, merge: bool = False) -> None:
    """Add rows to a file, or begin it: afterwards the disk has all of them, before none.

    Args:
        path: The file.
        table: The rows.
        merge: Whether all rows become one group, which is smaller; else these become a group of
            their own, which is read without the others.

    Raises:
        OSError: When it cannot be written; the file is then left as it was.
    """
    sink = pa.BufferOutputStream()
    if merge and path.exists():
        table = pa.concat_tables([read_table(path), table], promote_options="permissive")
    with pq.ParquetWriter(sink, table.schema) as writer:
        if not merge and path.exists():
            with pq.ParquetFile(path) as old:
                for group in range(old.num_row_groups):
                    writer.write_table(old.read_row_group(group).cast(table.schema))
        writer.write_table(table)
    write_durably(path, sink.getvalue().to_pybytes())


def write_groups(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write a file with a group of rows for each table; at least one.

    Raises:
        OSError: When it cannot be written; an older file is then left.
    """
    remaining = iter(tables)
    first = next(remaining)
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, first.schema) as writer:
        writer.write_table(first)
        for table in remaining:
            writer.write_table(table.cast(first.schema))
    write_durably(path, sink.getvalue().to_pybytes())


def replace_columns(table: pa.Table, columns: Mapping[str, np.ndarray]) -> pa.Table:
    """Return a table with other numbers in some columns, whose types stay.

    Args:
        table: A row for each frame.
        columns: (frames, 1) each.

    Raises:
        DatasetError: When one is missing.
    """
    for name, values in columns.items():
        if name not in table.column_names:
            raise _refuse(f"column {name}", "it in the frames", "no such column")
        index = table.column_names.index(name)
        column = pa.array(values[:, 0]).cast(table.schema.field(index).type)
        table = table.set_column(index, table.schema.field(index), column)
    return table


def keep_rows(path: Path, count: int) -> None:
    """Cut a file after some rows, when it has more."""
    if count_rows(path) <= count:
        return
    sink = pa.BufferOutputStream()
    pq.write_table(read_table(path).slice(0, count), sink)
    write_durably(path, sink.getvalue().to_pybytes())


def _refuse(what: str, expected: str, got: str) -> DatasetError:
    return DatasetError(what, expected=expected, got=got, fix="restore the file from a copy")


def _unreadable(path: Path, error: Exception) -> DatasetError:
    got, fix = str(error).splitlines()[0], "restore it from a copy"
    return DatasetError(str(path), expected="a Parquet file that can be read", got=got, fix=fix)
