import shutil

import pytest

from untether_policies.c_export import host
from untether_policies.cli import main
from untether_policies.zoo import list_zoo

FILES = {"crazyflie_waypoint.c", "crazyflie_waypoint.h", "crazyflie_waypoint_selftest.c"}
WAYPOINT = str(list_zoo()["crazyflie_waypoint"])


@pytest.mark.skipif(host.find_compiler() is None, reason="needs a C compiler on the PATH")
def test_a_bundle_becomes_three_files_that_are_tested(tmp_path, capsys):
    assert main(["export", WAYPOINT, "--target", "c", "--out", str(tmp_path / "new")]) == 0
    printed = capsys.readouterr().out
    assert {path.name for path in (tmp_path / "new").iterdir()} == FILES
    assert "500 ticks, worst" in printed
    assert "passed" in printed
    assert all(name in printed for name in FILES)
    assert "bytes of state" in printed


def test_without_a_compiler_it_says_that_nothing_was_tested(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["export", WAYPOINT, "--out", str(tmp_path)]) == 0
    assert "has not been run" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == FILES


def test_a_spoilt_bundle_is_not_exported(bundle_folder, tmp_path, capsys):
    (bundle_folder / "card.md").write_text("changed")
    assert main(["export", str(bundle_folder), "--out", str(tmp_path / "new")]) == 2
    assert "card.md" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_place_that_cannot_be_written_is_named(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert main(["export", WAYPOINT, "--out", "/proc/nowhere"]) == 2
    assert "--out" in capsys.readouterr().err


def test_another_target_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["export", WAYPOINT, "--target", "fortran", "--out", "x"])
    assert "fortran" in capsys.readouterr().err
