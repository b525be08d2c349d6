"""A policy imitates a teacher, then goes on by PPO; who cannot teach is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import untether_policies
from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_policies.bundle import load_bundle
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_training.learning.checkpoint import read_checkpoint, write_checkpoint
from untether_training.learning.session import TrainingSession
from untether_training.learning.teacher import Teacher, TeacherConfig

ZOO = Path(untether_policies.__file__).parents[1] / "zoo"


@pytest.fixture
def taught(tiny):
    """A config that imitates for its first three iterations of six."""
    return replace(
        tiny,
        learner=replace(tiny.learner, steps=16, mini_batches=4),
        teacher=TeacherConfig(str(ZOO / "crazyflie_waypoint"), share=0.5),
    )


def parameters(session):
    """Return all parameters of actor and critic as one vector."""
    both = [*session.learner.actor.parameters(), *session.learner.critic.parameters()]
    return torch.cat([parameter.detach().flatten() for parameter in both])


def test_the_policy_gets_nearer_to_its_teacher(taught):
    learner = replace(taught.learner, steps=32, mini_batches=16)
    config = replace(taught, learner=learner, teacher=replace(taught.teacher, share=1.0))
    session = TrainingSession(replace(config, iterations=20))
    losses = [session.iterate().surrogate_loss for _ in range(20)]
    assert np.mean(losses[-4:]) < 0.4 * losses[0], losses


def test_it_imitates_with_a_constant_spread_then_goes_on_as_ppo(taught):
    session = TrainingSession(taught)
    updates = []
    learn = session.learner.update
    session.learner.update = lambda: updates.append(session.iteration) or learn()
    reports = [session.iterate() for _ in range(6)]
    assert updates == [3, 4, 5]
    assert [report.action_std for report in reports[:3]] == pytest.approx([0.2] * 3)
    assert reports[5].action_std != pytest.approx(0.2, abs=1e-7)
    assert session.teacher == load_bundle(taught.teacher.bundle).sha256


@pytest.mark.parametrize("saved", [2, 4])
def test_a_session_that_takes_over_goes_on_bit_for_bit(taught, tmp_path, saved):
    first = TrainingSession(taught)
    for _ in range(saved):
        first.iterate()
    write_checkpoint(tmp_path / "checkpoint.pt", first.state_dict())
    while not first.finished:
        first.iterate()
    second = TrainingSession(taught)
    second.load_state_dict(read_checkpoint(tmp_path / "checkpoint.pt"))
    while not second.finished:
        second.iterate()
    assert torch.equal(parameters(first), parameters(second))
    assert second.teacher == first.teacher != ""


def test_the_actions_of_a_teacher_make_its_thrusts(taught):
    session = TrainingSession(taught)
    bundle = load_bundle(taught.teacher.bundle)
    teacher = Teacher(bundle, session.policy, taught.num_envs)
    graph = Policy.from_bundle(bundle, batch=taught.num_envs)
    environment = session.environment
    commands = []
    with torch.inference_mode():
        for _ in range(30):  # as its graph flies with a memory of its own, as long as nobody ends
            for name, buffer in graph.inputs.items():
                np.copyto(buffer, environment.inputs[name].numpy())
            graph.step()
            actions = teacher.act(environment.inputs)
            commands.append(session.policy.actuation(actions) * CRAZYFLIE.max_rotor_thrust)
            error = np.abs(commands[-1].numpy() - graph.outputs["rotor_thrust"]).max(axis=1)
            _, _, ends, _ = environment.step(actions)
            for drone in ends.nonzero()[:, 0].tolist():
                graph.reset(drone)
            assert np.median(error) < 1e-5
    assert torch.stack(commands).std() > 1e-4


@pytest.mark.parametrize(
    ("name", "message"),
    [("crazyflie_figure_eight", "inputs.*goal_velocity"), ("nobody", "neither such a path")],
)
def test_who_cannot_teach_is_refused(taught, name, message):
    session = TrainingSession(replace(taught, teacher=TeacherConfig(name)))
    with pytest.raises(BundleError, match=f"(?s){message}.*Fix: "):
        session.iterate()


def test_a_run_goes_on_with_the_teacher_that_it_began_with(taught, tmp_path):
    path = shutil.copytree(ZOO / "crazyflie_waypoint", tmp_path / "teacher")
    config = replace(taught, teacher=replace(taught.teacher, bundle=str(path)))
    first = TrainingSession(config)
    first.iterate()
    state = first.state_dict() | {"teacher": "0" * 64}
    second = TrainingSession(config)
    second.load_state_dict(state)
    with pytest.raises(BundleError, match=r"(?s)began with, 0000.*put that bundle back"):
        second.iterate()


def test_checkpoints_from_before_there_were_teachers_are_read(tiny):
    state = TrainingSession(tiny).state_dict()
    del state["teacher"]
    session = TrainingSession(tiny)
    session.load_state_dict(state)
    assert session.teacher == ""
