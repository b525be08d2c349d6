"""Each guard works for each drone, and only for that one."""

from math import inf, nan

import numpy as np
import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.safety import Guard, Mode

FULL = CRAZYFLIE.max_rotor_thrust
VICTIM = 1


def write_row(values, width, *numbers):
    """Overwrite the victim's row in an array of a message."""
    values[VICTIM * width : (VICTIM + 1) * width] = type(values)("d", numbers)


def command_instead(*numbers):
    """Spoil the victim's commands."""

    def spoil(message):
        write_row(message.values, 4, *numbers)
        return message

    return spoil


def scale(factor):
    """Multiply the victim's commands."""

    def spoil(message):
        own = message.values[4 * VICTIM : 4 * VICTIM + 4]
        write_row(message.values, 4, *(factor * value for value in own))
        return message

    return spoil


def mirror(message):
    """Negate the victim's commands about hover, within all limits."""
    hover = 2.0 * CRAZYFLIE.hover_rotor_thrust
    own = message.values[4 * VICTIM : 4 * VICTIM + 4]
    write_row(message.values, 4, *(min(max(hover - value, 0.0), FULL) for value in own))
    return message


def silence(message):
    """Withhold the victim's commands."""
    kept = [row for row in range(len(message.drones)) if row != VICTIM]
    message.values = np.reshape(message.values, (-1, 4))[kept].ravel().tolist()
    message.drones = [message.drones[row] for row in kept]
    return message


COMMANDS = {
    "NaN": (command_instead(nan, 0.07, 0.07, 0.07), {Guard.NOT_FINITE}),
    "infinite": (command_instead(inf, 0.07, 0.07, 0.07), {Guard.NOT_FINITE}),
    "far beyond limits": (command_instead(5.0, 5.0, 5.0, 5.0), {Guard.VALUE_LIMIT}),
    "silent": (silence, {Guard.COMMAND_STALE}),
    "negated": (mirror, {Guard.TILT, Guard.FLOOR, Guard.ENVELOPE}),
    "x5": (scale(5.0), {Guard.VALUE_LIMIT, Guard.TILT, Guard.ENVELOPE}),
    "zeroed": (scale(0.0), {Guard.FLOOR, Guard.ENVELOPE}),
}


def lose(message):
    """Leave the victim's row out."""
    kept = [row for row in range(len(message.names)) if row != VICTIM]
    for name in ("position", "orientation", "linear_velocity", "angular_velocity",
                 "imu_angular_velocity", "imu_linear_acceleration"):  # fmt: skip
        rows = np.reshape(getattr(message, name), (len(message.names), -1))
        setattr(message, name, rows[kept].ravel().tolist())
    message.names = [message.names[row] for row in kept]
    return message


def invalidate(message):
    """Tell that the victim is nowhere."""
    write_row(message.position, 3, nan, nan, nan)
    return message


class Freeze:
    """Repeat the victim's odometry, but not its inertial samples."""

    def __init__(self):
        self.first = None

    def __call__(self, message):
        widths = {"position": 3, "orientation": 4, "linear_velocity": 3, "angular_velocity": 3}
        if self.first is None:
            self.first = {
                name: list(getattr(message, name)[VICTIM * width : (VICTIM + 1) * width])
                for name, width in widths.items()
            }
        for name, width in widths.items():
            write_row(getattr(message, name), width, *self.first[name])
        return message


STATES = {
    "lost": (lambda: lose, Guard.SENSOR_LOST),
    "invalid": (lambda: invalidate, Guard.SENSOR_INVALID),
    "frozen": (Freeze, Guard.SENSOR_FROZEN),
}


def assert_only_the_victim_lands(flight, guards):
    """Check that one drone goes to FAULT and lands, and the others fly on to their goals."""
    flight.run(4.0)
    expected = [Mode.POLICY] * len(flight.names)
    expected[VICTIM] = Mode.FAULT
    assert flight.modes == expected
    assert flight.crew.stages[VICTIM].fault in guards
    events = flight.crew.take_events()
    assert {drone for drone, event in events if event.fault} == {VICTIM}
    height = flight.height
    assert height[VICTIM] < 0.03
    others = np.arange(len(height)) != VICTIM
    goal = flight.commander.goal[:, 2]
    assert np.abs(height - goal)[others].max() < 0.15


@pytest.mark.parametrize("case", COMMANDS)
def test_bad_commands_land_the_one_drone_that_they_are_for(flight, case):
    flight.spoil_commands, guards = COMMANDS[case]
    assert_only_the_victim_lands(flight, guards)


@pytest.mark.parametrize("case", STATES)
def test_bad_states_land_the_one_drone_that_they_are_of(flight, case):
    make, guard = STATES[case]
    flight.spoil_states = make()
    assert_only_the_victim_lands(flight, {guard})


def test_commands_for_other_rotors_land_all_whom_they_are_for(flight):
    def rename(message):
        message.names = ["a", "b", "c", "d"]
        return message

    flight.spoil_commands = rename
    flight.run(0.2)
    assert flight.modes == [Mode.FAULT] * 3
    assert {stage.fault for stage in flight.crew.stages} == {Guard.COMMAND_MISMATCH}


def test_a_commander_that_dies_has_all_drones_land(flight):
    flight.spoil_commands = lambda message: None
    flight.run(4.0)
    assert flight.modes == [Mode.FAULT] * 3
    assert flight.height.max() < 0.03


def test_states_that_end_have_all_drones_stop(flight):
    flight.spoil_states = lambda message: None
    flight.run(1.5)
    assert flight.modes == [Mode.FAULT] * 3
    assert not flight.thrust.any()


def test_a_second_publisher_is_the_fault_of_all(flight):
    flight.crew.observe_publishers(1.0 + flight.swarm.time, 2)
    assert flight.modes == [Mode.FAULT] * 3


def test_a_garbled_message_between_good_ones_changes_nothing(flight):
    def garble(message):
        if round(100 * flight.swarm.time) % 4 == 0:
            message.values = message.values[:-1]
        return message

    flight.spoil_commands = garble
    flight.run(1.0)
    assert flight.modes == [Mode.POLICY] * 3
    assert flight.reader.ignored >= 24


def test_changes_are_told_once(flight):
    flight.crew.take_changes()
    assert flight.crew.take_changes() == []
    flight.crew.stages[VICTIM].emergency_stop(1.0 + flight.swarm.time)
    assert flight.crew.take_changes() == [VICTIM]
    assert flight.crew.airborne == [0, 2]
    assert flight.crew.in_flight


def test_each_stage_has_the_inertial_samples_of_its_drone(flight):
    now = 1.0 + flight.swarm.time
    everyone = range(len(flight.names))
    flight.crew.ask(everyone, lambda stage: stage.land(now))
    flight.run(8.0)
    assert flight.modes == [Mode.IDLE] * len(flight.names)
    flight.crew.ask(everyone, lambda stage: stage.arm(1.0 + flight.swarm.time))
    assert [stage.reason for stage in flight.crew.stages] == ["armed"] * len(flight.names)
