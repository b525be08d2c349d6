import math
import warnings

import mujoco
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.state import ArmState
from untether_hardware.manipulation.observation import observe_state
from untether_hardware.manipulation.pick_lift import CUBE, PickLift, PickLiftConfig
from untether_hardware.manipulation.plug_insert import PLUG, PlugInsert
from untether_training.manipulation.environment import ACTION_SIZE, ManipulationEnvironment

ON_ITS_SIDE = (math.sqrt(0.5), 0.0, math.sqrt(0.5), 0.0)
STILL = np.zeros(ACTION_SIZE, np.float32)


def make(**changes):
    task = PickLift(PickLiftConfig())
    return ManipulationEnvironment(task, **{"images": False, **changes}), task


@pytest.fixture
def environment():
    made, _ = make()
    yield made
    made.close()


def act(translation=(0.0, 0.0, 0.0), rotation=(0.0, 0.0, 0.0), gripper=0.0):
    return np.array([*translation, *rotation, gripper], np.float32)


def test_it_is_an_environment_as_gymnasium_has_it():
    environment, _ = make(images=True, image_size=32, privileged=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*(infinity|probably too).*")
        check_env(environment, skip_render_check=True)
    environment.close()


def test_equal_seeds_give_equal_episodes(environment):
    generator = np.random.default_rng(0)
    actions = generator.uniform(-1.0, 1.0, (10, ACTION_SIZE)).astype(np.float32)

    def fly(seed):
        first, _ = environment.reset(seed=seed)
        return [first, *(environment.step(action)[0] for action in actions)]

    one, two, other = fly(3), fly(3), fly(4)
    for a, b in zip(one, two, strict=True):
        for name, value in a.items():
            np.testing.assert_array_equal(value, b[name], err_msg=name)
    assert any(not np.array_equal(one[-1][name], other[-1][name]) for name in one[-1])


def test_actions_are_in_the_tool_s_frame(environment):
    environment.reset(seed=1)
    arm = environment.arm
    before = arm.read_state().pose
    for _ in range(4):
        observation, *_ = environment.step(act(translation=(0.0, 0.0, -1.0)))
    moved = arm.read_state().pose.position - before.position
    assert moved[2] > 0.04  # the tool points down, so backwards is up
    assert np.abs(moved[:2]).max() < 0.01
    assert observation["tool_position"][2] < -0.04


def test_a_gripper_that_changes_direction_is_told(environment):
    environment.reset(seed=1)
    told = [environment.step(act(gripper=g))[4]["gripper_toggled"] for g in (0, 1, -1, -1, 0, 1)]
    assert told == [False, False, True, False, False, True]


def test_the_time_limit_truncates_and_success_terminates(environment):
    environment.reset(seed=1)
    ends = [environment.step(STILL)[1:4] for _ in range(100)]
    assert ends[-1] == (0.0, False, True)
    assert not any(truncated or terminated for _, terminated, truncated in ends[:-1])
    arm = environment.arm
    environment.reset(seed=2)
    arm.data.joint(CUBE).qpos[:3] = arm.read_state().pose.position
    mujoco.mj_forward(arm.model, arm.data)
    assert environment.step(act(gripper=-1.0))[1:4] == (1.0, True, False)


def test_a_cube_that_flies_by_itself_is_no_success(environment):
    environment.reset(seed=1)
    environment.arm.data.joint(CUBE).qpos[:3] = (0.6, 0.2, 0.5)
    mujoco.mj_forward(environment.arm.model, environment.arm.data)
    assert not environment.task.is_success(environment.arm.data, environment.arm.read_state())


@pytest.mark.parametrize("action", [np.full(7, np.nan), np.zeros(6), np.full(7, np.inf)])
def test_bad_actions_are_refused_and_move_nothing(environment, action):
    environment.reset(seed=1)
    before = environment.arm.data.qpos.copy()
    with pytest.raises(ValueError, match=r"expected 7 finite numbers.*Fix:"):
        environment.step(action)
    np.testing.assert_array_equal(environment.arm.data.qpos, before)


def test_a_step_needs_a_reset(environment):
    with pytest.raises(RuntimeError, match="reset first"):
        environment.step(STILL)


def test_starts_differ_and_the_cube_rests_on_the_table(environment):
    places = []
    for seed in range(20):
        environment.reset(seed=seed)
        places.append(environment.arm.data.body(CUBE).xpos.copy())
        environment.arm.step(0.2)
        fallen = np.abs(environment.arm.data.body(CUBE).xpos - places[-1])
        assert fallen.max() < 2e-3
    assert np.ptp(places, axis=0)[:2] == pytest.approx((0.2, 0.24), rel=0.3)


def test_pictures_show_the_scene():
    environment, _ = make(images=True, image_size=64)
    observation, _ = environment.reset(seed=1)
    for camera in ("image_front", "image_wrist"):
        picture = observation[camera]
        assert picture.shape == (64, 64, 3)
        red = (picture[..., 0] > 120) & (picture[..., 1] < 80) & (picture[..., 2] < 80)
        assert red.any(), camera
    environment.close()


def test_what_is_seen_does_not_depend_on_where_the_arm_began():
    generator = np.random.default_rng(5)
    shift = Pose(generator.normal(size=3), make_rotation(generator.normal(size=3)))

    def see(frame):
        reset = frame @ Pose(np.array([0.5, 0.0, 0.2]), np.diag([1.0, -1.0, -1.0]))
        tool = reset.move((0.02, -0.01, 0.03), (0.1, 0.2, -0.1))
        turn = frame.rotation
        state = ArmState(
            stamp=0.0,
            joint_position=np.zeros(7),
            joint_velocity=np.zeros(7),
            joint_torque=np.zeros(7),
            pose=tool,
            linear_velocity=turn @ (0.1, 0.2, 0.3),
            angular_velocity=turn @ (0.4, 0.5, 0.6),
            force=turn @ (1.0, 2.0, 3.0),
            torque=turn @ (0.1, 0.1, 0.2),
            gripper_width=0.04,
        )
        return observe_state(state, reset)

    here, there = see(Pose(np.zeros(3), np.eye(3))), see(shift)
    for name, value in here.items():
        np.testing.assert_allclose(value, there[name], atol=1e-6, err_msg=name)


def test_a_lost_task_terminates_without_reward():
    task = PlugInsert()
    environment = ManipulationEnvironment(task, images=False)
    environment.reset(seed=1)
    environment.arm.data.joint(PLUG).qpos = (0.45, 0.0, 0.014, *ON_ITS_SIDE)
    mujoco.mj_forward(environment.arm.model, environment.arm.data)
    *_, reward, terminated, truncated, info = environment.step(STILL)
    assert (reward, terminated, truncated) == (0.0, True, False)
    assert info["is_lost"]
    assert not info["is_success"]
    environment.close()
