import io
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from untether_policies.archive import read_archive, write_archive
from untether_policies.errors import FixtureError
from untether_policies.fixture_file import dump_fixture, parse_fixture


def _members(data: bytes) -> dict[str, bytes]:
    return read_archive(data, "test", max_members=99, max_bytes=lambda name: 1 << 24)


def _npy(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **options)
    return buffer.getvalue()


def test_dumped_fixture_parses_bit_for_bit(recording, contract):
    parsed = parse_fixture(dump_fixture(recording), contract)
    for role in ("inputs", "carry", "outputs"):
        for name, array in getattr(recording, role).items():
            assert getattr(parsed, role)[name].tobytes() == array.tobytes()
            assert getattr(parsed, role)[name].shape == array.shape


def test_file_is_a_plain_npz_that_numpy_reads(recording):
    with np.load(io.BytesIO(dump_fixture(recording)), allow_pickle=False) as arrays:
        assert set(arrays) == {
            "inputs/position", "inputs/goal_position", "carry/integral", "outputs/rotor_thrust",
        }  # fmt: skip
        np.testing.assert_array_equal(arrays["inputs/position"], recording.inputs["position"])


def test_equal_fixtures_give_equal_bytes(recording):
    assert dump_fixture(recording) == dump_fixture(recording)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (_npy(np.array([{"x": 1}], object), allow_pickle=True), "descr"),
        (_npy(np.zeros((120, 3))), "<f8"),
        (_npy(np.asfortranarray(np.zeros((120, 3), "f4"))), "True"),
        (_npy(np.zeros((120, 3), ">f4")), ">f4"),
        (_npy(np.zeros((120, 3), "f4"), version=(2, 0)), "NUMPY"),
        (b"", "b''"),
        (_npy(np.zeros((120, 3), "f4"))[:-1], "1439 bytes"),
        (_npy(np.zeros((120, 3), "f4")) + b"x", "1441 bytes"),
    ],
)
def test_other_arrays_are_refused_and_never_unpickled(recording, contract, content, got, refused):
    members = _members(dump_fixture(recording)) | {"inputs/position.npy": content}
    with refused(FixtureError, what="inputs/position.npy", got=got, fix="record_fixture"):
        parse_fixture(write_archive(members), contract)


def test_header_that_claims_a_huge_array_is_refused_before_allocating(recording, contract, refused):
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999), }\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    members = _members(dump_fixture(recording)) | {"inputs/position.npy": content}
    with refused(FixtureError, expected="bytes for shape", got="0 bytes"):
        parse_fixture(write_archive(members), contract)


@pytest.mark.parametrize(
    "name", ["evil.npy", "inputs/../x.npy", "inputs/position.pkl", "inputs/X.npy"]
)
def test_other_members_are_refused(recording, contract, name, refused):
    members = _members(dump_fixture(recording)) | {name: b"x"}
    with refused(FixtureError, got=name):
        parse_fixture(write_archive(members), contract)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), cut=st.integers(0, 8), noise=st.binary(max_size=8))
def test_any_bytes_are_read_or_refused(recording, contract, at, cut, noise):
    data = dump_fixture(recording)
    start = int(at * len(data))
    member = _npy(np.zeros((120, 3), "f4"))
    inside = int(at * 100)
    members = _members(data)
    members["inputs/position.npy"] = member[:inside] + noise + member[inside + cut :]
    for damaged in (data[:start] + noise + data[start + cut :], write_archive(members), noise):
        try:
            parse_fixture(damaged, contract)
        except FixtureError as error:
            assert error.fix
