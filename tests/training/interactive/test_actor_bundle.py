"""What an actor of a robot runs is the policy that the learner trains."""

import copy

import numpy as np
import pytest
import torch

from untether_hardware.exploration.actor_graph import MEAN, OBSERVED, STD, open_actor_graph
from untether_hardware.exploration.actor_policy import ActorPolicy
from untether_hardware.exploration.actor_task import ActorTask
from untether_hardware.manipulation.registry import make_task
from untether_hardware.manipulation.tensors import CAMERAS
from untether_policies.backends.session import build_session
from untether_training.interactive.actor import make_policy
from untether_training.interactive.actor_bundle import write_actor_bundle
from untether_training.interactive.perception import Perception, list_arrays

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def policy(small_config):
    torch.manual_seed(3)
    return make_policy(small_config)


@pytest.fixture(scope="module")
def bundle(policy, small_config, tmp_path_factory):
    return write_actor_bundle(policy, small_config, tmp_path_factory.mktemp("run") / "actor")


@pytest.fixture
def ticks(bundle):
    """Ten ticks of an episode, from its start on."""
    return bundle.fixture.inputs


def run_graph(bundle, weights, ticks):
    """Return the graph's outputs, by name, (ticks, ...) each, with weights that are fed."""
    graph = open_actor_graph(bundle.model)
    assert {name: value.shape for name, value in graph.weights.items()} == {
        name: value.shape for name, value in weights.items()
    }
    session = build_session(graph.model)
    feeds = {f"weight.{name}": value for name, value in weights.items()}
    names = [output.name for output in session.get_outputs()]
    carry = {c.name: np.array([c.initial], np.float32) for c in bundle.contract.carry}
    rows = []
    for tick in range(bundle.fixture.ticks):
        inputs = {name: array[tick][None] for name, array in ticks.items()}
        outputs = dict(zip(names, session.run(names, {**feeds, **carry, **inputs}), strict=True))
        carry = {c.name: outputs[c.next_name] for c in bundle.contract.carry}
        rows.append(outputs)
    return {name: np.concatenate([row[name] for row in rows]) for name in names}


def find_weights(policy):
    """Return the weights as the learner publishes them."""
    return {name: value.numpy() for name, value in policy.state_dict().items()}


def describe(policy, outputs, config):
    """Return mean and standard deviation of torch's policy for what the graph saw."""
    seen = {
        name: torch.from_numpy(outputs[OBSERVED + name])
        for name in list_arrays(config.task.image_size)
    }
    with torch.no_grad():
        return [value.numpy() for value in policy.actor.describe(policy.encoder(seen))]


def test_it_draws_from_what_the_policy_of_torch_draws_from(bundle, policy, ticks, small_config):
    outputs = run_graph(bundle, find_weights(policy), ticks)
    mean, std = describe(policy, outputs, small_config)
    np.testing.assert_allclose(outputs[MEAN], mean, atol=TOLERANCE)
    np.testing.assert_allclose(outputs[STD], std, atol=TOLERANCE)


def test_what_it_keeps_is_what_training_perceives(bundle, policy, ticks, small_config):
    outputs = run_graph(bundle, find_weights(policy), ticks)
    perceived = []
    for tick in range(bundle.fixture.ticks):
        pictures = {
            f"image_{camera}": np.rint(255.0 * ticks[f"image_{camera}"][tick]).astype(np.uint8)
            for camera in CAMERAS
        }
        state = {
            name: np.zeros(spec.shape, np.float32)
            for name, spec in list_arrays(small_config.task.image_size).items()
            if name not in pictures
        }
        perceived.append(Perception().perceive({**state, **pictures}))
    for name in (f"image_{camera}" for camera in CAMERAS):
        seen, expected = outputs[OBSERVED + name], np.stack([one[name] for one in perceived])
        assert seen.dtype == expected.dtype == np.float16
        # Half precision rounds differently where single precision is a hair apart.
        np.testing.assert_allclose(
            seen.astype(np.float32), expected.astype(np.float32), atol=TOLERANCE, rtol=2e-3
        )
    np.testing.assert_array_equal(outputs[f"{OBSERVED}tool_position"][0], np.zeros(3))
    assert np.abs(outputs[f"{OBSERVED}tool_position"][1:]).max() > 0.0


def test_other_weights_make_it_another_policy(bundle, policy, ticks, small_config):
    trained = copy.deepcopy(policy)
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for value in trained.parameters():
            value += 0.1 * torch.randn(value.shape, generator=generator)
    outputs = run_graph(bundle, find_weights(trained), ticks)
    mean, std = describe(trained, outputs, small_config)
    np.testing.assert_allclose(outputs[MEAN], mean, atol=TOLERANCE)
    np.testing.assert_allclose(outputs[STD], std, atol=TOLERANCE)
    before, _ = describe(policy, outputs, small_config)
    assert np.abs(mean - before).max() > 100 * TOLERANCE
    with torch.no_grad():
        seen = {
            name: torch.from_numpy(outputs[OBSERVED + name])
            for name in list_arrays(small_config.task.image_size)
        }
        gripper = trained(seen)[:, 6].numpy()
    np.testing.assert_array_equal(outputs["command_gripper"][:, 0], gripper)


def test_the_actor_of_a_robot_runs_it(bundle, policy, ticks, small_config):
    actor = ActorPolicy(bundle, np.random.default_rng(0))
    actor.load(find_weights(policy))
    draw = actor.compute({name: array[0] for name, array in ticks.items()})
    arrays = list_arrays(small_config.task.image_size)
    assert {name: (v.shape, v.dtype) for name, v in draw.observation.items()} == {
        name: (spec.shape, np.dtype(spec.dtype)) for name, spec in arrays.items()
    }
    task = ActorTask.read(bundle.contract)
    assert task.config == make_task(small_config.task.name).config
    assert task.penalty == small_config.gripper_penalty
    assert draw.action.shape == (task.action_size,)
