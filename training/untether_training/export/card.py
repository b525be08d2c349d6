"""Writes the card of a bundle: what it does, how it was made, how well it flies, its limits."""

from __future__ import annotations

from dataclasses import fields

from untether_policies.parity import ParityReport
from untether_training.conf.training import TrainingConfig
from untether_training.evaluation.criteria import CRITERIA
from untether_training.evaluation.evaluation import Evaluation
from untether_training.evaluation.table import describe_criteria, write_card_table
from untether_training.learning.session import IterationReport

CURVE_PICTURE = "learning_curve.png"

_PURPOSES = {
    "waypoint": "flies a Crazyflie to a point and stays there, from the floor or the air, "
    "one goal after the other",
    "hover": "catches a Crazyflie that was thrown in any attitude, and hovers where it was thrown",
    "figure_eight": "follows a goal that runs along a figure eight",
}
_UNITS = {"spin_up_torque": "N m s", "latency": "s", "drag": "N s/m", "wind": "N"}


def write_card(
    config: TrainingConfig,
    name: str,
    *,
    steps: int,
    elapsed: float,
    last: IterationReport | None,
    parity: ParityReport,
    evaluation: Evaluation | None,
) -> str:
    """Return the card as Markdown.

    Args:
        config: Of the run.
        name: Of the bundle.
        steps: Control steps of all drones.
        elapsed: Training time [s].
        last: The report of the run's last iteration; None when the run's history was lost, and with
            it the picture of the learning curve.
        parity: How far graph and module are apart.
        evaluation: How well the bundle flies; None before it was evaluated.
    """
    task = config.task.name
    table = "Not evaluated yet." if evaluation is None else write_card_table(evaluation)
    rows = "\n".join(_describe_ranges(config))
    flown, curve = "", ""
    if last is not None:
        flown = f"; of the last legs {100 * last.success_rate:.1f} % were flown"
        curve = f"![Learning curve]({CURVE_PICTURE})\n\n"
    return f"""# {name}

It {_PURPOSES.get(task, f"was trained for the task {task}")}. It takes the pose in a map frame \
(motion capture, or another source of that accuracy), the velocities and the goal, and commands \
the four rotor thrusts at 100 Hz. It keeps no heading.

## Evaluation

An episode counts when the drone is {describe_criteria(CRITERIA[task])}.

{table}
## Training

PPO in the batched simulator of `untether_training`, seed {config.seed}: \
{steps / 1e6:.1f} million control steps of {config.num_envs} drones in {elapsed:.0f} s \
on {config.device}{flown}. Every drone differed from the described one:

| parameter | range |
| --- | --- |
{rows}

{curve}Graph and training module: {parity}.

## Limits

- Trained in simulation only, and flown in another simulator; not yet on a real robot.
- It sees no obstacles and no other robots. It is not safety-certified: fly it behind the safety \
stage.
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
