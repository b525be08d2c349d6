import io

import numpy as np
import pytest
import torch

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.learning.checkpoint import read_checkpoint, write_checkpoint
from untether_training.offpolicy.batch import Batch
from untether_training.offpolicy.encoder import EncoderConfig
from untether_training.offpolicy.learner import OffPolicyConfig, OffPolicyLearner
from untether_training.offpolicy.mixture import Mixture
from untether_training.offpolicy.replay_buffer import ReplayBuffer

STATE = {"state": ArraySpec((3,))}
SMALL = OffPolicyConfig(hidden=(32, 32), encoder=EncoderConfig(state_size=16, picture_size=16))


def make_batch(count=64, seed=0):
    """Return transitions whose numbers are drawn at random."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    return Batch(
        {"state": normal(count, 3)},
        torch.cat((normal(count, 2).tanh(), normal(count, 1).sign()), dim=1),
        normal(count),
        -0.5 * torch.ones(count),
        (normal(count) > 0.0).float(),
        {"state": normal(count, 3)},
    )


def make_learner(seed=1, config=SMALL, **changes):
    return OffPolicyLearner(STATE, 2, gripper=True, seed=seed, config=config, **changes)


def test_the_critics_learn_reward_and_discounted_estimate():
    learner, batch = make_learner(), make_batch()
    policy, slow = learner.policy, learner._slow
    with torch.no_grad():
        code, following = (
            policy.encoder(batch.observation),
            slow.policy.encoder(batch.next_observation),
        )
        state = learner._generator.get_state()
        twist, _ = policy.actor(policy.encoder(batch.next_observation), learner._generator)
        learner._generator.set_state(state)
        future = 0.97 * batch.bootstrap
        wanted = batch.reward + future * slow.critic(following, twist).amin(0)
        loss = (learner.networks.critic(code, batch.action[:, :2]) - wanted).square().mean()
        best = policy.gripper(policy.encoder(batch.next_observation)).argmax(1)
        value = slow.policy.gripper(following)[torch.arange(64), best]
        wanted = batch.reward - 0.5 + future * value
        chosen = policy.gripper(code)[torch.arange(64), (batch.action[:, 2] + 1).long()]
        missed = (chosen - wanted).square().mean()
    figures = learner.update(batch, actor=False)
    assert figures["critic"] == pytest.approx(loss.item(), rel=1e-5)
    assert figures["gripper"] == pytest.approx(missed.item(), rel=1e-5)
    assert set(figures) == {"critic", "q", "gripper"}


def test_the_actor_leaves_encoder_and_critics_alone():
    learner, batch = make_learner(), make_batch()
    learner._critic_optimizer.param_groups[0]["lr"] = 0.0
    before = {name: value.clone() for name, value in learner.networks.state_dict().items()}
    learner.update(batch)
    changed = {
        name.split(".")[1]
        for name, value in learner.networks.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {"actor"}


def test_slow_copies_follow_slowly():
    learner, batch = make_learner(), make_batch()
    before = [value.clone() for value in learner._slow.parameters()]
    learner.update(batch)
    pairs = zip(before, learner._slow.parameters(), learner.networks.parameters(), strict=True)
    for old, slow, fast in pairs:
        assert torch.allclose(slow, old + 0.005 * (fast - old), atol=1e-7)


@pytest.mark.parametrize("initial", [0.1, 1e-3])
def test_the_entropy_goes_to_its_target(initial):
    config = OffPolicyConfig(hidden=(32, 32), learning_rate=1e-2, initial_temperature=initial)
    learner, batch = make_learner(config=config), make_batch()
    entropy = [learner.update(batch)["entropy"] for _ in range(500)]
    assert learner.temperature.target == -1.5
    assert np.mean(entropy[-100:]) == pytest.approx(-1.5, abs=0.4)


def test_a_learner_goes_on_as_if_it_had_not_stopped(tmp_path):
    one, batch = make_learner(), make_batch()
    for _ in range(3):
        one.update(batch)
    write_checkpoint(tmp_path / "checkpoint.pt", one.state_dict())
    other = make_learner(seed=2)
    other.load_state_dict(read_checkpoint(tmp_path / "checkpoint.pt"))
    assert other.updates == 3
    for _ in range(3):
        assert one.update(batch) == other.update(batch)
    assert torch.equal(one.act(batch.observation), other.act(batch.observation))


def test_equal_seeds_give_equal_learners():
    one, other, batch = make_learner(), make_learner(), make_batch()
    torch.manual_seed(99)
    assert one.update(batch) == other.update(batch)


def test_pictures_are_seen_by_way_of_the_trunk():
    generator = torch.Generator().manual_seed(0)
    pictures = torch.randint(0, 256, (4, 64, 64, 3), generator=generator, dtype=torch.uint8)
    observation = {"front": ArraySpec((64, 64, 3), "uint8"), **STATE}
    learner = OffPolicyLearner(observation, 2, gripper=True, config=SMALL)
    plain = make_batch(4)
    seen = {**plain.observation, "front": pictures}
    following = {**plain.next_observation, "front": pictures.flip(0)}
    batch = Batch(seen, plain.action, plain.reward, plain.penalty, plain.bootstrap, following)
    assert np.isfinite([*learner.update(batch).values()]).all()
    action = learner.act(seen)
    assert action.shape == (4, 3)
    assert torch.equal(action, learner.act(seen))
    assert set(action[:, 2].tolist()) <= {-1.0, 0.0, 1.0}
    assert not torch.allclose(action[:, :2], learner.act(following)[:, :2])
    content = io.BytesIO()
    torch.save(learner.state_dict(), content)
    assert content.tell() < 3e6  # the trunk's weights are not in it


class Reach:
    """A point that has to come near a goal and close its gripper there, within 20 steps."""

    def __init__(self, seed):
        self.generator = np.random.default_rng(seed)

    def reset(self):
        self.place = self.generator.uniform(-1.0, 1.0, 2)
        self.steps = 0
        return self.see()

    def see(self):
        distance = np.linalg.norm(self.place)
        return {"state": np.array([*self.place, distance], np.float32)}

    def step(self, action):
        self.place = np.clip(self.place + 0.15 * action[:2], -1.5, 1.5)
        self.steps += 1
        solved = bool(np.linalg.norm(self.place) < 0.15 and action[2] < -0.5)
        return self.see(), float(solved), solved, self.steps >= 20

    def show(self):
        """Return what a hesitant expert does."""
        noise = self.generator.normal(0.0, 0.4, 2)
        twist = np.clip(-3.0 * self.place + noise, -1.0, 1.0)
        near = np.linalg.norm(self.place) < 0.15
        return np.array([*twist, -1.0 if near and self.generator.random() < 0.7 else 0.0])


def fly(world, buffer, choose):
    """Fly an episode into a buffer; return whether the task was solved."""
    observation = world.reset()
    buffer.begin(observation)
    while True:
        action = choose(observation)
        observation, reward, terminated, truncated = world.step(action)
        buffer.add(action, reward, observation, terminated=terminated, truncated=truncated)
        if terminated or truncated:
            return terminated


def test_it_learns_from_sparse_rewards_and_a_few_demonstrations():
    world = Reach(0)
    experience, demonstrations = (ReplayBuffer(STATE, 3, 20_000, seed) for seed in (1, 2))
    for _ in range(20):
        fly(world, demonstrations, lambda _: world.show())
    learner = make_learner(config=OffPolicyConfig(hidden=(64, 64), learning_rate=1e-3))
    mixture = Mixture(experience, demonstrations)
    explore = torch.Generator().manual_seed(5)

    def act(observation, generator=None):
        seen = {name: torch.from_numpy(array)[None] for name, array in observation.items()}
        return learner.act(seen, generator=generator)[0].numpy()

    for _ in range(60):
        fly(world, experience, lambda seen: act(seen, explore))
        for number in range(20):
            learner.update(mixture.sample(128), actor=number % 2 == 0)
    fresh, unused = Reach(1000), ReplayBuffer(STATE, 3, 5000, 0)
    solved = sum(fly(fresh, unused, act) for _ in range(100))
    assert solved >= 95
