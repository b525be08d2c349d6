"""The environment: legs end, drones start again or fly on, nothing leaks."""

import pytest
import torch

from untether_training.tasks.fleet import CONTROL_TIMESTEP
from untether_training.tasks.starts import FlyingStart, Volume
from untether_training.tasks.task import CrashConfig

LEG = (0.5, 0.5 + 1e-6)  # [s]: all legs last 50 steps
CALM = {  # starts after which nobody crashes within a leg
    "standing": 0.0,
    "flying": FlyingStart(tilt=0.05, speed=0.1, rate=0.05, thrust=(0.5, 0.55)),
    "volume": Volume(z=(2.0, 2.5)),
    "leg_time": LEG,
}


def hover(environment, steps):
    """Step with no action; return rewards, ends and time-outs, (steps, N) each."""
    rows = []
    with torch.inference_mode():
        for _ in range(steps):
            _, reward, done, extras = environment.step(torch.zeros(environment.num_envs, 4))
            rows.append((reward, done, extras["time_outs"]))
    return [torch.stack(column) for column in zip(*rows, strict=True)]


def test_shapes_and_types(make_environment):
    environment = make_environment(5)
    observation, reward, done, extras = environment.step(torch.zeros(5, 4))
    assert observation["policy"].shape == (5, environment.features.size)
    assert observation["privileged"].shape == (5, 17)
    assert reward.shape == done.shape == extras["time_outs"].shape == (5,)
    assert reward.dtype == torch.float32
    assert done.dtype == torch.bool
    assert torch.isfinite(observation["policy"]).all()


def test_legs_end_by_time_and_are_no_failures(make_environment):
    environment = make_environment(standing=1.0, leg_time=LEG, continue_probability=1.0)
    environment.actuation.hover = 0.0  # on the floor nothing happens to it
    _, done, time_outs = hover(environment, 100)
    assert done.sum(0).tolist() == [2] * 16
    assert torch.equal(done, time_outs)
    assert done[49].all()
    assert environment.tally.legs == 32
    assert environment.tally.crashed == 0


def test_drones_that_fly_on_keep_state_and_parameters_but_get_a_goal(make_environment):
    environment = make_environment(**CALM, continue_probability=1.0)
    mass = environment.fleet.parameters.mass.clone()
    hover(environment, 49)
    goal = environment.task.goal_position.clone()
    position = environment.fleet.state.position.clone()
    hover(environment, 1)
    assert (environment.fleet.state.position - position).norm(dim=0).max() < 0.1
    assert torch.equal(environment.fleet.parameters.mass, mass)
    assert ((environment.task.goal_position - goal).norm(dim=0) > 1e-3).all()


def test_drones_that_start_again_are_new(make_environment):
    environment = make_environment(**CALM, continue_probability=0.0)
    mass = environment.fleet.parameters.mass.clone()
    hover(environment, 50)
    assert (environment.fleet.parameters.mass != mass).all()
    assert environment.clock.elapsed.tolist() == [0] * 16


def test_a_fall_is_a_crash_with_its_penalty_and_no_time_out(make_environment):
    environment = make_environment(64, standing=0.0, leg_time=(9.0, 9.1))
    environment.actuation.hover = 0.0
    reward, done, time_outs = hover(environment, 120)
    assert done.any()
    assert not time_outs.any()
    assert (reward[done] < -4.0).all()
    assert reward[~done].min() > -1.0
    assert environment.tally.crashed == environment.tally.legs > 0


def test_leaving_the_room_is_a_crash(make_environment):
    environment = make_environment(4, standing=1.0)
    environment.fleet.state.position[0, 2] = 4.1
    environment.fleet.state.position[2, 3] = 4.6
    _, done, _ = hover(environment, 1)
    assert done[0].tolist() == [False, False, True, True]


def test_turning_over_is_a_crash_unless_the_task_begins_with_it(make_environment):
    limits = CrashConfig(flying_uprightness=-1.0)
    on_its_back = torch.tensor([1.0, 0.0, 0.0, 0.0])
    for changes, crashed in (({}, True), ({"crash": limits}, False)):
        environment = make_environment(2, **CALM, **changes)
        environment.fleet.state.orientation[:, 1] = on_its_back
        _, done, _ = hover(environment, 1)
        assert done[0].tolist() == [False, crashed]


def test_reward_is_bounded_below_but_for_crashes(make_environment):
    environment = make_environment(2, **CALM)
    environment.fleet.state.angular_velocity[0, 1] = 40.0
    _, reward, _, _ = environment.step(torch.full((2, 4), 50.0))
    assert reward.min().item() == pytest.approx(-0.04)


def test_success_needs_a_stay_without_a_break(make_environment):
    environment = make_environment(2, standing=1.0, leg_time=(3.0, 3.1))
    environment.actuation.hover = 0.0
    hold = environment.clock.hold_steps
    for step in range(hold):
        environment.task.goal_position.copy_(environment.fleet.state.position)
        if step == hold // 2:
            environment.task.goal_position[0, 1] += 1.0
        hover(environment, 1)
    assert environment.clock.succeeded.tolist() == [True, False]


def test_same_seed_same_flight_and_other_seed_other_flight(make_environment):
    def fly(seed):
        environment = make_environment(seed=seed)
        hover(environment, 30)
        return environment.fleet.state.storage

    assert torch.equal(fly(1), fly(1))
    assert not torch.equal(fly(1), fly(2))


def test_state_is_taken_over_completely(make_environment):
    first, second = make_environment(seed=1), make_environment(seed=2)
    hover(first, 70)
    second.load_state_dict(first.state_dict())
    for _ in range(80):
        one, two = first.step(torch.zeros(16, 4)), second.step(torch.zeros(16, 4))
        assert torch.equal(one[0]["policy"], two[0]["policy"])
        assert torch.equal(one[0]["privileged"], two[0]["privileged"])
        assert torch.equal(one[1], two[1])
        assert torch.equal(one[2], two[2])


def test_observations_do_not_change_after_the_fact(make_environment):
    environment = make_environment(leg_time=LEG, continue_probability=0.0)
    before = environment.get_observations()
    copy = {name: value.clone() for name, value in before.items()}
    hover(environment, 60)
    for name, value in before.items():
        assert torch.equal(value, copy[name]), name


def test_inputs_and_carry_are_those_of_the_observation(make_environment):
    environment = make_environment(leg_time=LEG, continue_probability=0.5)
    hover(environment, 60)
    seen, _ = environment.features(environment.inputs, environment.inputs)
    assert torch.equal(seen, environment.get_observations()["policy"])


def test_policy_starts_afresh_with_a_new_drone(make_environment):
    environment = make_environment(**CALM, continue_probability=0.0)
    hover(environment, 50)
    # Observing advances the carry once, so a fresh observer has just begun.
    assert environment.carry["observing"].unique().tolist() == [1.0]
    command = environment.carry["previous_command"]
    torch.testing.assert_close(command, torch.full_like(command, environment.actuation.hover))


def test_desynchronised_legs_end_at_different_times(make_environment):
    environment = make_environment(256, leg_time=(2.0, 3.0))
    environment.desynchronise()
    assert (environment.clock.elapsed < environment.clock.length).all()
    assert environment.clock.elapsed.unique().numel() > 50


def test_a_control_step_is_ten_milliseconds(make_environment):
    assert pytest.approx(0.01) == CONTROL_TIMESTEP == make_environment(2).timestep
