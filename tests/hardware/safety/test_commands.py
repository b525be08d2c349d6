"""What is looked at in a command: fit, freshness, limits, slew and blend."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, SafetyConfig
from untether_hardware.safety.blend import Blend
from untether_hardware.safety.commander import Commander
from untether_hardware.safety.fit import find_limits, find_misfit
from untether_hardware.safety.limits import LimitGuard
from untether_hardware.state import ActuatorCommand
from untether_policies.contract import TensorSpec

NAMES = CRAZYFLIE.rotor_names
LARGEST = CRAZYFLIE.max_rotor_thrust
KIND = "command/rotor/thrust"


def make_limits(**changes):
    return LimitGuard(SafetyConfig(**changes), NAMES, (0.0,) * 4, (LARGEST,) * 4)


def make_command(values=(0.01, 0.02, 0.03, 0.04), names=NAMES, stamp=1.0, kind=KIND):
    return ActuatorCommand(stamp, kind, names, values, 1)


def receive(command, commander=None):
    commander = commander or Commander("policy", SafetyConfig(), CRAZYFLIE)
    return commander.receive(time=1.0, now=1.0, command=command)


class TestCommander:
    def test_values_are_matched_by_name(self):
        shuffled = make_command(values=(0.04, 0.02, 0.01, 0.03), names=("m4", "m2", "m1", "m3"))
        assert receive(shuffled).values == (0.01, 0.02, 0.03, 0.04)

    @pytest.mark.parametrize(
        "wrong",
        [
            make_command(kind="command/joint/position"),
            make_command(names=("m1", "m2", "m3", "m5")),
            make_command(names=("m1", "m1", "m2", "m3")),
            make_command(names=("m1", "m2", "m3")),
            make_command(values=(0.0,) * 5),
            make_command(values=(), names=()),
        ],
    )
    def test_what_does_not_fit_trips(self, wrong):
        reception = receive(wrong)
        assert reception.values is None and reception.trips
        assert reception.finding.guard is Guard.COMMAND_MISMATCH
        assert "expected kind" in reception.finding.text

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_what_is_not_finite_trips(self, bad):
        reception = receive(make_command(values=(0.0, 0.0, bad, 0.0)))
        assert reception.values is None and reception.trips
        assert (reception.finding.guard, reception.finding.element) == (Guard.NOT_FINITE, "m3")

    @pytest.mark.parametrize("stamp", [0.9, 1.2, math.nan, -math.inf])
    def test_old_and_future_answers_are_not_used(self, stamp):
        reception = receive(make_command(stamp=stamp))
        assert reception.values is None and not reception.trips
        assert reception.finding.guard is Guard.COMMAND_STALE

    def test_soundness_returns_after_a_while(self):
        commander = Commander("policy", SafetyConfig(), CRAZYFLIE)
        receive(make_command(values=(math.nan,) * 4), commander)
        assert not commander.is_sound(1.2)
        assert commander.is_sound(1.6)


class TestLimits:
    @given(st.tuples(*[st.floats(-1e6, 1e6)] * 4))
    def test_clamped_values_are_within_limits(self, values):
        clamped, _, _ = make_limits().clamp(values)
        assert all(0.0 <= value <= LARGEST for value in clamped)

    @given(st.tuples(*[st.floats(0.0, LARGEST)] * 4))
    def test_values_within_limits_pass_untouched(self, values):
        assert make_limits().clamp(values) == (values, None, False)

    def test_a_rounding_error_is_clamped_silently(self):
        clamped, finding, trips = make_limits().clamp((LARGEST * 1.001, 0.0, 0.0, 0.0))
        assert clamped[0] == LARGEST and finding is None and not trips

    def test_a_single_excess_warns_and_gross_ones_trip(self):
        limits = make_limits(gross_count=2)
        _, finding, trips = limits.clamp((LARGEST * 2, 0.0, 0.0, 0.0))
        assert (finding.guard, finding.element) == (Guard.VALUE_LIMIT, "m1") and not trips
        assert limits.clamp((0.0, -LARGEST, 0.0, 0.0))[2]

    def test_a_lasting_excess_trips(self):
        limits = make_limits(excess_count=5, excess_window=8)
        trips = [limits.clamp((LARGEST * 1.1, 0.0, 0.0, 0.0))[2] for _ in range(5)]
        assert trips == [False] * 4 + [True]

    @given(*[st.tuples(*[st.floats(0.0, LARGEST)] * 4)] * 2)
    def test_the_change_is_limited(self, last, values):
        step = LARGEST * 0.01 / 0.015
        limited, finding = make_limits().slew(last, values)
        for before, after, wanted in zip(last, limited, values, strict=True):
            assert abs(after - before) <= step * (1 + 1e-9)
            assert min(before, wanted) <= after <= max(before, wanted)
        assert (finding is not None) == (limited != values)

    def test_no_slew_time_is_no_limit(self):
        values = (LARGEST,) * 4
        assert make_limits(slew_time=0.0).slew((0.0,) * 4, values) == (values, None)


class TestBlend:
    def test_it_moves_from_the_last_collective_to_the_commander(self):
        blend = Blend(0.2)
        blend.begin(5.0, (0.1, 0.0, 0.1, 0.0))
        values = (0.0, 0.1, 0.0, 0.1)
        assert blend.mix(5.0, values) == pytest.approx((0.05,) * 4)  # no torque is held
        assert blend.mix(5.1, values) == pytest.approx((0.025, 0.075, 0.025, 0.075))
        assert blend.mix(5.2, values) == values

    def test_without_time_it_is_not_there(self):
        blend = Blend(0.0)
        blend.begin(5.0, (0.1,) * 4)
        assert blend.mix(5.0, (0.0,) * 4) == (0.0,) * 4


class TestFit:
    def change_output(self, contract, change_contract, **changes):
        return change_contract(outputs=(replace(contract.outputs[0], **changes),))

    def test_the_robot_s_own_contract_fits(self, contract):
        assert find_misfit(contract, CRAZYFLIE, 100.0) is None

    def test_limits_follow_the_robot_s_order(self, contract, change_contract):
        shuffled = self.change_output(
            contract,
            change_contract,
            elements=("m3", "m1", "m4", "m2"),
            upper=(0.03, 0.01, 0.04, 0.02),
        )
        assert find_limits(shuffled, CRAZYFLIE) == ((0.0,) * 4, (0.01, 0.02, 0.03, 0.04))

    def test_another_robot_or_rate_is_refused(self, change_contract):
        assert "expected 'crazyflie', got 'g1'" in find_misfit(
            change_contract(robot="g1"), CRAZYFLIE, 100.0
        )
        assert "rate: expected 100.0 Hz" in find_misfit(
            change_contract(rate=50.0), CRAZYFLIE, 100.0
        )

    def test_other_rotors_or_stronger_ones_are_refused(self, contract, change_contract):
        other = self.change_output(contract, change_contract, elements=("a", "b", "c", "d"))
        assert "expected the elements" in find_misfit(other, CRAZYFLIE, 100.0)
        strong = self.change_output(contract, change_contract, upper=(0.2,) * 4)
        assert "stronger robot" in find_misfit(strong, CRAZYFLIE, 100.0)

    def test_another_kind_of_command_is_refused(self, change_contract):
        output = TensorSpec(
            "velocity", "command/body/linear_velocity", ("x", "y", "z"), (3,), "m/s", "map",
            lower=(-1.0,) * 3, upper=(1.0,) * 3,
        )  # fmt: skip
        assert "outputs: expected one of kind" in find_misfit(
            change_contract(outputs=(output,)), CRAZYFLIE, 100.0
        )
