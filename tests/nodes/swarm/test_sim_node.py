"""The simulated swarm in its own process: what it tells, and when its room may change."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from motion_capture_tracking_interfaces.msg import NamedPoseArray

from untether_hardware.safety import Mode
from untether_nodes import qos

pytestmark = pytest.mark.ros


def test_a_room_changes_while_all_drones_stand(puppet):
    puppet.wait_for(lambda: puppet.columns and puppet.truth, "the first room")
    before = puppet.time
    assert puppet.reset(seed=5, density=0.5).success
    puppet.wait_for(lambda: len(puppet.columns[-1].x) == 32, "32 columns")
    puppet.wait_for_time(0.1)
    assert puppet.time > before  # time goes on
    place = np.reshape(puppet.truth.position, (-1, 3))
    assert np.abs(place[:, 2] - 0.02).max() < 0.005
    columns = np.column_stack([puppet.columns[-1].x, puppet.columns[-1].y])
    assert np.linalg.norm(place[:, None, :2] - columns, axis=2).min() > 0.9
    assert puppet.reset(seed=5, density=0.5).success
    puppet.wait_for_time(0.1)
    assert np.abs(np.reshape(puppet.truth.position, (-1, 3)) - place).max() < 0.005
    for density, size in ((0.99, 0.6), (np.nan, 0.6), (0.2, 0.0), (0.2, np.nan)):
        response = puppet.reset(density=density, size=size)
        assert not response.success
        assert "expected a density" in response.message


def test_a_room_stays_while_rotors_turn(puppet):
    puppet.take_off()
    puppet.wait_for(lambda: puppet.columns, "columns")
    count = len(puppet.columns)
    response = puppet.reset(seed=1, density=0.5)
    assert not response.success
    assert "expected rotors that stand still" in response.message
    puppet.wait_for_time(0.2)
    assert puppet.modes == [Mode.POLICY] * 3
    assert len(puppet.columns) == count


def test_contacts_with_the_floor_end_with_the_flight_s_start(puppet):
    puppet.wait_for(lambda: puppet.contacts, "contacts")
    assert puppet.contacts[-1].floor == [True] * 3
    puppet.take_off()
    contacts = puppet.contacts[-1]
    assert contacts.floor == contacts.drone == contacts.column == contacts.wall == [False] * 3


def test_poses_are_there_for_who_asks(puppet):
    poses = []
    puppet.listen(NamedPoseArray, "poses", poses.append, qos.STATE)
    puppet.wait_for(lambda: poses and puppet.states, "poses")
    assert [pose.name for pose in poses[-1].poses] == list(puppet.names)
    told = poses[-1].poses[2].pose.position
    assert abs(told.x - puppet.states.position[6]) < 0.05
    assert abs(told.z - 0.02) < 0.05


def test_the_simulation_says_how_fast_it_is(puppet):
    reports = []

    def note(message):
        for status in message.status:
            values = {item.key: item.value for item in status.values}
            if "real-time factor" in values:
                reports.append(values)

    puppet.probe.listen(DiagnosticArray, "/diagnostics", note, qos.DIAGNOSTICS)
    puppet.wait_for(lambda: len(reports) >= 2, "two reports")
    assert float(reports[-1]["real-time factor"]) > 0.1
    assert float(reports[-1]["step p50 [s]"]) < 0.01
    assert int(reports[-1]["samples answered"]) > 10
