import pytest

from untether_policies.bundle import load_bundle
from untether_policies.c_export import cortex_m4
from untether_policies.c_export.cortex_m4 import find_missing_tools, measure_export
from untether_policies.c_export.exporting import export_c
from untether_policies.zoo import list_zoo

MISSING = find_missing_tools()
needs_tools = pytest.mark.skipif(
    bool(MISSING), reason=f"needs {' and '.join(MISSING)}, see policies/MICROCONTROLLER.md"
)


@needs_tools
def test_a_small_attention_policy_fits_beside_a_firmware(attention_bundle):
    found = measure_export(export_c(attention_bundle))
    assert found.flash <= 10_000
    assert found.most_instructions <= 50_400  # 0.30 ms at 168 MHz, one per cycle
    assert found.worst <= 1e-5
    assert found.ticks == 300


@needs_tools
def test_the_figures_repeat_and_add_up():
    export = export_c(load_bundle(list_zoo()["crazyflie_waypoint"], verify=False))
    found = measure_export(export, "-Os")
    assert found == measure_export(export, "-Os")
    assert found.worst <= 1e-5
    assert found.state == export.state_bytes
    assert found.exchange == 4 * (3 + 4 + 3 + 3 + 3 + 4)
    assert export.weight_bytes < found.flash < export.weight_bytes + 6000
    # Two loads and a multiplication for each of 6,800 weights, and not thousands of calls.
    assert 2 * 6800 < found.instructions <= found.most_instructions < 8 * 6800
    assert 0 < found.stack < 400


def test_missing_tools_are_named(attention_bundle, monkeypatch, refused):
    monkeypatch.setattr(cortex_m4, "COMPILER", "no-such-compiler")
    with refused(expected="no-such-compiler", got="no-such-compiler", fix="gcc-arm-none-eabi"):
        measure_export(export_c(attention_bundle))
