"""A flight of a simulated swarm, without ROS: the loop, and what it leaves."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import Goals
from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_hardware.swarm.state import Flags, Floats, SwarmState
from untether_hardware.swarm.tally import SwarmTally

SwarmController = Callable[[SwarmState, Floats], Floats]
"""From what the odometry tells and goals (drones, 3) [m] map to rotor thrusts (drones, 4) [N]."""


@dataclass(frozen=True, eq=False)
class SwarmFlight:
    """Samples of a flight, one a control period, and how it ended.

    Attributes:
        columns: Room and columns.
        time: (samples,) [s], rising.
        position: True positions, (samples, drones, 3) [m] map.
        orientation: True orientations from base_link to map, (samples, drones, 4) [1] xyzw.
        goal: Where the drones were to be, (samples, drones, 3) [m] map.
        touching: Whether each drone touched anything since the sample before, (samples, drones).
        radius: Distance to the goal that counts as arrived [m].
        outcome: How each drone fared.
    """

    columns: Columns
    time: Floats
    position: Floats
    orientation: Floats
    goal: Floats
    touching: Flags
    radius: float
    outcome: SwarmOutcome

    @property
    def drones(self) -> int:
        """How many drones there were."""
        return self.position.shape[1]

    @property
    def error(self) -> Floats:
        """Distances to the goals, (samples, drones) [m]."""
        return np.linalg.norm(self.position - self.goal, axis=2)


def fly_swarm(
    controller: SwarmController, simulator: SimulatedSwarm, goals: Goals, duration: float
) -> SwarmFlight:
    """Fly a simulated swarm to its goals, from where it is.

    Args:
        controller: What computes the thrusts, such as a ``SwarmPilot``.
        simulator: The swarm.
        goals: Where the drones are to be; they may move.
        duration: How long to fly [s].
    """
    period = simulator.config.robot.control_period
    truth = simulator.read_truth()
    tally = SwarmTally(truth.position, goals.radius, period)
    truths, targets = [truth], [goals.position.copy()]
    touching = [np.zeros(simulator.drones, dtype=bool)]
    for _ in range(round(duration / period)):
        simulator.step(controller(simulator.read_states(), goals.position))
        goals.advance(period)
        truth, contacts = simulator.read_truth(), simulator.contacts
        tally.observe(truth.position, goals.position, contacts)
        truths.append(truth)
        targets.append(goals.position.copy())
        touching.append(contacts.drone | contacts.column | contacts.wall | contacts.floor)
    return SwarmFlight(
        columns=simulator.columns,
        time=np.array([state.stamp for state in truths]),
        position=np.array([state.position for state in truths]),
        orientation=np.array([state.orientation for state in truths]),
        goal=np.array(targets),
        touching=np.array(touching),
        radius=goals.radius,
        outcome=tally.finish(),
    )
