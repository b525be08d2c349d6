"""Evaluating bundles: a classical controller and one that ignores what it sees."""

import math
import multiprocessing
from dataclasses import replace

import pytest

from untether_policies.errors import BundleError
from untether_training.evaluation.condition import CONDITIONS
from untether_training.evaluation.evaluator import evaluate_bundle
from untether_training.evaluation.table import write_card_table


@pytest.fixture(scope="module")
def cascade_evaluation(cascade_bundle):
    return evaluate_bundle(cascade_bundle, episodes=40, flights=2, seed=7, workers=1)


def figures_of(evaluation):
    return {**evaluation.figures(), "seconds": None}


def test_a_sound_controller_flies_in_both_simulators(cascade_evaluation):
    training, *mujoco = cascade_evaluation.rows
    assert training.simulator == "training"
    assert training.successes >= 24  # it was tuned for quick rotors; some have slow ones
    assert [row.condition for row in mujoco] == [condition.name for condition in CONDITIONS]
    *others, slow_motors = mujoco
    assert sum(row.successes for row in others) >= 8
    assert slow_motors.target is None
    assert slow_motors.successes == 0  # its gains are made for faster ones
    for row in (training, *others):
        assert 0.5 < row.time_to_goal < 6.0
        assert row.final_distance < 0.5
        assert 0.2 < row.mean_speed < row.peak_speed < 4.0
        assert row.tracking_error < 0.15


def test_constant_thrust_fails_every_time_and_every_flight_is_counted(constant_bundle):
    seen = []
    evaluation = evaluate_bundle(
        constant_bundle,
        episodes=30,
        flights=1,
        seed=7,
        workers=1,
        on_progress=lambda flown, total: seen.append((flown, total)),
    )
    assert not evaluation.passed
    assert all(row.successes == 0 for row in evaluation.rows)
    assert evaluation.rows[0].grounded > 0
    assert seen == [(flown, 36) for flown in range(30, 37)]


@pytest.mark.slow
def test_the_seed_alone_decides_not_the_number_of_processes(cascade_bundle):
    arguments = {"episodes": 0, "flights": 1, "seed": 7}
    alone = evaluate_bundle(cascade_bundle, workers=1, **arguments)
    shared = evaluate_bundle(cascade_bundle, workers=2, **arguments)
    assert figures_of(alone) == figures_of(shared)


@pytest.mark.slow
def test_an_interrupted_evaluation_leaves_no_process_behind(constant_bundle):
    before = set(multiprocessing.active_children())

    def interrupt(flown, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate_bundle(constant_bundle, episodes=0, flights=1, workers=2, on_progress=interrupt)
    assert set(multiprocessing.active_children()) == before


def test_another_seed_flies_otherwise(cascade_bundle):
    runs = [
        evaluate_bundle(cascade_bundle, episodes=10, flights=0, seed=seed, workers=1)
        for seed in (1, 1, 2)
    ]
    assert figures_of(runs[0]) == figures_of(runs[1])
    assert runs[0].rows[0].mean_speed != runs[2].rows[0].mean_speed


def test_the_card_states_counts_and_how_to_repeat_them(cascade_evaluation):
    text = write_card_table(cascade_evaluation)
    lines = text.splitlines()
    assert lines[0].startswith("| simulator, condition | success |")
    assert len({line.count("|") for line in lines[:9]}) == 1
    assert f"{cascade_evaluation.rows[1].successes}/2" in lines[3]
    assert "untether eval cascade --episodes 40 --flights 2 --seed 7" in text


@pytest.mark.parametrize("task", ["hover", "figure_eight"])
def test_the_other_tasks_are_judged_to_their_end(cascade_bundle, task):
    evaluation = evaluate_bundle(
        cascade_bundle, episodes=10, flights=0, task=task, seed=7, workers=1
    )
    assert evaluation.task == task
    (row,) = evaluation.rows
    ended = row.successes + row.timeouts + row.grounded + row.flipped + row.lost
    assert ended == row.episodes == 10
    assert math.isfinite(row.final_distance)
    assert math.isnan(row.time_to_goal) == (task == "figure_eight" or not row.successes)


def test_one_missed_target_fails_the_evaluation(cascade_evaluation):
    rows = [replace(row, successes=row.episodes) for row in cascade_evaluation.rows]
    assert replace(cascade_evaluation, rows=tuple(rows)).passed
    rows[2] = replace(rows[2], successes=0)
    assert not replace(cascade_evaluation, rows=tuple(rows)).passed


def test_an_unknown_task_is_refused(cascade_bundle):
    with pytest.raises(BundleError, match="juggle"):
        evaluate_bundle(cascade_bundle, task="juggle")


@pytest.mark.parametrize("counts", [(0, 0, 1), (-1, 5, 1), (5, 5, 0)])
def test_impossible_counts_are_refused(cascade_bundle, counts):
    episodes, flights, workers = counts
    with pytest.raises(ValueError, match="correct the counts"):
        evaluate_bundle(cascade_bundle, episodes=episodes, flights=flights, workers=workers)
