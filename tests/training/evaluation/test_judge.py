"""The success criteria on trajectories made by hand."""

import math

import numpy as np
import pytest

from untether_training.evaluation.criteria import CRITERIA, Criteria, Goal
from untether_training.evaluation.judge import Judge
from untether_training.evaluation.outcome import Episodes, Outcome

PERIOD = 0.01  # [s]
GOAL = np.array([0.0, 0.0, 1.0])  # [m]
UPRIGHT = np.array([0.0, 0.0, 0.0, 1.0])
WAYPOINT = CRITERIA["waypoint"]
HOVER = CRITERIA["hover"]
FIGURE_EIGHT = CRITERIA["figure_eight"]


def tilted(degrees):
    """Quaternion of a rotation about x."""
    return np.array(
        [math.sin(math.radians(degrees) / 2), 0.0, 0.0, math.cos(math.radians(degrees) / 2)]
    )


def judge(criteria, position, orientation=UPRIGHT, velocity=(0.0, 0.0, 0.0), goal=GOAL):
    """Judge one trajectory: `position(t)` etc. are functions of time [s] or constants."""

    def at(value, time):
        return np.asarray(value(time) if callable(value) else value, float)[None]

    referee = Judge(criteria, 1, PERIOD)
    for tick in range(1, round(criteria.time_limit / PERIOD) + 10):
        time = tick * PERIOD
        referee.observe(
            at(position, time), at(orientation, time), at(velocity, time), at(goal, time)
        )
    return referee.episodes()


def outcome(episodes):
    return Outcome(int(episodes.outcome[0]))


def beside_goal(distance):
    return GOAL + np.array([distance, 0.0, 0.0])


class TestArrive:
    def test_staying_within_the_radius_succeeds_and_is_timed_from_the_arrival(self):
        episodes = judge(WAYPOINT, lambda t: beside_goal(1.0 if t < 2.0 - 1e-9 else 0.1))
        assert outcome(episodes) is Outcome.SUCCESS
        assert episodes.time_to_goal[0] == pytest.approx(2.0)
        assert episodes.final_distance[0] == pytest.approx(0.1)
        assert episodes.tracking_error[0] == pytest.approx(0.1)

    @pytest.mark.parametrize(("distance", "expected"), [(0.149, True), (0.151, False)])
    def test_radius(self, distance, expected):
        episodes = judge(WAYPOINT, beside_goal(distance))
        assert (outcome(episodes) is Outcome.SUCCESS) is expected

    def test_passing_through_is_a_timeout(self):
        # Inside for 0.4 s of every second, so never for 0.5 s without a break.
        episodes = judge(WAYPOINT, lambda t: beside_goal(0.05 if t % 1.0 < 0.4 else 0.5))
        assert outcome(episodes) is Outcome.TIMEOUT
        assert math.isnan(episodes.time_to_goal[0])

    def test_leaving_and_coming_back_is_timed_from_the_last_arrival(self):
        def inside(t):
            return 1.0 < t < 1.3 or t > 3.0 - 1e-9

        episodes = judge(WAYPOINT, lambda t: beside_goal(0.05 if inside(t) else 0.6))
        assert outcome(episodes) is Outcome.SUCCESS
        assert episodes.time_to_goal[0] == pytest.approx(3.0)
        assert episodes.tracking_error[0] == pytest.approx(0.05)

    @pytest.mark.parametrize(("arrival", "expected"), [(5.50, True), (5.53, False)])
    def test_the_stay_must_end_within_the_time_limit(self, arrival, expected):
        episodes = judge(WAYPOINT, lambda t: beside_goal(0.0 if t > arrival else 1.0))
        assert (outcome(episodes) is Outcome.SUCCESS) is expected

    def test_touching_the_ground_after_take_off_is_a_crash(self):
        def height(t):
            return max(0.02, 1.0 - t)

        episodes = judge(WAYPOINT, lambda t: np.array([1.0, 0.0, height(t)]))
        assert outcome(episodes) is Outcome.GROUND

    def test_starting_on_the_floor_is_none(self):
        def height(t):
            return 0.02 if t < 1.0 else min(1.0, 0.02 + t - 1.0)

        episodes = judge(WAYPOINT, lambda t: np.array([0.0, 0.0, height(t)]))
        assert outcome(episodes) is Outcome.SUCCESS

    def test_never_taking_off_is_a_timeout(self):
        assert outcome(judge(WAYPOINT, np.array([0.0, 0.0, 0.02]))) is Outcome.TIMEOUT

    @pytest.mark.parametrize(
        ("degrees", "expected"), [(80, Outcome.SUCCESS), (100, Outcome.FLIPPED)]
    )
    def test_turning_over_fails(self, degrees, expected):
        def turn(t):
            return tilted(degrees) if 0.2 < t < 0.3 else UPRIGHT

        assert outcome(judge(WAYPOINT, GOAL, turn)) is expected

    @pytest.mark.parametrize("value", [math.nan, math.inf, 1e6])
    def test_flying_away_or_a_broken_state_is_lost(self, value):
        episodes = judge(WAYPOINT, lambda t: GOAL + np.array([value if t > 0.2 else 0.3, 0, 0]))
        assert outcome(episodes) is Outcome.LOST
        assert np.isfinite(episodes.mean_speed[0])

    def test_what_comes_after_the_end_changes_nothing(self):
        calm = judge(WAYPOINT, GOAL)
        wild = judge(
            WAYPOINT,
            lambda t: GOAL if t < 1.0 else np.array([3.0, 0.0, 0.0]),
            velocity=lambda t: (0.0 if t < 1.0 else 9.0, 0.0, 0.0),
        )
        for name in Episodes.__dataclass_fields__:
            assert getattr(calm, name) == pytest.approx(getattr(wild, name))


class TestHold:
    def test_recovering_from_upside_down_succeeds(self):
        def turn(t):
            return tilted(180.0 * max(0.0, 1.0 - t))

        episodes = judge(HOVER, lambda t: beside_goal(max(0.0, 2.0 - t)), turn)
        assert outcome(episodes) is Outcome.SUCCESS
        assert episodes.time_to_goal[0] == pytest.approx(1.7, abs=0.02)

    @pytest.mark.parametrize("left_at", [5.05, 5.5, 5.98])
    def test_leaving_in_the_last_second_fails(self, left_at):
        def away(t):
            return beside_goal(0.4 if left_at < t < left_at + 0.02 else 0.0)

        assert outcome(judge(HOVER, away)) is Outcome.TIMEOUT

    def test_leaving_before_the_last_second_is_forgiven(self):
        episodes = judge(HOVER, lambda t: beside_goal(0.4 if 4.0 < t < 4.5 else 0.0))
        assert outcome(episodes) is Outcome.SUCCESS

    @pytest.mark.parametrize(("degrees", "expected"), [(9, True), (11, False)])
    def test_it_must_be_level(self, degrees, expected):
        episodes = judge(HOVER, GOAL, tilted(degrees))
        assert (outcome(episodes) is Outcome.SUCCESS) is expected

    def test_bouncing_off_the_ground_is_a_crash(self):
        def low(t):
            return GOAL if not 0.5 < t < 0.6 else np.array([0.0, 0.0, 0.03])

        assert outcome(judge(HOVER, low)) is Outcome.GROUND


class TestTrack:
    @staticmethod
    def goal(time):
        return np.array([math.sin(time), math.sin(2 * time) / 2, 1.0])

    @pytest.mark.parametrize(("lag", "expected"), [(0.14, True), (0.16, False)])
    def test_mean_error_decides(self, lag, expected):
        def behind(t):
            return self.goal(t) + np.array([0.0, 0.0, lag])

        episodes = judge(FIGURE_EIGHT, behind, goal=self.goal)
        assert (outcome(episodes) is Outcome.SUCCESS) is expected
        assert episodes.tracking_error[0] == pytest.approx(lag)

    def test_the_way_to_the_path_does_not_count(self):
        start = FIGURE_EIGHT.time_limit - FIGURE_EIGHT.window

        def late(t):
            return self.goal(t) + np.array([0.0, 0.0, 1.0 if t < start else 0.05])

        episodes = judge(FIGURE_EIGHT, late, goal=self.goal)
        assert outcome(episodes) is Outcome.SUCCESS
        assert episodes.tracking_error[0] == pytest.approx(0.05, rel=0.02)


def test_speeds_are_of_the_episode():
    episodes = judge(WAYPOINT, GOAL, velocity=lambda t: (4.0 if t < 0.105 else 1.0, 0.0, 0.0))
    assert episodes.peak_speed[0] == pytest.approx(4.0)
    assert episodes.mean_speed[0] == pytest.approx((10 * 4.0 + 40 * 1.0) / 50)


def test_episodes_of_a_batch_do_not_touch_each_other():
    criteria = Criteria(Goal.ARRIVE, radius=0.1, window=0.05, time_limit=0.2)
    referee = Judge(criteria, 3, PERIOD)
    position = np.array([[0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [0.0, 0.0, np.nan]])
    level, still, goal = (np.tile(row, (3, 1)) for row in (UPRIGHT, np.zeros(3), GOAL))
    ends = []
    while not referee.done.all():
        ends.append(referee.observe(position, level, still, goal).copy())
    assert referee.episodes().outcome.tolist() == [Outcome.SUCCESS, Outcome.TIMEOUT, Outcome.LOST]
    assert [int(np.argmax(np.array(ends)[:, i])) for i in range(3)] == [4, 19, 0]


def test_a_tour_succeeds_when_every_leg_does():
    goals = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    referee = Judge(WAYPOINT, 2, PERIOD, legs=3)
    level, still = np.tile(UPRIGHT, (2, 1)), np.zeros((2, 3))
    begun = {}
    for tick in range(1200):
        # The first drone is 0.2 s away from each goal; the second stays at the first goal.
        goal = goals[referee.leg]
        since = tick - begun.setdefault(int(referee.leg[0]), tick)
        first = goal[0] + np.array([0.0, 0.0, 0.5 if since < 19 else 0.1])
        referee.observe(np.stack([first, goals[0]]), level, still, goal)
    assert sorted(begun) == [0, 1, 2]
    episodes = referee.episodes()
    assert episodes.outcome.tolist() == [Outcome.SUCCESS, Outcome.TIMEOUT]
    assert episodes.time_to_goal[0] == pytest.approx(0.2)
    assert episodes.tracking_error == pytest.approx([0.1, 0.0])
    assert episodes.final_distance == pytest.approx([0.1, 1.0])


def test_a_leg_that_ends_on_the_last_tick_leads_to_the_next():
    criteria = Criteria(Goal.ARRIVE, radius=0.1, window=0.05, time_limit=0.05)
    referee = Judge(criteria, 1, PERIOD, legs=2)
    for _ in range(10):
        referee.observe(GOAL[None], UPRIGHT[None], np.zeros((1, 3)), GOAL[None])
    assert outcome(referee.episodes()) is Outcome.SUCCESS
