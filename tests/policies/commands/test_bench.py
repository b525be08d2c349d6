import pytest

from untether_policies.commands.bench import main
from untether_policies.plugins import PluginError


@pytest.mark.parametrize("argv", [[], ["--help"]])
def test_lists_the_benchmarks(argv, capsys):
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "policy-tick" in out
    assert "Policy tick against a bare ONNX Runtime call" in out


def test_unknown_benchmark_suggests():
    with pytest.raises(PluginError, match="did you mean 'policy-tick'"):
        main(["policy-tik"])
