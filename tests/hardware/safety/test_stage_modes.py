"""The stage from outside: arming, hand-overs, landing on request, faults and their reset."""

from dataclasses import replace

import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode, SafetyConfig, SafetyStage, Source
from untether_hardware.safety.verdict import (
    ArmCode,
    InterveneCode,
    LandCode,
    PolicyCode,
    ResetCode,
)


def operate(flight):
    """Let the stand-in policy fly as the operator: its commands carry the operator's source."""
    flight.source = Source.OPERATOR


class TestArming:
    def test_a_robot_at_rest_is_armed_and_its_motors_stand(self, fly):
        flight = fly()
        flight.rest(0.5)
        assert flight.stage.arm(flight.time).granted
        assert flight.stage.mode is Mode.STANDBY
        flight.corrupt = lambda command: None
        flight.run(0.5)
        assert flight.thrust == (0.0,) * 4
        assert flight.sent[-1][1].source == Source.NONE

    def test_it_is_refused_without_a_state(self):
        stage = SafetyStage(SafetyConfig(), CRAZYFLIE)
        assert stage.arm(1.0).error_code == ArmCode.NO_STATE

    def test_it_is_refused_once_the_state_is_old(self, fly):
        flight = fly()
        flight.rest(0.5)
        for index in range(20):
            flight.stage.tick(flight.time + 0.01 * index)
        assert flight.stage.arm(flight.time + 0.2).error_code == ArmCode.NO_STATE

    def test_it_is_refused_while_somebody_else_publishes(self, fly):
        flight = fly()
        flight.rest(0.5)
        flight.stage.observe_publishers(flight.time, 2)
        assert flight.stage.arm(flight.time).error_code == ArmCode.DUPLICATE_PUBLISHER
        flight.stage.observe_publishers(flight.time, 1)
        assert flight.stage.arm(flight.time).granted

    def test_it_is_refused_to_a_tilted_or_moving_robot(self, fly):
        flight = fly()
        flight.rest(0.5)
        flight.odometry = lambda state: replace(state, orientation=(0.3, 0.0, 0.0, 0.954))
        flight.run(0.05)
        assert flight.stage.arm(flight.time).error_code == ArmCode.NOT_LEVEL
        flight.odometry = lambda state: replace(state, linear_velocity=(0.5, 0.0, 0.0))
        flight.run(0.05)
        assert flight.stage.arm(flight.time).error_code == ArmCode.NOT_LEVEL

    def test_it_is_refused_when_armed_already(self, fly):
        flight = fly()
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        verdict = flight.stage.arm(flight.time)
        assert verdict.error_code == ArmCode.WRONG_MODE
        assert "expected IDLE, got STANDBY" in verdict.message

    def test_a_robot_armed_on_a_table_stays_there(self, fly):
        flight = fly(floor=0.7)
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        flight.corrupt = lambda command: None
        flight.run(1.0)
        assert not flight.stage.airborne
        assert flight.thrust == (0.0,) * 4

    def test_disarming_is_refused_in_flight_and_granted_on_the_ground(self, fly):
        flight = fly()
        flight.rest(0.5)
        assert flight.stage.disarm(flight.time).error_code == ArmCode.WRONG_MODE
        flight.stage.arm(flight.time)
        assert flight.stage.disarm(flight.time).granted
        flight.take_off()
        assert flight.stage.disarm(flight.time).error_code == ArmCode.WRONG_MODE
        flight.stage.select_policy(flight.time, None)
        assert flight.stage.disarm(flight.time).error_code == ArmCode.AIRBORNE


class TestPolicy:
    def test_a_misfit_is_refused(self, fly, change_contract):
        flight = fly()
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        verdict = flight.stage.select_policy(flight.time, change_contract(robot="go2"))
        assert verdict.error_code == PolicyCode.CONTRACT_REFUSED
        assert flight.stage.mode is Mode.STANDBY

    def test_it_is_refused_unless_armed(self, fly, contract):
        flight = fly()
        verdict = flight.stage.select_policy(flight.time, contract)
        assert verdict.error_code == PolicyCode.WRONG_MODE

    def test_an_end_is_granted_in_every_mode(self, fly):
        flight = fly()
        assert flight.stage.select_policy(flight.time, None).granted
        flight.take_off()
        flight.stage.land(flight.time)
        assert flight.stage.select_policy(flight.time, None).granted
        assert flight.stage.landing

    def test_selecting_it_again_does_not_interrupt_it(self, fly, contract):
        flight = fly()
        flight.take_off()
        before = len(flight.sent)
        assert flight.stage.select_policy(flight.time, contract).granted
        flight.run(0.2)
        assert all(command.source == Source.POLICY for _, command in flight.sent[before:])

    def test_a_policy_that_never_answers_trips(self, fly):
        flight = fly()
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        flight.stage.select_policy(flight.time, flight.contract)
        flight.corrupt = lambda command: None
        flight.run(flight.config.start_timeout + 0.1)
        assert flight.stage.fault is Guard.COMMAND_STALE
        assert flight.thrust == (0.0,) * 4

    def test_its_end_in_the_air_holds_the_robot_then_lands_it(self, fly):
        flight = fly(config=SafetyConfig(hold_time=2.0))
        flight.take_off()
        flight.want = (0.8, 0.0, 0.0)
        flight.run(0.5)
        flight.stage.select_policy(flight.time, None)
        flight.corrupt = lambda command: None
        flight.run(1.9)
        assert flight.stage.mode is Mode.STANDBY and flight.stage.airborne
        assert max(map(abs, flight.robot.velocity)) < 0.3
        assert abs(flight.robot.position[2] - 1.0) < 0.3
        assert flight.run(6.0, until=lambda flight: flight.stage.mode is Mode.IDLE)
        assert flight.hardest_impact < 0.6

    def test_it_is_blended_in_from_the_last_command(self, fly):
        flight = fly(config=SafetyConfig(blend_time=0.2))
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        flight.stage.select_policy(flight.time, flight.contract)
        flight.policy = lambda state: (0.05,) * 4
        flight.corrupt = lambda command: command
        flight.run(0.3)
        means = [sum(c.values) / 4 for _, c in flight.sent if c.source == Source.POLICY]
        assert means[0] == 0.0
        assert means[10] == pytest.approx(0.025, abs=0.004)
        assert means[-1] == pytest.approx(0.05)

    def test_thrust_that_can_lift_the_robot_counts_as_flight(self, fly):
        """Whatever the odometry says: a fault must not stop the motors of a robot in the air."""
        flight = fly()
        flight.rest(0.5)
        flight.stage.arm(flight.time)
        flight.stage.select_policy(flight.time, flight.contract)
        flight.policy = lambda state: (0.08,) * 4
        grounded = flight.robot.state()
        flight.odometry = lambda state: replace(
            state, position=grounded.position, linear_velocity=(state.stamp * 1e-6, 0.0, 0.0)
        )
        flight.run(0.25)
        assert flight.stage.airborne

    def test_a_policy_takes_over_from_the_hold_without_a_jump(self, fly, contract):
        flight = fly()
        flight.take_off()
        flight.stage.select_policy(flight.time, None)
        flight.run(1.0)
        assert flight.stage.select_policy(flight.time, contract).granted
        flight.run(2.0)
        assert flight.stage.mode is Mode.POLICY
        assert flight.sent[-1][1].source == Source.POLICY
        assert abs(flight.robot.position[2] - 1.0) < 0.2


class TestLanding:
    @pytest.mark.parametrize("mode", [Mode.STANDBY, Mode.POLICY, Mode.INTERVENTION])
    def test_it_ends_in_idle_from_every_mode(self, fly, mode):
        flight = fly()
        flight.take_off()
        if mode is Mode.STANDBY:
            flight.stage.select_policy(flight.time, None)
        if mode is Mode.INTERVENTION:
            operate(flight)
            flight.run(0.05)
            assert flight.stage.intervene(flight.time, take_over=True).granted
            flight.run(0.5)
        assert flight.stage.mode is mode
        assert flight.stage.land(flight.time).granted
        flight.run(0.1)
        assert flight.stage.mode is Mode.STANDBY and flight.stage.landing
        assert flight.run(8.0, until=lambda flight: flight.stage.mode is Mode.IDLE)
        assert flight.thrust == (0.0,) * 4
        assert flight.hardest_impact < 0.6
        assert not [event for event in flight.events if event.fault]

    def test_it_is_refused_in_idle_and_disarms_on_the_ground(self, fly):
        flight = fly()
        flight.rest(0.5)
        assert flight.stage.land(flight.time).error_code == LandCode.WRONG_MODE
        flight.stage.arm(flight.time)
        assert flight.stage.land(flight.time).granted
        assert flight.stage.mode is Mode.IDLE

    def test_nobody_takes_over_while_it_lasts(self, fly, contract):
        flight = fly()
        flight.take_off()
        flight.stage.land(flight.time)
        flight.run(0.2)
        verdict = flight.stage.select_policy(flight.time, contract)
        assert verdict.error_code == PolicyCode.WRONG_MODE
        verdict = flight.stage.intervene(flight.time, take_over=True)
        assert verdict.error_code == InterveneCode.WRONG_MODE
        assert flight.stage.land(flight.time).granted


class TestIntervention:
    def test_it_needs_fresh_commands_of_the_operator(self, fly):
        flight = fly()
        flight.take_off()
        verdict = flight.stage.intervene(flight.time, take_over=True)
        assert verdict.error_code == InterveneCode.NO_COMMAND
        assert flight.stage.mode is Mode.POLICY

    def test_the_operator_flies_and_the_policy_does_not(self, fly):
        flight = fly()
        flight.take_off()
        operate(flight)
        flight.run(0.03)
        assert flight.stage.intervene(flight.time, take_over=True).granted
        flight.run(0.1)
        assert flight.sent[-1][1].source == Source.OPERATOR
        flight.source = Source.POLICY
        flight.run(0.02)
        assert flight.sent[-1][1].source != Source.POLICY

    def test_a_policy_gone_wrong_does_not_trip_while_the_operator_flies(self, fly):
        flight = fly()
        flight.take_off()
        operate(flight)
        flight.run(0.03)
        flight.stage.intervene(flight.time, take_over=True)
        bad = replace(flight.sent[-1][1], values=(float("nan"),) * 4, source=Source.POLICY)
        assert flight.stage.command(flight.time, replace(bad, stamp=flight.time)) is None
        flight.run(0.1)
        assert flight.stage.mode is Mode.INTERVENTION

    def test_a_silent_operator_trips(self, fly):
        flight = fly()
        flight.take_off()
        operate(flight)
        flight.run(0.03)
        flight.stage.intervene(flight.time, take_over=True)
        flight.run(0.5)
        flight.corrupt = lambda command: None
        onset = flight.time
        assert flight.run(8.0, until=lambda flight: flight.landed)
        assert flight.stage.fault is Guard.COMMAND_STALE
        assert flight.first_fallback(onset) < 0.1
        assert flight.hardest_impact < 1.0

    def test_handing_back_goes_to_the_policy_gently(self, fly):
        flight = fly()
        flight.take_off()
        operate(flight)
        flight.run(0.03)
        flight.stage.intervene(flight.time, take_over=True)
        flight.want = (0.5, 0.0, 0.0)
        flight.run(0.5)
        flight.source = Source.POLICY
        assert flight.stage.intervene(flight.time, take_over=False).granted
        assert flight.stage.mode is Mode.POLICY
        flight.want = (0.0, 0.0, 0.0)
        flight.run(2.0)
        assert flight.stage.mode is Mode.POLICY
        assert flight.sent[-1][1].source == Source.POLICY
        assert max(map(abs, flight.robot.velocity)) < 0.3

    def test_handing_back_without_a_policy_holds(self, fly):
        flight = fly()
        flight.take_off()
        operate(flight)
        flight.run(0.03)
        flight.stage.intervene(flight.time, take_over=True)
        flight.run(0.1)
        flight.stage.select_policy(flight.time, None)
        assert flight.stage.mode is Mode.INTERVENTION
        assert flight.stage.intervene(flight.time, take_over=False).granted
        flight.run(0.5)
        assert flight.stage.mode is Mode.STANDBY
        assert flight.sent[-1][1].source == Source.FALLBACK

    def test_it_is_refused_in_idle(self, fly):
        flight = fly()
        for take_over in (True, False):
            verdict = flight.stage.intervene(flight.time, take_over=take_over)
            assert verdict.error_code == InterveneCode.WRONG_MODE


class TestFault:
    def test_it_latches_until_it_is_reset(self, fly, contract):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: None
        flight.run(0.3)
        stage = flight.stage
        assert stage.mode is Mode.FAULT and stage.fault is Guard.COMMAND_STALE
        assert "expected a fresh command of the policy" in stage.reason
        assert stage.reset_fault(flight.time).error_code == ResetCode.AIRBORNE
        flight.corrupt = lambda command: command
        flight.run(8.0, until=lambda flight: flight.landed)
        assert stage.mode is Mode.FAULT
        assert stage.arm(flight.time).error_code == ArmCode.WRONG_MODE
        assert stage.select_policy(flight.time, contract).error_code == PolicyCode.WRONG_MODE
        assert stage.reset_fault(flight.time).granted
        assert stage.mode is Mode.IDLE and stage.fault is Guard.NONE

    def test_a_robot_flies_again_after_a_reset(self, fly):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: None
        flight.run(8.0, until=lambda flight: flight.landed)
        flight.run(0.3)
        assert flight.stage.reset_fault(flight.time).granted
        flight.corrupt = lambda command: command
        flight.take_off()
        assert flight.stage.mode is Mode.POLICY
        assert abs(flight.robot.position[2] - 1.0) < 0.2

    def test_a_policy_of_before_is_not_handed_back_to(self, fly):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: None
        flight.run(8.0, until=lambda flight: flight.landed)
        flight.run(0.3)
        flight.stage.reset_fault(flight.time)
        operate(flight)
        flight.corrupt = lambda command: replace(command, values=(0.0,) * 4)
        flight.run(0.1)
        assert flight.stage.arm(flight.time).granted
        assert flight.stage.intervene(flight.time, take_over=True).granted
        assert flight.stage.intervene(flight.time, take_over=False).granted
        assert flight.stage.mode is Mode.STANDBY

    @pytest.mark.parametrize("fault", ["nan", "mismatched", "far out of limits"])
    def test_a_reset_waits_until_the_policy_sends_nothing_unfit(self, fly, inject, fault):
        flight = fly()
        flight.take_off()
        inject(flight, fault)
        flight.run(8.0, until=lambda flight: flight.landed)
        flight.run(0.3)
        verdict = flight.stage.reset_fault(flight.time)
        assert verdict.error_code == ResetCode.CAUSE_PERSISTS
        flight.corrupt = lambda command: None
        flight.run(0.6)
        assert flight.stage.reset_fault(flight.time).granted

    @pytest.mark.parametrize("fault", ["odometry lost", "odometry frozen"])
    def test_a_reset_waits_for_the_sensor(self, fly, inject, fault):
        flight = fly()
        flight.take_off()
        inject(flight, fault)
        flight.run(10.0, until=lambda flight: flight.landed)
        verdict = flight.stage.reset_fault(flight.time)
        assert verdict.error_code == ResetCode.CAUSE_PERSISTS
        flight.odometry = lambda state: state
        flight.run(0.5)
        assert flight.stage.reset_fault(flight.time).granted

    def test_a_reset_waits_for_the_other_publisher(self, fly):
        flight = fly()
        flight.take_off()
        flight.stage.observe_publishers(flight.time, 2)
        flight.run(8.0, until=lambda flight: flight.landed)
        flight.run(0.3)
        assert flight.stage.reset_fault(flight.time).error_code == ResetCode.CAUSE_PERSISTS
        flight.stage.observe_publishers(flight.time, 1)
        assert flight.stage.reset_fault(flight.time).granted

    def test_there_is_nothing_to_reset_without_one(self, fly):
        flight = fly()
        assert flight.stage.reset_fault(0.0).error_code == ResetCode.WRONG_MODE

    def test_landing_is_granted_and_changes_nothing(self, fly):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: None
        flight.run(0.3)
        assert flight.stage.land(flight.time).granted
        assert flight.stage.mode is Mode.FAULT

    def test_the_event_tells_guard_and_reason(self, fly, inject):
        flight = fly()
        flight.take_off()
        inject(flight, "nan")
        flight.run(0.05)
        event = next(event for event in flight.events if event.fault)
        assert event.guard is Guard.NOT_FINITE
        assert event.element == "m1"
        assert event.text == flight.stage.reason

    def test_warnings_are_not_repeated_each_period(self, fly):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: replace(command, stamp=command.stamp - 0.2)
        flight.run(3.0)
        assert len(flight.events) < 10


class TestEmergencyStop:
    @pytest.mark.parametrize("flying", [True, False])
    def test_it_stops_the_motors_at_once_and_latches(self, fly, flying):
        flight = fly()
        if flying:
            flight.take_off()
        else:
            flight.rest(0.5)
        assert flight.stage.emergency_stop(flight.time).granted
        assert flight.stage.mode is Mode.FAULT
        assert flight.stage.fault is Guard.OPERATOR_STOP
        command = flight.stage.tick(flight.time)
        assert command is not None and command.values == (0.0,) * 4
        flight.run(1.5)
        assert flight.thrust == (0.0,) * 4
        assert flight.stage.reset_fault(flight.time).granted

    def test_it_stops_a_landing_too(self, fly):
        flight = fly()
        flight.take_off()
        flight.corrupt = lambda command: None
        flight.run(0.5)
        assert flight.stage.mode is Mode.FAULT
        flight.stage.emergency_stop(flight.time)
        command = flight.stage.tick(flight.time)
        assert command is not None and command.values == (0.0,) * 4

    def test_a_falling_robot_is_not_reset(self, fly):
        flight = fly()
        flight.take_off()
        flight.stage.emergency_stop(flight.time)
        flight.run(0.2)
        assert flight.stage.reset_fault(flight.time).error_code == ResetCode.AIRBORNE
