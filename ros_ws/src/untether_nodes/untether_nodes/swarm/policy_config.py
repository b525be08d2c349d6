"""Parameters of a swarm's policy node."""

from dataclasses import dataclass

from untether_nodes.managed_node import NodeConfig, realtime_priority
from untether_nodes.parameters import Change, parameter
from untether_nodes.robots import ROBOTS
from untether_nodes.swarm.drones import MOST_DRONES


@dataclass(frozen=True)
class SwarmPolicyConfig(NodeConfig):
    """Parameters of a swarm's policy node."""

    realtime_priority: int = realtime_priority(50)
    robot: str = parameter("crazyflie", "what each drone is", choices=tuple(ROBOTS))
    drones: int = parameter(8, "how many drones there are, cf1 and so on", lower=1,
        upper=MOST_DRONES,
    )  # fmt: skip
    policy: str = parameter("", "path of the bundle to run, or the name of one in the zoo")
    radius: float = parameter(
        0.5, "GIVEN and HOME: distance to a goal that counts as arrived",
        unit="m", lower=0.01, upper=10.0, change=Change.ANYTIME,
    )  # fmt: skip
    duration: float = parameter(
        15.0, "length of a run, unless it says another",
        unit="s", lower=0.1, upper=3600.0, change=Change.ANYTIME,
    )  # fmt: skip
    state_timeout: float = parameter(
        0.3, "time without states after which a run is given up",
        unit="s", lower=0.02, upper=10.0, change=Change.ANYTIME,
    )  # fmt: skip
