"""A bundle does what was trained, and its evaluation counts what happened."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from onnx import ModelProto, TensorProto

from untether_hardware.franka.state import GripperCommand
from untether_hardware.franka.twist import ToolTwist
from untether_hardware.manipulation.registry import make_task
from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.interactive import export
from untether_training.interactive.actor import FIRST_TRAINING_SEED, make_policy
from untether_training.interactive.evaluation import InteractiveEvaluation, Tally, write_evaluation
from untether_training.interactive.evaluator import BundleActor, evaluate_arm, to_action
from untether_training.interactive.export import export_arm_policy
from untether_training.interactive.perception import Perception, to_tensors
from untether_training.manipulation.environment import ManipulationEnvironment


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return an untrained policy, and the folder of its bundle."""
    from tests.training.interactive.conftest import SMALL

    patch = pytest.MonkeyPatch()
    patch.setattr(export, "_EPISODES", 1)
    policy = make_policy(SMALL)
    made = export_arm_policy(policy, SMALL.task, name="test", seed=3, provenance={})
    patch.undo()
    folder = tmp_path_factory.mktemp("export") / "test"
    made.write(folder, "# card")
    return policy, folder


def test_the_bundle_is_sound_and_acts_as_the_policy_does(exported):
    policy, folder = exported
    bundle = load_bundle(folder)
    assert bundle.contract.provenance["task"] == "pick"
    perception = Perception()
    with closing(ManipulationEnvironment(make_task("pick"), image_size=32)) as environment:
        actor = BundleActor(Policy.from_bundle(bundle), environment)
        observation, _ = environment.reset(seed=5)
        actor.reset()
        for _ in range(5):
            wanted = policy(to_tensors(perception.perceive(observation)))[0].detach().numpy()
            action = actor.act(observation)
            np.testing.assert_allclose(action[:6], wanted[:6], atol=0.03)  # weights are rounded
            observation, *_ = environment.step(action)


def test_large_weights_are_stored_in_half_precision(exported):
    _, folder = exported
    model = ModelProto.FromString((folder / "policy.onnx").read_bytes())
    sizes = {TensorProto.FLOAT: 0, TensorProto.FLOAT16: 0}
    for item in model.graph.initializer:
        if item.data_type in sizes:
            sizes[item.data_type] += int(np.prod(item.dims))
    assert sizes[TensorProto.FLOAT16] > 20 * sizes[TensorProto.FLOAT]


def test_an_action_is_what_the_twist_does_in_a_period():
    config = replace(make_task("pick").config, period=0.1, translation_scale=0.02)
    twist = ToolTwist(np.array((0.2, -0.1, 0.0)), np.zeros(3), GripperCommand.CLOSE)
    assert to_action(twist, config).tolist() == pytest.approx([1.0, -0.5, 0, 0, 0, 0, -1])


def test_both_are_tried_in_the_same_scenes(exported):
    _, folder = exported
    told = []
    evaluation = evaluate_arm(
        folder, episodes=2, seed=10, on_progress=lambda *counts: told.append(counts)
    )
    assert (evaluation.policy.episodes, evaluation.demonstrator.episodes) == (2, 2)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert evaluation.task == "pick"
    with pytest.raises(ValueError, match="scenes of training"):
        evaluate_arm(folder, episodes=2, seed=FIRST_TRAINING_SEED)


@pytest.mark.parametrize(
    ("own", "shown", "passed"),
    [
        ((1.0,) * 100, (2.0,) * 80, True),
        ((1.0,) * 99, (2.0,) * 80, False),  # pick has to succeed always
        ((3.0,) * 100, (2.0,) * 80, False),  # slower than it was shown
        ((), (), False),
    ],
)
def test_the_target_is_success_and_being_faster(own, shown, passed):
    evaluation = InteractiveEvaluation(
        "test", "0" * 64, "pick", 1000, 1.0, Tally("policy", own, 100),
        Tally("demonstrator", shown, 100),
    )  # fmt: skip
    assert evaluation.passed is passed
    figures = evaluation.figures()
    assert figures["policy_successes"] == len(own)
    assert f"{len(own)} of 100" in write_evaluation(evaluation)
