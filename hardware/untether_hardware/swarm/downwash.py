"""Downwash: the jet of air below each drone, and what it does to those who fly in it.

It is not the model that policies are trained with. The flow of the four rotors becomes one
turbulent jet (Bauersfeld et al. 2024, "Robotics meets Fluid Dynamics", arXiv 2403.13321, measured
below quadrotors of six sizes). Here its momentum is the drone's thrust; the profile across is
Gaussian, with the spreading rate of a round jet (Hussein, Capp and George 1994, J. Fluid Mech.
258); at the rotors its velocity is that of the fully contracted wake (momentum theory). Jets that
meet add their momentum (Reichardt 1942). Like any wind, the air acts on a drone through its linear
drag, a quarter at each rotor, so that a drone at the edge of a jet is turned as well as pushed.
"""

import math

import numpy as np

from untether_hardware.crazyflie.description import QuadrotorDescription
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.state import Floats

_AIR_DENSITY = 1.2  # [kg/m^3]
_SPREADING = 0.094 / math.sqrt(math.log(2.0))  # [1] of the radius at which 1/e of the velocity is
_EDGE = 2.5  # [radii of the jet] beyond which there is less than 0.2 % of the velocity


class Downwash:
    """The forces and torques of jets on the drones below."""

    def __init__(self, description: QuadrotorDescription, config: SimulatedCrazyflieConfig) -> None:
        """Prepare the model.

        Args:
            description: Rotors, and how far from the centre they are.
            config: Drag.
        """
        self._rotors = np.asarray(description.rotor_positions)  # (4, 3) [m] base_link
        self._drag = 0.25 * np.asarray(config.drag)  # (3,) [N s/m] map, of a rotor
        self._reach = description.radius
        # A contracted wake has half of the discs' area and the same momentum as this jet.
        area = 2.0 * math.pi * description.rotor_radius**2
        self._first_radius = math.sqrt(2.0 * area / math.pi)  # [m]

    def act(self, position: Floats, rotation: Floats, thrust: Floats) -> tuple[Floats, Floats]:
        """Return what the jets of all drones do to all drones.

        Args:
            position: (drones, 3) [m] map.
            rotation: From base_link to map, (drones, 3, 3) [1].
            thrust: Collective thrusts, (drones,) [N].

        Returns:
            Forces (drones, 3) [N] map, and torques (drones, 3) [N m] base_link.
        """
        down = -rotation[:, :, 2]  # (drones, 3) [1] map
        force, torque = np.zeros_like(position), np.zeros_like(position)
        upper, lower = self._find_pairs(position, down)
        if len(lower) == 0:
            return force, torque
        hit, index = np.unique(lower, return_inverse=True)
        rotors = position[lower, None] + self._rotors @ rotation[lower].transpose(0, 2, 1)
        away = rotors - position[upper, None]  # (pairs, 4, 3) [m] map
        along = np.einsum("pka,pa->pk", away, down[upper])
        aside = np.einsum("pka,pka->pk", away, away) - np.square(along)
        radius = self._first_radius + _SPREADING * np.maximum(along, 0.0)
        momentum = np.sqrt(2.0 * thrust[upper] / (math.pi * _AIR_DENSITY))[:, None]  # [m^2/s]
        speed = momentum / radius * np.exp(-aside / np.square(radius))  # (pairs, 4) [m/s]
        total, flow = np.zeros((2, len(hit), 4)), np.zeros((len(hit), 4, 3))
        np.add.at(total[0], index, speed)
        np.add.at(total[1], index, np.square(speed))
        np.add.at(flow, index, speed[:, :, None] * down[upper, None])
        flow *= (np.sqrt(total[1]) / np.maximum(total[0], 1e-9))[:, :, None]
        push = self._drag * flow  # (hit, 4, 3) [N] map
        force[hit] = push.sum(axis=1)
        torque[hit] = np.cross(self._rotors, push @ rotation[hit]).sum(axis=1)
        return force, torque

    def _find_pairs(self, position: Floats, down: Floats) -> tuple[np.ndarray, np.ndarray]:
        """Return who blows at whom: rows of the upper drones and of the lower ones, (pairs,)."""
        apart = position - position[:, None]  # (upper, lower, 3) [m] map
        along = np.einsum("ula,ua->ul", apart, down)
        aside = np.einsum("ula,ula->ul", apart, apart) - np.square(along)
        edge = _EDGE * (self._first_radius + _SPREADING * along) + self._reach
        pairs = np.nonzero((along > 0.0) & (aside < np.square(edge)))
        return pairs[0], pairs[1]
