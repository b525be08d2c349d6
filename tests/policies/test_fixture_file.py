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
    return read_archive(
        data, "test", max_members=99, max_bytes=lambda name: 1 << 24, max_total=1 << 24
    )


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


@pytest.mark.parametrize(
    "shape",
    [
        "99999999999, 99999", "0, 3", "120, 0", "0, 99999999999999999999999", "10001, 3", "120, 4",
        "120, 3, 1", "360,", "",
    ],
)  # fmt: skip
def test_header_with_a_shape_that_no_contract_allows_is_refused_before_allocating(
    recording, contract, shape, refused
):
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}\n".encode()
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
    members = _members(dump_fixture(recording)) | {"inputs/position.npy": content}
    with refused(FixtureError, what="position", expected="from 1 to (10000, 3)", got=f"({shape}"):
        parse_fixture(write_archive(members), contract)


@pytest.mark.parametrize(
    ("name", "size"), [("carry/integral.npy", 3), ("inputs/position.npy", 30_000)]
)
def test_member_larger_than_its_tensor_can_be_is_refused_before_it_is_unpacked(
    recording, contract, name, size, refused
):
    members = _members(dump_fixture(recording)) | {name: bytes(1 << 20)}
    with refused(FixtureError, what=name, expected=f"at most {4 * size + 10 + 65535} bytes"):
        parse_fixture(write_archive(members), contract)


@pytest.mark.parametrize(
    "name",
    ["evil.npy", "inputs/../x.npy", "inputs/position.pkl", "inputs/X.npy", "inputs/integral.npy"],
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
