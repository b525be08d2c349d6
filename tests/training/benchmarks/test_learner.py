"""The learner's benchmark: both sides learn, and the target counts."""

import json

import pytest
import torch

from untether_training.benchmarks import learner


def test_both_sides_change_the_same_networks_in_the_same_way():
    sides = learner._prepare(batch=4, seed=0)
    plain = sides["plain"].__self__
    before = {name: value.clone() for name, value in plain._policy.state_dict().items()}
    for _ in range(2):
        for update in sides.values():
            update()
    changed = {
        name.split(".")[0]
        for name, value in plain._policy.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {"encoder", "actor", "gripper"}


@pytest.mark.parametrize(("target", "status"), [(0.01, 0), (100.0, 1)])
def test_it_reports_rates_and_whether_the_target_holds(target, status, tmp_path, monkeypatch):
    sides = {"plain": lambda: sum(range(2000)), "learner": lambda: sum(range(1000))}
    monkeypatch.setattr(learner, "_prepare", lambda *_: sides)
    monkeypatch.setattr(learner, "_TARGET", target)
    path = tmp_path / "figures.json"
    assert learner.main(["--rounds", "3", "--json", str(path)]) == status
    figures = json.loads(path.read_text(encoding="utf-8"))
    assert figures["ratio"] == pytest.approx(figures["learner"] / figures["plain_loop"])


@pytest.mark.parametrize("arguments", [["--batch", "0"], ["--rounds", "0"], ["--updates", "-1"]])
def test_wrong_arguments_give_status_2(arguments):
    with pytest.raises(SystemExit) as exit_info:
        learner.main(arguments)
    assert exit_info.value.code == 2
