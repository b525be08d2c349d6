"""The result of evaluating an arm's bundle, beside whoever showed the task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.console import Console

from untether_hardware.interval import wilson_interval
from untether_training.evaluation.result_table import print_results, write_results

TARGETS: Mapping[str, float] = MappingProxyType(
    {"pick": 1.0, "peg": 1.0, "plug": 0.95, "lid": 0.95}
)
"""Least share of successes, by the task's name."""

_COLUMNS = ("who", "success", "95 % interval", "mean time of a success", "target")


@dataclass(frozen=True)
class Tally:
    """Episodes of the policy, or of the demonstrator.

    Attributes:
        name: Whose.
        times: How long each success took [s].
        episodes: All, failures included.
    """

    name: str
    times: tuple[float, ...]
    episodes: int

    @property
    def successes(self) -> int:
        """Episodes in which the task was done."""
        return len(self.times)

    @property
    def rate(self) -> float:
        """Share of successes [1]."""
        return self.successes / self.episodes

    @property
    def mean_time(self) -> float | None:
        """Of a success [s]; None without one."""
        return sum(self.times) / len(self.times) if self.times else None


@dataclass(frozen=True)
class InteractiveEvaluation:
    """How a bundle fared in scenes that training never saw.

    Attributes:
        bundle: Name of the bundle.
        sha256: Hash of its contract.
        task: That it was trained for.
        seed: Of the first episode's scene; the next ones have the next seeds.
        seconds: How long the evaluation took [s].
        policy: The bundle's episodes.
        demonstrator: The scripted expert's, of the skill that showed the task, in the same scenes.
    """

    bundle: str
    sha256: str
    task: str
    seed: int
    seconds: float
    policy: Tally
    demonstrator: Tally

    @property
    def passed(self) -> bool:
        """Whether the policy succeeds as often as the task's target asks, and faster."""
        own, shown = self.policy.mean_time, self.demonstrator.mean_time
        faster = own is not None and (shown is None or own < shown)
        return faster and self.policy.rate >= TARGETS.get(self.task, 0.0)

    def figures(self) -> dict[str, float | int | str | None]:
        """Return all figures, flat, by names such as ``policy_success_rate``."""
        figures: dict[str, float | int | str | None] = {
            "bundle": self.bundle,
            "contract_sha256": self.sha256,
            "task": self.task,
            "seconds": self.seconds,
        }
        for tally in (self.policy, self.demonstrator):
            lower, upper = wilson_interval(tally.successes, tally.episodes)
            figures |= {
                f"{tally.name}_episodes": tally.episodes,
                f"{tally.name}_successes": tally.successes,
                f"{tally.name}_success_rate": tally.rate,
                f"{tally.name}_success_rate_lower": lower,
                f"{tally.name}_success_rate_upper": upper,
                f"{tally.name}_mean_time_s": tally.mean_time,
            }
        return figures


def print_evaluation(console: Console, evaluation: InteractiveEvaluation) -> None:
    """Print the result as a table."""
    title = f"{evaluation.bundle}, scenes {evaluation.seed} and following"
    print_results(console, title, _COLUMNS, _list_rows(evaluation), width=110)


def write_evaluation(evaluation: InteractiveEvaluation) -> str:
    """Return the result as Markdown, with the command that makes it again."""
    table = write_results(_COLUMNS, [cells for cells, _ in _list_rows(evaluation)])
    command = f"untether eval {evaluation.bundle} --seed {evaluation.seed}"
    episodes = evaluation.policy.episodes
    return f"{table}\n\nMade by `{command} --episodes {episodes}`.\n"


def _list_rows(evaluation: InteractiveEvaluation) -> list[tuple[Sequence[str], bool]]:
    target = TARGETS.get(evaluation.task)
    goal = "" if target is None else f">= {100 * target:.0f} %, faster than shown"
    return [
        (_describe(evaluation.policy, goal), evaluation.passed),
        (_describe(evaluation.demonstrator, ""), True),
    ]


def _describe(tally: Tally, goal: str) -> Sequence[str]:
    lower, upper = wilson_interval(tally.successes, tally.episodes)
    time = tally.mean_time
    return (
        tally.name,
        f"{tally.successes} of {tally.episodes}",
        f"{100 * lower:.1f}-{100 * upper:.1f} %",
        "-" if time is None else f"{time:.1f} s",
        goal,
    )
