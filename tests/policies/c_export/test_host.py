from dataclasses import replace

import pytest

from untether_policies.c_export.exporting import export_c
from untether_policies.c_export.host import find_compiler, run_selftest
from untether_policies.c_export.refusal import ExportRefusedError

COMPILER = find_compiler()
pytestmark = pytest.mark.skipif(COMPILER is None, reason="needs a C compiler on the PATH")


def sabotage(export, old, new):
    """The same export with its source changed."""
    name = f"{export.prefix}.c"
    assert old in export.files[name]
    return replace(export, files={**export.files, name: export.files[name].replace(old, new)})


def test_the_selftest_passes_and_says_by_how_much(attention_bundle):
    result = run_selftest(export_c(attention_bundle), COMPILER)
    assert "300 ticks" in result.text
    assert result.text.endswith("passed")
    assert 0.0 < result.worst < 1e-5


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("* 0.06524f", "* 0.065242f"),  # scaled by 30 millionths
        ("outputs->rotor_thrust[i] = ", "outputs->rotor_thrust[i] = NAN * "),
        ("above / below", "above / below * 1.0001f"),
    ],
)
def test_a_wrong_number_is_caught(attention_bundle, old, new):
    with pytest.raises(ExportRefusedError, match="FAILED"):
        run_selftest(sabotage(export_c(attention_bundle), old, new), COMPILER)


def test_code_that_does_not_compile_is_refused(attention_bundle):
    export = sabotage(export_c(attention_bundle), "float square", "flaot square")
    with pytest.raises(ExportRefusedError, match="expected C that compiles"):
        run_selftest(export, COMPILER)
