import pytest
import torch

from untether_training.swarm.course import Course, CourseConfig
from untether_training.swarm.goals import (
    JumpingGoal,
    MixedGoals,
    Pursuit,
    RandomGoals,
    SharedGoal,
    SwappedGoals,
)

WORLDS, DRONES = 12, 8
ALL = torch.arange(WORLDS)


@pytest.fixture
def course(generator):
    course = Course(CourseConfig(), WORLDS, generator)
    course.reset(ALL)
    return course


def fly(scenario, goal, duration):
    """Return the goals at every control step, (T, 3, D, W)."""
    goals = [goal.clone()]
    for _ in range(round(duration / 0.01)):
        goal = scenario.advance(goal, 0.01)
        goals.append(goal.clone())
    return torch.stack(goals)


def test_random_goals_differ_and_stand_still(course, generator):
    scenario = RandomGoals(course, DRONES, generator)
    goal = scenario.sample(ALL)
    assert goal.shape == (3, DRONES, WORLDS)
    for world in range(WORLDS):
        assert len(goal[:2, :, world].T.unique(dim=0)) == DRONES
    assert (fly(scenario, goal.clone(), 1.0) == goal).all()


def test_a_shared_goal_lies_in_the_clearing(course, generator):
    goal = SharedGoal(course, DRONES, generator).sample(ALL)
    assert (goal == goal[:, :1]).all()
    assert (goal[2] >= 1.5).all()
    assert (goal[2] <= 3.0).all()
    apart = (goal[:2, 0][:, None] - course.centre).norm(dim=0)
    assert (apart.amin(0) > 0.7).all()


def test_swapped_goals_keep_their_places_and_change_hands(course, generator):
    scenario = SwappedGoals(course, DRONES, generator)
    goals = fly(scenario, scenario.sample(ALL), 6.5)
    first, last = goals[0], goals[-1]
    for world in range(WORLDS):
        places = first[:, :, world].T
        apart = torch.cdist(places, places) + torch.eye(DRONES)
        assert apart.min().item() == pytest.approx(0.5, abs=1e-4)
        assert torch.allclose(
            places.sort(dim=0).values, last[:, :, world].T.sort(dim=0).values, atol=1e-5
        )
    changes = (goals[1:] != goals[:-1]).any(1).any(1).sum(0)  # (W,)
    assert (changes >= 1).all()
    assert (changes <= 2).all()


def test_a_jumping_goal_jumps_a_bounded_way_to_a_free_place(course, generator):
    scenario = JumpingGoal(course, DRONES, generator)
    goals = fly(scenario, scenario.sample(ALL), 7.0)
    jumps = (goals[1:, :, 0] - goals[:-1, :, 0]).norm(dim=1)
    assert jumps.max() <= 4.0
    assert (jumps.amax(0) > 0).all()
    apart = (goals[-1, :2, 0][:, None] - course.centre).norm(dim=0)
    assert (apart.amin(0) > 0.9).all()


def test_a_pursued_goal_moves_smoothly_and_for_ever(course, generator):
    scenario = Pursuit(course, DRONES, generator)
    goals = fly(scenario, scenario.sample(ALL), 13.0)
    steps = (goals[1:, :, 0] - goals[:-1, :, 0]).norm(dim=1)
    assert steps.max() < 0.06  # [m] in 0.01 s
    assert (goals[0] != goals[650]).any(0).any(0).all()
    assert (goals == goals[:, :, :1]).all()


def test_a_mixture_draws_a_scenario_for_each_world(course, generator):
    kinds = [RandomGoals(course, DRONES, generator), SharedGoal(course, DRONES, generator)]
    mixed = MixedGoals(kinds)
    goal = mixed.sample(ALL)
    shared = (goal == goal[:, :1]).all(0).all(0)
    assert 0 < shared.sum() < WORLDS
    assert (mixed.radius_of(ALL) == torch.where(shared, 1.0, 0.5)).all()
