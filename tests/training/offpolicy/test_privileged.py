import math
from dataclasses import replace

import pytest
import torch
from tests.training.offpolicy.test_learner import SMALL, STATE, make_batch

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.learner import OffPolicyLearner
from untether_training.offpolicy.privileged import PRIVILEGED, PrivilegedHead

ARRAYS = {**STATE, PRIVILEGED: ArraySpec((2,))}
CONFIG = replace(SMALL, privileged=1.0, learning_rate=3e-3)


def make_known_batch():
    """Return transitions in which what is known follows from what is seen."""
    batch = make_batch()
    known = 0.02 * batch.observation["state"][:, :2]
    return replace(batch, observation={**batch.observation, PRIVILEGED: known})


def make_learner(config=CONFIG):
    return OffPolicyLearner(ARRAYS, 2, gripper=True, config=config, seed=1)


def test_what_is_known_is_learned():
    learner, batch = make_learner(), make_known_batch()
    known = batch.observation[PRIVILEGED]
    for _ in range(300):
        learner.update(batch)
    with torch.no_grad():
        found = learner.networks.privileged(learner.policy.encoder(batch.observation))
    assert (found - known).abs().median() < 0.2 * known.abs().median()


def test_the_encoder_learns_to_see_it():
    learner, batch = make_learner(), make_known_batch()
    first = learner.update(batch)["privileged"]
    learner.networks.privileged.requires_grad_(False)  # what follows, the encoder has to do
    for _ in range(300):
        last = learner.update(batch)["privileged"]
    assert last < 0.5 * first


def test_no_policy_sees_it():
    learner, blind = make_learner(), make_learner(replace(CONFIG, privileged=0.0))
    shapes = [
        {name: value.shape for name, value in made.policy.state_dict().items()}
        for made in (learner, blind)
    ]
    assert shapes[0] == shapes[1]
    batch = make_known_batch()
    seen = {"state": batch.observation["state"]}
    assert torch.equal(learner.act(seen), learner.act(batch.observation))


def test_nothing_is_predicted_without_a_weight():
    learner = make_learner(replace(CONFIG, privileged=0.0))
    assert "privileged" not in learner.update(make_known_batch())


def test_what_is_to_be_predicted_must_be_there():
    with pytest.raises(ValueError, match="expected an array 'privileged'"):
        OffPolicyLearner(STATE, 2, gripper=True, config=CONFIG)


def test_small_distances_count_in_full_and_large_ones_by_their_ratio():
    head, code = PrivilegedHead(3, 1), torch.zeros(1, 3)
    with torch.no_grad():
        head.body[-1].weight.zero_()
        head.body[-1].bias.zero_()
        assert head.miss(code, head(code)) == 0.0
        for distance, error in ((0.001, math.asinh(0.2)), (1.0, math.asinh(200.0))):
            missed = head.miss(code, torch.tensor([[distance]]))
            assert missed.sqrt().item() == pytest.approx(error, rel=1e-4)
