import sys

import pytest

from untether_policies.bundle import pack_bundle
from untether_policies.errors import BundleError
from untether_policies.zoo import list_zoo, resolve_bundle


@pytest.fixture
def zoo(monkeypatch, tmp_path, bundle_folder):
    """A prefix whose zoo holds one folder and one archive."""
    folder = tmp_path / "prefix/share/untether/zoo"
    folder.mkdir(parents=True)
    pack_bundle(bundle_folder, folder / "packed-policy.untether")
    bundle_folder.rename(folder / "test-policy")
    (folder / "README.md").write_text("not a bundle")
    (folder / "empty").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "nowhere"))
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "prefix"))
    return folder


def test_lists_folders_and_archives_and_nothing_else(zoo):
    found = list_zoo()
    assert found["test-policy"] == zoo / "test-policy"
    assert found["packed-policy"] == zoo / "packed-policy.untether"
    assert not {"README", "empty"} & set(found)


def test_path_wins_over_name(zoo, tmp_path, monkeypatch):
    assert resolve_bundle("test-policy") == zoo / "test-policy"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test-policy").mkdir()
    assert resolve_bundle("test-policy").resolve() == tmp_path / "test-policy"


def test_name_longer_than_any_path_is_refused(zoo, refused):
    with refused(BundleError, got="too long", fix="test-policy"):
        resolve_bundle("n" * 300)


def test_unknown_name_lists_the_zoo(zoo, refused):
    with refused(BundleError, what="nope", got="neither", fix="test-policy"):
        resolve_bundle("nope")
