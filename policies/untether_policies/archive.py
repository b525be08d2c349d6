"""Reads and writes zip archives in memory, where a hostile archive can do no harm."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

from untether_policies.errors import BundleError

# Weights hardly compress; a ratio like this, in a large file, means a bomb.
_MAX_RATIO = 200
_RATIO_FREE_BYTES = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date of the format: archives do not depend on time
_SYMLINK = 0o120000
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # encrypted members, and NotImplementedError for compression methods
    ValueError,  # includes UnicodeDecodeError
    OverflowError,
    LookupError,
)


def read_archive(
    data: bytes,
    where: str,
    *,
    max_members: int,
    max_bytes: Callable[[str], int | None],
    max_total: int,
    error_type: type[BundleError] = BundleError,
) -> dict[str, bytes]:
    """Return the members of a zip archive by name; nothing is written to disk.

    Names and sizes of all members are checked before the first is unpacked.

    Args:
        data: the archive.
        where: the archive's name, for error messages.
        max_members: how many members there may be.
        max_bytes: the size allowed for a member's name; None refuses the name.
        max_total: the size allowed for all members together, unpacked.
        error_type: what to raise.

    Raises:
        BundleError: of type ``error_type``, for an archive that is damaged, too large, or that
            holds folders, links, repeated names or names that ``max_bytes`` does not know.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            if len(infos) > max_members:
                raise _refusal(error_type, where, f"at most {max_members} files", f"{len(infos)}")
            names: set[str] = set()
            for info in infos:
                # ZipInfo cuts names at NUL and normalises separators: judge what was stored.
                if info.orig_filename in names:
                    got = f"{info.orig_filename!r} twice"
                    raise _refusal(error_type, where, "every name once", got)
                names.add(info.orig_filename)
                _check_member(info, max_bytes(info.orig_filename), where, error_type)
            total = sum(info.file_size for info in infos)
            if total > max_total:
                expected = f"at most {max_total} bytes in all"
                raise _refusal(error_type, where, expected, f"{total} bytes")
            return {info.filename: _read_member(archive, info, where, error_type) for info in infos}
    except _ZIP_ERRORS as error:
        got = " ".join(str(error).split())[:200] or type(error).__name__
        raise _refusal(error_type, where, "an undamaged zip archive", got) from error


def _check_member(
    info: zipfile.ZipInfo, limit: int | None, where: str, error_type: type[BundleError]
) -> None:
    """Check everything of one member that can be checked without reading it."""
    name = info.orig_filename
    kind = (info.external_attr >> 16) & 0o170000
    if limit is None or name != info.filename or info.is_dir() or kind == _SYMLINK:
        expected = "plain files of a bundle, without folders, links or '..'"
        raise _refusal(error_type, where, expected, repr(name)[:120])
    if info.file_size > limit:
        expected = f"at most {limit} bytes"
        raise _refusal(error_type, f"{where}: {name}", expected, f"{info.file_size} bytes")
    if info.file_size > max(_RATIO_FREE_BYTES, _MAX_RATIO * info.compress_size):
        got = f"{info.compress_size} bytes that unpack to {info.file_size}"
        raise _refusal(error_type, f"{where}: {name}", f"a ratio of at most {_MAX_RATIO}", got)
    if info.compress_type not in _METHODS:
        got = f"method {info.compress_type}"
        raise _refusal(error_type, f"{where}: {name}", "stored or deflated data", got)


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str, error_type: type[BundleError]
) -> bytes:
    """Return one member, of the size that it claims."""
    with archive.open(info) as stream:
        content = stream.read(info.file_size + 1)
    if len(content) != info.file_size:
        expected, got = f"{info.file_size} bytes", f"{len(content)} bytes"
        raise _refusal(error_type, f"{where}: {info.filename}", expected, got)
    return content


def write_archive(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive; equal members give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _refusal(error_type: type[BundleError], where: str, expected: str, got: str) -> BundleError:
    """Return the error for an archive that is not taken."""
    fix = "copy it again, or pack it again with pack_bundle"
    return error_type(where, expected=expected, got=got, fix=fix)
