"""A bundle on all drones of a swarm: states and goals in, rotor thrusts out."""

import time

import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.pilot import SwarmPilot
from untether_hardware.swarm.state import Flags, Floats, SwarmState
from untether_nodes.measurements import Measurements
from untether_nodes.policy_runner import find_max_age, load_robot_bundle
from untether_policies.policy import Policy

_INFERENCES = 4096  # remembered for the quantiles of a run: 40 s at 100 Hz


class SwarmPolicyRunner:
    """Loads a bundle for all drones of a swarm and runs it, one row of a batch for each.

    Attributes:
        bundle: What was loaded.
        inference: Times from arrays in to thrusts out [s].
        max_age: Age beyond which states must not be used [s].
    """

    def __init__(self, path: str, description: QuadrotorDescription, drones: int) -> None:
        """Load, check and warm up.

        Args:
            path: A bundle's folder or archive, or the name of a bundle in the zoo.
            description: What each drone is.
            drones: How many there are.

        Raises:
            BundleError: When the bundle is not sound, or not made for a swarm of these.
        """
        self.bundle = load_robot_bundle(path, description)
        self.inference = Measurements(_INFERENCES)
        self.max_age = find_max_age(self.bundle.contract)
        self._policy = Policy.from_bundle(self.bundle, batch=drones)
        self._description = description
        self.enter(Columns(np.zeros((0, 2)), np.zeros(0)))

    def enter(self, columns: Columns) -> None:
        """Fly in a room from now on, and forget the past of all drones."""
        self._pilot = SwarmPilot(self._policy, columns, description=self._description)

    def reset(self, drones: Flags) -> None:
        """Forget the past of some drones, (drones,)."""
        for row in np.flatnonzero(drones).tolist():
            self._policy.reset(row)

    def compute(self, state: SwarmState, goal: Floats) -> Floats:
        """Return the thrusts, (drones, rotors) [N], for states and goals (drones, 3) [m] map."""
        start = time.perf_counter()
        thrust = self._pilot(state, goal)
        self.inference.add(time.perf_counter() - start)
        return thrust
