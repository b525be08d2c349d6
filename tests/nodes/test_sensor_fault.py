from untether_hardware.state import BodyState, ImuSample
from untether_nodes.sensor_fault import SensorFault


def make_state(stamp):
    return BodyState(stamp, (stamp, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0,) * 3)


def test_a_sound_sensor_tells_what_it_measures():
    assert SensorFault("none").apply(make_state(1.0)) == make_state(1.0)


def test_a_lost_sensor_tells_nothing():
    assert SensorFault("lost").apply(make_state(1.0)) is None


def test_a_frozen_sensor_repeats_its_first_value_with_stamps_that_go_on():
    fault = SensorFault("frozen")
    fault.apply(make_state(1.0))
    frozen = fault.apply(make_state(2.0))
    assert frozen is not None
    assert (frozen.stamp, frozen.position) == (2.0, (1.0, 0.0, 1.0))
    sample = SensorFault("frozen").apply(ImuSample(1.0, (0.0,) * 3, (0.0, 0.0, 9.81)))
    assert sample == ImuSample(1.0, (0.0,) * 3, (0.0, 0.0, 9.81))
