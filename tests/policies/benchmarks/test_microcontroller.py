import json

import pytest

from untether_policies.benchmarks.microcontroller import main
from untether_policies.c_export.cortex_m4 import find_missing_tools

MISSING = find_missing_tools()
needs_tools = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)}, see policies/MICROCONTROLLER.md"
)


@needs_tools
def test_the_generated_policy_meets_its_targets(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert main(["--json", str(path)]) == 0
    figures = json.loads(path.read_text())
    assert figures["flash_bytes"] <= 12_000
    assert figures["most_instructions_per_step"] <= 50_400
    assert figures["worst_error_of_range"] <= 1e-5
    assert figures["provenance"]["seed"] == 0
    assert "MISSED" not in capsys.readouterr().out


@needs_tools
def test_a_given_bundle_has_the_same_targets(bundle_folder, tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert main([str(bundle_folder), "--json", str(path)]) == 0
    flash = json.loads(path.read_text())["flash_bytes"]
    assert 0 < flash < 4000
    assert main([str(bundle_folder), "--flash", str(int(flash) - 1)]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_wrong_arguments_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--level", "O9"])
    assert "O9" in capsys.readouterr().err
