"""A fleet of simulated drones, each with parameters, a latency and sensors of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_training.dynamics.parameters import QuadrotorParameters
from untether_training.dynamics.quadrotor import PHYSICS_TIMESTEP, FloorContact, QuadrotorDynamics
from untether_training.dynamics.state import QuadrotorState
from untether_training.tasks.latency import CommandDelay
from untether_training.tasks.pool import SamplePool
from untether_training.tasks.privileged import PARAMETERS_SIZE, summarise_parameters
from untether_training.tasks.randomisation import (
    RandomisationConfig,
    sample_parameters,
    sample_uniform,
)
from untether_training.tasks.sensors import NoisySensors, SensorNoiseConfig

SUBSTEPS = 2
CONTROL_TIMESTEP = SUBSTEPS * PHYSICS_TIMESTEP
"""Time between two commands [s]."""


class Fleet:
    """Drones that fly what they were commanded some time ago, and measure where they are.

    Args:
        description: The nominal robot.
        randomisation: How drones differ from it.
        noise: How wrong their sensors are.
        count: Number of drones, N.
        generator: Where all randomness comes from; also names the device.
    """

    def __init__(
        self,
        description: QuadrotorDescription,
        randomisation: RandomisationConfig,
        noise: SensorNoiseConfig,
        count: int,
        generator: torch.Generator,
    ) -> None:
        device = generator.device
        self.description = description
        self.randomisation = randomisation
        self.generator = generator
        self.parameters = QuadrotorParameters.nominal(description, count, device)
        self.dynamics = QuadrotorDynamics(description, self.parameters)
        self.state = QuadrotorState.at_rest(count, device)
        self.privileged = torch.zeros(count, PARAMETERS_SIZE, device=device)
        """(N, 13) [1]; see `summarise_parameters`."""
        self._delay = CommandDelay(
            count, SUBSTEPS, randomisation.latency[1] / CONTROL_TIMESTEP, device
        )
        self._sensors = NoisySensors(noise, device)
        self._airframes = SamplePool(self._draw_airframes)

    def reset(self, indices: Tensor, start: QuadrotorState) -> None:
        """Put new drones in the places of others.

        Args:
            indices: (M,) drones to replace.
            start: How the M new ones start.
        """
        new = self._airframes.take(start.count)
        parameters, latency = QuadrotorParameters.from_storage(new[1:]), new[0]
        self.parameters.assign(indices, parameters)
        self.dynamics.update_parameters()
        self.state.assign(indices, start)
        self._delay.reset(indices, latency, start.rotor_speed)
        self.privileged[indices] = summarise_parameters(self.description, parameters, latency)

    def _draw_airframes(self, count: int) -> Tensor:
        """Return latencies [control periods] and parameters of new drones, (17, count)."""
        config, generator = self.randomisation, self.generator
        parameters = sample_parameters(self.description, config, count, generator)
        latency = sample_uniform(config.latency, (1, count), generator) / CONTROL_TIMESTEP
        return torch.cat((latency, parameters.storage))

    def fly(self, command: Tensor) -> list[FloorContact]:
        """Fly for one control period.

        Args:
            command: (4, N) [1] thrust over the largest, sent now.

        Returns:
            What the floor did in each physics step.
        """
        return [self.dynamics.step(self.state, told) for told in self._delay.push(command.sqrt())]

    def measure(self) -> dict[str, Tensor]:
        """Return a noisy measurement of all drones; see `NoisySensors.measure`."""
        return self._sensors.measure(self.state, self.generator)

    def pack(self) -> Tensor:
        """Return everything that makes each drone, one column a drone, (rows, N)."""
        parts = (self.state.storage, self.parameters.storage, self.privileged.T, self._delay.pack())
        return torch.cat(parts)

    def unpack(self, indices: Tensor, rows: Tensor) -> None:
        """Make drones (M,) what `pack` returned of others, (rows, M)."""
        known = (self.state.storage, self.parameters.storage, self.privileged.T)
        sizes = [part.shape[0] for part in known]
        state, parameters, privileged, delay = rows.split((*sizes, rows.shape[0] - sum(sizes)))
        self.state.assign(indices, QuadrotorState.from_storage(state))
        self.parameters.assign(indices, QuadrotorParameters.from_storage(parameters))
        self.dynamics.update_parameters()
        self.privileged[indices] = privileged.T
        self._delay.unpack(indices, delay)

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes while the fleet flies."""
        return {
            "state": self.state.storage,
            "parameters": self.parameters.storage,
            "privileged": self.privileged,
            "delay_weights": self._delay.weights,
            "delay_commands": self._delay.commands,
            "airframes": self._airframes.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        self.state.storage.copy_(state["state"])
        self.parameters.storage.copy_(state["parameters"])
        self.privileged.copy_(state["privileged"])
        self._delay.weights.copy_(state["delay_weights"])
        self._delay.commands = state["delay_commands"]
        self._airframes.load_state_dict(state["airframes"])
        self.dynamics.update_parameters()
