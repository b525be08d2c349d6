import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.fleet import Fleet
from untether_training.tasks.randomisation import RandomisationConfig
from untether_training.tasks.sensors import SensorNoiseConfig


def make(count, seed):
    generator = torch.Generator().manual_seed(seed)
    fleet = Fleet(CRAZYFLIE, RandomisationConfig(), SensorNoiseConfig(), count, generator)
    start = QuadrotorState.at_rest(count)
    start.position[2] = 1.0
    fleet.reset(torch.arange(count), start)
    return fleet


def test_packed_drones_fly_on_elsewhere_as_they_would_have():
    fleet, other = make(6, seed=1), make(6, seed=2)
    command = torch.rand(20, 4, 6, generator=torch.Generator().manual_seed(3))
    for sent in command[:10]:
        fleet.fly(sent)
    other.unpack(torch.tensor([4, 0]), fleet.pack()[:, [1, 5]])
    assert torch.equal(other.privileged[[4, 0]], fleet.privileged[[1, 5]])
    for sent in command[10:]:
        fleet.fly(sent)
        moved = sent.clone()
        moved[:, [4, 0]] = sent[:, [1, 5]]
        other.fly(moved)
    assert torch.allclose(other.state.storage[:, [4, 0]], fleet.state.storage[:, [1, 5]])
