"""Flies a swarm bundle once in the deployment simulator, for a picture and a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.flight import SwarmFlight, fly_swarm
from untether_hardware.swarm.goals import random_goals
from untether_hardware.swarm.pilot import SwarmPilot
from untether_hardware.swarm.places import sample_free
from untether_hardware.swarm.simulator import SimulatedSwarm
from untether_policies.policy import Policy

_DRONES = 8
_DENSITY, _SIZE = 0.2, 0.6  # [1], [m] of the columns
_DURATION = 15.0  # [s]


def fly_showcase(bundle: Path, seed: int) -> SwarmFlight:
    """Fly each of eight drones to a free cell of its own.

    Args:
        bundle: The bundle's folder.
        seed: Of columns, starts, goals and the sensors' noise.
    """
    generator = np.random.default_rng(seed)
    columns = Columns.sample(_DENSITY, _SIZE, generator)
    simulator = SimulatedSwarm(columns, sample_free(columns, _DRONES, generator), seed=seed)
    pilot = SwarmPilot(Policy.load(bundle, batch=_DRONES), columns)
    return fly_swarm(pilot, simulator, random_goals(columns, _DRONES, generator), _DURATION)
