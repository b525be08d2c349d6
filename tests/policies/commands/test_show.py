from dataclasses import replace

import pytest

from untether_policies.bundle import write_bundle
from untether_policies.commands.show import main
from untether_policies.errors import BundleError


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")


def test_shows_everything_that_a_user_asks(bundle_folder, capsys):
    assert main([str(bundle_folder)]) == 0
    out = capsys.readouterr().out
    for text in (
        "test-policy: for crazyflie, 100 Hz",
        "state/body/position",
        "x, y, z",
        "<= 0.1 s",
        "never ages",
        "-1 to 1",
        "0.5, 0, -0.5",
        "position.z",
        "12e4567",
        "learning_curve.png",
        "120 ticks",
    ):
        assert text in out


def test_text_of_the_bundle_is_no_markup(model, contract, recording, tmp_path, capsys):
    note = "arm [red] :dog: [/]"
    contract = replace(contract, provenance={"note": note})
    write_bundle(tmp_path / "a", contract, model, recording, "card")
    assert main([str(tmp_path / "a")]) == 0
    assert note in capsys.readouterr().out


def test_shows_the_card_when_asked(bundle_folder, capsys):
    assert main([str(bundle_folder), "--card"]) == 0
    assert "Flies nothing." in capsys.readouterr().out


def test_lists_the_zoo_without_a_bundle(bundle_folder, capsys, monkeypatch, tmp_path):
    zoo = tmp_path / "share/untether/zoo"
    zoo.mkdir(parents=True)
    bundle_folder.rename(zoo / "test-policy")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert main([]) == 0
    assert f"test-policy  {zoo / 'test-policy'}" in capsys.readouterr().out


def test_damaged_bundle_is_refused(bundle_folder):
    (bundle_folder / "card.md").write_text("changed")
    with pytest.raises(BundleError):
        main([str(bundle_folder)])
