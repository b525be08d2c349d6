from math import dist, sqrt

import pytest
from builtin_interfaces.msg import Time
from hypothesis import assume, given
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from untether_interfaces.msg import Command, SafetyEvent

from untether_hardware.safety import Guard
from untether_hardware.safety import SafetyEvent as Event
from untether_hardware.state import ActuatorCommand, BodyState, ImuSample
from untether_nodes import conversions

numbers = st.floats(-100.0, 100.0)
vectors = st.tuples(numbers, numbers, numbers)
HALF = sqrt(0.5)


@st.composite
def quaternions(draw):
    values = draw(st.tuples(*[st.floats(-1.0, 1.0)] * 4))
    length = sqrt(sum(value * value for value in values))
    assume(length > 0.1)
    return tuple(value / length for value in values)


@given(st.integers(0, 2**31 - 1), st.integers(0, 999_999_999))
def test_a_stamp_survives_seconds_within_their_resolution(sec, nanosec):
    stamp, again = Time(sec=sec, nanosec=nanosec), Time()
    conversions.write_seconds(conversions.to_seconds(stamp), again)
    error = (again.sec - sec) * 10**9 + again.nanosec - nanosec
    assert abs(error) <= 250


@given(st.floats(0.0, 2.0**31 - 2))
def test_seconds_survive_a_stamp_exactly(seconds):
    stamp = Time()
    conversions.write_seconds(seconds, stamp)
    once = conversions.to_seconds(stamp)
    conversions.write_seconds(once, stamp)
    assert conversions.to_seconds(stamp) == once
    assert abs(once - seconds) < 1e-6


def test_a_second_is_never_written_as_a_thousand_million_nanoseconds():
    stamp = Time()
    conversions.write_seconds(1.9999999999, stamp)
    assert (stamp.sec, stamp.nanosec) == (2, 0)


@given(vectors, quaternions(), vectors, vectors)
def test_a_state_survives_an_odometry(position, orientation, velocity, rate):
    state = BodyState(12.5, position, orientation, velocity, rate)
    message = Odometry()
    conversions.write_odometry(state, message)
    again = conversions.to_body_state(message)
    assert (again.stamp, again.position, again.orientation) == (12.5, position, orientation)
    assert again.angular_velocity == rate
    assert dist(again.linear_velocity, velocity) < 1e-9 * (1.0 + dist(velocity, (0, 0, 0)))


def test_the_twist_of_an_odometry_is_in_base_link():
    turned_left = (0.0, 0.0, HALF, HALF)  # the robot looks along map's y
    message = Odometry()
    conversions.write_odometry(
        BodyState(0.0, (0, 0, 0), turned_left, (0.0, 2.0, 0.0), (0, 0, 0)), message
    )
    assert message.twist.twist.linear.x == pytest.approx(2.0)
    assert message.twist.twist.linear.y == pytest.approx(0.0)


@given(vectors, vectors)
def test_an_inertial_sample_survives_a_message(rate, acceleration):
    sample, message = ImuSample(3.25, rate, acceleration), Imu()
    conversions.write_imu(sample, message)
    assert conversions.to_imu_sample(message) == sample


def test_a_command_takes_its_source_from_the_topic_and_not_from_the_message():
    sent = ActuatorCommand(4.5, "command/rotor/thrust", ("m1", "m2"), (0.1, 0.2), 2)
    message = Command()
    conversions.write_command(sent, message)
    conversions.write_seconds(sent.stamp, message.header.stamp)
    assert message.source == 2
    received = conversions.to_actuator_command(message, 1)
    assert received == ActuatorCommand(4.5, sent.kind, sent.names, sent.values, 1)


def test_an_event_becomes_a_message():
    event = Event(7.5, Guard.TILT, True, "", 1.3, 1.2, "expected less")
    message = conversions.to_safety_event(event)
    assert message.guard == SafetyEvent.TILT
    assert message.severity == SafetyEvent.SEVERITY_FAULT
    assert (message.value, message.limit, message.text) == (1.3, 1.2, "expected less")
    assert conversions.to_seconds(message.header.stamp) == 7.5
