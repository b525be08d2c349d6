"""The guards of motion and sensors, one by one: what trips, what does not, and what is said."""

import math
from dataclasses import replace

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, SafetyConfig
from untether_hardware.safety.envelope import EnvelopeGuard
from untether_hardware.safety.floor import FloorGuard
from untether_hardware.safety.frozen import FrozenGuard
from untether_hardware.safety.motion import MotionGuards
from untether_hardware.safety.persistence import Persistence
from untether_hardware.safety.publishers import PublisherGuard
from untether_hardware.safety.stall import StallGuard
from untether_hardware.safety.tilt import TiltGuard
from untether_hardware.state import BodyState

LEVEL = BodyState(0.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def tilted(angle, rate=0.0):
    half = angle / 2
    return replace(
        LEVEL,
        orientation=(math.sin(half), 0.0, 0.0, math.cos(half)),
        angular_velocity=(rate, 0.0, 0.0),
    )


class TestPersistence:
    def test_m_of_the_last_n_trip(self):
        persistence = Persistence(2, 4)
        assert [persistence.add(bad) for bad in (True, False, False, True)][-1]
        assert not persistence.add(False)

    def test_clearing_forgets(self):
        persistence = Persistence(2, 4)
        persistence.add(True)
        persistence.clear()
        assert not persistence.add(True)


class TestTilt:
    def test_it_trips_beyond_the_limit_and_not_below(self):
        guard = TiltGuard(limit=1.0, lookahead=0.05, count=2)
        assert guard.check(tilted(0.95)) is None
        assert guard.check(tilted(1.05)) is None
        finding = guard.check(tilted(1.05))
        assert finding is not None and finding.guard is Guard.TILT
        assert finding.value == pytest.approx(1.05)

    def test_it_looks_ahead_on_the_way_out_only(self):
        outwards = TiltGuard(1.0, 0.05, 1)
        assert outwards.check(tilted(0.7, rate=8.0)) is not None
        back = TiltGuard(1.0, 0.05, 1)
        assert back.check(tilted(0.7, rate=-8.0)) is None

    def test_an_inverted_robot_trips(self):
        assert TiltGuard(1.0, 0.05, 1).check(tilted(math.pi)) is not None


class TestFloor:
    def make(self):
        return FloorGuard(SafetyConfig(), CRAZYFLIE.thrust_to_weight, CRAZYFLIE.gravity)

    def check(self, height, velocity, lift=1.0):
        guard = self.make()
        guard.check(height, velocity, lift)
        return guard.check(height, velocity, lift)

    def test_a_fall_trips_while_it_can_still_be_stopped(self):
        # At 2 m/s, full thrust stops a falling robot within about 0.6 m.
        assert self.check(height=2.0, velocity=-2.0, lift=0.0) is None
        finding = self.check(height=0.7, velocity=-2.0, lift=0.0)
        assert finding is not None and finding.guard is Guard.FLOOR

    def test_a_robot_that_brakes_already_needs_less_room(self):
        assert self.check(height=0.5, velocity=-2.0, lift=1.6) is None
        assert self.check(height=0.5, velocity=-2.0, lift=1.0) is not None

    def test_climbing_and_gentle_descent_do_not_trip(self):
        assert self.check(height=0.05, velocity=1.0) is None
        assert self.check(height=0.05, velocity=-0.25) is None

    def test_a_single_bad_sample_does_not_trip(self):
        assert self.make().check(0.2, -3.0, 1.0) is None


class TestEnvelope:
    def make(self, contract, **changes):
        config = SafetyConfig(envelope_count=2, envelope_window=3, **changes)
        return EnvelopeGuard(config, contract)

    def test_it_trips_outside_and_names_the_element(self, contract):
        guard = self.make(contract)
        outside = replace(LEVEL, linear_velocity=(0.0, 6.0, 0.0))
        assert guard.check(outside) is None
        finding = guard.check(outside)
        assert finding is not None
        assert (finding.guard, finding.element) == (Guard.ENVELOPE, "linear_velocity.y")
        assert finding.limit == pytest.approx(3.0 + 0.5 * 3.0 + 0.5)  # with margin and slack

    def test_single_samples_do_not_trip(self, contract):
        guard = self.make(contract)
        outside = replace(LEVEL, angular_velocity=(20.0, 0.0, 0.0))
        for state in (outside, LEVEL, LEVEL, outside, LEVEL):
            assert guard.check(state) is None

    def test_the_margin_widens_it(self, contract):
        state = replace(LEVEL, linear_velocity=(0.0, 6.0, 0.0))
        wide = self.make(contract, envelope_margin=1.5)
        assert not any(wide.check(state) for _ in range(5))

    def test_elements_are_found_by_name(self, change_contract, contract):
        """An input that has only x and z is compared with x and z."""
        position = replace(contract.inputs[0], elements=("x", "z"), shape=(2,))
        envelope = dict(contract.envelope)
        envelope["position"] = replace(
            envelope["position"], lower=(-1.0, 0.0), median=(0.0, 1.0), upper=(1.0, 2.0)
        )
        guard = self.make(
            change_contract(inputs=(position, *contract.inputs[1:]), envelope=envelope)
        )
        assert not any(guard.check(replace(LEVEL, position=(0.0, 50.0, 1.0))) for _ in range(3))
        findings = [guard.check(replace(LEVEL, position=(0.0, 0.0, 5.0))) for _ in range(3)]
        assert findings[-1].element == "position.z"

    def test_without_an_envelope_nothing_trips(self, change_contract):
        guard = self.make(change_contract(envelope={}))
        assert not any(guard.check(replace(LEVEL, position=(99.0,) * 3)) for _ in range(5))


class TestFrozen:
    def test_it_trips_at_the_count(self):
        guard = FrozenGuard(count=3, distance=1.0)
        findings = [guard.check(LEVEL, 0.01) for _ in range(4)]
        assert findings[:3] == [None] * 3
        assert findings[3].guard is Guard.SENSOR_FROZEN

    def test_one_changed_bit_is_life(self):
        guard = FrozenGuard(count=3, distance=1.0)
        for index in range(20):
            state = replace(LEVEL, angular_velocity=(math.ulp(0.0) * index, 0.0, 0.0))
            assert guard.check(state, 0.01) is None

    def test_a_pose_that_ignores_the_velocity_trips(self):
        guard = FrozenGuard(count=5, distance=0.05)
        found = []
        for index in range(8):
            state = replace(LEVEL, linear_velocity=(1.0 + 0.01 * index, 0.0, 0.0))
            found.append(guard.check(state, 0.01))
        assert found[-1] is not None and found[-1].element == "position"


class TestPublishers:
    def test_one_is_right_and_two_are_not(self):
        guard = PublisherGuard()
        assert guard.observe(1) is None
        assert guard.observe(2).guard is Guard.DUPLICATE_PUBLISHER
        assert guard.check() is not None
        assert guard.observe(0) is None


class TestStall:
    @pytest.mark.parametrize(("gap", "severe"), [(0.05, False), (0.2, True), (-1.0, True)])
    def test_gaps_are_graded(self, gap, severe):
        finding, is_severe = StallGuard(0.1, 0.005).check(gap)
        assert finding.guard is Guard.STALL and is_severe is severe
        assert ("jumped back" in finding.text) == (gap < 0)


def test_the_envelope_holds_for_policies_only(contract):
    guards = MotionGuards(SafetyConfig(), CRAZYFLIE)
    guards.watch_policy(contract)
    outside = replace(LEVEL, linear_velocity=(6.0, 0.0, 0.0))
    weight = CRAZYFLIE.weight
    assert not any(guards.check(outside, weight, by_policy=False) for _ in range(10))
    assert any(guards.check(outside, weight, by_policy=True) for _ in range(10))
