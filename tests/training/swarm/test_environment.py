import copy

import pytest
import torch

from untether_training.swarm.config import CollisionRewardConfig
from untether_training.tasks.fleet import CONTROL_TIMESTEP


def hover(environment, steps=1):
    """Fly with no action; return the last step's results."""
    for _ in range(steps):
        result = environment.step(torch.zeros(environment.num_envs, 4))
    return result


def put(environment, drone, world, position, velocity=(0.0, 0.0, 0.0)):
    """Put a drone somewhere, level."""
    state, index = environment.worlds.fleet.state, drone * environment.worlds.shape[1] + world
    state.position[:, index] = torch.tensor(position)
    state.linear_velocity[:, index] = torch.tensor(velocity)
    state.orientation[:, index] = torch.tensor([0.0, 0.0, 0.0, 1.0])
    state.angular_velocity[:, index] = 0.0
    return index


def test_a_step_gives_finite_numbers_of_the_right_shape(make):
    environment = make(worlds=3, drones=5)
    observation, reward, done, extras = hover(environment, 20)
    assert observation["policy"].shape == (15, environment.features.size)
    assert observation["policy"].isfinite().all()
    assert observation["privileged"].shape == (15, 17)
    assert reward.shape == done.shape == extras["time_outs"].shape == (15,)
    assert reward.isfinite().all()


def test_a_collision_is_paid_once_by_both(make):
    costs = CollisionRewardConfig(drone=-1000.0, near_drone=0.0, near_column=0.0, column=0.0)
    environment = make(worlds=2, collisions=costs)
    first = put(environment, 0, 1, (4.6, 4.6, 2.0), (0.5, 0.0, 0.0))
    second = put(environment, 1, 1, (4.69, 4.6, 2.0), (-0.5, 0.0, 0.0))
    _, reward, _, _ = hover(environment)
    struck = (reward < -900).nonzero()[:, 0].tolist()
    assert struck == sorted((first, second))
    assert environment.collided[[0, 1], 1].all()
    _, reward, _, _ = hover(environment)
    assert reward.min() > -900


def test_a_column_is_paid_once_and_sends_the_drone_back(make):
    costs = CollisionRewardConfig(column=-1000.0, near_column=0.0, near_drone=0.0, drone=0.0)
    environment = make(worlds=2, collisions=costs)
    x, y = environment.worlds.course.centre[:, 0, 0].tolist()
    index = put(environment, 3, 0, (x + 0.34, y, 5.0), (-1.0, 0.0, 0.0))
    _, reward, _, _ = hover(environment)
    assert reward[index] < -900
    assert environment.worlds.fleet.state.linear_velocity[0, index] > 0
    assert hover(environment)[1].min() > -900


def test_penalties_are_annealed(make):
    costs = CollisionRewardConfig(drone=-1000.0)
    environment = make(worlds=1, collisions=costs)
    environment.penalty = 0.1
    put(environment, 0, 0, (4.6, 4.6, 2.0), (0.5, 0.0, 0.0))
    put(environment, 1, 0, (4.69, 4.6, 2.0), (-0.5, 0.0, 0.0))
    reward = hover(environment)[1]
    assert -130 < reward.min() < -90


def test_penalties_and_columns_grow_with_the_training(make):
    environment = make(worlds=2, curriculum=0.5)
    for progress, penalty, difficulty in ((0.0, 0.0, 0.0), (0.15, 0.5, 0.3), (0.6, 1.0, 1.0)):
        environment.begin_iteration(progress)
        assert environment.penalty == pytest.approx(penalty)
        assert environment.worlds.course.difficulty == pytest.approx(difficulty)


def test_collisions_are_replayed_once_the_drones_can_fly(make):
    environment = make(worlds=2)
    environment.tally.add(torch.ones(10, dtype=torch.bool), torch.ones(10, dtype=torch.bool))
    environment.begin_iteration(0.5)
    assert not environment.replays
    environment.tally.add(torch.ones(10, dtype=torch.bool), torch.zeros(10, dtype=torch.bool))
    environment.begin_iteration(0.5)
    assert environment.replays


def test_who_touches_the_floor_starts_again_and_that_is_no_time_out(make):
    environment = make(worlds=2)
    index = put(environment, 2, 1, (4.5, 4.5, 0.01), (0.0, 0.0, -1.0))
    _, reward, done, extras = hover(environment)
    assert done[index]
    assert not extras["time_outs"][index]
    assert reward[index] < -4.0
    height = environment.worlds.fleet.state.position[2, index].item()
    assert 1.0 <= height <= 3.0
    assert done.sum() == 1


def test_legs_end_as_time_outs_with_new_goals_and_episodes_with_new_columns(make):
    environment = make(worlds=3, leg_time=(0.2, 0.3), episode_time=0.5)
    goal, columns = environment.worlds.goal.clone(), environment.worlds.course.centre.clone()
    ended = torch.zeros(3)
    for _ in range(60):
        _, _, done, extras = hover(environment)
        ended += extras["time_outs"].view(8, 3).all(0)
        assert (done == extras["time_outs"]).all()
    assert (ended >= 2).all()
    assert (environment.worlds.goal != goal).any()
    assert (environment.worlds.course.centre != columns).any()
    assert environment.tally.legs == 8 * int(ended.sum())


def test_a_leg_counts_as_flown_only_at_the_goal_and_without_a_collision(make):
    environment = make(worlds=2, leg_time=(0.1, 0.1))
    environment.tally.legs = 0
    environment.worlds.goal.copy_(
        environment.worlds.fleet.state.position.view_as(environment.worlds.goal)
    )
    environment.worlds.goal[:, 0, 0] += 5.0
    environment.collided[1, 1] = True
    hover(environment, 10)
    assert environment.tally.legs == 16
    assert environment.tally.succeeded == 14
    assert environment.tally.crashed == 1


def test_a_collision_is_replayed_from_before_it_happened(make):
    environment = make(worlds=4, leg_time=(100.0, 100.0), episode_time=100.0)
    environment.replays = True
    kept, keep = [], environment._replay.keep
    environment._replay.keep = lambda states: (kept.append(states.clone()), keep(states))
    for _ in range(260):
        hover(environment)
        # Held up, so that nobody falls while nobody flies.
        environment.worlds.fleet.state.linear_velocity.zero_()
        environment.worlds.fleet.state.angular_velocity.zero_()
        environment.worlds.fleet.state.orientation.copy_(torch.tensor([0.0, 0, 0, 1.0])[:, None])
    put(environment, 0, 2, (4.6, 4.6, 2.0), (0.5, 0.0, 0.0))
    put(environment, 1, 2, (4.69, 4.6, 2.0), (-0.5, 0.0, 0.0))
    hover(environment)
    assert environment._replay.stored == 1
    environment._reset(torch.tensor([0, 1, 2, 3]))
    rows = environment._pack()
    earlier = kept[1][:, 2]  # that of step 100, the last one before 261 - 150
    same = [torch.equal(rows[:, world], earlier) for world in range(4)]
    assert sum(same) >= 1


@pytest.mark.parametrize("replays", [False, True])
def test_what_was_saved_goes_on_bit_for_bit(make, replays):
    environment = make(worlds=3, leg_time=(0.3, 0.6), episode_time=1.0)
    environment.replays = replays
    hover(environment, 80)
    saved = copy.deepcopy(environment.state_dict())
    other = make(worlds=3, seed=99, leg_time=(0.3, 0.6), episode_time=1.0)
    other.load_state_dict(saved)
    for _ in range(80):
        first, second = hover(environment), hover(other)
        assert torch.equal(first[1], second[1])
        assert torch.equal(first[0]["policy"], second[0]["policy"])
        assert torch.equal(first[2], second[2])


def test_inputs_and_carry_are_those_of_the_observation(make):
    environment = make(worlds=3, leg_time=(0.3, 0.6), episode_time=1.0)
    environment.replays = True
    observation = hover(environment, 80)[0]
    seen, _ = environment.features(environment.inputs, environment.inputs)
    assert torch.equal(seen, observation["policy"])


def test_equal_seeds_give_equal_flights(make):
    first, second = make(worlds=2, seed=5), make(worlds=2, seed=5)
    for _ in range(30):
        assert torch.equal(hover(first)[1], hover(second)[1])


def test_goals_may_move(make):
    environment = make(worlds=2)
    environment.worlds.scenario.advance = lambda goal, timestep: goal + timestep
    before = environment.worlds.goal.clone()
    hover(environment)
    assert torch.allclose(environment.worlds.goal, before + CONTROL_TIMESTEP)
