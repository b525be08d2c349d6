import math
from dataclasses import replace

import pytest
import torch
from tests.training.offpolicy.test_learner import SMALL, STATE, make_batch

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.learner import OffPolicyLearner
from untether_training.offpolicy.privileged import PRIVILEGED, FullState, PrivilegedHead

ARRAYS = {**STATE, PRIVILEGED: ArraySpec((2,))}
CONFIG = replace(SMALL, privileged=True, learning_rate=3e-3)


def make_known_batch():
    """Return transitions in which what is known follows from what is seen."""
    batch = make_batch()
    observation, following = (
        {**seen, PRIVILEGED: 0.02 * seen["state"][:, :2]}
        for seen in (batch.observation, batch.next_observation)
    )
    return replace(batch, observation=observation, next_observation=following)


def make_learner(config=CONFIG):
    return OffPolicyLearner(ARRAYS, 2, gripper=True, config=config, seed=1)


def test_what_is_known_is_learned():
    learner, batch = make_learner(), make_known_batch()
    known = batch.observation[PRIVILEGED]
    for _ in range(300):
        learner.update(batch)
    with torch.no_grad():
        found = learner.networks.prediction(learner.policy.encoder(batch.observation))
    assert (found - known).abs().median() < 0.2 * known.abs().median()


def test_the_encoder_learns_to_see_it():
    learner, batch = make_learner(), make_known_batch()
    first = learner.update(batch)["privileged"]
    learner.networks.prediction.requires_grad_(False)  # what follows, the encoder has to do
    for _ in range(300):
        last = learner.update(batch)["privileged"]
    assert last < 0.5 * first


def test_no_policy_sees_it():
    learner, blind = make_learner(), make_learner(replace(CONFIG, privileged=False))
    shapes = [
        {name: value.shape for name, value in made.policy.state_dict().items()}
        for made in (learner, blind)
    ]
    assert shapes[0] == shapes[1]
    batch = make_known_batch()
    seen = {"state": batch.observation["state"]}
    assert torch.equal(learner.act(seen), learner.act(batch.observation))


def test_critics_see_it_and_not_the_policy_s_code():
    learner, batch = make_learner(), make_known_batch()
    judged = learner.networks.judge(batch.observation, torch.zeros(64, 16))
    assert torch.equal(judged, learner.networks.judge(batch.observation))
    for name, array in batch.observation.items():
        other = learner.networks.judge({**batch.observation, name: -array})
        assert not torch.equal(other, judged)
    blind = make_learner(replace(CONFIG, privileged=False))
    code = blind.policy.encoder(batch.observation)
    assert torch.equal(blind.networks.judge(batch.observation, code), code)
    assert torch.equal(blind.networks.judge(batch.observation), code)


def test_the_gripper_s_command_comes_to_agree_with_what_its_critic_prefers():
    learner, batch = make_learner(), make_known_batch()
    command = batch.observation["state"][:, 0].sign()
    batch = replace(batch, reward=(batch.action[:, 2] == command).float(), bootstrap=0.0 * command)
    for _ in range(500):
        figures = learner.update(batch)
    with torch.no_grad():
        wanted = learner.networks.gripper(learner.networks.judge(batch.observation)).argmax(1)
    chosen = learner.act(batch.observation)[:, 2].long() + 1
    assert (chosen == wanted).float().mean() > 0.95
    assert figures["command"] < 0.3


def test_without_it_nothing_is_predicted_and_the_gripper_s_critic_commands():
    learner = make_learner(replace(CONFIG, privileged=False))
    assert learner.networks.gripper is learner.policy.gripper
    assert not {"privileged", "command"} & learner.update(make_known_batch()).keys()


def test_what_critics_see_must_be_there():
    with pytest.raises(ValueError, match="expected an array 'privileged'"):
        OffPolicyLearner(STATE, 2, gripper=True, config=CONFIG)


def test_critics_tell_small_distances_apart_and_large_ones():
    full = FullState({PRIVILEGED: ArraySpec((1,)), "width": ArraySpec((1,), scale=20.0)})
    known = torch.tensor([[0.0], [0.001], [0.05], [0.2]])
    seen = full({PRIVILEGED: known, "width": torch.full((4, 1), 9.0)})
    assert seen.shape == (4, full.size)
    assert torch.equal(seen[:, 0], torch.full((4,), 5.0))  # far beyond what is usual
    assert (seen[1:, 1:] - seen[:-1, 1:]).amax(1).min() > 0.4
    assert seen.abs().max() <= 5.0


def test_small_distances_count_in_full_and_large_ones_by_their_ratio():
    head, code = PrivilegedHead(3, 1), torch.zeros(1, 3)
    with torch.no_grad():
        head.body[-1].weight.zero_()
        head.body[-1].bias.zero_()
        assert head.miss(code, head(code)) == 0.0
        for distance, error in ((0.001, math.asinh(0.2)), (1.0, math.asinh(200.0))):
            missed = head.miss(code, torch.tensor([[distance]]))
            assert missed.sqrt().item() == pytest.approx(error, rel=1e-4)
