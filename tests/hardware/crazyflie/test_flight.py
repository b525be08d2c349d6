from dataclasses import fields, replace

import numpy as np
import pytest

from untether_hardware.crazyflie.flight import Flight, FlightError
from untether_hardware.crazyflie.flight_recorder import FlightRecorder
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState


def test_saved_flight_loads_equal(flight, tmp_path):
    loaded = Flight.load(flight.save(tmp_path / "flight.npz"))
    for item in fields(Flight):
        np.testing.assert_array_equal(getattr(loaded, item.name), getattr(flight, item.name))
    assert isinstance(loaded.name, str)
    assert isinstance(loaded.radius, float)


def test_recorder_puts_every_value_into_its_column():
    recorder = FlightRecorder("test", waypoints=[(7, 8, 9)], radius=0.2, dwell=0.3)
    state = BodyState(0.5, (1, 2, 3), (0, 0, 0.6, 0.8), (4, 5, 6), (0.1, 0.2, 0.3))
    recorder.append(state, Setpoint((7, 8, 9)), (0.01, 0.02, 0.03, 0.04), mode=2, goal_index=0)
    recorder.append(replace(state, stamp=0.6), None, (0.0,) * 4, mode=0)
    flight = recorder.finish()
    assert flight.time.tolist() == [0.5, 0.6]
    assert flight.position[0].tolist() == [1, 2, 3]
    assert flight.orientation[0].tolist() == [0, 0, 0.6, 0.8]
    assert flight.linear_velocity[0].tolist() == [4, 5, 6]
    assert flight.angular_velocity[0].tolist() == [0.1, 0.2, 0.3]
    assert flight.goal[0].tolist() == [7, 8, 9]
    assert np.isnan(flight.goal[1]).all()
    assert flight.thrust[0].tolist() == [0.01, 0.02, 0.03, 0.04]
    assert flight.goal_index.tolist() == [0, -1]
    assert flight.mode.tolist() == [2, 0]
    assert (flight.radius, flight.dwell, flight.waypoints.tolist()) == (0.2, 0.3, [[7, 8, 9]])


def test_error_speed_and_tilt_follow_from_the_samples(flight):
    half = np.array([[0.5, 0.5, 0.5, 0.5]])  # x to y, y to z, z to x: the body's z is level
    tilted = replace(flight, orientation=np.repeat(half, len(flight.time), axis=0))
    assert tilted.tilt == pytest.approx(np.full(len(flight.time), np.pi / 2))
    assert flight.error[0] == pytest.approx(np.linalg.norm(flight.position[0] - flight.goal[0]))
    assert flight.speed.max() == pytest.approx(np.linalg.norm(flight.linear_velocity, axis=1).max())


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("position", lambda rows: rows[:-1]),
        ("orientation", lambda rows: rows[:, :3]),
        ("waypoints", lambda rows: rows[:, :2]),
        ("time", lambda times: times[::-1]),
        ("time", lambda times: np.zeros_like(times)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(flight, name, change):
    with pytest.raises(FlightError, match=f"Flight.{name}: expected .* got .* Fix: "):
        replace(flight, **{name: change(getattr(flight, name))})


def test_recorder_without_samples_makes_no_flight():
    with pytest.raises(FlightError, match="at least one sample"):
        FlightRecorder("nothing").finish()


def test_file_that_is_no_flight_is_refused(flight, tmp_path):
    text = tmp_path / "text.npz"
    text.write_text("not an archive")
    other = tmp_path / "other.npz"
    np.savez(other, something=np.zeros(3))
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, name=np.array([{"a": 1}], dtype=object))
    cut = tmp_path / "cut.npz"
    flight.save(cut)
    cut.write_bytes(cut.read_bytes()[:-200])
    for path in (text, other, pickled, cut):
        with pytest.raises(FlightError, match=r"expected .* got .* Fix: "):
            Flight.load(path)
