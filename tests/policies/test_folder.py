import os
from pathlib import Path

import pytest

from untether_policies.errors import BundleError
from untether_policies.folder import max_bytes, read_files, write_atomically, write_files


def test_reads_what_was_written(bundle_folder, sound_files):
    assert read_files(bundle_folder) == sound_files


@pytest.mark.parametrize(
    "name", ["model.pkl", ".hidden", "Card.md", "curve.svg", "card.md~", "__init__.py"]
)
def test_extra_file_is_refused(bundle_folder, name, refused):
    (bundle_folder / name).write_bytes(b"")
    with refused(BundleError, what=str(bundle_folder), got=name, fix=f"remove '{name}'"):
        read_files(bundle_folder)


def test_folder_inside_is_refused(bundle_folder, refused):
    (bundle_folder / "curve.png").mkdir()
    with refused(BundleError, expected="plain files", got="curve.png"):
        read_files(bundle_folder)


def test_link_is_refused(bundle_folder, refused):
    (bundle_folder / "card.md").unlink()
    (bundle_folder / "card.md").symlink_to("/etc/hostname")
    with refused(BundleError, expected="plain files", got="card.md"):
        read_files(bundle_folder)


def test_pipe_is_refused_without_waiting_for_it(bundle_folder, refused):
    (bundle_folder / "card.md").unlink()
    os.mkfifo(bundle_folder / "card.md")
    with refused(BundleError, expected="plain files", got="card.md"):
        read_files(bundle_folder)


@pytest.mark.parametrize(
    "name", ["contract.yaml", "policy.onnx", "fixture.npz", "card.md", "a.png"]
)
def test_oversize_file_is_refused_before_it_is_read(bundle_folder, name, refused):
    limit = max_bytes(name)
    with (bundle_folder / name).open("ab") as stream:
        stream.truncate(limit + 1)  # a sparse file: takes no disk
    with refused(BundleError, what=name, expected=f"{limit} bytes", got=f"{limit + 1} bytes"):
        read_files(bundle_folder)


def test_too_many_files_are_refused(bundle_folder, refused):
    for index in range(64):
        (bundle_folder / f"p{index}.png").write_bytes(b"")
    with refused(BundleError, expected="at most 64", got="69"):
        read_files(bundle_folder)


def test_path_that_is_no_bundle_is_refused(tmp_path, refused):
    with refused(BundleError, got="nothing at that path", fix="path"):
        read_files(tmp_path / "nowhere")
    (tmp_path / "other.txt").write_text("x")
    with refused(BundleError, expected="contract.yaml", got="1 other files"):
        read_files(tmp_path)
    with refused(BundleError, expected="zip", got="not a zip"):
        read_files(tmp_path / "other.txt")


def test_writing_replaces_an_earlier_bundle_whole(bundle_folder, tmp_path):
    write_files(bundle_folder, {"contract.yaml": b"new"})
    assert [path.name for path in bundle_folder.iterdir()] == ["contract.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == [bundle_folder.name]


def test_writing_leaves_a_foreign_folder_alone(tmp_path, refused):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "chapter.tex").write_text("precious")
    with refused(BundleError, expected="earlier bundle", fix="another path"):
        write_files(folder, {"contract.yaml": b""})
    assert (folder / "chapter.tex").read_text() == "precious"


def test_failed_write_leaves_the_earlier_bundle_and_no_rubbish(
    bundle_folder, sound_files, tmp_path, monkeypatch
):
    def fail(self: Path, target: Path) -> Path:
        if self.name.startswith(".") and target == bundle_folder and not fail.done:
            fail.done = True
            raise OSError("disk full")
        return rename(self, target)

    rename, fail.done = Path.rename, False
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="disk full"):
        write_files(bundle_folder, {"contract.yaml": b"new"})
    assert read_files(bundle_folder) == sound_files
    assert [path.name for path in tmp_path.iterdir()] == [bundle_folder.name]


def test_file_is_written_atomically(tmp_path):
    path = tmp_path / "new/report.json"
    write_atomically(path, b"1")
    write_atomically(path, b"2")
    assert path.read_bytes() == b"2"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.json"]
