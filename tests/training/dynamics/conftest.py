import pytest
import torch

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState


class Lab:
    """Some nominal Crazyflies at 10 m, and what flies them."""

    def __init__(self, count: int) -> None:
        self.parameters = QuadrotorParameters.nominal(CRAZYFLIE, count)
        self.dynamics = QuadrotorDynamics(CRAZYFLIE, self.parameters)
        self.state = QuadrotorState.at_rest(count)
        self.state.position[2] = 10.0
        self.count = count

    def spin_up(self, thrust: float) -> None:
        """Let all rotors turn at the speed of a thrust [N]."""
        self.state.rotor_speed.fill_((thrust / CRAZYFLIE.max_rotor_thrust) ** 0.5)

    def fly(self, rotor_thrust: list[float], steps: int) -> None:
        """Fly with constant commands [N]."""
        self.dynamics.update_parameters()
        command = torch.tensor(rotor_thrust)[:, None].expand(4, self.count)
        target = self.dynamics.motor_target(command)
        for _ in range(steps):
            self.dynamics.step(self.state, target)


@pytest.fixture
def make_lab() -> type[Lab]:
    return Lab
