from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from untether_hardware.manipulation.pick_lift import PickLift, PickLiftConfig
from untether_training.manipulation.environment import ManipulationEnvironment
from untether_training.success_classifier.classifier import (
    ClassifierError,
    ClassifierFacts,
    SuccessClassifier,
)
from untether_training.success_classifier.network import SuccessNetwork
from untether_training.success_classifier.reward import ClassifierReward

FACTS = ClassifierFacts("pick", ("front", "wrist"), 32, 0.5, 1.0)
STILL = np.zeros(7, np.float32)


@dataclass
class Script:
    """Judges as it was told, whatever it sees."""

    judgements: list[float]
    facts: ClassifierFacts = FACTS
    seen: list[dict] = field(default_factory=list)

    def judge(self, pictures):
        self.seen.append(dict(pictures))
        return self.judgements[len(self.seen) - 1]


@pytest.fixture
def make():
    made = []

    def make(classifier, **changes):
        config = PickLiftConfig(time_limit=changes.pop("time_limit", 10.0))
        settings = {"image_size": 32, **changes}
        made.append(ManipulationEnvironment(PickLift(config), **settings))
        return ClassifierReward(made[-1], classifier)

    yield make
    for one in made:
        one.close()


def test_reward_and_end_come_from_the_second_judgement_in_a_row(make):
    environment = make(Script([0.9, 0.1, 0.9, 0.9]))
    environment.reset(seed=0)
    steps = [environment.step(STILL) for _ in range(4)]
    assert [(reward, done) for _, reward, done, _, _ in steps] == [
        (0.0, False),
        (0.0, False),
        (0.0, False),
        (1.0, True),
    ]
    infos = [info for *_, info in steps]
    assert [info["success_probability"] for info in infos] == [0.9, 0.1, 0.9, 0.9]
    assert not any(info["is_success"] for info in infos)


def test_the_pictures_after_the_step_are_judged(make):
    script = Script([0.1])
    environment = make(script)
    environment.reset(seed=0)
    observation, *_ = environment.step(np.ones(7, np.float32))
    assert set(script.seen[0]) == {"front", "wrist"}
    assert (script.seen[0]["wrist"] == observation["image_wrist"]).all()


def test_a_reset_forgets_the_judgements(make):
    environment = make(Script([0.9, 0.9, 0.9]))
    for end in (False, False, True):
        if not end:
            environment.reset(seed=0)
        _, _, done, _, _ = environment.step(STILL)
        assert done == end


def test_the_success_of_the_simulator_neither_rewards_nor_ends_nor_hides_the_time_limit(
    make, monkeypatch
):
    environment = make(Script([0.1] * 3), time_limit=0.3)
    monkeypatch.setattr(PickLift, "is_success", lambda *_: True)
    environment.reset(seed=0)
    steps = [environment.step(STILL)[1:] for _ in range(3)]
    assert [(reward, done, over) for reward, done, over, _ in steps] == [
        (0.0, False, False),
        (0.0, False, False),
        (0.0, False, True),
    ]
    assert all(info["is_success"] for *_, info in steps)


def test_success_at_the_time_limit_terminates(make):
    environment = make(Script([0.9, 0.9]), time_limit=0.2)
    environment.reset(seed=0)
    environment.step(STILL)
    assert environment.step(STILL)[1:4] == (1.0, True, False)


@pytest.mark.parametrize(
    ("facts", "changes", "message"),
    [
        (replace(FACTS, task="peg"), {}, r"expected one of PickLift, got one of 'peg'"),
        (FACTS, {"images": False}, r"expected pictures of front, \(32, 32, 3\), got none"),
        (FACTS, {"image_size": 48}, r"got \(48, 48, 3\)"),
    ],
)
def test_a_classifier_that_does_not_fit_is_refused(make, facts, changes, message):
    with pytest.raises(ClassifierError, match=message):
        make(Script([], facts), **changes)


def test_a_real_classifier_fits(make):
    network = SuccessNetwork(FACTS.cameras, FACTS.image_size)
    environment = make(SuccessClassifier(FACTS, network))
    environment.reset(seed=0)
    assert 0.0 < environment.step(STILL)[4]["success_probability"] < 1.0
