"""A frame as bytes for the browser: 53 bytes a drone, little-endian.

| offset | type | what |
|---|---|---|
| 0 | uint32 | number of drones, n |
| 4 | uint32 | revision of the scene that names the rows |
| 8 | float32 | age of the states [s] |
| 12 | float32[n][13] | position [m], orientation (xyzw), velocity [m/s], goal [m or NaN] |
| 12 + 52 n | uint8[n] | mode |

``static/swarm_stream.js`` reads it.
"""

import struct

import numpy as np

from untether_nodes.console.swarm_picture import SwarmFrame

_HEADER = struct.Struct("<IIf")


def pack_frame(frame: SwarmFrame, revision: int, age: float) -> bytes:
    """Return a frame as bytes.

    Args:
        frame: The frame.
        revision: Of the scene that names its rows.
        age: Of its states [s].
    """
    rows = np.concatenate(
        [frame.position, frame.orientation, frame.velocity, frame.goal], axis=1, dtype="<f4"
    )
    header = _HEADER.pack(len(rows), revision, age)
    return header + rows.tobytes() + frame.modes.tobytes()
