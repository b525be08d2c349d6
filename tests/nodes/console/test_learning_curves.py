"""The curves show a learner's episodes where one tells, else those of the console."""

import pytest

from untether_nodes.console.learning_curves import CURVES, LearningCurves


@pytest.fixture
def curves():
    return LearningCurves()


def status(episode, **values):
    return {"episode": str(episode)} | {name: str(value) for name, value in values.items()}


def test_the_console_s_episodes_give_return_success_and_intervention_rate(curves):
    curves.add_episode(success=True, steps=40, corrected=10)
    curves.add_episode(success=False, steps=0, corrected=0)
    read = curves.read()
    assert tuple(read) == CURVES
    assert read["return"] == [(1.0, 1.0), (2.0, 0.0)]
    assert read["success"] == [(1.0, 1.0), (2.0, 0.5)]
    assert read["intervention rate"] == [(1.0, 0.25), (2.0, 0.0)]
    assert read["q"] == read["latency [s]"] == []


def test_success_is_the_mean_of_the_last_twenty(curves):
    for episode in range(30):
        curves.add_episode(success=episode >= 15, steps=1, corrected=0)
    success = [value for _, value in curves.read()["success"]]
    assert success[14] == 0.0
    assert success[19] == pytest.approx(5 / 20)
    assert success[29] == pytest.approx(15 / 20)


def test_a_learner_takes_the_place_of_the_console_s_episodes(curves):
    curves.add_episode(success=True, steps=1, corrected=0)
    curves.add_status(status(31, success=1, q=0.4))
    curves.add_episode(success=False, steps=1, corrected=0)
    read = curves.read()
    assert read["success"] == [(31.0, 1.0)]
    assert read["q"] == [(31.0, 0.4)]
    assert read["return"] == []


def test_the_same_episode_is_replaced_and_an_earlier_one_begins_anew(curves):
    curves.add_status(status(1, q=0.1))
    curves.add_status(status(2, q=0.2))
    curves.add_status(status(2, q=0.3))
    assert curves.read()["q"] == [(1.0, 0.1), (2.0, 0.3)]
    curves.add_status(status(1, q=0.5))
    assert curves.read()["q"] == [(1.0, 0.5)]


def test_the_revision_grows_with_changes_alone(curves):
    curves.add_status(status(1, q=0.1))
    first = curves.revision
    curves.add_status(status(1, q=0.1))
    assert curves.revision == first > 0
    curves.add_status(status(1, q=0.2))
    assert curves.revision > first


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"q": "0.5"},
        status("nan", q=0.5),
        status(1),
        status(1, q="high"),
        status(1, q="inf"),
        status(1, loss=0.5),
    ],
)
def test_what_is_no_number_is_left_out(curves, values):
    curves.add_episode(success=True, steps=1, corrected=0)
    curves.add_status(values)
    assert curves.read()["return"] == [(1.0, 1.0)]
    assert curves.read()["q"] == []


def test_old_episodes_are_forgotten(curves):
    for episode in range(1200):
        curves.add_status(status(episode, q=episode))
    points = curves.read()["q"]
    assert len(points) == 500
    assert points[-1] == (1199.0, 1199.0)
