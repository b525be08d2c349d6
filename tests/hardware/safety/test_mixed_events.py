"""More than one thing at once, at the worst moment, and clocks that lie."""

from dataclasses import replace

import pytest

from untether_hardware.safety import Guard, Mode, Source
from untether_hardware.safety.verdict import ResetCode


def start_take_off(flight, thrust_above=0.2):
    """Rest, arm, and stop right when the rotors begin to lift the robot."""
    flight.rest()
    assert flight.stage.arm(flight.time).granted
    assert flight.stage.select_policy(flight.time, flight.contract).granted
    flight.want = (0.0, 0.0, 1.0)
    weight = flight.stage.description.weight
    assert flight.run(1.0, until=lambda flight: sum(flight.thrust) > thrust_above * weight)


@pytest.mark.parametrize("fault", ["killed", "odometry lost", "odometry frozen", "nan"])
@pytest.mark.parametrize("thrust_above", [0.3, 0.9, 1.2])
def test_a_fault_on_the_ground_during_take_off(fly, inject, fault, thrust_above):
    flight = fly(1)
    start_take_off(flight, thrust_above)
    assert flight.robot.position[2] < 0.05
    inject(flight, fault)
    heights = []

    def follow(flight):
        heights.append(flight.robot.position[2])
        return flight.stage.mode is Mode.FAULT and flight.landed

    assert flight.run(8.0, until=follow)
    assert max(heights) < 0.3
    assert flight.hardest_impact < 1.0


@pytest.mark.parametrize("fault", ["odometry lost", "odometry frozen", "duplicate publisher"])
def test_a_fault_during_a_requested_landing(fly, inject, fault):
    flight = fly(2)
    flight.take_off(1.5)
    flight.stage.land(flight.time)
    flight.run(0.8)
    inject(flight, fault)
    assert flight.run(10.0, until=lambda flight: flight.landed)
    assert flight.stage.mode is Mode.FAULT
    assert flight.hardest_impact < 1.0


def test_odometry_lost_while_landing_after_a_dead_policy(fly, inject):
    flight = fly(3)
    flight.take_off(1.5)
    inject(flight, "killed")
    flight.run(0.7)
    inject(flight, "odometry lost")
    assert flight.run(10.0, until=lambda flight: flight.landed)
    assert flight.stage.fault is Guard.COMMAND_STALE  # the first one stays
    assert Guard.SENSOR_LOST in {event.guard for event in flight.events if event.fault}
    assert flight.hardest_impact < 1.0


def test_odometry_that_comes_back_is_believed_again(fly, inject):
    flight = fly(4)
    flight.take_off(1.5)
    inject(flight, "odometry lost")
    flight.run(1.0)
    flight.odometry = lambda state: state
    flight.run(1.0)
    assert flight.stage._sensors.trusted
    assert flight.run(10.0, until=lambda flight: flight.landed)
    assert flight.hardest_impact < 0.5


def test_a_dead_policy_and_a_dead_inertial_sensor(fly, inject):
    flight = fly(5)
    flight.take_off(1.5)
    flight.inertial = lambda sample: None
    flight.run(0.5)
    assert flight.stage.mode is Mode.POLICY
    inject(flight, "killed")
    assert flight.run(10.0, until=lambda flight: flight.landed)
    assert flight.hardest_impact < 1.0


def test_without_any_sensor_the_motors_stop_soon(fly, inject):
    flight = fly(6)
    flight.take_off()
    onset = flight.time
    inject(flight, "odometry lost")
    flight.inertial = lambda sample: None
    assert flight.run(2.0, until=lambda flight: flight.landed)
    assert flight.time - onset < 0.1 + flight.config.open_loop_time
    flight.odometry, flight.inertial = (lambda state: state), (lambda sample: sample)
    flight.run(1.0)
    assert flight.thrust == (0.0,) * 4  # motors that stopped stay stopped
    assert flight.stage.reset_fault(flight.time).granted


def test_an_inertial_sensor_that_freezes_with_the_odometry_is_not_believed(fly, inject):
    flight = fly(7)
    flight.take_off()
    sample = flight.robot.imu()
    flight.inertial = lambda now: replace(sample, stamp=now.stamp)
    inject(flight, "odometry lost")
    onset = flight.time
    assert flight.run(2.0, until=lambda flight: flight.landed)
    assert flight.time - onset < 0.15 + flight.config.open_loop_time


def test_a_clock_set_back_in_flight_lands_the_robot(fly):
    flight = fly(8)
    flight.take_off()
    robot = flight.robot
    robot.time -= 2.0
    flight.run(0.05)
    assert flight.stage.fault is Guard.STALL
    assert flight.run(8.0, until=lambda flight: flight.landed)
    assert flight.hardest_impact < 1.0
    flight.run(0.3)
    assert flight.stage.reset_fault(flight.time).granted


def test_a_clock_set_back_on_the_ground_does_no_harm(fly):
    flight = fly(9)
    flight.rest()
    flight.robot.time = 0.0
    flight.take_off()
    assert flight.stage.mode is Mode.POLICY
    assert abs(flight.robot.position[2] - 1.0) < 0.2


def test_a_loop_that_stands_still_for_long_trips(fly):
    flight = fly(10)
    flight.take_off()
    flight.stage.tick(flight.time + 0.15)
    assert flight.stage.fault is Guard.STALL


def test_a_short_stall_is_reported_and_not_blamed_on_the_policy(fly):
    flight = fly(11)
    flight.take_off()
    flight.stage.tick(flight.time + 0.07)
    events = flight.stage.take_events()
    assert [event.guard for event in events] == [Guard.STALL]
    assert flight.stage.mode is Mode.POLICY


def test_an_answer_given_twice_is_used_once(fly):
    flight = fly(12)
    flight.take_off()
    now = flight.time
    state = flight.robot.state()
    flight.stage.observe_state(now, state)
    command = replace(flight.sent[-1][1], stamp=state.stamp, source=Source.POLICY)
    assert flight.stage.command(now, command) is not None
    assert flight.stage.command(now, command) is None


def test_a_reset_in_the_air_is_refused(fly, inject):
    flight = fly(13)
    flight.take_off()
    inject(flight, "nan")
    flight.run(0.5)
    assert flight.stage.reset_fault(flight.time).error_code == ResetCode.AIRBORNE
    assert flight.stage.mode is Mode.FAULT


def test_each_state_is_answered_with_its_own_stamp(fly, inject):
    """A simulator in lockstep waits for just that, in every mode."""
    flight = fly(14)
    flight.take_off()
    for fault in (None, "killed", "odometry frozen"):
        if fault:
            inject(flight, fault)
            flight.run(0.2)
        since = flight.time
        flight.run(0.3)
        stamps = {round(command.stamp, 6) for time, command in flight.sent if time >= since}
        assert len(stamps) == 30, fault
