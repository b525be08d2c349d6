import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from untether_policies import folder as folder_module
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


def test_reader_sees_the_old_bundle_or_the_new_one_whole_at_any_time(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # the more replacements the better
    names = ("contract.yaml", "card.md", "a.png", "b.png")
    generations = [dict.fromkeys(names, text * 1000) for text in (b"old", b"new")]
    generations[1].pop("b.png")
    folder = tmp_path / "bundle"
    write_files(folder, generations[0])

    def replace() -> None:
        for index in range(400):
            write_files(folder, generations[index % 2])

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(replace)
        while not writing.done():
            assert read_files(folder) in generations
        writing.result()
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_reader_of_a_folder_that_never_stays_gives_up(bundle_folder, monkeypatch, refused):
    monkeypatch.setattr(os.path, "samestat", lambda first, second: False)
    with refused(BundleError, expected="stays", got="each of 100 readings"):
        read_files(bundle_folder)


@pytest.fixture(params=[True, False], ids=["exchange", "two renames"])
def can_exchange(request, monkeypatch):
    """Whether the file system can exchange two paths."""
    if not request.param:
        monkeypatch.setattr(folder_module, "exchange_paths", lambda first, second: False)
    return request.param


def test_writing_replaces_an_earlier_bundle_whole(can_exchange, bundle_folder, tmp_path):
    write_files(bundle_folder, {"contract.yaml": b"new"})
    assert [path.name for path in bundle_folder.iterdir()] == ["contract.yaml"]
    assert [path.name for path in tmp_path.iterdir()] == [bundle_folder.name]


def test_failed_write_leaves_the_earlier_bundle_and_no_rubbish(
    can_exchange, bundle_folder, sound_files, tmp_path, monkeypatch
):
    def fail(path: Path, target: Path) -> Path:
        if path.name.startswith(".") and target == bundle_folder and not fail.done:
            fail.done = True
            raise OSError("disk full")
        return rename(path, target)

    rename, fail.done = Path.rename, False
    monkeypatch.setattr(Path, "rename", fail)
    if can_exchange:
        monkeypatch.setattr(folder_module, "exchange_paths", fail)
    with pytest.raises(OSError, match="disk full"):
        write_files(bundle_folder, {"contract.yaml": b"new"})
    assert read_files(bundle_folder) == sound_files
    assert [path.name for path in tmp_path.iterdir()] == [bundle_folder.name]


@pytest.mark.parametrize("name", ["thesis.tex", "model.onnx", ".hidden"])
def test_writing_leaves_a_folder_with_another_file_alone(name, bundle_folder, sound_files, refused):
    (bundle_folder / name).write_text("precious")
    with refused(BundleError, expected="earlier bundle", got=name, fix="another path"):
        write_files(bundle_folder, {"contract.yaml": b""})
    assert (bundle_folder / name).read_text() == "precious"
    assert len(list(bundle_folder.iterdir())) == len(sound_files) + 1


@pytest.mark.parametrize("name", ["src", "a.png"])
def test_writing_leaves_a_folder_with_a_folder_alone(name, bundle_folder, refused):
    (bundle_folder / name).mkdir()
    (bundle_folder / name / "main.py").write_text("precious")
    with refused(BundleError, expected="earlier bundle", got=name):
        write_files(bundle_folder, {"contract.yaml": b""})
    assert (bundle_folder / name / "main.py").read_text() == "precious"


def test_writing_leaves_a_folder_without_a_contract_alone(bundle_folder, refused):
    (bundle_folder / "contract.yaml").unlink()
    with refused(BundleError, expected="earlier bundle", got="without contract.yaml"):
        write_files(bundle_folder, {"contract.yaml": b""})
    assert (bundle_folder / "card.md").exists()


@pytest.mark.parametrize("target", ["test-policy", "nowhere"])
def test_writing_leaves_a_link_alone(target, bundle_folder, tmp_path, refused):
    link = tmp_path / "link"
    link.symlink_to(target)
    with refused(BundleError, expected="earlier bundle", got="a link"):
        write_files(link, {"contract.yaml": b""})
    assert link.is_symlink()


def test_writing_fills_an_empty_folder(tmp_path):
    (tmp_path / "new").mkdir()
    write_files(tmp_path / "new", {"contract.yaml": b"x"})
    assert read_files(tmp_path / "new") == {"contract.yaml": b"x"}


@pytest.mark.parametrize("place", [".", "..", "../inside/../inside"])
def test_working_directory_is_not_replaced(place, tmp_path, monkeypatch, refused):
    (tmp_path / "empty/inside").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "empty/inside")
    with refused(BundleError):
        write_files(Path(place), {"contract.yaml": b""})
    monkeypatch.chdir(tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty", "inside"]


def test_file_is_written_atomically(tmp_path):
    path = tmp_path / "new/report.json"
    write_atomically(path, b"1")
    write_atomically(path, b"2")
    assert path.read_bytes() == b"2"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.json"]
