"""Reads and writes ``fixture.npz``: an npz archive of float32 arrays, never unpickled."""

import io
import math
import re

import numpy as np
from numpy.typing import NDArray

from untether_policies.archive import read_archive, write_archive
from untether_policies.contract import Contract
from untether_policies.errors import FixtureError
from untether_policies.fixture import MAX_TICKS, Fixture, check_fixture

_FILE = "fixture.npz"
_MAX_MEMBERS = 1024
_MAX_BYTES = 1 << 28  # of all members together, unpacked
_MAX_HEADER_BYTES = 10 + 0xFFFF  # of version 1.0: magic, version, length, and so much text
# The header that numpy writes for a C-ordered float32 array; no other is read.
_HEADER = re.compile(
    rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]{0,200})\), \} *\n"
)
_MAGIC = b"\x93NUMPY\x01\x00"


def dump_fixture(fixture: Fixture) -> bytes:
    """Return a fixture as npz; equal fixtures give equal bytes."""
    groups = {"inputs": fixture.inputs, "carry": fixture.carry, "outputs": fixture.outputs}
    members: dict[str, bytes] = {}
    for role, arrays in groups.items():
        for name, array in arrays.items():
            buffer = io.BytesIO()
            content = np.ascontiguousarray(array, np.dtype("<f4"))
            np.lib.format.write_array(buffer, content, version=(1, 0), allow_pickle=False)
            members[f"{role}/{name}.npy"] = buffer.getvalue()
    return write_archive(members)


def parse_fixture(data: bytes, contract: Contract) -> Fixture:
    """Read a fixture and check it against the contract.

    Raises:
        FixtureError: when the file is damaged or does not fit the contract.
    """
    largest = _find_largest(contract)

    def max_bytes(member: str) -> int | None:
        shape = largest.get(member)
        return None if shape is None else _MAX_HEADER_BYTES + 4 * math.prod(shape)

    members = read_archive(
        data,
        _FILE,
        max_members=_MAX_MEMBERS,
        max_bytes=max_bytes,
        max_total=_MAX_BYTES,
        error_type=FixtureError,
    )
    groups: dict[str, dict[str, NDArray[np.float32]]] = {"inputs": {}, "carry": {}, "outputs": {}}
    for member, content in members.items():
        role, _, name = member.removesuffix(".npy").partition("/")
        groups[role][name] = _parse_array(content, member, largest[member])
    fixture = Fixture(groups["inputs"], groups["carry"], groups["outputs"])
    check_fixture(fixture, contract)
    return fixture


def _find_largest(contract: Contract) -> dict[str, tuple[int, ...]]:
    """Return each member that the contract asks for, with the largest shape that it may have."""
    ticked = {f"inputs/{spec.name}": spec.shape for spec in contract.inputs}
    ticked |= {f"outputs/{spec.name}": spec.shape for spec in contract.outputs}
    shapes = {name: (MAX_TICKS, *shape) for name, shape in ticked.items()}
    shapes |= {f"carry/{carry.name}": carry.shape for carry in contract.carry}
    return {f"{name}.npy": shape for name, shape in shapes.items()}


def _parse_array(content: bytes, member: str, largest: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the array of one ``.npy`` member; its header is matched, not evaluated."""
    length = int.from_bytes(content[8:10], "little")
    header = _HEADER.fullmatch(content[10 : 10 + length])
    if not content.startswith(_MAGIC) or header is None:
        raise _refusal(member, "a little-endian float32 array in C order", repr(content[:80]))
    shape = tuple(int(size) for size in header[1].decode().replace(",", " ").split())
    if len(shape) != len(largest) or any(
        not 1 <= size <= limit for size, limit in zip(shape, largest, strict=True)
    ):
        raise _refusal(member, f"sizes from 1 to {largest}", f"{shape}"[:120])
    body = memoryview(content)[10 + length :]
    if len(body) != 4 * math.prod(shape):
        expected = f"{4 * math.prod(shape)} bytes for shape {shape}"
        raise _refusal(member, expected, f"{len(body)} bytes")
    return np.frombuffer(body, "<f4").reshape(shape).astype(np.float32)


def _refusal(member: str, expected: str, got: str) -> FixtureError:
    """Return the error for a member that is not taken."""
    fix = "record the fixture with record_fixture and write the bundle with write_bundle"
    return FixtureError(f"{_FILE}: {member}", expected=expected, got=got, fix=fix)
