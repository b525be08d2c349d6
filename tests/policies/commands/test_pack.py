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
    assert "--out" in error
