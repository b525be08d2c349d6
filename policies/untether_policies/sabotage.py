"""Makes broken policies out of a good one, to prove that safety guards fire."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray

from untether_policies.bundle import Bundle, write_bundle
from untether_policies.composition import GraphBuilder
from untether_policies.errors import BundleError
from untether_policies.fixture import record_fixture

Sabotage = Literal["negated", "scaled", "zeroed"]
SABOTAGES: tuple[Sabotage, ...] = ("negated", "scaled", "zeroed")
_FACTOR = 5.0

_CARD = """# {name}

A policy broken on purpose: the command `{output}` of `{original}` is {effect}.
It is for tests of safety guards. Do not run it on a robot.
"""
_EFFECTS = {
    "negated": "mirrored about its neutral value",
    "scaled": f"moved {_FACTOR:g} times as far from its neutral value",
    "zeroed": "always at its lower limit",
}


def sabotage(
    bundle: Bundle,
    kind: Sabotage,
    out: str | Path,
    *,
    neutral: float | Sequence[float] | None = None,
    output: str | None = None,
) -> Bundle:
    """Write a bundle that loads like a good one and commands the wrong thing.

    The commands stay within the contract's limits, so that no limit gives the broken policy away:
    a guard has to notice what the robot does.

    Args:
        bundle: A good bundle.
        kind: "negated" mirrors the command about ``neutral``, "scaled" multiplies its deviation
            from ``neutral`` by five, "zeroed" is the lower limit for ever.
        out: Folder of the new bundle.
        neutral: Command that keeps the robot as it is, one value or one per element, in the
            output's unit: the rotor thrust of hover, say. The middle of the limits by default.
        output: Name of the output to break; the first one by default.

    Returns:
        The new bundle, with a fixture of its own.

    Raises:
        BundleError: when the bundle has no such output, or ``kind`` or ``neutral`` do not fit.
    """
    spec = bundle.contract.outputs[0] if output is None else bundle.contract.output(output)
    if kind not in SABOTAGES:
        fix = "choose one of them"
        raise BundleError("sabotage", expected=" or ".join(SABOTAGES), got=repr(kind), fix=fix)
    lower, upper = np.array(spec.lower, np.float32), np.array(spec.upper, np.float32)  # (n)
    middle = _spread(neutral, (lower + upper) / 2.0)
    original = onnx.load_model_from_string(bundle.model)
    builder = GraphBuilder("sabotaged_policy", original.opset_import)
    tensors = (*bundle.contract.inputs, *bundle.contract.carry)
    inputs = {item.name: builder.add_input(item.name, item.shape) for item in tensors}
    results = builder.embed(original, "good/", inputs)
    command = builder.reshape(results[spec.name], [spec.size])
    results[spec.name] = builder.reshape(
        _break(builder, command, kind, lower, upper, middle), spec.shape
    )
    for item in bundle.contract.outputs:
        builder.add_output(results[item.name], item.name, item.shape)
    for carry in bundle.contract.carry:
        builder.add_output(results[carry.next_name], carry.next_name, carry.shape)
    model = builder.build().SerializeToString()
    name = f"{bundle.contract.name[:50]}-{kind}"
    contract = replace(
        bundle.contract,
        name=name,
        provenance={
            **bundle.contract.provenance,
            "sabotage": kind,
            "sabotaged": bundle.sha256,
            "recorded_by": "the graph",
        },
        files={},
    )
    fixture = record_fixture(model, contract, bundle.fixture.inputs)
    card = _CARD.format(
        name=name, output=spec.name, original=bundle.contract.name, effect=_EFFECTS[kind]
    )
    return write_bundle(out, contract, model, fixture, card)


def _spread(
    neutral: float | Sequence[float] | None, default: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the neutral command, one value per element."""
    if neutral is None:
        return default
    values = np.array(neutral, np.float32)
    if values.shape not in ((), default.shape) or not np.all(np.isfinite(values)):
        raise BundleError(
            "sabotage: neutral",
            expected=f"a finite number, or {default.size} of them",
            got=repr(neutral)[:80],
            fix="give one number for each element of the output, in its unit",
        )
    return np.broadcast_to(values, default.shape)


def _break(
    builder: GraphBuilder,
    command: str,
    kind: Sabotage,
    lower: NDArray[np.float32],
    upper: NDArray[np.float32],
    middle: NDArray[np.float32],
) -> str:
    """Return the broken command, (batch, n)."""
    if kind == "zeroed":
        # Of the command's own shape, whatever the batch; its value cannot show.
        return builder.clamp(command, lower, lower)
    factor = -1.0 if kind == "negated" else _FACTOR
    deviation = builder.node("Sub", command, builder.constant(middle))
    moved = builder.node("Mul", deviation, builder.constant([factor]))
    return builder.clamp(builder.node("Add", moved, builder.constant(middle)), lower, upper)
