"""A batch of drones in the deployment simulator."""

from collections.abc import Sequence

import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie, SimulatedCrazyflieConfig
from untether_hardware.state import BodyState
from untether_training.evaluation.condition import Condition
from untether_training.evaluation.fleet import RotorThrust
from untether_training.evaluation.outcome import Floats
from untether_training.evaluation.scenario import Scenario


class MujocoFleet:
    """Independent MuJoCo simulations of the Crazyflie, made to fit a condition."""

    def __init__(self, condition: Condition, count: int) -> None:
        """Build the robots; ``reset`` puts them somewhere.

        Args:
            condition: How they differ from the description.
            count: How many there are.
        """
        scales = condition.mass_scales
        self._robots = [
            SimulatedCrazyflie(
                SimulatedCrazyflieConfig(
                    mass_scale=scales[index % len(scales)],
                    motor_time_constants=condition.motor_time_constants,
                    extra_latency=condition.extra_latency,
                )
            )
            for index in range(count)
        ]
        self._truth = [robot.read_truth() for robot in self._robots]

    @property
    def description(self) -> QuadrotorDescription:
        """What the drones are described as."""
        return self._robots[0].description

    def reset(self, scenario: Scenario, seeds: Sequence[int]) -> None:
        """Put the robots where a scenario starts.

        Args:
            scenario: As many flights as there are robots.
            seeds: Of each robot's noise.
        """
        limit = self.description.max_rotor_thrust
        for index, robot in enumerate(self._robots):
            robot.reset(
                scenario.position[index].tolist(),
                scenario.orientation[index].tolist(),
                scenario.linear_velocity[index].tolist(),
                scenario.angular_velocity[index].tolist(),
                rotor_thrust=limit * float(scenario.rotor_thrust[index]),
                seed=seeds[index],
            )
        self._truth = [robot.read_truth() for robot in self._robots]

    def measure(self, indices: Sequence[int]) -> list[BodyState]:
        """Return the odometry of some drones."""
        return [self._robots[index].read_state() for index in indices]

    def step(self, indices: Sequence[int], rotor_thrust: Sequence[RotorThrust]) -> None:
        """Fly some drones for one control period."""
        for index, thrust in zip(indices, rotor_thrust, strict=True):
            robot = self._robots[index]
            robot.step(thrust)
            self._truth[index] = robot.read_truth()

    def truth(self) -> tuple[Floats, Floats, Floats]:
        """Return all true positions [m] map, orientations xyzw and linear velocities [m/s] map."""
        return (
            np.array([state.position for state in self._truth]),
            np.array([state.orientation for state in self._truth]),
            np.array([state.linear_velocity for state in self._truth]),
        )
