"""Evaluates a bundle: flies it in both simulators and counts."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np

from untether_policies.bundle import Bundle, load_bundle
from untether_policies.errors import BundleError
from untether_training.evaluation.condition import CONDITIONS, TRAINING_TARGET, Condition
from untether_training.evaluation.criteria import CRITERIA, Goal
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.flight import CONTROL_RATE
from untether_training.evaluation.job import Job, run_job
from untether_training.evaluation.outcome import Episodes
from untether_training.evaluation.row import EvaluationRow

LEGS = 2  # goals of a flight in the deployment simulator, when the task is to arrive
_EPISODES_OF_A_JOB = 250
_FLIGHTS_OF_A_JOB = 50
_STREAM = 0x5EED  # keeps these random numbers apart from those of any training seed

OnProgress = Callable[[int, int], None]  # flights flown, flights in all


def evaluate_bundle(
    path: str | Path,
    *,
    episodes: int = 1000,
    flights: int = 200,
    seed: int = 1000,
    task: str | None = None,
    workers: int = 2,
    on_progress: OnProgress | None = None,
) -> Evaluation:
    """Fly a quadrotor bundle in the training simulator and in the deployment simulator.

    The same seed gives the same flights, whatever the number of workers. The random numbers are
    derived from it apart from those of training, even for an equal seed.

    Args:
        path: A bundle's folder or ``NAME.untether`` archive.
        episodes: Episodes in the training simulator, with domain randomisation; 0 for none.
        flights: Flights under each condition in the deployment simulator; 0 for none.
        seed: What all random numbers are derived from.
        task: Name of the task; None for the one in the contract's provenance.
        workers: Processes; 1 runs all in this one.
        on_progress: Called now and then with the flights flown so far and their total.

    Returns:
        One row for the training simulator and one for each condition.

    Raises:
        BundleError: When the bundle is refused, is not a quadrotor's, or its task is unknown.
        ValueError: When a count does not make sense.
    """
    started = time.monotonic()
    if min(episodes, flights) < 0 or max(episodes, flights) < 1 or workers < 1:
        raise ValueError(
            f"expected episodes or flights and workers of at least 1, got {episodes} episodes, "
            f"{flights} flights and {workers} workers; correct the counts"
        )
    bundle = load_bundle(path)
    name = _find_task(bundle, task)
    counts: dict[Condition | None, int] = {None: episodes} if episodes else {}
    counts |= dict.fromkeys(CONDITIONS, flights) if flights else {}
    plan = [
        job
        for condition, count in counts.items()
        for job in _plan(bundle, name, condition, count, seed)
    ]
    parts: dict[Condition | None, list[Episodes]] = {condition: [] for condition in counts}
    flown = 0
    with closing(_run(plan, workers)) as results:
        for job, result in zip(plan, results, strict=True):
            parts[job.condition].append(result)
            flown += result.count
            if on_progress is not None:
                on_progress(flown, sum(counts.values()))
    return Evaluation(
        bundle=bundle.contract.name,
        sha256=bundle.sha256,
        task=name,
        seed=seed,
        seconds=time.monotonic() - started,
        rows=tuple(_count(condition, part) for condition, part in parts.items()),
    )


def _count(condition: Condition | None, parts: Sequence[Episodes]) -> EvaluationRow:
    """Return the row of the deployment simulator's condition, or of the training simulator."""
    episodes = Episodes.join(parts)
    if condition is None:
        return EvaluationRow.of("training", "randomised", "randomised", episodes, TRAINING_TARGET)
    return EvaluationRow.of("mujoco", condition.name, condition.title, episodes, condition.target)


def _find_task(bundle: Bundle, task: str | None) -> str:
    """Return the name of the bundle's task, and refuse what cannot be evaluated."""
    contract = bundle.contract
    name = str(contract.provenance.get("task", "")) if task is None else task
    if name not in CRITERIA:
        raise BundleError(
            f"task of {contract.name!r}",
            expected=f"one of {', '.join(CRITERIA)}",
            got=repr(name) if name else "none in the contract's provenance",
            fix="name the task that the policy is for, with --task",
        )
    if contract.rate != CONTROL_RATE:
        raise BundleError(
            f"rate of {contract.name!r}",
            expected=f"{CONTROL_RATE:g} Hz, at which quadrotors are simulated here",
            got=f"{contract.rate:g} Hz",
            fix="use a policy of that rate",
        )
    return name


def _plan(
    bundle: Bundle, task: str, condition: Condition | None, count: int, seed: int
) -> Iterator[Job]:
    """Yield the jobs of one row; all conditions start alike and fly to the same goals."""
    from untether_training.evaluation.scenario_sampler import sample_scenario

    stream = 0 if condition is None else 1
    sequence = np.random.SeedSequence((seed, _STREAM, stream))
    scenario_seed, noise_seed = sequence.generate_state(2, np.uint32).tolist()
    tour = condition is not None and CRITERIA[task].goal is Goal.ARRIVE
    scenario = sample_scenario(task, count, scenario_seed, legs=LEGS if tour else 1)
    seeds = np.random.SeedSequence(noise_seed).generate_state(count, np.uint32).tolist()
    size = _EPISODES_OF_A_JOB if condition is None else _FLIGHTS_OF_A_JOB
    for start in range(0, count, size):
        stop = min(start + size, count)
        part = scenario.part(start, stop)
        yield Job(bundle.path, task, condition, part, seeds[start:stop])


def _run(jobs: Sequence[Job], workers: int) -> Generator[Episodes]:
    """Yield the jobs' results in their order."""
    if workers == 1:
        yield from map(run_job, jobs)
        return
    # Spawned, not forked: torch and ONNX Runtime have threads, which a fork would not copy.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=context, initializer=_prepare_worker
    )
    try:
        yield from pool.map(run_job, jobs)
    except BaseException:
        # Nobody waits for what was interrupted, and no process outlives it.
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare_worker() -> None:
    """Leave Ctrl-C to the parent, end with it, and use the one core that is the worker's.

    Torch, which is not imported yet, reads the variable.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"


def _end_with_parent() -> None:
    """End this process when its parent has ended, even by a kill that let it tell nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
