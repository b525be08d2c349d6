"""Quality of service by name: every topic of the project takes one of these profiles.

Publisher and subscriber of a topic must agree, so nobody writes a profile by hand.
"""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy


def _reliable(depth: int, durability: DurabilityPolicy) -> QoSProfile:
    return QoSProfile(
        reliability=ReliabilityPolicy.RELIABLE,
        durability=durability,
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
    )


STATE = _reliable(1, DurabilityPolicy.VOLATILE)
"""Measurements: only the newest counts, and it must arrive."""

COMMAND = _reliable(1, DurabilityPolicy.VOLATILE)
"""Commands: only the newest counts, and it must arrive."""

NEWEST = QoSProfile(
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
    history=HistoryPolicy.KEEP_LAST,
    depth=1,
)
"""For control loops that subscribe to STATE or COMMAND in real time: a lost sample is left out.

A reliable subscription keeps all later samples back until a lost one has been sent again or given
up, which took up to 0.3 s on a busy computer. It also fits drivers that publish best-effort.
"""

ROWS = _reliable(4, DurabilityPolicy.VOLATILE)
"""Commands of a swarm: several messages may hold the rows of one tick, and none may get lost."""

NEWEST_ROWS = QoSProfile(
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
    history=HistoryPolicy.KEEP_LAST,
    depth=4,
)
"""For control loops that subscribe to ROWS in real time, as NEWEST is for COMMAND."""

WATCH = QoSProfile(
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.VOLATILE,
    history=HistoryPolicy.KEEP_LAST,
    depth=50,
)
"""For who looks on: never makes a publisher send again, and may be late by half a second."""

LATCHED = _reliable(1, DurabilityPolicy.TRANSIENT_LOCAL)
"""What is true until further notice; whoever joins late gets it too."""

EVENTS = _reliable(50, DurabilityPolicy.VOLATILE)
"""What happened: nothing may be skipped, even in a burst."""

LOG = _reliable(200, DurabilityPolicy.VOLATILE)
"""Measurements for who looks at them later: two seconds at 100 Hz may wait."""

DIAGNOSTICS = _reliable(10, DurabilityPolicy.VOLATILE)
"""``/diagnostics``, as the tools that read it expect."""

CLOCK = _reliable(1, DurabilityPolicy.VOLATILE)
"""``/clock`` of a simulator in lockstep: a tick must not get lost."""
