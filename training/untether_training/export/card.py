"""Writes the card of a bundle: what it does, how it was made, how well it flies, its limits."""

from __future__ import annotations

from dataclasses import dataclass, fields

from untether_policies.parity import ParityReport
from untether_training.conf.training import TrainingConfig
from untether_training.learning.session import IterationReport

CURVE_PICTURE = "learning_curve.png"

_UNITS = {"spin_up_torque": "N m s", "latency": "s", "drag": "N s/m", "wind": "N"}


@dataclass(frozen=True)
class CardText:
    """What a card says of a task, in sentences.

    Attributes:
        purpose: What the policy does and takes.
        criterion: When an episode or a drone counts as a success.
        limits: What it cannot do, one item each.
    """

    purpose: str
    criterion: str
    limits: tuple[str, ...]


def write_card(
    config: TrainingConfig,
    name: str,
    text: CardText,
    *,
    steps: int,
    elapsed: float,
    last: IterationReport | None,
    parity: ParityReport,
    table: str,
) -> str:
    """Return the card as Markdown.

    Args:
        config: Of the run.
        name: Of the bundle.
        text: What is to be said of the task.
        steps: Control steps of all drones.
        elapsed: Training time [s].
        last: The report of the run's last iteration; None when the run's history was lost, and with
            it the picture of the learning curve.
        parity: How far graph and module are apart.
        table: How well the bundle flies, Markdown; empty before it was evaluated.
    """
    rows = "\n".join(_describe_ranges(config))
    limits = "\n".join(f"- {limit}" for limit in text.limits)
    flown, curve = "", ""
    if last is not None:
        flown = f"; of the last legs {100 * last.success_rate:.1f} % were flown"
        curve = f"![Learning curve]({CURVE_PICTURE})\n\n"
    return f"""# {name}

{text.purpose}

## Evaluation

{text.criterion}

{table or "Not evaluated yet."}
## Training

PPO in the batched simulator of `untether_training`, seed {config.seed}: \
{steps / 1e6:.1f} million control steps of {config.num_envs} drones in {elapsed:.0f} s \
on {config.device}{flown}. Every drone differed from the described one:

| parameter | range |
| --- | --- |
{rows}

{curve}Graph and training module: {parity}.

## Limits

- Trained in simulation only, and not yet flown on a real robot.
{limits}
- It is not safety-certified: fly it behind the safety stage.
- Inputs outside of the contract's envelope were hardly seen in training.
"""


def _describe_ranges(config: TrainingConfig) -> list[str]:
    """Return a table's rows, one for each range of the domain randomisation and each noise."""
    rows = []
    randomisation, noise = config.task.randomisation, config.task.noise
    for field in fields(randomisation):
        value = getattr(randomisation, field.name)
        unit = _UNITS.get(field.name, "of nominal")
        if isinstance(value, float):
            value = (0.0, value)
        title = field.name.replace("_", " ")
        rows.append(f"| {title} | {value[0]:g} to {value[1]:g} {unit} |")
    units = {"position": "m", "orientation": "rad", "linear_velocity": "m/s"}
    for field in fields(noise):
        title = f"noise of {field.name.replace('_', ' ')}"
        unit = units.get(field.name, "rad/s")
        rows.append(f"| {title} | standard deviation {getattr(noise, field.name):g} {unit} |")
    return rows
