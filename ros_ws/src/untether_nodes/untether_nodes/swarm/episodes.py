"""Episodes of a simulated swarm through the nodes: fresh rooms, take-off, a run, landing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from untether_interfaces.srv import SwarmRequest

from untether_hardware.safety import Mode
from untether_hardware.swarm.outcome import SwarmOutcome
from untether_hardware.swarm.places import HEIGHT
from untether_nodes.graph_client import FlightClientError
from untether_nodes.swarm.client import SwarmClient
from untether_nodes.swarm.episode_watch import EpisodeWatch
from untether_nodes.swarm.scenario import Scenario

SCENARIOS = (Scenario.RANDOM, Scenario.SHARED)
"""What is flown, in turn."""

_DURATION = 15.0  # [s] of a run
_CLIMB = 3.0  # [s] of a take-off
_SETTLING = 1.0  # [s] between take-off and run
_PAUSE = 0.3  # [s] for what has changed to be known
_PATIENCE = 20.0  # [s] for a drone that fell to be ready again
_NEVER_IDLE = (Mode.STANDBY, Mode.POLICY, Mode.INTERVENTION)


@dataclass(frozen=True)
class Course:
    """The rooms of the episodes.

    Attributes:
        density: Share of the cells with a column [1].
        size: Diameter of the columns [m].
    """

    density: float
    size: float


@dataclass(frozen=True)
class Episode:
    """How one episode went.

    Attributes:
        seed: Of its room, its goals and all noise.
        scenario: What was flown.
        outcome: How each drone fared in the run.
        took_off: How many drones flew when it began.
        lost: How many drones the safety stages took from the policy in it.
        code: How it ended, of ``untether_interfaces/action/RunSwarm``.
    """

    seed: int
    scenario: Scenario
    outcome: SwarmOutcome
    took_off: int
    lost: int
    code: int

    def describe(self) -> dict[str, object]:
        """Return the episode as plain values, for JSON."""
        outcome = self.outcome
        flags = ("arrived", "hit_drone", "hit_column", "hit_wall", "hit_floor")
        return {
            "seed": self.seed,
            "scenario": self.scenario.name.lower(),
            "code": self.code,
            "took_off": self.took_off,
            "lost": self.lost,
            **{name: getattr(outcome, name).tolist() for name in flags},
        }


def fly_episodes(swarm: SwarmClient, count: int, course: Course, seed: int) -> Iterator[Episode]:
    """Fly episodes one after the other.

    Args:
        swarm: A client of simulated drones that are ready.
        count: How many.
        course: The rooms.
        seed: What the seeds of all episodes are derived from.

    Raises:
        FlightClientError: When the nodes do not answer, or the drones cannot be made ready.
    """
    watch = swarm.watch()
    for index in range(count):
        generator = np.random.default_rng((seed, index))
        scenario = SCENARIOS[index % len(SCENARIOS)]
        yield _fly_episode(swarm, watch, course, scenario, generator)


def _fly_episode(
    swarm: SwarmClient,
    watch: EpisodeWatch,
    course: Course,
    scenario: Scenario,
    generator: np.random.Generator,
) -> Episode:
    seed = int(generator.integers(2**31))
    _prepare(swarm, course, seed)
    heights = generator.uniform(*HEIGHT, len(swarm.names)).tolist()
    flying = swarm.take_off(dict(zip(swarm.names, heights, strict=True)), _CLIMB, _SETTLING)
    watch.clear()
    result = swarm.run(scenario, duration=_DURATION, seed=seed)
    swarm.wait_until(lambda: watch.complete, _PAUSE)
    record = watch.read()
    drones = len(swarm.names)
    outcome = record.judge() if record is not None else _never_flown(drones)
    swarm.land()
    return Episode(seed, scenario, outcome, len(flying), sum(result.lost), result.error_code)


def _prepare(swarm: SwarmClient, course: Course, seed: int) -> None:
    """Put all drones on the floor of a fresh room, in mode IDLE, whatever became of them."""
    hung = swarm.find(*_NEVER_IDLE)
    if hung:
        swarm.ask(SwarmRequest.Request.EMERGENCY, hung)

    def reset() -> str:
        try:
            swarm.reset(seed, course.density, course.size)
        except FlightClientError as error:
            return str(error)
        return ""

    def reset_faults() -> str:
        faulty = swarm.find(Mode.FAULT)
        refused = swarm.ask(SwarmRequest.Request.RESET_FAULT, faulty) if faulty else {}
        return "; ".join(f"{name}: {message}" for name, message in refused.items())

    for attempt in (reset, reset_faults):
        _try(swarm, attempt)


def _try(swarm: SwarmClient, attempt: Callable[[], str]) -> None:
    """Repeat what may not be possible yet, until it returns no reason against it."""
    end = swarm.stamp + _PATIENCE
    while problem := attempt():
        if swarm.stamp >= end:
            raise FlightClientError(f"the drones do not become ready: {problem}")
        swarm.wait_until(lambda: False, _PAUSE)
    swarm.wait_until(lambda: False, _PAUSE)


def _never_flown(drones: int) -> SwarmOutcome:
    """Return the outcome of a run that never began: all stayed on the floor."""
    no, unknown = np.zeros(drones, dtype=bool), np.full(drones, np.nan)
    return SwarmOutcome(no, no, no, no, ~no, unknown, unknown)
