"""What the stage believes of its sensors, whether the robot flies, and which sample is answered."""

import math
from dataclasses import replace

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, SafetyConfig
from untether_hardware.safety.arrivals import Arrivals
from untether_hardware.safety.events import EventLog, Finding
from untether_hardware.safety.motors import MotorModel
from untether_hardware.safety.output import Output
from untether_hardware.safety.rest import RestDetector
from untether_hardware.safety.sensors import Sensors
from untether_hardware.state import BodyState, ImuSample

LEVEL = BodyState(0.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
CONFIG = SafetyConfig()


def observe(sensors, index, active=True, **changes):
    """A state at the given tick of 10 ms, a little different from all others."""
    time = 0.01 * index
    state = replace(LEVEL, stamp=time, position=(1e-4 * index, 0.0, 1.0))
    return sensors.observe_state(time, time, replace(state, **changes), active)


class TestSensors:
    def make(self, good=10):
        sensors = Sensors(CONFIG, CRAZYFLIE.gravity)
        for index in range(good):
            assert observe(sensors, index) == (True, None)
        return sensors

    @pytest.mark.parametrize(
        "changes",
        [
            {"position": (math.nan, 0.0, 0.0)},
            {"linear_velocity": (0.0, math.inf, 0.0)},
            {"angular_velocity": (0.0, 0.0, 1e9)},
            {"orientation": (0.0, 0.0, 0.0, 0.9)},
            {"orientation": (0.0, 0.0, 0.0, 0.0)},
            {"orientation": (math.nan, 0.0, 0.0, 1.0)},
        ],
    )
    def test_an_invalid_state_is_refused_and_trips_when_it_lasts(self, changes):
        sensors = self.make()
        good, finding = observe(sensors, 10, **changes)
        assert not good and finding.guard is Guard.SENSOR_INVALID
        assert sensors.watch(0.1) is None
        for index in range(11, 19):
            observe(sensors, index, **changes)
        assert sensors.watch(0.18).guard is Guard.SENSOR_INVALID
        assert not sensors.trusted

    def test_silence_is_found_once(self):
        sensors = self.make()
        assert sensors.watch(0.09 + CONFIG.state_timeout) is None
        assert sensors.watch(0.1 + CONFIG.state_timeout).guard is Guard.SENSOR_LOST
        assert sensors.watch(0.2 + CONFIG.state_timeout) is None

    def test_trust_returns_after_many_good_states(self):
        sensors = self.make()
        sensors.watch(1.0)
        for index in range(100, 100 + CONFIG.recovery_count - 1):
            observe(sensors, index)
            assert not sensors.trusted
        observe(sensors, 100 + CONFIG.recovery_count)
        assert sensors.trusted

    def test_a_perfect_sensor_at_rest_is_not_called_frozen(self):
        sensors = self.make()
        for index in range(10, 40):
            good, finding = observe(sensors, index, active=False, position=(0.0, 0.0, 0.02))
            assert good and finding is None

    @pytest.mark.parametrize(("imu_lives", "frozen"), [(True, True), (False, False)])
    def test_exact_rest_in_flight_is_believed_only_if_all_sensors_rest(self, imu_lives, frozen):
        """A perfect simulator hovers like that; a real robot's inertial sensor never does."""
        sensors = self.make()
        findings = []
        for index in range(10, 30):
            time = 0.01 * index
            shiver = 1e-3 * index if imu_lives else 0.0
            sensors.observe_imu(time, time, ImuSample(time, (shiver, 0.0, 0.0), (0.0, 0.0, 9.81)))
            findings.append(observe(sensors, index, position=(0.0, 0.0, 1.0))[1])
        assert any(findings) is frozen

    def test_states_that_come_late_do_not_count(self):
        sensors = self.make()
        for index in range(10, 20):
            time = 0.01 * index
            state = replace(LEVEL, stamp=time - 0.055, position=(1e-4 * index, 0.0, 1.0))
            assert sensors.observe_state(time, time, state, True)[0] is False
        assert sensors.watch(0.2).guard is Guard.SENSOR_LOST

    def test_inertial_samples_of_absurd_size_are_refused(self):
        sensors = self.make()
        assert sensors.observe_imu(0.1, 0.1, ImuSample(0.1, (500.0, 0.0, 0.0), (0.0, 0.0, 9.8)))
        assert sensors.observe_imu(0.1, 0.1, ImuSample(0.1, (0.0,) * 3, (math.nan, 0.0, 9.8)))
        assert not sensors.has_imu(0.1)

    def test_a_freezing_state_does_not_spoil_the_estimate(self):
        """The states that repeat until the guard trips are not learnt from."""
        sensors = self.make()
        moving = replace(LEVEL, linear_velocity=(1.0, 0.0, 0.0))
        for index in range(10, 40):
            time = 0.01 * index
            sample = ImuSample(time, (1e-5 * index, 0.0, 0.0), (0.0, 0.0, CRAZYFLIE.gravity))
            sensors.observe_imu(time, time, sample)
            position = (0.01 * min(index, 35), 0.0, 1.0)
            sensors.observe_state(time, time, replace(moving, stamp=time, position=position), True)
        assert sensors.trusted
        assert sensors.estimate(0.39).position[0] == pytest.approx(0.39, abs=0.01)

    def test_without_inertial_samples_the_state_is_carried_on_by_its_velocity(self):
        sensors = self.make()
        observe(sensors, 10, linear_velocity=(1.0, 0.0, 0.0))
        assert sensors.estimate(0.13).position[0] == pytest.approx(0.001 + 0.03)

    def test_nothing_is_known_when_both_are_lost(self):
        sensors = self.make()
        sensors.watch(1.0)
        assert sensors.estimate(1.0) is None


class TestArrivals:
    def test_states_are_answered_and_inertial_samples_only_without_them(self):
        arrivals = Arrivals(patience=0.06)
        arrivals.note_state(1.0, now=101.0, stamp=100.99)
        arrivals.note_imu(now=101.01, stamp=101.0)
        assert arrivals.stamp(1.01) == 100.99
        assert arrivals.stamp(1.1) == 101.0

    def test_the_stamp_does_not_fall_when_states_stop(self):
        arrivals = Arrivals(patience=0.06)
        arrivals.note_imu(now=101.0, stamp=100.98)
        arrivals.note_state(1.0, now=101.0, stamp=100.99)
        assert arrivals.stamp(1.1) == 100.99

    def test_absurd_stamps_are_not_answered(self):
        arrivals = Arrivals(patience=0.06)
        for stamp in (math.nan, math.inf, 1e9):
            arrivals.note_state(1.0, now=101.0, stamp=stamp)
        assert arrivals.stamp(1.0) == 0.0


class TestOutput:
    def make(self):
        output = Output(CONFIG, CRAZYFLIE, MotorModel(CRAZYFLIE))
        output.send(1.0, 1.0, (0.0,) * 4, 0, count=5)
        return output

    def test_one_command_is_due_for_each_sample(self):
        output = self.make()
        assert not output.is_due(1.008, count=5)
        assert output.is_due(1.008, count=6)

    def test_samples_close_together_get_one(self):
        assert not self.make().is_due(1.002, count=6)

    def test_it_does_not_wait_for_samples_for_ever(self):
        assert self.make().is_due(1.016, count=5)

    def test_nothing_beyond_limits_is_sent_whoever_computed_it(self):
        values = (math.nan, -0.1, 9.0, 0.05)
        sent = self.make().send(1.1, 1.1, values, 3, count=6)
        assert sent.values == (0.0, 0.0, CRAZYFLIE.max_rotor_thrust, 0.05)

    def test_urgent_is_now(self):
        output = self.make()
        output.urgent = True
        assert output.is_due(1.0, count=5)


class TestRest:
    def make(self, height=0.02):
        rest = RestDetector(CONFIG, CRAZYFLIE)
        rest.land(replace(LEVEL, position=(0.0, 0.0, height)))
        return rest

    def fly(self, rest, duration=0.0, thrust=0.0, **changes):
        for index in range(round(duration / 0.01) + 1):
            rest.observe(0.01 * index, replace(LEVEL, **changes), thrust)
        return rest.airborne

    def test_height_speed_or_thrust_tell_of_flight(self):
        assert self.fly(self.make(), position=(0.0, 0.0, 0.1))
        assert self.fly(self.make(), position=(0.0, 0.0, 0.02), linear_velocity=(0.0, 0.0, 0.4))
        rest = self.make()
        rest.observe_thrust(CRAZYFLIE.weight)
        assert rest.airborne

    def test_a_table_is_ground(self):
        assert not self.fly(self.make(height=0.7), position=(0.0, 0.0, 0.72))

    def test_a_policy_that_has_landed_by_itself_rests(self):
        rest = self.make()
        assert self.fly(rest, position=(0.0, 0.0, 0.5))
        assert self.fly(rest, 0.2, position=(0.0, 0.0, 0.02))
        assert not self.fly(rest, 0.5, position=(0.0, 0.0, 0.02))

    def test_a_robot_near_the_floor_under_thrust_flies(self):
        rest = self.make()
        self.fly(rest, position=(0.0, 0.0, 0.5))
        assert self.fly(rest, 1.0, thrust=CRAZYFLIE.weight, position=(0.0, 0.0, 0.03))


def test_alike_warnings_are_thinned_out_and_faults_that_change_the_mode_are_not():
    log = EventLog(period=1.0)
    finding = Finding(Guard.RATE_LIMIT, "", 1.0, 1.0, "text")
    for index in range(150):
        log.warn(0.01 * index, 0.01 * index, finding)
    assert [event.stamp for event in log.take()] == [0.0, 1.0]
    for _ in range(3):
        log.trip(2.0, 2.0, finding, first=True)
    assert len(log.take()) == 3


def test_the_log_keeps_the_newest_events():
    log = EventLog(capacity=3)
    finding = Finding(Guard.TILT, "", 1.0, 1.0, "text")
    for index in range(5):
        log.trip(float(index), float(index), finding, first=True)
    assert [event.stamp for event in log.take()] == [2.0, 3.0, 4.0]
    assert log.take() == []
