"""Parameters of the arm's policy node."""

from dataclasses import dataclass

from untether_nodes.managed_node import NodeConfig, realtime_priority
from untether_nodes.parameters import Change, parameter


@dataclass(frozen=True)
class ArmPolicyNodeConfig(NodeConfig):
    """Parameters of the arm's policy node."""

    realtime_priority: int = realtime_priority(50)
    policy: str = parameter("", "path of the bundle to run, or the name of one in the zoo")
    max_duration: float = parameter(
        10.0, "deadline of an episode, unless the goal says another",
        unit="s", lower=0.1, upper=3600.0, change=Change.ANYTIME,
    )  # fmt: skip
    input_timeout: float = parameter(
        1.0, "time without state or pictures after which an episode is given up",
        unit="s", lower=0.05, upper=60.0, change=Change.ANYTIME,
    )  # fmt: skip
    learner: str = parameter("", "address HOST:PORT of a learner to explore for; empty for none")
    learner_token_file: str = parameter("", "file with what the learner asks for; empty for none")
    outbox: str = parameter("runs/outbox", "folder of what the learner has not acknowledged yet")
    demonstrate: bool = parameter(
        False, "whether an operator shows whole episodes to the learner, while the policy rests",
        change=Change.ANYTIME,
    )  # fmt: skip
