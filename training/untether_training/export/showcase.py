"""Flies a bundle once in the deployment simulator, for a plot and a video."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from untether_hardware.crazyflie.course import Course, Tour, Track
from untether_hardware.crazyflie.flight import Flight
from untether_hardware.crazyflie.pilot import fly
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_hardware.setpoint import Setpoint
from untether_policies.policy import Policy
from untether_training.tasks.waypoint import WaypointConfig

_WAYPOINTS = 8
_THROW_HEIGHT = 4.5  # [m]


def fly_showcase(bundle: Path, task: str, seed: int) -> Flight:
    """Fly a course that shows what a task is about.

    Args:
        bundle: The bundle's folder.
        task: Name of the task.
        seed: Of the course and the sensors' noise.
    """
    generator = np.random.default_rng(seed)
    simulator = SimulatedCrazyflie(seed=seed)
    course = _COURSES[task](simulator, generator)
    return fly(Policy.load(bundle), simulator, course)


def _tour(simulator: SimulatedCrazyflie, generator: np.random.Generator) -> Course:
    """Return a tour of random waypoints, from the floor."""
    volume = WaypointConfig().volume
    low, high = np.transpose((volume.x, volume.y, volume.z))
    simulator.reset()
    waypoints = generator.uniform(low, high, (_WAYPOINTS, 3)).tolist()
    return Tour([(x, y, z) for x, y, z in waypoints])


def _throw(simulator: SimulatedCrazyflie, generator: np.random.Generator) -> Course:
    """Return where to hover, and throw the robot there, upside down and tumbling."""
    place = (0.0, 0.0, _THROW_HEIGHT)
    spin = generator.uniform(-6.0, 6.0, 3).tolist()
    simulator.reset(place, (1.0, 0.0, 0.1, 0.1), (1.5, -1.0, 1.5), spin)
    return Track(lambda _: Setpoint(place), duration=6.0)


def _figure_eight(simulator: SimulatedCrazyflie, _: np.random.Generator) -> Course:
    """Return two rounds of a figure eight of 2 m, from a hover at its middle."""
    period, half, height = 6.0, 1.0, 1.3
    rate = 2.0 * math.pi / period
    simulator.reset((0.0, 0.0, height), rotor_thrust=simulator.description.hover_rotor_thrust)

    def goal(time: float) -> Setpoint:
        phase = rate * time
        position = (half * math.sin(phase), 0.5 * half * math.sin(2.0 * phase), height)
        velocity = (half * rate * math.cos(phase), half * rate * math.cos(2.0 * phase), 0.0)
        return Setpoint(position, velocity)

    return Track(goal, duration=2.0 * period)


_COURSES = {"waypoint": _tour, "hover": _throw, "figure_eight": _figure_eight}
