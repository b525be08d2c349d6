"""A batch of drones in the training simulator, with domain randomisation."""

from collections.abc import Sequence

import torch

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.state import BodyState
from untether_training.dynamics.state import QuadrotorState
from untether_training.evaluation.fleet import RotorThrust
from untether_training.evaluation.outcome import Floats
from untether_training.evaluation.scenario import Scenario
from untether_training.tasks.fleet import CONTROL_TIMESTEP, Fleet
from untether_training.tasks.registry import build_task


class TrainingFleet:
    """The environment's drones without its rewards and new starts: a flight has one end.

    Each drew its parameters and its delay as in training.
    """

    def __init__(self, task_name: str, scenario: Scenario, seed: int) -> None:
        """Put drones where a scenario starts.

        Args:
            task_name: Name of the task, whose configuration says how drones and sensors vary.
            scenario: Starts and goals.
            seed: Of the drones' parameters and of all noise.
        """
        count = scenario.count
        generator = torch.Generator().manual_seed(seed)
        task = build_task(task_name, count, generator)
        config = task.config
        self.description: QuadrotorDescription = task.description
        """What the drones are described as."""
        self._fleet = Fleet(task.description, config.randomisation, config.noise, count, generator)
        self._fleet.reset(torch.arange(count), _to_state(scenario))
        self._command = torch.zeros(4, count)  # (4, count) [1]
        self._ticks = 0

    def measure(self, indices: Sequence[int]) -> list[BodyState]:
        """Return noisy measurements of some drones."""
        measured = self._fleet.measure()
        stamp = self._ticks * CONTROL_TIMESTEP
        rows = torch.cat(
            [
                measured["position"],
                measured["orientation"],
                measured["linear_velocity"],
                measured["angular_velocity"],
            ],
            dim=1,
        )[list(indices)].tolist()
        return [
            BodyState(stamp, tuple(row[:3]), tuple(row[3:7]), tuple(row[7:10]), tuple(row[10:]))
            for row in rows
        ]

    def step(self, indices: Sequence[int], rotor_thrust: Sequence[RotorThrust]) -> None:
        """Fly all drones for one control period; those without a command keep their last one."""
        thrust = torch.tensor(rotor_thrust).T.nan_to_num()  # (4, len(indices)) [N]
        share = thrust / self.description.max_rotor_thrust
        self._command = self._command.clone()  # the fleet still holds the last one
        self._command[:, list(indices)] = share.clamp(0.0, 1.0)
        self._fleet.fly(self._command)
        self._ticks += 1

    def truth(self) -> tuple[Floats, Floats, Floats]:
        """Return all true positions [m] map, orientations xyzw and linear velocities [m/s] map."""
        state = self._fleet.state
        return (
            state.position.T.double().numpy(),
            state.orientation.T.double().numpy(),
            state.linear_velocity.T.double().numpy(),
        )


def _to_state(scenario: Scenario) -> QuadrotorState:
    """Return the starts as the training simulator keeps them."""
    speed = torch.from_numpy(scenario.rotor_thrust).sqrt()[:, None].expand(-1, 4)
    columns = (
        scenario.position,
        scenario.orientation,
        scenario.linear_velocity,
        scenario.angular_velocity,
    )
    rows = [torch.from_numpy(column) for column in columns] + [speed]
    return QuadrotorState.from_storage(torch.cat(rows, dim=1).T.float().contiguous())
