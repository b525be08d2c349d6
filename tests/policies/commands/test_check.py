import pytest

from untether_policies.commands.check import main


def test_sound_bundle_prints_every_check_and_its_hash(bundle_folder, capsys):
    assert main([str(bundle_folder)]) == 0
    out = capsys.readouterr().out
    for name in ("contract", "files", "graph", "metadata", "fixture", "replay", "batch", "sha256"):
        assert f"✓ {name}" in out or f"ok {name}" in out
    assert "120 ticks" in out
    assert "tolerance 0.0001" in out
    assert out.splitlines()[-1].endswith("sound")


def test_refused_bundle_prints_expected_got_fix(bundle_folder, capsys):
    (bundle_folder / "card.md").write_text("changed [bold]")
    assert main([str(bundle_folder)]) == 1
    out = capsys.readouterr().out
    assert "contract" in out
    for label in ("card.md", "  expected", "  got", "  fix"):
        assert label in out
    assert out.splitlines()[-1].endswith("refused")


def test_no_bundle_at_the_path_is_status_2(tmp_path, capsys):
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "expected" in capsys.readouterr().out


def test_wrong_arguments_are_status_2(capsys):
    with pytest.raises(SystemExit) as info:
        main([])
    assert info.value.code == 2


def test_parity_of_the_export_is_shown(model, contract, recording, tmp_path, capsys):
    from dataclasses import replace

    from untether_policies.bundle import write_bundle

    contract = replace(contract, provenance={"parity_error": 3e-7, "parity_tolerance": 1e-4})
    write_bundle(tmp_path / "a", contract, model, recording, "card")
    assert main([str(tmp_path / "a")]) == 0
    assert "parity_error 3e-07" in capsys.readouterr().out
