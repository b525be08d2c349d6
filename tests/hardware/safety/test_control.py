"""The fallback's parts: mixer, motors, attitude, landing phases and touchdown."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.crazyflie.mixer import thrust_to_wrench
from untether_hardware.safety import SafetyConfig
from untether_hardware.safety.attitude import AttitudeController
from untether_hardware.safety.estimator import Estimate
from untether_hardware.safety.landing import LandingController, Phase
from untether_hardware.safety.mixer import Mixer
from untether_hardware.safety.motors import MotorModel
from untether_hardware.safety.touchdown import TouchdownDetector

LARGEST = CRAZYFLIE.max_rotor_thrust
WEIGHT = CRAZYFLIE.weight
THRUST = st.tuples(*[st.floats(0.0, LARGEST)] * 4)
LEVEL = (0.0, 0.0, 0.0, 1.0)
GRAVITY = CRAZYFLIE.gravity


def make_estimate(height=1.0, velocity=(0.0, 0.0, 0.0), orientation=LEVEL, rate=(0.0, 0.0, 0.0)):
    return Estimate(0.0, (0.0, 0.0, height), orientation, velocity, rate)


def tilt_about_x(angle):
    return (math.sin(angle / 2), 0.0, 0.0, math.cos(angle / 2))


class TestMixer:
    @given(st.tuples(*[st.floats(0.35 * LARGEST, 0.65 * LARGEST)] * 4))
    def test_an_ordinary_wrench_is_given_exactly(self, thrust):
        collective, torque = thrust_to_wrench(CRAZYFLIE, thrust)
        given_thrust = Mixer(CRAZYFLIE).allocate(collective, torque)
        assert np.allclose(given_thrust, thrust, atol=1e-9)

    @given(st.floats(-1.0, 2.0), st.tuples(*[st.floats(-0.1, 0.1)] * 3))
    def test_thrusts_are_within_limits_whatever_is_wanted(self, collective, torque):
        assert all(
            0.0 <= value <= LARGEST for value in Mixer(CRAZYFLIE).allocate(collective, torque)
        )

    @given(st.floats(0.0, 4 * LARGEST), st.floats(-0.004, 0.004), st.floats(-0.004, 0.004))
    def test_tilt_comes_before_collective(self, collective, x, y):
        thrust = Mixer(CRAZYFLIE).allocate(collective, (x, y, 0.0))
        _, torque = thrust_to_wrench(CRAZYFLIE, thrust)
        assert torque[0] == pytest.approx(x, abs=1e-9)
        assert torque[1] == pytest.approx(y, abs=1e-9)

    def test_a_torque_that_takes_all_there_is_leaves_no_rounding_error(self):
        thrust = Mixer(CRAZYFLIE).allocate(0.0, (0.0, 0.03515625, 0.0))
        assert sorted(thrust) == pytest.approx([0.0, 0.0, LARGEST, LARGEST])

    def test_yaw_gives_way_to_tilt(self):
        thrust = Mixer(CRAZYFLIE).allocate(WEIGHT, (0.006, 0.0, 0.01))
        _, torque = thrust_to_wrench(CRAZYFLIE, thrust)
        assert torque[0] == pytest.approx(0.006)
        assert 0.0 <= torque[2] < 0.01


class TestMotors:
    def test_the_thrust_follows_the_command_with_the_described_lag(self):
        motors = MotorModel(CRAZYFLIE)
        motors.command(0.0, (LARGEST,) * 4)
        reached = motors.advance(CRAZYFLIE.motor_time_constant)
        assert reached == pytest.approx(4 * LARGEST * (1 - math.exp(-1)) ** 2)
        assert motors.advance(10.0) == pytest.approx(4 * LARGEST)

    def test_hurrying_goes_beyond_and_not_at_rest(self):
        motors = MotorModel(CRAZYFLIE)
        motors.command(0.0, (0.05,) * 4)
        motors.advance(10.0)
        assert motors.hurry((0.05,) * 4) == pytest.approx((0.05,) * 4)
        assert min(motors.hurry((0.07,) * 4)) > 0.07
        assert max(motors.hurry((0.03,) * 4)) < 0.03

    @given(THRUST, THRUST, st.floats(0.0, 0.1))
    def test_hurried_thrusts_are_within_limits(self, before, wanted, time):
        motors = MotorModel(CRAZYFLIE)
        motors.command(0.0, before)
        motors.advance(time)
        assert all(0.0 <= value <= LARGEST for value in motors.hurry(wanted))


class TestAttitude:
    def test_a_level_robot_that_should_hover_needs_no_torque(self):
        collective, torque = AttitudeController(CRAZYFLIE).control(
            LEVEL, (0.0, 0.0, 0.0), (0.0, 0.0, WEIGHT)
        )
        assert collective == pytest.approx(WEIGHT)
        assert torque == pytest.approx((0.0, 0.0, 0.0))

    @given(st.floats(0.05, 3.1), st.floats(-math.pi, math.pi))
    def test_the_torque_turns_the_thrust_towards_the_force(self, angle, direction):
        axis = (math.cos(direction), math.sin(direction))
        half = math.sin(angle / 2)
        orientation = (axis[0] * half, axis[1] * half, 0.0, math.cos(angle / 2))
        _, torque = AttitudeController(CRAZYFLIE).control(
            orientation, (0.0, 0.0, 0.0), (0.0, 0.0, WEIGHT)
        )
        assert torque[0] * axis[0] + torque[1] * axis[1] < 0.0  # back, about the same axis

    def test_an_inverted_robot_does_not_push_itself_down(self):
        collective, _ = AttitudeController(CRAZYFLIE).control(
            tilt_about_x(3.0), (0.0, 0.0, 0.0), (0.0, 0.0, WEIGHT)
        )
        assert collective == 0.0


class TestTouchdown:
    def lands(self, duration=1.0, felt=1.0, lift=0.4, trusted=True, **estimate):
        detector = TouchdownDetector(SafetyConfig(), GRAVITY)
        estimate = make_estimate(**estimate)
        steps = range(round(duration / 0.01))
        return any(detector.check(0.01, estimate, trusted, lift, felt) for _ in steps)

    def test_low_and_still_is_landed(self):
        assert self.lands(height=0.02, lift=1.0)
        assert not self.lands(height=0.02, duration=0.1, lift=1.0)

    def test_low_and_moving_is_not(self):
        assert not self.lands(height=0.02, velocity=(0.0, 0.0, -0.4), lift=1.0)

    def test_standing_on_a_table_is_landed(self):
        assert self.lands(height=0.7, lift=0.7)
        assert not self.lands(height=0.7, lift=1.0)

    def test_a_carried_robot_has_landed_whatever_the_estimate_says(self):
        assert self.lands(height=-0.4, velocity=(0.5, 0.0, -0.4), trusted=False)

    def test_a_flying_robot_has_not_whatever_the_estimate_says(self):
        # In the air the accelerometer feels the lift and nothing else.
        for lift in (0.3, 0.6, 1.0, 1.3):
            assert not self.lands(height=-0.4, trusted=False, lift=lift, felt=lift)

    def test_a_light_robot_in_descent_has_not(self):
        assert not self.lands(height=-0.4, trusted=False, lift=0.75, felt=1.0)

    def test_an_overturned_robot_at_rest_has_landed(self):
        assert self.lands(orientation=tilt_about_x(2.8), height=0.03, lift=1.0)
        assert not self.lands(orientation=tilt_about_x(2.8), rate=(5.0, 0.0, 0.0), felt=0.2)


class TestLanding:
    def make(self, **config):
        motors = MotorModel(CRAZYFLIE)
        motors.command(0.0, (CRAZYFLIE.hover_rotor_thrust,) * 4)
        motors.advance(1.0)
        return LandingController(SafetyConfig(**config), CRAZYFLIE, motors)

    def run(self, controller, estimate, start=1.0, periods=1, trusted=True, force=(0.0, 0.0, 9.81)):
        for index in range(periods):
            thrust = controller.control(start + 0.01 * index, estimate, trusted, force)
        return thrust

    def test_it_levels_first_and_then_descends(self):
        controller = self.make()
        controller.land(1.0)
        self.run(controller, make_estimate(orientation=tilt_about_x(0.8)))
        assert controller.phase is Phase.LEVEL
        self.run(controller, make_estimate(), start=1.01)
        assert controller.phase is Phase.DESCEND

    def test_it_descends_after_a_while_even_if_it_never_gets_slow(self):
        controller = self.make(level_time=0.5)
        controller.land(1.0)
        self.run(controller, make_estimate(velocity=(2.0, 0.0, 0.0)), periods=55)
        assert controller.phase is Phase.DESCEND

    def test_a_tilted_robot_gets_the_torque_to_level(self):
        controller = self.make()
        controller.land(1.0)
        thrust = self.run(controller, make_estimate(orientation=tilt_about_x(0.8)))
        # Rolled to the right, negative about x is back: the right side pushes more.
        assert thrust[0] > thrust[3] and thrust[1] > thrust[2]

    def test_without_an_estimate_it_is_blind_for_a_moment_only(self):
        controller = self.make(open_loop_time=0.2)
        controller.land(1.0)
        thrust = self.run(controller, None, periods=10)
        assert thrust == pytest.approx((0.9 * CRAZYFLIE.hover_rotor_thrust,) * 4)
        assert self.run(controller, None, start=1.1, periods=15) == (0.0,) * 4
        assert controller.landed

    def test_a_robot_thought_to_be_under_the_floor_feels_for_it(self):
        """Dead reckoning has drifted: sinking faster shows whether something carries the robot."""
        controller = self.make()
        controller.land(1.0)
        under = make_estimate(height=-0.3, velocity=(0.0, 0.0, -0.4))
        flying = {"trusted": False, "force": (0.0, 0.0, 6.0)}
        first = sum(self.run(controller, under, periods=5, **flying))
        later = sum(self.run(controller, under, start=1.05, periods=60, **flying))
        assert controller.phase is Phase.DESCEND
        assert later < 0.9 * first

    def test_the_motors_run_down_after_touchdown(self):
        controller = self.make(ramp_time=0.3)
        controller.land(1.0)
        self.run(controller, make_estimate(height=0.02), periods=20)
        assert controller.phase is Phase.RUN_DOWN
        sums = [
            sum(self.run(controller, make_estimate(height=0.02), start=1.2 + 0.01 * index))
            for index in range(35)
        ]
        assert sums == sorted(sums, reverse=True)
        assert controller.landed

    def test_what_landed_does_not_start_again(self):
        controller = self.make()
        assert self.run(controller, make_estimate(height=2.0)) == (0.0,) * 4

    @given(
        height=st.floats(-1.0, 3.0),
        velocity=st.tuples(*[st.floats(-10.0, 10.0)] * 3),
        angle=st.floats(0.0, math.pi),
        rate=st.tuples(*[st.floats(-40.0, 40.0)] * 3),
        trusted=st.booleans(),
    )
    def test_thrusts_are_within_limits_from_any_state(self, height, velocity, angle, rate, trusted):
        controller = self.make()
        controller.land(1.0)
        estimate = make_estimate(height, velocity, tilt_about_x(angle), rate)
        for index in range(5):
            thrust = self.run(controller, estimate, start=1.0 + 0.01 * index, trusted=trusted)
            assert all(0.0 <= value <= LARGEST for value in thrust)
