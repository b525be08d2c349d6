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
from untether_policies.errors import BundleError, explain_os_error
from untether_policies.exchange import exchange_paths
from untether_policies.output_file import require_writable

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
_MAX_ARCHIVE_BYTES = sum(_MAX_BYTES.values()) + MAX_FILES * _MAX_PICTURE_BYTES
_MAX_READINGS = 100  # of a folder that is replaced each time; writing one takes far longer


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
        raise explain_os_error(error, str(path)) from error
    raise BundleError(
        str(path),
        expected=f"a bundle: a folder with {CONTRACT_FILE}, or a NAME{ARCHIVE_SUFFIX} file",
        got="neither" if path.exists() else "nothing at that path",
        fix="check the path",
    )


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a bundle's folder at once: a reader sees the old one or the new one, whole.

    Raises:
        BundleError: when :func:`require_place` refuses the folder, which is then left alone.
    """
    require_place(folder)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for name, content in files.items():
            write_synced(new / name, content)
        new.chmod(0o755)
        if folder.exists():
            _replace(folder, new)
        else:
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # the old bundle, after an exchange


def require_place(folder: Path) -> None:
    """Refuse a folder at which no bundle may be written, before the work for it is done.

    Raises:
        BundleError: when the folder cannot be written, or exists and is neither a bundle nor
            empty: nothing but a bundle is ever replaced.
    """
    if folder.is_symlink() or folder.exists():
        foreign = _find_foreign(folder)
        if foreign is not None:
            raise _refusal(
                folder,
                "a new path, an empty folder or an earlier bundle",
                f"{foreign}, which would be lost",
                "choose another path, or move it away",
            )
        if Path.cwd().is_relative_to(folder.resolve()):
            fix = "name a new folder, or run the command from another one"
            raise _refusal(folder, "a folder that may be replaced", "the working directory", fix)
    require_writable(folder)


def _find_foreign(folder: Path) -> str | None:
    """Return what makes an existing path something else than a bundle or an empty folder."""
    if folder.is_symlink() or not folder.is_dir():
        return "a link" if folder.is_symlink() else "a file"
    entries = sorted(folder.iterdir())
    for entry in entries:
        if max_bytes(entry.name) is None or not stat.S_ISREG(entry.lstat().st_mode):
            return f"a folder with {entry.name[:120]!r}"
    if entries and CONTRACT_FILE not in {entry.name for entry in entries}:
        return f"a folder without {CONTRACT_FILE}"
    return None


def _replace(folder: Path, new: Path) -> None:
    """Put a new folder in the place of an old one, which is then deleted or in the new one's."""
    if exchange_paths(new, folder):
        return
    # Here there is a moment without a bundle, but never with a part of one.
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    folder.rename(old)  # onto an empty folder, which rename replaces
    try:
        new.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old)


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


def _read_folder(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle's folder, all from one writing.

    They are read through one open folder, which stays itself when the path is given to another.
    What a writer deletes of it meanwhile shows in the path, and then the reading starts again.
    """
    for _ in range(_MAX_READINGS):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            files = _read_entries(path, handle)
        except (BundleError, OSError):
            if _is_open(path, handle):
                raise
        else:
            if _is_open(path, handle):
                return files
        finally:
            os.close(handle)
    got = f"another one at each of {_MAX_READINGS} readings"
    raise _refusal(path, "a bundle that stays while it is read", got, "stop what replaces it")


def _is_open(path: Path, handle: int) -> bool:
    """Return whether an open folder is still the one at a path."""
    return os.path.samestat(path.stat(), os.fstat(handle))


def _read_entries(path: Path, handle: int) -> dict[str, bytes]:
    """Return the files of an open folder; the path is for error messages."""
    names = sorted(os.listdir(handle))
    if len(names) > MAX_FILES:
        raise _refusal(path, f"at most {MAX_FILES} files", f"{len(names)}")
    if CONTRACT_FILE not in names:
        got = f"{len(names)} other files"
        raise _refusal(path, f"a folder with {CONTRACT_FILE}", got, "name the bundle's own folder")
    files: dict[str, bytes] = {}
    for name in names:
        limit = max_bytes(name)
        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
        if limit is None or not stat.S_ISREG(status.st_mode):
            fix = f"remove {name!r}: a bundle holds only what its contract lists"
            raise _refusal(path, "plain files of a bundle", repr(name)[:120], fix)
        if status.st_size > limit:
            raise _refusal(path / name, f"at most {limit} bytes", f"{status.st_size} bytes")
        with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=handle), "rb") as stream:
            files[name] = stream.read(limit + 1)
    return files


def _read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle's archive, without unpacking it to disk."""
    size = path.stat().st_size
    if size > _MAX_ARCHIVE_BYTES:
        raise _refusal(path, f"at most {_MAX_ARCHIVE_BYTES} bytes", f"{size} bytes")
    return read_archive(
        path.read_bytes(),
        str(path),
        max_members=MAX_FILES,
        max_bytes=max_bytes,
        max_total=_MAX_ARCHIVE_BYTES,
    )


def _refusal(
    path: Path, expected: str, got: str, fix: str = "export the bundle again"
) -> BundleError:
    """Return the error for files that are not taken."""
    return BundleError(str(path), expected=expected, got=got, fix=fix)
