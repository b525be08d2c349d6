import json

import pytest

from untether_policies.benchmarks.policy_tick import main

FIGURES = {
    "bare_p50_us", "bare_p99_us", "policy_tick_p50_us", "policy_tick_p99_us", "ratio_p50",
    "ratio_p99",
}  # fmt: skip


def test_measures_a_bundle_against_the_bare_call(bundle_folder, tmp_path):
    path = tmp_path / "figures.json"
    status = main([str(bundle_folder), "--blocks", "4", "--json", str(path)])
    figures = json.loads(path.read_text())
    assert set(figures) == FIGURES | {"provenance"}
    assert status == (0 if figures["ratio_p50"] <= 1.3 else 1)
    assert figures["ratio_p50"] == pytest.approx(
        figures["policy_tick_p50_us"] / figures["bare_p50_us"]
    )
    assert figures["bare_p50_us"] <= figures["bare_p99_us"]


def test_generates_a_bundle_when_asked(tmp_path):
    path = tmp_path / "figures.json"
    main(["--generated", "--blocks", "1", "--seed", "3", "--json", str(path)])
    assert json.loads(path.read_text())["provenance"]["seed"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--blocks", "0"], "--blocks: expected at least 1, got 0"),
        (["--generated", "--seed", "-1"], "--seed: expected at least 0, got -1"),
        (["--json", "/proc/x.json"], "argument --json: expected a file that can be written"),
        (["--json", "/"], "argument --json: expected a file"),
    ],
)
def test_wrong_arguments_are_refused_before_the_measurement(arguments, message, capsys):
    with pytest.raises(SystemExit) as info:
        main(arguments)
    assert info.value.code == 2
    assert message in capsys.readouterr().err
