"""Whatever a message holds, its sound rows reach their drones and the others reach nobody."""

from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from untether_interfaces.msg import SwarmCommand, SwarmState

from untether_nodes.conversions import write_seconds
from untether_nodes.swarm.row_reader import RowReader
from untether_nodes.swarm.row_writer import write_commands

NAMES = ("cf1", "cf2", "cf3")
ROTORS = ("m1", "m2", "m3", "m4")
names = st.lists(st.sampled_from([*NAMES, "cf4", "", "cf1 ", "CF1"]), max_size=6)
numbers = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=24)


@given(
    names=names,
    arrays=st.fixed_dictionaries(
        {
            name: numbers
            for name in (
                "position", "orientation", "linear_velocity", "angular_velocity",
                "imu_angular_velocity", "imu_linear_acceleration",
            )
        }
    ),
)  # fmt: skip
def test_any_states_are_read_or_counted(names, arrays):
    reader = RowReader(NAMES)
    samples = reader.read_states(SwarmState(names=names, **arrays))
    drones = [drone for drone, _, _ in samples]
    assert len(set(drones)) == len(drones)
    assert set(drones) <= set(range(len(NAMES)))
    assert len(drones) == len(names) or (reader.ignored and reader.problem)


@given(drones=names, elements=st.lists(st.text(max_size=3), max_size=5), values=numbers)
def test_any_commands_are_read_or_counted(drones, elements, values):
    reader = RowReader(NAMES)
    message = SwarmCommand(drones=drones, names=elements, values=values, sources=[7])
    commands = reader.read_commands(message, source=1)
    assert len({drone for drone, _ in commands}) == len(commands)
    assert all(len(command.values) == len(elements) for _, command in commands)
    assert all(command.source == 1 for _, command in commands)
    assert len(commands) == len(drones) or (reader.ignored and reader.problem)


@given(order=st.permutations(NAMES), stray=st.sampled_from(["", "cf9", "first again"]))
def test_rows_are_matched_by_name_whatever_stands_between_them(rows, order, stray):
    reader = RowReader(NAMES)
    listed = list(order) + ([order[0] if stray == "first again" else stray] if stray else [])
    for _ in range(2):
        samples = reader.read_states(rows.states(listed))
        assert {NAMES[drone]: state.position[0] for drone, state, _ in samples} == {
            name: float(row) for row, name in enumerate(order)
        }
    assert reader.ignored == (2 if stray else 0)
    assert bool(reader.problem) == bool(stray)


def test_values_that_are_not_finite_are_left_to_the_stage_of_their_drone(rows):
    reader = RowReader(NAMES)
    commands = dict(reader.read_commands(rows.commands(NAMES[:2], [0.1] * 4 + [nan] * 4), 1))
    assert commands[0].values == (0.1,) * 4
    assert all(isnan(value) for value in commands[1].values)
    states = rows.states(NAMES, position=[0.0, 0.0, 0.0, nan, 0.0, 0.0, 1.0, 1.0, 1.0])
    assert len(reader.read_states(states)) == 3
    assert reader.ignored == 0


@pytest.mark.parametrize(
    "change",
    [
        {"position": [0.0] * 8},
        {"orientation": [0.0] * 9},
        {"linear_velocity": []},
        {"angular_velocity": [0.0] * 10},
    ],
    ids=str,
)
def test_states_of_the_wrong_length_are_nobodys(rows, change):
    reader = RowReader(NAMES)
    assert reader.read_states(rows.states(NAMES, **change)) == []
    assert reader.ignored == 3
    assert "expected 3, 4, 3 and 3" in reader.problem
    assert len(reader.read_states(rows.states(NAMES))) == 3
    assert reader.problem == ""


@pytest.mark.parametrize(("change", "ignored"), [([], 0), ([0.0] * 8, 3)])
def test_states_without_sound_inertial_samples_are_still_states(rows, change, ignored):
    reader = RowReader(NAMES)
    message = rows.states(NAMES, imu_angular_velocity=change)
    if not change:
        message.imu_linear_acceleration = []
    samples = reader.read_states(message)
    assert [imu for _, _, imu in samples] == [None] * 3
    assert reader.ignored == ignored


def test_commands_are_read_as_they_were_written(rows):
    reader = RowReader(NAMES)
    sent = rows.commands(["cf3", "cf1"], range(8))
    write_seconds(12.25, sent.header.stamp)
    commands = reader.read_commands(sent, source=2)
    written = SwarmCommand()
    write_commands(commands, NAMES, written)
    assert (written.drones, written.names, written.kind) == (sent.drones, sent.names, sent.kind)
    assert written.values == sent.values
    assert list(written.sources) == [2, 2]
    assert {command.stamp for _, command in commands} == {12.25}
