"""An actor draws with the newest weights, and keeps what the learner wants."""

import numpy as np
import pytest
from tests.hardware.exploration.small_actor import WEIGHTS, write_small_actor

from untether_hardware.exploration.actor_policy import ActorPolicy
from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_policies.zoo import list_zoo


@pytest.fixture
def bundle(tmp_path):
    return load_bundle(write_small_actor(tmp_path / "actor", "pick"))


def make(bundle, seed=0):
    return ActorPolicy(bundle, np.random.default_rng(seed))


def draw_values(bundle, seed=1):
    generator = np.random.default_rng(seed)
    return {spec.name: generator.random(spec.shape, np.float32) for spec in bundle.contract.inputs}


def test_it_draws_around_the_mean_within_the_range_of_actions(bundle):
    policy = make(bundle)
    wide = {"mean": np.full(6, 0.5, np.float32), "std": np.full(6, 0.7, np.float32)}
    policy.load({**WEIGHTS, **wide})
    values = draw_values(bundle)
    actions = np.array([policy.compute(values).action for _ in range(400)])
    assert actions.shape == (400, 7)
    assert np.abs(actions[:, :6]).max() < 1.0
    raw = np.arctanh(actions[:, :6])
    np.testing.assert_allclose(raw.mean(0), 0.5, atol=0.15)
    np.testing.assert_allclose(raw.std(0), 0.7, atol=0.12)


def test_equal_generators_draw_the_same_and_others_do_not(bundle):
    values = draw_values(bundle)
    first, same, other = (make(bundle, seed).compute(values).action for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_new_weights_count_from_the_next_tick_and_wrong_ones_change_nothing(bundle):
    policy, values = make(bundle), draw_values(bundle)
    new = {**WEIGHTS, "gripper": np.array([1.0], np.float32)}
    policy.load(new)
    assert policy.compute(values).action[6] == 1.0
    for wrong in (
        {**new, "gripper": np.zeros(2, np.float32)},
        {**new, "more": np.zeros(1, np.float32)},
        {"mean": new["mean"]},
    ):
        with pytest.raises(BundleError, match="weights"):
            policy.load(wrong)
    assert policy.compute(values).action[6] == 1.0


def test_what_is_kept_stays_as_it_was_when_the_next_tick_comes(bundle):
    policy = make(bundle)
    values = [draw_values(bundle, seed) for seed in (1, 2)]
    first, second = (policy.compute(value).observation for value in values)
    for seen, value in ((first, values[0]), (second, values[1])):
        np.testing.assert_array_equal(seen["tool_position"], value["tool_position"])
        assert seen["image_front"].dtype == np.float16


def test_to_others_it_is_a_bundle_that_acts_by_its_mean(bundle):
    policy = Policy.from_bundle(bundle)
    policy.step()
    assert set(policy.outputs) == {spec.name for spec in bundle.contract.outputs}


def test_a_bundle_that_only_acts_is_refused():
    with pytest.raises(BundleError, match="expected the bundle of an actor"):
        make(load_bundle(list_zoo()["fr3_peg"], verify=False))
