import math

import pytest
import torch
from torch.distributions import Normal, TanhTransform, TransformedDistribution

from untether_hardware.actor_learner.array_spec import ArraySpec
from untether_training.offpolicy.actor import SquashedGaussian
from untether_training.offpolicy.augmentation import shift_randomly
from untether_training.offpolicy.critic import CriticEnsemble, draw_least
from untether_training.offpolicy.encoder import Encoder
from untether_training.offpolicy.gripper import GripperCritic, disagree, find_command
from untether_training.offpolicy.temperature import Temperature
from untether_training.offpolicy.trunk import PictureTrunk, find_map_shape

NORMS = (49.48, 60.06, 47.17)


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(3)


def test_the_density_is_that_of_a_squashed_gaussian(generator):
    actor = SquashedGaussian(5, 3)
    code = torch.randn(40, 5, generator=generator)
    action, density = actor(code, generator)
    assert action.abs().max() < 1.0
    middle, std = actor.describe(code)
    wanted = TransformedDistribution(Normal(middle, std), TanhTransform()).log_prob(action)
    assert torch.allclose(density, wanted.sum(1), atol=1e-3)
    assert torch.equal(actor.mean(code), middle.tanh())


def test_members_are_computed_as_alone_and_differ():
    ensemble = CriticEnsemble(4, members=3, hidden=(8, 8))
    code, action = torch.randn(6, 3), torch.randn(6, 1)
    together = ensemble(code, action)
    assert together.shape == (3, 6)
    assert not torch.allclose(together[0], together[1])
    state = ensemble.state_dict()
    for member in range(3):
        alone = CriticEnsemble(4, members=1, hidden=(8, 8))
        alone.load_state_dict({k: v[member : member + 1] for k, v in state.items()})
        assert torch.allclose(alone(code, action)[0], together[member], atol=1e-6)


def test_the_target_is_the_least_of_a_subset(generator):
    estimates = torch.tensor([[1.0, 9.0], [2.0, 1.0], [3.0, 5.0]])
    assert draw_least(estimates, 3, generator).tolist() == [1.0, 1.0]
    drawn = {tuple(draw_least(estimates, 2, generator).tolist()) for _ in range(100)}
    assert drawn == {(1.0, 1.0), (2.0, 1.0), (1.0, 5.0)}


def test_the_temperature_rises_while_the_entropy_is_too_low():
    temperature = Temperature(-1.0, 0.01)
    assert temperature.value.item() == pytest.approx(0.01)
    temperature.loss(torch.tensor(-3.0)).backward()
    gradient = temperature.logarithm.grad
    assert gradient is not None
    assert gradient.item() == pytest.approx(0.01 * (-3.0 + 1.0))  # descent raises it


def test_commands_of_the_gripper_keep_their_meaning():
    assert find_command(torch.tensor([-1.0, 0.0, 1.0, 0.3, -7.0])).tolist() == [0, 1, 2, 1, 0]
    critic = GripperCritic(2, (4,))
    code = torch.randn(9, 2)
    assert torch.equal(find_command(critic.choose(code)), critic(code).argmax(1))


def test_a_shift_moves_a_picture_as_a_whole_and_repeats_its_border(generator):
    height, width = 9, 7
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    picture = torch.stack((y, x, y + x), dim=2).byte()
    moved = shift_randomly(picture.repeat(300, 1, 1, 1), generator, 2).int()
    shifts = moved[:, 4, 3, :2] - torch.tensor([4, 3])
    assert {tuple(shift) for shift in shifts.tolist()} == {
        (a, b) for a in range(-2, 3) for b in range(-2, 3)
    }
    for one, (down, right) in zip(moved, shifts.tolist(), strict=True):
        assert torch.equal(one[..., 0], (y + down).clamp(0, height - 1).int())
        assert torch.equal(one[..., 1], (x + right).clamp(0, width - 1).int())


def test_an_encoder_joins_cameras_and_state():
    shapes = {"wrist": (4, 2, 2), "pose": (6,), "front": (4, 2, 2), "force": (3,)}
    encoder = Encoder({name: ArraySpec(shape) for name, shape in shapes.items()})
    assert encoder.size == 2 * 256 + 64
    observation = {name: torch.randn(5, *shape) for name, shape in shapes.items()}
    code = encoder(observation)
    assert code.shape == (5, encoder.size)
    assert code.abs().max() <= 1.0
    for name in shapes:
        changed = encoder({**observation, name: observation[name] + 1.0})
        assert not torch.allclose(changed, code), name
    half = encoder({**observation, "wrist": observation["wrist"].half()})
    assert torch.allclose(half, code, atol=0.02)
    with pytest.raises(ValueError, match=r"maps \(C, H, W\)"):
        Encoder({"matrix": ArraySpec((3, 3))})


def test_vectors_are_scaled_and_clipped():
    torch.manual_seed(0)
    plain = Encoder({"force": ArraySpec((3,))})
    scaled = Encoder({"force": ArraySpec((3,), scale=0.1)})
    scaled.load_state_dict(plain.state_dict())
    force = torch.tensor([[1.0, -20.0, 30.0]])
    assert torch.allclose(scaled({"force": force}), plain({"force": 0.1 * force}))
    assert torch.equal(scaled({"force": 1e9 * force}), plain({"force": 5.0 * force.sign()}))


@pytest.fixture(scope="module")
def trunk():
    return PictureTrunk()


def test_features_move_with_the_picture(trunk, generator):
    picture = torch.randint(0, 256, (1, 128, 128, 3), generator=generator, dtype=torch.uint8)
    features = trunk(picture)
    assert features.shape == (1, *find_map_shape(128, 128))
    moved = trunk(picture.roll(32, 2))
    inner = features[..., 2:5], moved[..., 4:7]  # away from where the picture was cut
    assert torch.nn.functional.cosine_similarity(*(part.flatten() for part in inner), 0) > 0.9


def test_the_trunk_is_frozen_and_takes_pictures_only(trunk):
    assert not list(trunk.parameters())
    assert not trunk.state_dict()
    with pytest.raises(ValueError, match="uint8"):
        trunk(torch.zeros(1, 128, 128, 3))


def test_the_trunk_tells_directions_of_edges_apart(trunk):
    y, x = torch.meshgrid(torch.arange(128), torch.arange(128), indexing="ij")
    angles = torch.tensor([0.0, 0.25 * math.pi, 0.5 * math.pi])
    waves = [(127 + 120 * torch.sin(0.5 * (x * a.cos() + y * a.sin()))).byte() for a in angles]
    seen = trunk(torch.stack(waves)[..., None].repeat(1, 1, 1, 3)).mean((2, 3))
    alike = torch.nn.functional.cosine_similarity(seen[:, None], seen[None], dim=2)
    assert (alike - torch.eye(3)).max() < 0.9
    # With these weights, the whole network told photographs of a cat and of an espresso rightly.
    assert seen.norm(dim=1).tolist() == pytest.approx(NORMS, rel=1e-3)


def test_preferences_agree_with_estimates_that_differ_enough():
    estimates = torch.tensor([[0.50, 0.45, 0.0], [0.0, 0.0, 0.002], [0.0, 0.2, 0.2]])
    preferences = torch.zeros(3, 3, requires_grad=True)
    optimizer = torch.optim.Adam([preferences], 0.1)
    for _ in range(300):
        optimizer.zero_grad()
        disagree(preferences, estimates).backward()
        optimizer.step()
    found = preferences.detach().softmax(1)
    assert found[0, 0] > 0.98
    assert found[1].tolist() == pytest.approx([0.31, 0.31, 0.38], abs=0.01)
    assert found[2].tolist() == pytest.approx([0.0, 0.5, 0.5], abs=0.01)
