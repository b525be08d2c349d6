"""Reads and writes the files of a bundle, as a folder or as a ``NAME.untether`` archive."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from untether_policies.archive import read_archive
from untether_policies.contract_file import MAX_CONTRACT_BYTES
from untether_policies.errors import BundleError

CONTRACT_FILE = "contract.yaml"
MODEL_FILE = "policy.onnx"
FIXTURE_FILE = "fixture.npz"
CARD_FILE = "card.md"
REQUIRED_FILES = (CONTRACT_FILE, MODEL_FILE, FIXTURE_FILE, CARD_FILE)
ARCHIVE_SUFFIX = ".untether"

MAX_FILES = 64
_MAX_BYTES = {
    CONTRACT_FILE: MAX_CONTRACT_BYTES,
    MODEL_FILE: 1 << 30,
    FIXTURE_FILE: 1 << 26,
    CARD_FILE: 1 << 20,
}
_MAX_PICTURE_BYTES = 1 << 24
_PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.(png|jpg|jpeg)")
_MAX_ARCHIVE_BYTES = 1 << 31


def max_bytes(name: str) -> int | None:
    """Return the size allowed for a file of a bundle, or None when no bundle has such a file."""
    if name in _MAX_BYTES:
        return _MAX_BYTES[name]
    return _MAX_PICTURE_BYTES if _PICTURE_NAME.fullmatch(name) else None


def read_files(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle by name, from a folder or an archive.

    Raises:
        BundleError: when there is no bundle, or one with files that are too large, are links or
            have names that no bundle has.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.is_file():
            return _read_zip(path)
    except OSError as error:
        raise BundleError(
            str(path), expected="files that can be read", got=str(error), fix="check permissions"
        ) from error
    raise BundleError(
        str(path),
        expected=f"a bundle: a folder with {CONTRACT_FILE}, or a NAME{ARCHIVE_SUFFIX} file",
        got="neither" if path.exists() else "nothing at that path",
        fix="check the path",
    )


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle's folder at once: a reader sees the old one or the new one, whole.

    Raises:
        BundleError: when the folder exists and is not a bundle, which is then left alone.
    """
    if folder.exists() and not _may_replace(folder):
        raise BundleError(
            str(folder),
            expected="a new path, an empty folder or an earlier bundle",
            got="something else, which would be lost",
            fix="choose another path, or move it away",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            write_synced(new / name, content)
        new.chmod(0o755)
        if folder.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            folder.rename(old)  # onto an empty folder, which rename replaces
            try:
                new.rename(folder)
            except OSError:
                old.rename(folder)
                raise
            shutil.rmtree(old)
        else:
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write one file at once: a reader sees the old content or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    new = Path(name)
    try:
        write_synced(new, content)
        new.chmod(0o644)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it, so that a power cut leaves no hollow bundle."""
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _may_replace(folder: Path) -> bool:
    """Return whether a folder is a bundle, or empty."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    names = {entry.name for entry in folder.iterdir()}
    return not names or CONTRACT_FILE in names


def _read_folder(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle's folder."""
    entries = sorted(path.iterdir())
    if len(entries) > MAX_FILES:
        raise _refusal(path, f"at most {MAX_FILES} files", f"{len(entries)}")
    if CONTRACT_FILE not in {entry.name for entry in entries}:
        got = f"{len(entries)} other files"
        raise _refusal(path, f"a folder with {CONTRACT_FILE}", got, "name the bundle's own folder")
    files: dict[str, bytes] = {}
    for entry in entries:
        limit = max_bytes(entry.name)
        status = entry.lstat()
        if limit is None or not stat.S_ISREG(status.st_mode):
            fix = f"remove {entry.name!r}: a bundle holds only what its contract lists"
            raise _refusal(path, "plain files of a bundle", repr(entry.name)[:120], fix)
        if status.st_size > limit:
            raise _refusal(entry, f"at most {limit} bytes", f"{status.st_size} bytes")
        with entry.open("rb") as stream:
            files[entry.name] = stream.read(limit + 1)
    return files


def _read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle's archive, without unpacking it to disk."""
    size = path.stat().st_size
    if size > _MAX_ARCHIVE_BYTES:
        raise _refusal(path, f"at most {_MAX_ARCHIVE_BYTES} bytes", f"{size} bytes")
    return read_archive(path.read_bytes(), str(path), max_members=MAX_FILES, max_bytes=max_bytes)


def _refusal(
    path: Path, expected: str, got: str, fix: str = "export the bundle again"
) -> BundleError:
    """Return the error for files that are not taken."""
    return BundleError(str(path), expected=expected, got=got, fix=fix)
