import math

import numpy as np
import pytest
from tests.processor_time import count_references

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import wrench_to_thrust
from untether_hardware.crazyflie.simulator import SimulatedCrazyflie, SimulatedCrazyflieConfig

HOVER = (CRAZYFLIE.hover_rotor_thrust,) * 4
NOTHING = (0.0,) * 4
CLEAN = {"noise": None, "odometry_latency": 0.0, "command_latency": 0.0}
NO_DRAG = {**CLEAN, "drag": (0.0, 0.0, 0.0)}


def make(**changes):
    return SimulatedCrazyflie(SimulatedCrazyflieConfig(**{**CLEAN, **changes}))


def run(simulator, thrust, steps):
    for _ in range(steps):
        simulator.step(thrust)
    return simulator.read_truth()


def test_free_fall_follows_the_parabola():
    simulator = make(**NO_DRAG)
    simulator.reset((0, 0, 3), linear_velocity=(1.0, 0, 0))
    state = run(simulator, NOTHING, 50)
    assert state.position == pytest.approx((0.5, 0, 3 - 0.5 * 9.81 * 0.25), abs=1e-6)
    assert state.linear_velocity == pytest.approx((1.0, 0, -9.81 * 0.5), abs=1e-6)


def test_drag_slows_down_exponentially():
    simulator = make(drag=(0.01, 0.01, 0.01))
    simulator.reset((0, 0, 3), linear_velocity=(2.0, 0, 0), rotor_thrust=HOVER[0])
    state = run(simulator, HOVER, 100)
    assert state.linear_velocity[0] == pytest.approx(2.0 * math.exp(-0.01 / 0.028), rel=1e-5)


@pytest.mark.parametrize("mass_scale", [0.85, 1.0, 1.15])
def test_weight_over_four_rotors_hovers(mass_scale):
    simulator = make(mass_scale=mass_scale)
    thrust = HOVER[0] * mass_scale
    simulator.reset((0, 0, 1), rotor_thrust=thrust)
    state = run(simulator, (thrust,) * 4, 300)
    assert state.position == pytest.approx((0, 0, 1), abs=1e-9)
    assert state.angular_velocity == pytest.approx((0, 0, 0), abs=1e-12)


def test_thrust_scale_weakens_the_rotors():
    simulator = make(**NO_DRAG, thrust_scale=0.9)
    simulator.reset((0, 0, 2), rotor_thrust=HOVER[0])
    assert run(simulator, HOVER, 100).linear_velocity[2] == pytest.approx(-0.1 * 9.81, rel=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("sign", [-1, 1])
def test_torque_of_the_mixer_turns_about_its_axis(axis, sign):
    simulator = make(rotor_inertia=0.0)
    simulator.reset((0, 0, 1), rotor_thrust=HOVER[0])
    torque = [0.0, 0.0, 0.0]
    torque[axis] = sign * 2e-5
    rate = run(simulator, wrench_to_thrust(CRAZYFLIE, CRAZYFLIE.weight, torque), 5).angular_velocity
    assert rate[axis] * sign > 0
    others = [abs(rate[other]) for other in range(3) if other != axis]
    assert max(others) < 0.02 * abs(rate[axis])


def test_angular_velocity_is_in_the_body_and_linear_in_the_map():
    turned = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))  # 90 degrees to the left
    simulator = make()
    simulator.reset(
        (0, 0, 1), turned, linear_velocity=(1, 0, 0), angular_velocity=(0.5, 0, 0),
        rotor_thrust=HOVER[0],
    )  # fmt: skip
    state = run(simulator, HOVER, 1)
    assert state.position[0] == pytest.approx(0.01, rel=1e-2)
    assert state.angular_velocity == pytest.approx((0.5, 0, 0), abs=1e-3)
    # Rolling to the right about a nose that points along +y tips the left side to +x.
    assert 2 * (state.orientation[1] * state.orientation[3]
                + state.orientation[0] * state.orientation[2]) > 0  # fmt: skip


def test_tumbling_keeps_energy_and_angular_momentum():
    simulator = make(**NO_DRAG)
    simulator.reset((0, 0, 40), angular_velocity=(10.0, -8.0, 12.0))
    inertia = np.asarray(CRAZYFLIE.inertia)

    def momentum():
        state = simulator.read_truth()
        rate = np.asarray(state.angular_velocity)
        x, y, z, w = state.orientation
        vector = np.array([x, y, z])
        body = inertia * rate
        spun = body + 2 * np.cross(vector, np.cross(vector, body) + w * body)
        return spun, 0.5 * float(rate @ body)

    before, energy = momentum()
    run(simulator, NOTHING, 200)
    after, energy_after = momentum()
    assert after == pytest.approx(before, rel=1e-4)
    assert energy_after == pytest.approx(energy, rel=1e-6)


def test_accelerating_rotors_turn_the_body_the_other_way():
    simulator = make(rotor_inertia=3e-8)
    simulator.reset((0, 0, 3))
    rate = run(simulator, (0.1, 0.0, 0.1, 0.0), 2).angular_velocity[2]
    drag_only = make(rotor_inertia=0.0)
    drag_only.reset((0, 0, 3))
    assert rate < run(drag_only, (0.1, 0.0, 0.1, 0.0), 2).angular_velocity[2] < 0


def test_ground_effect_lifts_near_the_floor_and_vanishes_above():
    def climb(height, **changes):
        simulator = make(**NO_DRAG, **changes)
        simulator.reset((0, 0, height), rotor_thrust=HOVER[0])
        return run(simulator, HOVER, 5).linear_velocity[2]

    assert climb(0.04) > 1e-3
    assert climb(0.04, ground_effect=False) == pytest.approx(0.0, abs=1e-9)
    assert climb(0.2) == pytest.approx(0.0, abs=1e-9)


def test_robot_rests_level_on_its_legs():
    simulator = make()
    simulator.reset((0, 0, 0.05))
    state = run(simulator, NOTHING, 200)
    assert state.position == pytest.approx((0, 0, CRAZYFLIE.rest_height), abs=5e-4)
    assert state.orientation == pytest.approx((0, 0, 0, 1), abs=1e-6)
    assert state.linear_velocity == pytest.approx((0, 0, 0), abs=1e-4)


def test_robot_that_falls_upside_down_lies_on_its_propellers():
    simulator = make()
    simulator.reset((0, 0, 0.4), (1.0, 0.0, 0.0, 0.0))
    height = run(simulator, NOTHING, 300).position[2]
    assert 0.005 < height < CRAZYFLIE.rest_height


@pytest.mark.parametrize("speed", [2.0, 6.0, 15.0])
def test_crash_ends_on_the_floor_and_not_below_it(speed):
    simulator = make()
    simulator.reset((0, 0, 1.0), (0.6, 0, 0, 0.8), linear_velocity=(0, 0, -speed))
    state = run(simulator, NOTHING, 500)
    assert 0.0 < state.position[2] < 0.08
    assert max(map(abs, state.linear_velocity)) < 0.05


@pytest.mark.parametrize("latency", [0.0, 0.004, 0.01, 0.026])
def test_command_takes_effect_exactly_after_its_latency(latency):
    simulator = make(command_latency=latency, motor_time_constants=(1e-6, 1e-6), **{
        key: value for key, value in NO_DRAG.items() if key == "drag"
    })  # fmt: skip
    simulator.reset((0, 0, 3))
    twice = (2 * HOVER[0] * 0.9,) * 4
    speed = run(simulator, twice, 10).linear_velocity[2]
    # Falls for the latency, then climbs at 0.8 g; the clock of the motors is a physics step.
    assert speed == pytest.approx(-9.81 * latency + 0.8 * 9.81 * (0.1 - latency), abs=1e-3)


def test_extra_latency_adds_to_the_command_latency():
    def speed(**changes):
        simulator = make(**changes)
        simulator.reset((0, 0, 1), rotor_thrust=HOVER[0])
        return run(simulator, (0.1,) * 4, 10).linear_velocity

    assert speed(command_latency=0.004, extra_latency=0.01) == speed(command_latency=0.014)


@pytest.mark.parametrize("latency", [0.0, 0.004, 0.01, 0.016])
def test_odometry_is_exactly_as_old_as_its_latency(latency):
    simulator = make(odometry_latency=latency)
    simulator.reset((0, 0, 3), linear_velocity=(0, 0, 1.0), rotor_thrust=HOVER[0])
    run(simulator, (0.09,) * 4, 20)
    state = simulator.read_state()
    assert state.stamp == pytest.approx(simulator.time - latency)
    reference = make(control_period=0.002)
    reference.reset((0, 0, 3), linear_velocity=(0, 0, 1.0), rotor_thrust=HOVER[0])
    expected = run(reference, (0.09,) * 4, round(state.stamp / 0.002))
    assert state.position == pytest.approx(expected.position, abs=1e-12)
    assert state.linear_velocity == pytest.approx(expected.linear_velocity, abs=1e-12)


def test_same_seed_and_commands_give_the_same_flight_bit_for_bit():
    def record(seed):
        simulator = SimulatedCrazyflie(SimulatedCrazyflieConfig(gust=0.5), seed)
        simulator.reset((0, 0, 1), angular_velocity=(1, 2, 3))
        rows = []
        for step in range(150):
            simulator.step((0.07 + 0.01 * math.sin(step), 0.06, 0.07, 0.065))
            rows.append((simulator.read_truth(), simulator.read_state(), simulator.read_imu()))
        return rows

    assert record(4) == record(4)
    assert record(4) != record(5)


def test_reset_with_a_seed_starts_the_noise_anew():
    simulator = SimulatedCrazyflie(seed=9)
    simulator.reset(seed=3)
    first = run(simulator, HOVER, 3), simulator.read_state()
    simulator.reset(seed=3)
    assert (run(simulator, HOVER, 3), simulator.read_state()) == first
    simulator.reset()
    assert (run(simulator, HOVER, 3), simulator.read_state()) != first


def test_every_control_step_has_its_own_noise():
    simulator = make(noise=SimulatedCrazyflieConfig().noise)
    heights = {run(simulator, NOTHING, 1) and simulator.read_state().position for _ in range(50)}
    assert len(heights) == 50
    assert simulator.read_state() is simulator.read_state()


def test_wind_carries_the_robot_along():
    simulator = make(wind=(1.0, 0.0, 0.0))
    simulator.reset((0, 0, 2), rotor_thrust=HOVER[0])
    speed = run(simulator, HOVER, 1000).linear_velocity
    assert speed[0] == pytest.approx(1.0 - math.exp(-0.0085 / 0.028 * 10.0), rel=1e-3)


def test_last_line_turns_nan_to_zero_clamps_the_rest_and_counts():
    wild, tame = make(), make()
    for simulator in (wild, tame):
        simulator.reset((0, 0, 1), rotor_thrust=HOVER[0])
    for _ in range(20):
        wild.step((math.nan, math.inf, -math.inf, 1e9))
        tame.step((0.0, CRAZYFLIE.max_rotor_thrust, 0.0, CRAZYFLIE.max_rotor_thrust))
    assert wild.read_truth() == tame.read_truth()
    assert (wild.nan_commands, wild.clamped_commands) == (20, 60)
    assert (tame.nan_commands, tame.clamped_commands) == (0, 0)


def test_imu_measures_specific_force_and_rate():
    simulator = make()
    run(simulator, NOTHING, 100)
    sample = simulator.read_imu()
    assert sample.linear_acceleration == pytest.approx((0, 0, 9.81), abs=1e-2)
    simulator.reset((0, 0, 2), angular_velocity=(0.1, 0.2, 0.3))
    sample = simulator.read_imu()
    assert sample.angular_velocity == pytest.approx((0.1, 0.2, 0.3))
    assert sample.linear_acceleration == pytest.approx((0, 0, 0), abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"position": (0, 0, math.nan)}, "3 finite numbers"),
        ({"linear_velocity": (0, 0)}, "3 finite numbers"),
        ({"orientation": (0, 0, 0, 0)}, "quaternion"),
        ({"rotor_thrust": 0.5}, "rotor_thrust"),
    ],
)
def test_reset_refuses_what_is_no_state(arguments, message):
    with pytest.raises(ValueError, match=message):
        make().reset(**arguments)


def test_step_refuses_another_number_of_thrusts():
    with pytest.raises(ValueError, match="expected 4 thrusts"):
        make().step((0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    "changes",
    [
        {"command_latency": 0.0035},
        {"odometry_latency": -0.002},
        {"control_period": 0.011},
        {"mass_scale": 0.0},
        {"motor_time_constants": (0.03, 0.0)},
    ],
)
def test_config_refuses_what_cannot_be_simulated(changes):
    with pytest.raises(ValueError, match=f"{next(iter(changes))}: expected .* Fix: "):
        SimulatedCrazyflieConfig(**changes)


def test_step_takes_a_small_part_of_the_control_period():
    simulator = SimulatedCrazyflie()

    simulator.reset((0, 0, 2), rotor_thrust=HOVER[0])
    assert count_references(lambda: simulator.step(HOVER), 50) < 30


def test_geometric_controller_flies_the_tour(flight):
    assert flight.position[:, 2].max() > 1.2
    assert np.all(np.isfinite(flight.position))
