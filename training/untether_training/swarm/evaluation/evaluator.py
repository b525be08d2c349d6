"""Flies a swarm bundle through the cells of its evaluation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.state import Floats, SwarmContacts
from untether_hardware.swarm.tally import SwarmTally
from untether_policies.bundle import Bundle, load_bundle
from untether_policies.errors import BundleError
from untether_policies.policy import Policy
from untether_training.models.features import FeaturesConfig
from untether_training.swarm.config import SwarmConfig
from untether_training.swarm.evaluation.cell import Cell
from untether_training.swarm.evaluation.evaluation import SwarmEvaluation
from untether_training.swarm.evaluation.row import SwarmRow
from untether_training.swarm.goals import Scenario
from untether_training.swarm.obstacles import ObstacleView
from untether_training.swarm.specs import swarm_input_specs
from untether_training.swarm.worlds import SwarmWorlds
from untether_training.tasks.fleet import CONTROL_TIMESTEP
from untether_training.tasks.randomisation import NOMINAL

_STREAM = 0x5A4B  # keeps these random numbers apart from those of any training seed
_THRUST = "command/rotor/thrust"


class InferenceTime:
    """How long a graph takes for one drone, on the average."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._commands = 0

    @property
    def mean(self) -> float:
        """[s]; zero before the first command."""
        return self._seconds / max(1, self._commands)

    def add(self, seconds: float, commands: int) -> None:
        """Take a batch in."""
        self._seconds += seconds
        self._commands += commands


def evaluate_swarm(
    path: str | Path,
    cells: Sequence[Cell],
    *,
    episodes: int = 200,
    seed: int = 1000,
    on_progress: Callable[[int, int], None] | None = None,
) -> SwarmEvaluation:
    """Fly a swarm bundle, the graph that robots would run, through cells.

    Equal seeds give equal flights; they are drawn apart from those of training.

    Args:
        path: A bundle's folder or `NAME.untether` archive.
        cells: Conditions.
        episodes: In each cell.
        seed: What all random numbers are derived from.
        on_progress: Called with the control steps flown so far and their total.

    Raises:
        BundleError: When the bundle is refused, or is not a swarm's.
    """
    started = time.monotonic()
    bundle = load_bundle(path)
    config = SwarmConfig(neighbours=_count_neighbours(bundle))
    view = ObstacleView.of(bundle.contract.inputs)
    steps = round(config.episode_time / CONTROL_TIMESTEP)
    total = sum(len(cell.scenarios) for cell in cells) * steps
    done = 0
    inference = InferenceTime()

    def tick() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, total)

    rows = []
    for index, cell in enumerate(cells):
        parts = []
        for number, scenario in enumerate(cell.scenarios):
            share = episodes // len(cell.scenarios) + (number < episodes % len(cell.scenarios))
            state = np.random.SeedSequence((seed, _STREAM, index, number)).generate_state(1)
            generator = torch.Generator().manual_seed(int(state[0]))
            worlds = _build(config, cell, scenario, share, generator, view)
            parts.append(_fly(bundle, worlds, steps, tick, inference))
        rows.append(SwarmRow.of(cell, parts))
    return SwarmEvaluation(
        bundle=bundle.contract.name,
        sha256=bundle.sha256,
        seed=seed,
        seconds=time.monotonic() - started,
        inference=inference.mean,
        rows=tuple(rows),
    )


def _count_neighbours(bundle: Bundle) -> int:
    """Return how many neighbours the policy sees, and refuse what is no swarm's."""
    contract = bundle.contract
    shapes = {spec.kind: spec.shape for spec in contract.inputs}
    neighbours = shapes.get("custom/neighbour/position", (0,))[0]
    view = ObstacleView.of(contract.inputs)
    expected = swarm_input_specs(FeaturesConfig(), neighbours, view)
    known = {(spec.name, spec.kind, spec.elements, spec.unit, spec.frame) for spec in expected}
    given = {
        (spec.name, spec.kind, spec.elements, spec.unit, spec.frame) for spec in contract.inputs
    }
    outputs = [(spec.kind, spec.elements) for spec in contract.outputs]
    if known != given or outputs != [(_THRUST, CRAZYFLIE.rotor_names)]:
        raise BundleError(
            f"tensors of {contract.name!r}",
            expected="a swarm's: neighbours and obstacles in, rotor thrusts out, in our order",
            got=", ".join(spec.name for spec in (*contract.inputs, *contract.outputs)),
            fix="evaluate a bundle that was trained for the task swarm",
        )
    return neighbours


def _build(
    config: SwarmConfig,
    cell: Cell,
    scenario: type[Scenario],
    episodes: int,
    generator: torch.Generator,
    view: ObstacleView,
) -> SwarmWorlds:
    """Return the worlds of a cell's episodes, one each, at their start."""
    course = replace(
        config.course, density=(cell.density, cell.density), size=(cell.size, cell.size)
    )
    config = replace(
        config,
        drones=cell.drones,
        course=course,
        randomisation=config.randomisation if cell.randomised else NOMINAL,
    )
    worlds = SwarmWorlds(config, CRAZYFLIE, episodes, generator, scenario, view)
    worlds.reset(torch.arange(episodes))
    return worlds


@torch.inference_mode()
def _fly(
    bundle: Bundle,
    worlds: SwarmWorlds,
    steps: int,
    on_step: Callable[[], None],
    inference: InferenceTime,
) -> SwarmOutcome:
    """Fly all episodes to their end; drones are in the order of the fleet's columns."""
    drones, episodes = worlds.shape
    policy = Policy.from_bundle(bundle, batch=drones * episodes)
    output = next(iter(policy.outputs.values()))
    radius = worlds.scenario.radius_of(torch.arange(episodes)).repeat(drones)
    tally = SwarmTally(_rows(worlds.position), radius.double().numpy(), CONTROL_TIMESTEP)
    for _ in range(steps):
        for name, value in worlds.measure().items():
            np.copyto(policy.inputs[name], value.numpy())
        started = time.perf_counter()
        policy.step()
        inference.add(time.perf_counter() - started, drones * episodes)
        command = torch.from_numpy(output).T / CRAZYFLIE.max_rotor_thrust
        met = worlds.fly(command.clamp(0.0, 1.0))
        touched = (met.touching.any(1), met.at_column, met.at_wall, met.on_floor)
        contacts = SwarmContacts(*(flags.flatten().numpy() for flags in touched))
        tally.observe(_rows(worlds.position), _rows(worlds.goal), contacts)
        on_step()
    return tally.finish()


def _rows(vectors: Tensor) -> Floats:
    """Return vectors (3, D, W) as rows of an array, (D * W, 3)."""
    return vectors.flatten(1).T.double().numpy().copy()
