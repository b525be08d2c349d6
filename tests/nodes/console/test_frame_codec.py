"""What the browser unpacks is what the drones told."""

import struct

import numpy as np
import pytest

from untether_nodes.console.frame_codec import pack_frame
from untether_nodes.console.swarm_picture import SwarmFrame


def make_frame(drones):
    values = np.random.default_rng(1).normal(size=(drones, 13)).astype(np.float32)
    values[1::2, 10:] = np.nan
    frame = SwarmFrame(
        position=values[:, :3],
        orientation=values[:, 3:7],
        velocity=values[:, 7:10],
        goal=values[:, 10:],
        modes=np.arange(drones, dtype=np.uint8),
        received=5.0,
    )
    return frame, values


@pytest.mark.parametrize("drones", [0, 1, 2, 32])
def test_a_frame_unpacks_to_its_values(drones):
    frame, values = make_frame(drones)
    packed = pack_frame(frame, revision=7, age=0.25)
    assert struct.unpack_from("<IIf", packed) == (drones, 7, 0.25)
    rows = np.frombuffer(packed, "<f4", 13 * drones, offset=12).reshape(drones, 13)
    np.testing.assert_array_equal(rows, values)
    assert list(packed[12 + 52 * drones :]) == list(range(drones))


def test_thirty_two_drones_fit_into_two_network_packets():
    frame, _ = make_frame(32)
    assert len(pack_frame(frame, revision=1, age=0.0)) == 12 + 53 * 32 < 2 * 1400
