"""What is told of an episode that is over, on ``episode_end``, so that recordings have it."""

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray
from untether_interfaces.action import RunEpisode

from untether_hardware.datasets.errors import DatasetError
from untether_nodes.arm.episode import Outcome
from untether_nodes.conversions import to_seconds, write_seconds
from untether_nodes.diagnostics import Level, make_status

_NAME = "episode"


@dataclass(frozen=True)
class EpisodeNotice:
    """How an episode ended.

    Attributes:
        stamp: Of the last pictures that the policy answered [s, node clock].
        steps: Answers of the policy.
        outcome: How it came out.
        error_code: 0 when it ran to its end, else one of ``RunEpisode``'s codes.
        text: What happened, for people.
    """

    stamp: float
    steps: int
    outcome: Outcome
    error_code: int
    text: str


def write_notice(result: RunEpisode.Result, stamp: float) -> DiagnosticArray:
    """Return the message for an episode's result.

    Args:
        result: Of the episode.
        stamp: Of the last pictures that the policy answered [s, node clock].
    """
    values: dict[str, float | int | str] = {
        "steps": result.steps,
        "outcome": Outcome(result.outcome).name,
        "error code": result.error_code,
    }
    level = Level.WARN if result.error_code else Level.OK
    message = DiagnosticArray(status=[make_status(_NAME, level, result.error_msg, values)])
    write_seconds(stamp, message.header.stamp)
    return message


def read_notice(message: DiagnosticArray) -> EpisodeNotice:
    """Return what a message tells.

    Raises:
        DatasetError: When it tells something else.
    """
    try:
        (status,) = message.status
        values = {pair.key: pair.value for pair in status.values}
        return EpisodeNotice(
            to_seconds(message.header.stamp),
            int(values["steps"]),
            Outcome[values["outcome"]],
            int(values["error code"]),
            status.message,
        )
    except (KeyError, ValueError) as error:
        raise DatasetError(
            "episode_end",
            expected="one status with the figures of an episode",
            got=f"{type(error).__name__}: {error}",
            fix="record it from arm_policy_node",
        ) from error
