import pytest

from untether_policies.bundle import load_bundle
from untether_policies.cli import main
from untether_policies.commands import pack
from untether_policies.errors import BundleError


def test_a_packed_bundle_is_the_same_bundle(bundle_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert pack.main([str(bundle_folder)]) == 0
    archive = tmp_path / f"{bundle_folder.name}.untether"
    assert archive.name in capsys.readouterr().out
    assert load_bundle(archive).sha256 == load_bundle(bundle_folder).sha256


def test_a_spoilt_bundle_is_not_packed(bundle_folder, tmp_path):
    (bundle_folder / "card.md").write_text("changed")
    archive = tmp_path / "a.untether"
    with pytest.raises(BundleError, match=r"card\.md"):
        pack.main([str(bundle_folder), "--out", str(archive)])
    assert not archive.exists()


def test_a_place_that_cannot_be_written_is_named(bundle_folder, capsys):
    assert main(["pack", str(bundle_folder), "--out", "/proc/nowhere/a.untether"]) == 2
    error = capsys.readouterr().err
    assert "/proc/nowhere" in error
    assert "  fix" in error


@pytest.mark.parametrize("out", [".", "other", "other.untether"])
def test_an_existing_folder_gets_the_archive_under_the_name_of_the_bundle(
    out, bundle_folder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other.untether").mkdir()
    assert pack.main([str(bundle_folder), "--out", out]) == 0
    assert load_bundle(tmp_path / out / f"{bundle_folder.name}.untether")


def test_a_bundle_is_packed_from_inside(bundle_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(bundle_folder)
    assert pack.main([".", "--out", ".."]) == 0
    assert capsys.readouterr().out.startswith(f"../{bundle_folder.name}.untether: ")
    assert load_bundle(tmp_path / f"{bundle_folder.name}.untether")


@pytest.mark.parametrize("arguments", [[], ["--out", "x.untether"], ["--out", "new/x.untether"]])
def test_an_archive_inside_the_bundle_is_refused(arguments, bundle_folder, monkeypatch, refused):
    before = sorted(bundle_folder.iterdir())
    monkeypatch.chdir(bundle_folder)
    fix = f"write it to {bundle_folder}.untether"
    with refused(BundleError, expected="outside of the bundle", fix=fix):
        pack.main([".", *arguments])
    assert sorted(bundle_folder.iterdir()) == before


def test_an_archive_is_not_packed_again(bundle_folder, tmp_path, monkeypatch, refused):
    monkeypatch.chdir(tmp_path)
    assert pack.main([str(bundle_folder)]) == 0
    with refused(BundleError, expected="folder", got="a file", fix="copy it"):
        pack.main([f"{bundle_folder.name}.untether"])
    assert not (tmp_path / f"{bundle_folder.name}.untether.untether").exists()
