"""The model card of an imported policy."""

from untether_policies.contract import Contract
from untether_policies.importers.pipeline import Pipeline
from untether_policies.importers.rehearsal import RehearsalReport


def write_card(
    importer: str, contract: Contract, pipeline: Pipeline, rehearsal: RehearsalReport
) -> str:
    """Return the card as Markdown: where the policy comes from and what is not known of it."""
    terms = "\n".join(
        f"| {term.name} | {term.source.value} | {', '.join(term.inputs) or '-'} | {term.width} "
        f"| {term.history} | {_show_clip(term.clip)} | {_show_scale(term.scale)} |"
        for term in pipeline.terms
    )
    assumptions = "\n".join(f"- {text}" for text in pipeline.assumptions) or "- none"
    return f"""# {contract.name}

A policy for `{contract.robot}`, imported ({importer}); {contract.rate:g} Hz.
It was trained elsewhere: Untether has not evaluated it.

## How the observation is built inside the graph

| term | from | input tensors | values | frames | clip | scale |
|---|---|---|---|---|---|---|
{terms}

Frames are joined {"frame by frame" if pipeline.frames_outermost else "term by term"}, oldest first.
The first tick after a reset fills every history with the present frame.

## Outputs

Position targets for {len(pipeline.action.joints)} joints, and the stiffness and damping that the
drives must close the loop with. The limits of the targets are limits for the runtime; the graph
itself does not clip to them.

## Checked

{rehearsal.ticks} random ticks with {rehearsal.resets} resets, against an independent
re-implementation of the original pipeline around the original network: greatest difference
{rehearsal.worst:.1e} rad.

## Taken from the original code, because the files do not say it

{assumptions}

## Limits

- What the policy saw in training is not known, so the bundle has no envelope and the runtime cannot
  tell usual inputs from unusual ones.
- The fixture holds random inputs, not a rollout of the robot.
"""


def _show_clip(clip: tuple[float, float] | None) -> str:
    return "-" if clip is None else f"{clip[0]:g} to {clip[1]:g}"


def _show_scale(scale: tuple[float, ...] | None) -> str:
    if scale is None:
        return "-"
    return f"{scale[0]:g}" if len(set(scale)) == 1 else ", ".join(f"{value:g}" for value in scale)
