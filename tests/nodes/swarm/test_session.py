"""Who of a swarm is flown, where to, and what ends it: every order of events, without ROS."""

import numpy as np
import pytest
from untether_interfaces.action import RunSwarm

from untether_hardware.safety import Mode
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.goals import Goals
from untether_nodes.swarm.run import RunCode, SwarmRun
from untether_nodes.swarm.run_request import RunDefaults, RunRefusedError, read_run
from untether_nodes.swarm.scenario import Scenario
from untether_nodes.swarm.session import SwarmSession

DRONES, PERIOD, NOW = 4, 0.01, 1_000.0
NAMES = ("cf1", "cf2", "cf3", "cf4")
ALL = np.arange(DRONES)
PADS = np.array([[-1.5, 0.0, 0.02], [-0.5, 0.0, 0.02], [0.5, 0.0, 0.02], [1.5, 0.0, 0.02]])
EMPTY = Columns(np.zeros((0, 2)), np.zeros(0))
DEFAULTS = RunDefaults(duration=2.0, radius=0.5, hull=0.07, period=PERIOD)


class Swarm:
    """A session with drones that are wherever they are to be."""

    def __init__(self):
        self.session = SwarmSession(DRONES)
        self.stamp = 0.0
        self.position = PADS.copy()
        self.endings = []
        self.change(Mode.IDLE)

    def change(self, *modes):
        """All drones change to a mode, or each to its own."""
        wanted = modes if len(modes) == DRONES else modes * DRONES
        self.endings.append(self.session.change_modes(wanted))

    def fly(self, duration):
        """Fly on [s]; return how the run ended, or None."""
        for _ in range(round(duration / PERIOD)):
            self.stamp += PERIOD
            goal = self.session.advance(self.stamp, self.position)
            flying = self.session.flying
            self.position[flying] = goal[flying]
            ending = self.session.update(self.position)
            if ending is not None:
                return ending
        return None

    def take_off(self, height=1.5, duration=1.0):
        """All drones rise and stay there."""
        (arm,) = self.session.take_off(ALL, height, duration)
        start = self.session.answer(arm, np.ones(DRONES, dtype=bool), NOW)
        assert start is not None
        assert start.start
        self.change(Mode.STANDBY)
        self.fly(0.1)
        assert self.session.answer(start, np.ones(DRONES, dtype=bool), NOW) is None
        self.change(Mode.POLICY)
        self.fly(duration + 0.1)

    def begin(self, goals, rows=ALL, duration=2.0):
        """Begin a run to places."""
        self.session.begin(SwarmRun(np.asarray(rows), Goals(goals, 0.5), duration, PERIOD))


@pytest.fixture
def swarm():
    return Swarm()


@pytest.fixture
def flying(swarm):
    swarm.take_off()
    return swarm


def above(pads, height):
    return np.column_stack([pads[:, :2], np.full(len(pads), height)])


def test_codes_and_scenarios_are_those_of_the_action():
    for kind, source in ((RunCode, RunSwarm.Result), (Scenario, RunSwarm.Goal)):
        assert {one.name: one.value for one in kind} == {
            one.name: getattr(source, one.name) for one in kind
        }


def test_who_stands_is_armed_and_then_granted_to_the_policy(swarm):
    session = swarm.session
    (arm,) = session.take_off(ALL, 1.0, 1.0)
    assert not arm.start
    assert arm.rows.tolist() == ALL.tolist()
    assert not session.commanded.any()
    start = session.answer(arm, np.array([True, True, False, True]), NOW)
    assert start is not None
    assert start.rows.tolist() == [0, 1, 3]
    assert session.commanded.tolist() == session.starting.tolist() == [True, True, False, True]
    session.answer(start, np.array([True, False, True]), NOW)
    swarm.change(Mode.POLICY, Mode.STANDBY, Mode.IDLE, Mode.POLICY)
    assert session.flying.tolist() == [True, False, False, True]
    assert not session.starting.any()


def test_who_is_armed_already_is_not_armed_again(swarm):
    swarm.change(Mode.STANDBY, Mode.IDLE, Mode.STANDBY, Mode.IDLE)
    arm, start = swarm.session.take_off(ALL, 1.0, 1.0)
    assert (arm.start, arm.rows.tolist()) == (False, [1, 3])
    assert (start.start, start.rows.tolist()) == (True, [0, 2])
    assert swarm.session.take_off(ALL, 1.0, 1.0) == [], "asked twice"


def test_a_mode_that_does_not_come_ends_the_start(swarm):
    swarm.change(Mode.STANDBY)
    (start,) = swarm.session.take_off(ALL, 1.0, 1.0)
    assert len(swarm.session.check_modes(NOW + 60.0)) == 0, "not answered yet"
    swarm.session.answer(start, np.ones(DRONES, dtype=bool), NOW)
    assert len(swarm.session.check_modes(NOW + 0.9)) == 0
    assert swarm.session.check_modes(NOW + 1.1).tolist() == ALL.tolist()
    assert not swarm.session.commanded.any()


def test_who_was_in_mode_policy_before_is_flown_again(swarm):
    swarm.change(Mode.POLICY)
    (start,) = swarm.session.take_off(ALL, 1.0, 1.0)
    swarm.session.answer(start, np.ones(DRONES, dtype=bool), NOW)
    assert swarm.session.flying.all()


def test_the_goal_rises_from_where_a_drone_stands(swarm):
    swarm.take_off(height=2.0, duration=2.0)
    np.testing.assert_allclose(swarm.position, above(PADS, 2.0))
    np.testing.assert_allclose(swarm.session.home, above(PADS, 2.0))


def test_the_goal_rises_from_there_though_no_states_came_in_between(flying):
    flying.change(Mode.IDLE)
    flying.position = PADS[::-1].copy()
    (arm,) = flying.session.take_off(ALL, 2.0, 1.0)
    start = flying.session.answer(arm, np.ones(DRONES, dtype=bool), NOW)
    flying.session.answer(start, np.ones(DRONES, dtype=bool), NOW)
    flying.change(Mode.POLICY)
    assert flying.session.take_off(ALL, 1.0, 1.0) == []
    flying.fly(1.1)
    np.testing.assert_allclose(flying.position, above(PADS[::-1], 1.0))
    np.testing.assert_allclose(flying.session.home, above(PADS[::-1], 1.0))


def test_the_goal_rises_evenly(swarm):
    swarm.take_off(height=1.0, duration=0.0)
    swarm.session.take_off(ALL, 2.0, 1.0)
    swarm.fly(PERIOD)
    swarm.fly(0.5)
    np.testing.assert_allclose(swarm.position[:, 2], 1.5)


@pytest.mark.parametrize("mode", [Mode.STANDBY, Mode.FAULT, Mode.INTERVENTION, Mode.IDLE])
def test_who_leaves_mode_policy_is_flown_no_more(flying, mode):
    flying.change(Mode.POLICY, mode, Mode.POLICY, Mode.POLICY)
    assert flying.session.commanded.tolist() == [True, False, True, True]


def test_a_relative_goal_counts_from_where_a_drone_is_to_be(flying):
    rows = np.array([1, 2])
    target = flying.session.find_target(rows, (0.0, 1.0, 0.5), relative=True)
    flying.session.go_to(rows, target, 1.0)
    flying.fly(1.1)
    expected = above(PADS, 1.5)
    expected[rows] += (0.0, 1.0, 0.5)
    np.testing.assert_allclose(flying.position, expected)


def test_a_run_ends_in_time_and_its_drones_hover_at_their_goals(flying):
    goals = PADS + np.array([0.0, 2.0, 1.0])
    flying.begin(goals)
    ending = flying.fly(3.0)
    assert ending is not None
    assert ending.code is RunCode.NONE
    assert ending.run.elapsed == pytest.approx(2.0, abs=0.011)
    arrived, distance = ending.run.read_progress()
    assert arrived.all()
    np.testing.assert_allclose(distance, 0.0)
    flying.fly(1.0)
    np.testing.assert_allclose(flying.position, goals)


def test_who_is_not_named_stays_where_it_is(flying):
    flying.begin(PADS[[2, 0]] + np.array([0.0, 1.0, 2.0]), rows=[2, 0])
    flying.session.go_to(ALL, above(PADS, 2.5), 0.0)
    flying.fly(0.5)
    np.testing.assert_allclose(flying.position[[1, 3]], above(PADS, 2.5)[[1, 3]])
    np.testing.assert_allclose(flying.position[[2, 0]], PADS[[2, 0]] + np.array([0.0, 1.0, 2.0]))


def test_who_is_lost_is_counted_and_all_lost_end_the_run(flying):
    flying.begin(above(PADS, 1.0))
    flying.fly(0.5)
    flying.change(Mode.POLICY, Mode.FAULT, Mode.POLICY, Mode.POLICY)
    assert flying.endings[-1] is None
    assert flying.session.run is not None
    assert flying.session.run.lost.tolist() == [False, True, False, False]
    arrived, _ = flying.session.run.read_progress()
    assert arrived.tolist() == [True, False, True, True]
    flying.change(Mode.FAULT)
    assert flying.endings[-1].code is RunCode.FAULT
    assert flying.session.run is None


def test_who_takes_off_again_does_not_come_back_into_the_run(flying):
    flying.begin(above(PADS, 1.0))
    flying.change(Mode.STANDBY, Mode.POLICY, Mode.POLICY, Mode.POLICY)
    (start,) = flying.session.take_off(ALL[:1], 2.0, 0.0)
    flying.session.answer(start, np.ones(1, dtype=bool), NOW)
    flying.change(Mode.POLICY)
    flying.fly(0.1)
    assert flying.position[0, 2] == pytest.approx(2.0)
    assert flying.session.free.tolist() == [True, False, False, False]


def test_a_cancelled_run_leaves_its_drones_where_they_are(flying):
    flying.begin(above(PADS, 3.0))
    flying.session.advance(flying.stamp + PERIOD, flying.position)
    ending = flying.session.cancel(flying.position)
    assert ending.code is RunCode.CANCELED
    before = flying.position.copy()
    flying.fly(0.5)
    np.testing.assert_allclose(flying.position, before)


def test_a_stopped_session_flies_nobody(flying):
    flying.begin(above(PADS, 3.0))
    assert flying.session.stop(RunCode.NO_POLICY, "").code is RunCode.NO_POLICY
    assert not flying.session.commanded.any()


def read(swarm, columns=EMPTY, **fields):
    return read_run(RunSwarm.Goal(**fields), NAMES, swarm.session, columns, DEFAULTS)


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        ({"scenario": 99}, RunCode.INVALID_GOAL, "scenario: expected one of 0 .GIVEN"),
        ({"scenario": 1, "duration": -1.0}, RunCode.INVALID_GOAL, "a positive number"),
        ({"scenario": 1, "duration": np.nan}, RunCode.INVALID_GOAL, "a positive number"),
        ({"scenario": 1, "drones": ["cf9"]}, RunCode.INVALID_GOAL, "from cf1 to cf4"),
        ({"scenario": 1, "drones": ["cf1", "cf1"]}, RunCode.INVALID_GOAL, "each once"),
        ({"scenario": 1, "goals": [1.0]}, RunCode.INVALID_GOAL, "expected none for RANDOM"),
        ({"goals": [0.0] * 9}, RunCode.INVALID_GOAL, "each of the 4 drones in the air"),
        ({"drones": ["cf1"], "goals": [0.0] * 12}, RunCode.INVALID_GOAL, "the 1 drones named"),
        ({"drones": ["cf1"], "goals": [0.0, 0.0, np.inf]}, RunCode.INVALID_GOAL, "finite"),
        ({"drones": ["cf1"], "goals": [0.0, 5.0, 1.0]}, RunCode.INVALID_GOAL, "in the room"),
        ({"drones": ["cf1"], "goals": [0.0, 0.0, 0.0]}, RunCode.INVALID_GOAL, "in the room"),
        ({"drones": ["cf1"], "goals": [2.3, 2.0, 1.0]}, RunCode.INVALID_GOAL, "every column"),
    ],
)
def test_a_run_that_cannot_be_flown_is_refused(flying, fields, code, text):
    columns = Columns(np.array([[2.0, 2.0]]), np.array([0.3]))
    with pytest.raises(RunRefusedError, match=text) as refused:
        read(flying, columns, **fields)
    assert refused.value.code is code
    assert "Fix:" in str(refused.value)


def test_nobody_can_be_sent_anywhere_on_the_floor(swarm):
    with pytest.raises(RunRefusedError, match="take off first") as refused:
        read(swarm, scenario=1)
    assert refused.value.code is RunCode.NOT_FLYING


def test_a_full_room_has_no_goals_to_draw(flying):
    full = Columns.sample(1.0, 0.6, np.random.default_rng(0))
    with pytest.raises(RunRefusedError, match="fewer columns"):
        read(flying, full, scenario=1)


def test_given_goals_belong_to_the_drones_by_name(flying):
    run = read(flying, drones=["cf3", "cf1"], goals=[0.0, 1.0, 2.0, 1.0, 0.0, 1.0])
    assert run.rows.tolist() == [2, 0]
    np.testing.assert_array_equal(run.goals.position, [[0.0, 1.0, 2.0], [1.0, 0.0, 1.0]])
    assert run.duration == DEFAULTS.duration


def test_goals_of_who_does_not_fly_are_left_out(flying):
    flying.change(Mode.POLICY, Mode.POLICY, Mode.FAULT, Mode.POLICY)
    run = read(flying, drones=["cf3", "cf1"], goals=[0.0, 1.0, 2.0, 1.0, 0.0, 1.0])
    assert run.rows.tolist() == [0]
    np.testing.assert_array_equal(run.goals.position, [[1.0, 0.0, 1.0]])


def test_home_is_above_where_a_drone_took_off(flying):
    flying.session.go_to(ALL, PADS + np.array([0.0, 1.0, 2.0]), 0.0)
    flying.fly(0.1)
    run = read(flying, scenario=Scenario.HOME)
    np.testing.assert_allclose(run.goals.position, above(PADS, 1.5))


@pytest.mark.parametrize(
    "scenario", [Scenario.RANDOM, Scenario.SHARED, Scenario.SWAP, Scenario.PURSUIT, Scenario.JUMP]
)
def test_the_same_seed_sends_the_drones_to_the_same_places(flying, scenario):
    first, second, other = (read(flying, scenario=scenario, seed=seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.goals.position, second.goals.position)
    assert not np.array_equal(first.goals.position, other.goals.position)
