import json
import subprocess

import pytest

from untether_policies.benchmarks import report as module
from untether_policies.benchmarks.report import Figure, find_commit, report


@pytest.fixture
def commit(tmp_path):
    """Make a repository around the test's folder and return its revision."""
    author = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], [*author, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    command = ["git", "rev-parse", "HEAD"]
    result = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    return result.stdout.strip()


def test_commit_of_the_sources_is_reported(commit, tmp_path, monkeypatch):
    source = tmp_path / "policies/untether_policies/benchmarks/report.py"
    source.parent.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(source))
    assert find_commit() == commit


@pytest.mark.parametrize(
    "place", [".venv/lib/python3.11/site-packages", "lib", "third_party/untether/policies"]
)
def test_commit_of_another_repository_is_not_reported(place, commit, tmp_path, monkeypatch):
    source = tmp_path / place / "untether_policies/benchmarks/report.py"
    source.parent.mkdir(parents=True)
    monkeypatch.setattr(module, "__file__", str(source))
    assert find_commit() == "unknown"


def test_target_holds_on_its_own_side():
    assert Figure("a", 1.3, "1", target=1.3).holds
    assert not Figure("a", 1.31, "1", target=1.3).holds
    assert Figure("a", 7e6, "1/s", target=6e6, at_most=False).holds
    assert not Figure("a", 5e6, "1/s", target=6e6, at_most=False).holds
    assert Figure("a", 5.0, "s").holds
    assert not Figure("a", float("nan"), "s", target=1.0).holds
    assert not Figure("a", float("nan"), "s", target=1.0, at_most=False).holds


@pytest.mark.parametrize(("value", "status"), [(1.0, 0), (2.0, 1)])
def test_status_says_whether_all_targets_hold(value, status, capsys):
    figures = [Figure("ratio", value, "1", target=1.3), Figure("p99", 9.0, "us")]
    assert report("title", figures, seed=0, warm_up="none", json_path=None) == status
    out = capsys.readouterr().out
    assert ("holds" if status == 0 else "MISSED") in out
    assert "p99" in out


def test_json_is_one_flat_object_with_provenance(tmp_path):
    path = tmp_path / "deep/report.json"
    figures = [Figure("ratio", 1.25, "1", target=1.3), Figure("lost", float("nan"), "s")]
    report("title", figures, seed=7, warm_up="100 calls", json_path=path)
    document = json.loads(path.read_text())
    assert document["ratio"] == 1.25
    assert document["lost"] == "nan"
    provenance = document["provenance"]
    assert {"cpu", "cores", "python", "versions", "seed", "commit", "warm_up", "date"} <= set(
        provenance
    )
    assert provenance["seed"] == 7
    assert provenance["warm_up"] == "100 calls"
    assert provenance["versions"]["onnxruntime"]
    assert provenance["cpu"]
