"""Flies a swarm by a policy: from states and goals to rotor thrusts."""

from untether_hardware.crazyflie.description import CRAZYFLIE, QuadrotorDescription
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.observation import observe
from untether_hardware.swarm.state import Floats, SwarmState
from untether_hardware.swarm.tensor_map import SwarmTensorMap
from untether_policies.policy import Policy


class SwarmPilot:
    """A policy for all drones at once; each of them sees only what it could see alone."""

    def __init__(
        self, policy: Policy, columns: Columns, *, description: QuadrotorDescription = CRAZYFLIE
    ) -> None:
        """Match a policy with the drones, and forget what it carried.

        Args:
            policy: Loaded with one row of the batch for each drone.
            columns: The room, of which the drones measure distances.
            description: The robot, for the names of its rotors.

        Raises:
            TensorMapError: When the policy wants or gives what a swarm cannot map.
        """
        self._policy = policy
        self._columns = columns
        self._tensors = SwarmTensorMap(
            policy.contract,
            policy.inputs,
            policy.outputs,
            rotor_names=description.rotor_names,
            drones=len(next(iter(policy.outputs.values()))),
        )
        policy.reset()

    def __call__(self, state: SwarmState, goal: Floats) -> Floats:
        """Return the rotor thrusts for one tick, (drones, 4) [N].

        Args:
            state: What the odometry tells.
            goal: Where the drones are to be, (drones, 3) [m] map.
        """
        tensors = self._tensors
        tensors.write(observe(state, goal, self._columns, tensors.neighbours, tensors.obstacles))
        self._policy.step()
        return tensors.read()
