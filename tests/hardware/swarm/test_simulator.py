import math
from dataclasses import astuple

import numpy as np
import pytest
from tests.processor_time import count_references

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie
from untether_hardware.crazyflie.simulator_config import SimulatedCrazyflieConfig
from untether_hardware.swarm.columns import Columns
from untether_hardware.swarm.places import sample_free
from untether_hardware.swarm.simulator import SimulatedSwarm, SimulatedSwarmConfig

HOVER = CRAZYFLIE.hover_rotor_thrust
TURNED = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))  # 90 degrees to the left
QUIET = {"swarm": {"downwash": False}}


def run(swarm, thrust, steps):
    for _ in range(steps):
        swarm.step(np.full((swarm.drones, 4), thrust))
    return swarm.read_truth()


def angle(first, second):
    """Angle between two orientations [rad]."""
    return 2.0 * math.acos(min(1.0, abs(float(np.dot(first, second)))))


@pytest.mark.parametrize(
    "robot",
    [
        {},
        {"mass_scale": 1.1, "inertia_scale": 1.2, "thrust_scale": 0.95, "extra_latency": 0.01},
        {"motor_time_constants": (0.06, 0.09), "odometry_latency": 0.016, "wind": (0.4, 0, 0)},
    ],
)
@pytest.mark.parametrize(("height", "velocity"), [(0.02, (0.0, 0.0, 0.6)), (1.0, (0.8, -0.5, 0.4))])
def test_a_lone_drone_flies_as_the_simulated_crazyflie(
    velocity_controller, empty, robot, height, velocity
):
    """For a second, from hover or straight up from the floor, within 1.5 mm and 0.15 degrees."""
    config = SimulatedCrazyflieConfig(noise=None, **robot)
    single = SimulatedCrazyflie(config)
    swarm = SimulatedSwarm(empty, [(0, 0, height)], SimulatedSwarmConfig(robot=config))
    thrust = HOVER if height > 0.5 else 0.0
    single.reset((0, 0, height), rotor_thrust=thrust)
    swarm.reset([(0, 0, height)], rotor_thrust=thrust)
    for _ in range(100):
        command = velocity_controller(swarm.read_truth(), np.array([velocity]))
        single.step(command[0].tolist())
        swarm.step(command)
        for one, many in (
            (single.read_truth(), swarm.read_truth()),
            (single.read_state(), swarm.read_states()),
        ):
            assert many.stamp == pytest.approx(one.stamp, abs=1e-9)
            assert many.position[0] == pytest.approx(one.position, abs=0.0015)
            assert angle(many.orientation[0], one.orientation) < math.radians(0.15)
            assert many.linear_velocity[0] == pytest.approx(one.linear_velocity, abs=0.005)
            assert many.angular_velocity[0] == pytest.approx(one.angular_velocity, abs=0.005)
        sample, (rate, force) = single.read_imu(), swarm.read_imu()
        assert rate[0] == pytest.approx(sample.angular_velocity, abs=0.005)
    assert force[0] == pytest.approx(sample.linear_acceleration, abs=0.01)
    assert np.linalg.norm(single.read_truth().linear_velocity) > 0.1


def test_drones_rest_level_on_their_legs(make):
    swarm = make([(0, 0, 0.05), (1, 0, 0.02)])
    state = run(swarm, 0.0, 200)
    assert state.position[:, 2] == pytest.approx([CRAZYFLIE.rest_height] * 2, abs=5e-4)
    assert state.linear_velocity == pytest.approx(np.zeros((2, 3)), abs=1e-4)
    assert swarm.contacts.floor.all()
    assert not swarm.contacts.drone.any()


def test_two_drones_that_meet_touch_at_their_hulls(make):
    swarm = make([(-0.3, 0, 1), (0.3, 0.01, 1)], **QUIET)
    swarm.reset(
        [(-0.3, 0, 1), (0.3, 0.01, 1)],
        linear_velocity=[(1.0, 0, 0), (-1.0, 0, 0)],
        rotor_thrust=HOVER,
    )
    before = 0.6
    for _ in range(40):
        state = run(swarm, HOVER, 1)
        distance = np.linalg.norm(np.diff(state.position[:, :2], axis=0))
        if swarm.contacts.drone.any():
            break
        before = distance
    assert swarm.contacts.drone.all()
    assert not swarm.contacts.column.any()
    assert before >= 2.0 * CRAZYFLIE.radius - 1e-3
    assert distance < 2.0 * CRAZYFLIE.radius + 0.021  # 2 m/s for a control period
    later = run(swarm, HOVER, 10)
    assert later.linear_velocity[0, 0] < 0.5  # they stopped each other
    assert later.linear_velocity[1, 0] > -0.5


def test_hull_radius_says_where_drones_touch(make):
    positions = [(0, 0, 1), (0.11, 0, 1)]
    wide, slim = make(positions), make(positions, swarm={"hull_radius": 0.046})
    run(wide, HOVER, 1)
    run(slim, HOVER, 1)
    assert wide.contacts.drone.all()
    assert not slim.contacts.drone.any()


def test_drones_above_each_other_pass_at_a_hands_breadth(make):
    swarm = make([(0, 0, 1.0), (0, 0, 1.05)], **QUIET)
    swarm.reset([(0, 0, 1.0), (0, 0, 1.05)], rotor_thrust=HOVER)
    run(swarm, HOVER, 5)
    assert not swarm.contacts.drone.any()


def test_a_drone_hits_a_column_and_does_not_pass(make):
    columns = Columns(np.array([[1.0, 0.0]]), np.array([0.3]))
    swarm = make([(0, 0, 2), (0, 2, 2)], columns, **QUIET)
    swarm.reset(
        [(0, 0, 2), (0, 2, 2)], linear_velocity=[(2.0, 0, 0), (2.0, 0, 0)], rotor_thrust=HOVER
    )
    farthest, hit = 0.0, None
    for tick in range(50):
        state = run(swarm, HOVER, 1)
        farthest = max(farthest, state.position[0, 0])
        if swarm.contacts.column[0] and hit is None:
            hit = tick
    assert hit is not None
    assert farthest == pytest.approx(0.7 - CRAZYFLIE.radius, abs=0.01)
    assert not swarm.contacts.column[1]
    assert state.position[1, 0] > 0.9


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_walls_keep_drones_in(make, axis, sign):
    start, velocity = np.array([[0.0, 0, 2]]), np.zeros((1, 3))
    start[0, axis], velocity[0, axis] = sign * 4.8, sign * 3.0
    swarm = make(start)
    swarm.reset(start, linear_velocity=velocity, rotor_thrust=HOVER)
    touched = False
    for _ in range(20):
        position = run(swarm, HOVER, 1).position[0]
        touched |= swarm.contacts.wall[0]
        assert abs(position[axis]) < 5.0
    assert touched


def test_the_ceiling_counts_as_a_wall(make):
    swarm = make([(0, 0, 9.9)])
    swarm.reset([(0, 0, 9.9)], linear_velocity=[(0, 0, 3.0)], rotor_thrust=HOVER)
    run(swarm, HOVER, 5)
    assert swarm.contacts.wall[0]
    assert not swarm.contacts.floor[0]


def test_a_drone_falls_onto_another_and_not_into_it(make):
    swarm = make([(0, 0, 0.02), (0.01, 0, 0.2)], **QUIET)
    state = run(swarm, 0.0, 100)
    assert state.position[1, 2] > 0.03
    assert swarm.contacts.floor[0]


def test_a_stack_of_drones_pushes_down_those_below(make):
    stack = [(0, 0, 3.0), (0, 0, 2.5), (0, 0, 2.0)]
    swarm = make(stack)
    swarm.reset(stack, rotor_thrust=HOVER)
    speed = run(swarm, HOVER, 30).linear_velocity[:, 2]
    assert speed[0] == pytest.approx(0.0, abs=1e-9)
    assert speed[2] < speed[1] < -0.1
    calm = make(stack, **QUIET)
    calm.reset(stack, rotor_thrust=HOVER)
    assert run(calm, HOVER, 30).linear_velocity == pytest.approx(np.zeros((3, 3)), abs=1e-9)


def test_drones_that_do_not_meet_fly_as_if_alone():
    config = SimulatedSwarmConfig(robot=SimulatedCrazyflieConfig(gust=0.4))
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    places = sample_free(columns, 6, np.random.default_rng(2))
    command = np.random.default_rng(3).uniform(0.06, 0.075, (30, 6, 4))

    def fly(count):
        swarm = SimulatedSwarm(columns, places[:count], config, seed=5)
        swarm.reset(places[:count], rotor_thrust=HOVER)
        for row in command:
            swarm.step(row[:count])
        return swarm.read_truth(), swarm.read_states(), swarm.read_imu()

    (truth, state, imu), (few_truth, few_state, few_imu) = fly(6), fly(2)
    for many, few in ((truth, few_truth), (state, few_state)):
        for a, b in zip(astuple(many)[1:], astuple(few)[1:], strict=True):
            assert a[:2] == pytest.approx(b, abs=1e-12)
    assert np.concatenate(imu, axis=1)[:2] == pytest.approx(np.concatenate(few_imu, axis=1))


def test_same_seed_and_commands_give_the_same_flight_bit_for_bit():
    columns = Columns.sample(0.2, 0.6, np.random.default_rng(1))
    places = sample_free(columns, 5, np.random.default_rng(2))
    config = SimulatedSwarmConfig(robot=SimulatedCrazyflieConfig(gust=0.5))
    swarm = SimulatedSwarm(columns, places, config)

    def record(swarm, seed):
        swarm.reset(places, seed, angular_velocity=(1, 2, 3))
        rows = []
        for step in range(150):
            thrust = np.array((0.07 + 0.01 * math.sin(step), 0.06, 0.07, 0.065))
            swarm.step(np.tile(thrust, (5, 1)))
            rows += [*astuple(swarm.read_truth()), *astuple(swarm.read_states())]
        return np.concatenate([np.ravel(row) for row in (*rows, *swarm.read_imu())])

    first = record(swarm, 4)
    assert np.array_equal(record(swarm, 4), first)
    assert np.array_equal(record(SimulatedSwarm(columns, places, config), 4), first)
    assert not np.array_equal(record(swarm, 5), first)


def test_odometry_is_noisy_as_configured_and_the_same_when_read_twice():
    places = np.column_stack([*np.mgrid[-4:4:8j, -4:4:8j].reshape(2, -1), np.full(64, 2.0)])
    swarm = SimulatedSwarm(Columns(np.zeros((0, 2)), np.zeros(0)), places)
    noise = swarm.config.robot.noise
    errors = []
    for _ in range(40):
        run(swarm, HOVER, 1)
        state = swarm.read_states()
        assert state is swarm.read_states()
        errors.append(state.angular_velocity - swarm.read_truth().angular_velocity)
    assert np.std(errors) == pytest.approx(noise.angular_velocity, rel=0.05)
    assert np.linalg.norm(state.orientation, axis=1) == pytest.approx(np.ones(64))


def test_masses_are_dealt_in_turn(make):
    swarm = make([(x, 0, 2) for x in (-2, 0, 2)], swarm={"mass_scales": (1.0, 1.1)})
    swarm.reset([(x, 0, 2) for x in (-2, 0, 2)], rotor_thrust=HOVER)
    speed = run(swarm, HOVER, 20).linear_velocity[:, 2]
    assert speed[[0, 2]] == pytest.approx([0, 0], abs=1e-9)
    assert speed[1] < -0.1


def test_wind_carries_the_drones_along(make):
    swarm = make([(-3, 0, 2), (-3, 2, 2)], wind=(1.0, 0.0, 0.0), **QUIET)
    swarm.reset([(-3, 0, 2), (-3, 2, 2)], rotor_thrust=HOVER)
    speed = run(swarm, HOVER, 300).linear_velocity[:, 0]
    assert speed == pytest.approx([1.0 - math.exp(-0.0085 / 0.028 * 3.0)] * 2, rel=1e-3)


def test_last_line_turns_nan_to_zero_clamps_the_rest_and_counts(make):
    places = [(0, 0, 1), (1, 0, 1)]
    wild, tame = make(places), make(places)
    for swarm in (wild, tame):
        swarm.reset(places, rotor_thrust=HOVER)
    for _ in range(20):
        wild.step([(math.nan, math.inf, -math.inf, 1e9), (HOVER,) * 4])
        tame.step([(0.0, CRAZYFLIE.max_rotor_thrust) * 2, (HOVER,) * 4])
    assert np.array_equal(wild.read_truth().position, tame.read_truth().position)
    assert (wild.nan_commands.tolist(), wild.clamped_commands.tolist()) == ([20, 0], [60, 0])
    assert not tame.nan_commands.any()
    assert not tame.clamped_commands.any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"position": [(0, 0, math.nan)]}, "position.*finite"),
        ({"position": [(0, 0, 1), (1, 0, 1)]}, "position.*shape"),
        ({"linear_velocity": (0, 0)}, "linear_velocity.*shape"),
        ({"orientation": (0, 0, 0, 0)}, "orientation.*quaternions"),
        ({"rotor_thrust": 0.5}, "rotor_thrust.*0 to"),
    ],
)
def test_reset_refuses_what_is_no_state(make, arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Fix: "):
        make([(0, 0, 1)]).reset(**{"position": [(0, 0, 1)], **arguments})


def test_step_refuses_thrusts_for_other_drones(make):
    with pytest.raises(ValueError, match=r"expected shape \(1, 4\).*Fix: "):
        make([(0, 0, 1)]).step(np.zeros((2, 4)))


@pytest.mark.parametrize("changes", [{"mass_scales": ()}, {"mass_scales": (0.0,)},
                                     {"hull_radius": 0.0}])  # fmt: skip
def test_config_refuses_what_cannot_be_simulated(changes):
    with pytest.raises(ValueError, match=r"expected .* got .* Fix: "):
        SimulatedSwarmConfig(**changes)


def test_thirty_two_drones_among_columns_are_far_faster_than_real_time():
    generator = np.random.default_rng(0)
    columns = Columns.sample(0.8, 0.6, generator)
    places = sample_free(columns, 32, generator)
    swarm = SimulatedSwarm(columns, places)

    swarm.reset(places, 0, rotor_thrust=HOVER)

    def fly():
        run(swarm, HOVER, 1)
        swarm.read_states()

    assert count_references(fly, 20) < 330
