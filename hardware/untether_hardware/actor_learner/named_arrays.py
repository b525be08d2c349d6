"""Named arrays as bytes: names, types and shapes first, then all values, little-endian."""

import math
import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from untether_hardware.actor_learner.byte_reader import ByteReader
from untether_hardware.actor_learner.errors import RecordError

DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
"""Types of arrays, in NumPy's notation."""

_MOST_ARRAYS, _LONGEST_NAME, _MOST_DIMENSIONS, _LONGEST_SIDE = 65_535, 255, 16, (1 << 32) - 1
_COUNT = struct.Struct("<H")
_NAME_SIZE = struct.Struct("<B")
_TYPE = struct.Struct("<3sB")  # type, number of dimensions


def encode_arrays(arrays: Mapping[str, NDArray]) -> list[bytes | memoryview]:
    """Return arrays as parts to be joined; some of them are views of the arrays.

    Args:
        arrays: Of any shapes, of one of `DTYPES` in either byte order.

    Raises:
        RecordError: When a name or an array cannot be written.
    """
    if len(arrays) > _MOST_ARRAYS:
        raise _refuse("arrays", f"at most {_MOST_ARRAYS}", str(len(arrays)), "join some")
    header, values = [_COUNT.pack(len(arrays))], []
    for name, given in arrays.items():
        array = _convert(name, given)
        label = name.encode()
        header += [_NAME_SIZE.pack(len(label)), label]
        header.append(_TYPE.pack(array.dtype.str.encode(), array.ndim))
        header.append(struct.pack(f"<{array.ndim}I", *array.shape))
        if array.size:
            values.append(array.reshape(-1).view(np.uint8).data)
    return [*header, *values]


def decode_arrays(reader: ByteReader) -> dict[str, NDArray]:
    """Return what `encode_arrays` wrote: read-only views of the bytes.

    Raises:
        RecordError: When the bytes are something else.
    """
    (count,) = reader.unpack(_COUNT)
    specs: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
    for _ in range(count):
        (size,) = reader.unpack(_NAME_SIZE)
        try:
            name = str(reader.take(size), "utf-8")
        except UnicodeDecodeError as error:
            raise reader.refuse("a name in UTF-8", str(error)) from error
        code, dimensions = reader.unpack(_TYPE)
        if code.decode("latin-1") not in DTYPES or dimensions > _MOST_DIMENSIONS:
            got = f"{code!r} with {dimensions} dimensions"
            raise reader.refuse(f"a type of {DTYPES} with up to {_MOST_DIMENSIONS} dimensions", got)
        if not name or name in specs:
            raise reader.refuse("names, each once", repr(name))
        shape = reader.unpack(struct.Struct(f"<{dimensions}I"))
        specs[name] = np.dtype(code.decode()), shape
    return {name: _take(reader, name, dtype, shape) for name, (dtype, shape) in specs.items()}


def _take(reader: ByteReader, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> NDArray:
    values = reader.take(dtype.itemsize * math.prod(shape))
    if dtype.kind == "b" and len(values) and np.frombuffer(values, np.uint8).max() > 1:
        raise reader.refuse(f"truth values in {name}", "other bytes")
    try:
        array = np.frombuffer(values, dtype).reshape(shape)
    except ValueError as error:  # sides without content, whose product passes NumPy's limits
        raise reader.refuse(f"a shape for {name}", str(error)) from error
    array.flags.writeable = False
    return array


def _convert(name: str, given: NDArray) -> NDArray:
    if not 0 < len(name.encode()) <= _LONGEST_NAME:
        raise _refuse("name", f"1 to {_LONGEST_NAME} bytes", repr(name), "choose a shorter name")
    array = np.asarray(given)
    array = np.asarray(array, array.dtype.newbyteorder("<"), order="C")
    if array.dtype.str not in DTYPES:
        fix = "convert it to numbers of a fixed size"
        raise _refuse(name, f"a type of {DTYPES}", str(array.dtype), fix)
    if array.ndim > _MOST_DIMENSIONS or any(side > _LONGEST_SIDE for side in array.shape):
        expected = f"up to {_MOST_DIMENSIONS} dimensions of up to {_LONGEST_SIDE}"
        raise _refuse(name, expected, str(array.shape), "reshape it")
    return array


def _refuse(what: str, expected: str, got: str, fix: str) -> RecordError:
    return RecordError(what, expected=expected, got=got, fix=fix)
