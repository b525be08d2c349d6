"""Parameters of the policy node."""

from dataclasses import dataclass

from untether_nodes.managed_node import NodeConfig, realtime_priority
from untether_nodes.parameters import Change, parameter
from untether_nodes.robots import ROBOTS


@dataclass(frozen=True)
class PolicyNodeConfig(NodeConfig):
    """Parameters of the policy node."""

    realtime_priority: int = realtime_priority(50)
    robot: str = parameter("crazyflie", "robot to command", choices=tuple(ROBOTS))
    policy: str = parameter("", "path of the bundle to run, or the name of one in the zoo")
    tolerance: float = parameter(
        0.15, "POSITION: distance that counts as arrived, unless the goal says another",
        unit="m", lower=0.001, upper=10.0, change=Change.ANYTIME,
    )  # fmt: skip
    hold_time: float = parameter(
        0.5, "POSITION: time to stay within the tolerance, unless the goal says another",
        unit="s", lower=0.01, upper=60.0, change=Change.ANYTIME,
    )  # fmt: skip
    max_duration: float = parameter(
        15.0, "deadline of a goal, or length of HOVER and FIGURE_EIGHT, unless the goal says",
        unit="s", lower=0.1, upper=3600.0, change=Change.ANYTIME,
    )  # fmt: skip
    period: float = parameter(
        8.0, "FIGURE_EIGHT: time of a lap, unless the goal says another",
        unit="s", lower=1.0, upper=600.0, change=Change.ANYTIME,
    )  # fmt: skip
    size: float = parameter(
        0.8, "FIGURE_EIGHT: half the width, unless the goal says another",
        unit="m", lower=0.01, upper=100.0, change=Change.ANYTIME,
    )  # fmt: skip
    flight_volume_lower: tuple[float, ...] = parameter(
        (-2.0, -2.0, 0.3), "least corner of the volume that goals must lie in: x, y, z in map",
        unit="m", lower=-1000.0, upper=1000.0, change=Change.ANYTIME,
    )  # fmt: skip
    flight_volume_upper: tuple[float, ...] = parameter(
        (2.0, 2.0, 2.5), "greatest corner of the volume that goals must lie in: x, y, z in map",
        unit="m", lower=-1000.0, upper=1000.0, change=Change.ANYTIME,
    )  # fmt: skip
    state_timeout: float = parameter(
        0.3, "time without odometry after which a goal is given up",
        unit="s", lower=0.02, upper=10.0, change=Change.ANYTIME,
    )  # fmt: skip
