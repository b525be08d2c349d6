"""Writes the card of an arm's bundle."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from untether_policies.parity import ParityReport
from untether_training.export.card import CURVE_PICTURE
from untether_training.interactive.config import IMITATION, InteractiveConfig
from untether_training.interactive.session import InteractiveSession

PURPOSES: Mapping[str, str] = MappingProxyType(
    {
        "pick": "Picks up a red cube of 4 cm from a table and lifts it by 10 cm.",
        "lid": "Swings a lid aside and presses the button under it.",
        "plug": "Takes a plug from a stand and inserts it into a receptacle, with 1 mm clearance.",
        "peg": "Inserts a square peg of 20 mm that it holds into a socket, with 0.5 mm clearance.",
    }
)
"""What a policy does, by the task's name."""


def write_card(
    session: InteractiveSession, name: str, *, parity: ParityReport, table: str, curve: bool
) -> str:
    """Return the card as Markdown.

    Args:
        session: Trained.
        name: Of the bundle.
        parity: How far graph and module are apart.
        table: How well the bundle does, Markdown; empty before it was evaluated.
        curve: Whether there is a picture of the learning curve.
    """
    config = session.config
    picture = f"![Learning curve]({CURVE_PICTURE})\n\n" if curve else ""
    return f"""# {name}

{PURPOSES[config.task.name]} It sees two cameras of {config.task.image_size} px and the state of
a Franka FR3, and says at 10 Hz which velocity the tool is to have, in the tool's frame.

## Evaluation

Scenes that training never saw; an episode succeeds when the task is done before its time limit. The
demonstrator is the scripted expert that showed the task.

{table or "Not evaluated yet."}
## Training

{_describe_method(config)}, seed {config.seed}, {session.elapsed / 60:.1f} minutes on two CPU \
cores: {session.demonstrations} demonstrations, {session.episodes} episodes with \
{session.steps} actions, of which a simulated operator corrected {session.corrected}, and \
{session.updates} updates.

{picture}Graph and training module: {parity}.

## Limits

- Trained in simulation only, and not yet run on a real robot.
- It is not safety-certified: run it behind the safety stage.
- Things of other shapes and colours, other lights and other cameras were never seen.
"""


def _describe_method(config: InteractiveConfig) -> str:
    corrected = config.operator.attention > 0.0
    if config.method == IMITATION:
        return "HG-DAgger" if corrected else "Behaviour cloning"
    return "RLPD with corrections (HIL-SERL)" if corrected else "RLPD without corrections"
