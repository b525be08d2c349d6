"""One part of an evaluation, small enough to be flown by one process."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from untether_policies.bundle import load_bundle
from untether_policies.policy import Policy
from untether_training.evaluation.condition import Condition
from untether_training.evaluation.criteria import CRITERIA
from untether_training.evaluation.flight import fly_fleet
from untether_training.evaluation.outcome import Episodes
from untether_training.evaluation.scenario import Scenario

if TYPE_CHECKING:
    from untether_training.evaluation.mujoco_fleet import MujocoFleet


@dataclass(frozen=True)
class Job:
    """Some flights of one row.

    Attributes:
        bundle: The bundle's path; it has been checked already.
        task: Name of the task.
        condition: In the deployment simulator, or None for the training simulator.
        scenario: Starts and goals.
        seeds: One for each flight.
    """

    bundle: Path
    task: str
    condition: Condition | None
    scenario: Scenario
    seeds: Sequence[int]


def run_job(job: Job) -> Episodes:
    """Fly the flights of a job and return their figures."""
    policy = Policy.from_bundle(load_bundle(job.bundle, verify=False), batch=job.scenario.count)
    if job.condition is None:
        # Only now, since torch takes its time, and the other simulator does without it.
        from untether_training.evaluation.training_fleet import TrainingFleet

        fleet = TrainingFleet(job.task, job.scenario, job.seeds[0])
    else:
        fleet = _build_mujoco_fleet(job.condition, job.scenario.count)
        fleet.reset(job.scenario, job.seeds)
    return fly_fleet(policy, fleet, job.scenario, CRITERIA[job.task])


@lru_cache(maxsize=1)
def _build_mujoco_fleet(condition: Condition, count: int) -> "MujocoFleet":
    """Return the fleet of a condition; consecutive jobs share it, as building takes a while."""
    from untether_training.evaluation.mujoco_fleet import MujocoFleet

    return MujocoFleet(condition, count)
