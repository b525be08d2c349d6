import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.archive import read_archive, write_archive
from untether_policies.errors import BundleError, FixtureError

LIMIT = 8 << 20


def _read(data: bytes, **changes: object) -> dict[str, bytes]:
    options = {
        "max_members": 4,
        "max_bytes": lambda name: LIMIT if name.replace("_", "").isalnum() else None,
        "max_total": 2 * LIMIT,
    }
    return read_archive(data, "test.untether", **(options | changes))


def _zip(members: list[tuple[str | zipfile.ZipInfo, bytes]], method=zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@given(
    st.dictionaries(
        st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True), st.binary(max_size=200), max_size=4
    )
)
def test_what_is_written_reads_back(members):
    assert _read(write_archive(members)) == members


def test_equal_members_give_equal_bytes():
    assert write_archive({"a": b"1", "b": b"2"}) == write_archive({"a": b"1", "b": b"2"})


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/b", "a\\b", "C:evil", "..", "folder/", "a\x00b", ""]
)
def test_names_that_climb_out_are_refused(name, refused):
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    with refused(BundleError, what="test.untether", expected="without folders", fix="pack"):
        _read(_zip([(info, b"x")]))


def test_link_is_refused(refused):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with refused(BundleError, expected="links", got="'link'"):
        _read(_zip([(info, b"/etc/passwd")]))


def test_repeated_name_is_refused(refused):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = _zip([("a", b"1"), ("a", b"2")])
    with refused(BundleError, expected="every name once", got="'a' twice"):
        _read(data)


def test_too_many_members_are_refused(refused):
    with refused(BundleError, expected="at most 4", got="5"):
        _read(_zip([(f"m{i}", b"") for i in range(5)]))


def test_oversize_member_is_refused_before_it_is_read(refused):
    data = _zip([("big", bytes(LIMIT + 1))], zipfile.ZIP_DEFLATED)
    with refused(BundleError, what="big", expected=f"{LIMIT} bytes", got=f"{LIMIT + 1} bytes"):
        _read(data)


def test_members_that_are_too_large_together_are_refused(refused):
    members = {name: bytes(range(256)) * 8 for name in "abcd"}
    assert _read(write_archive(members), max_total=4 * 2048) == members
    with refused(BundleError, expected="8191 bytes in all", got="8192 bytes"):
        _read(write_archive(members), max_total=4 * 2048 - 1)


def test_nothing_is_unpacked_of_an_archive_with_a_name_that_is_refused(monkeypatch, refused):
    data = write_archive({"a": b"x", "../evil": b"x"})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with refused(BundleError, got="'../evil'"):
        _read(data)


def test_bomb_is_refused_by_its_ratio(refused):
    with refused(BundleError, what="bomb", expected="ratio", got="unpack"):
        _read(_zip([("bomb", bytes(LIMIT))], zipfile.ZIP_DEFLATED))


def test_member_that_lies_about_its_size_is_refused(refused):
    data = _zip([("liar", bytes(range(256)) * 64)], zipfile.ZIP_DEFLATED)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        data = data[:at] + struct.pack("<I", 100) + data[at + 4 :]
    with refused(BundleError, fix="copy it again"):
        _read(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_is_refused(method, refused):
    with refused(BundleError, expected="stored or deflated", got="method"):
        _read(_zip([("a", b"x")], method))


def test_encrypted_member_is_refused(refused):
    data = bytearray(_zip([("a", b"secret")]))
    data[data.index(b"PK\x03\x04") + 6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with refused(BundleError, expected="undamaged", got="encrypted"):
        _read(bytes(data))


def test_changed_byte_is_refused(refused):
    data = bytearray(_zip([("a", b"hello")]))
    data[data.index(b"hello")] ^= 1
    with refused(BundleError, expected="undamaged", got="CRC"):
        _read(bytes(data))


def test_error_type_is_the_callers(refused):
    with refused(FixtureError):
        _read(b"not a zip", error_type=FixtureError)


SOUND = write_archive({"contract": b"name: x\n" * 20, "policy": bytes(range(256))})


@given(st.binary(max_size=300), st.integers(0, len(SOUND)), st.integers(0, 30))
def test_any_bytes_are_read_or_refused(noise, at, cut):
    for data in (noise, SOUND[:at] + noise[:10] + SOUND[at + cut :], SOUND[:at]):
        try:
            _read(data)
        except BundleError as error:
            assert error.fix
