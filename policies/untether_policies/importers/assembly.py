"""Composes a bundle's graph: the robot's tensors in, the peer's network inside, targets out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx

from untether_policies.composition import GraphBuilder
from untether_policies.importers.inputs import JOINT_POSITION
from untether_policies.importers.pipeline import ObservationTerm, Pipeline, Source
from untether_policies.importers.source_model import SourceModel
from untether_policies.importers.values import refuse
from untether_policies.tensors import CarrySpec, TensorSpec

TARGET = f"{JOINT_POSITION}_target"
STIFFNESS = "joint_stiffness"
DAMPING = "joint_damping"
LAST_ACTION = "last_action"
STARTED = "started"


@dataclass(frozen=True)
class ComposedPolicy:
    """A graph with the tensors that it has beside the pipeline's inputs.

    Attributes:
        model: The bytes of the graph.
        outputs: Joint position targets, and the gains that they were trained with.
        carry: Last action, histories and clocks.
    """

    model: bytes
    outputs: tuple[TensorSpec, ...]
    carry: tuple[CarrySpec, ...]


def compose_policy(pipeline: Pipeline, source: SourceModel) -> ComposedPolicy:
    """Wrap a network in its observation pipeline and its action's meaning.

    Args:
        pipeline: What surrounds the network; its widths fit the network's.
        source: The network.

    Raises:
        ImportRefusedError: when the result is no valid graph.
    """
    try:
        return _Assembly(pipeline, source).compose()
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise refuse(
            str(source.path),
            "a network that can be embedded, with names that do not collide",
            " ".join(str(error).split()),
            "export it with a free batch axis; rename terms or inputs that share a name",
        ) from error


class _Assembly:
    """One composition; each method adds nodes and returns the tensor that they make."""

    def __init__(self, pipeline: Pipeline, source: SourceModel) -> None:
        self._pipeline = pipeline
        self._source = source
        self._builder = GraphBuilder("untether_policy", source.model.opset_import)
        self._inputs: dict[str, str] = {}
        self._carry: list[CarrySpec] = []
        self._next: list[tuple[str, str, tuple[int, ...]]] = []

    def compose(self) -> ComposedPolicy:
        builder, pipeline = self._builder, self._pipeline
        for spec in pipeline.inputs:
            self._inputs[spec.name] = builder.add_input(spec.name, spec.shape)
        width = self._source.action_width
        action_before = self._add_carry(LAST_ACTION, (width,))
        keeps_history = any(term.history > 1 for term in pipeline.terms)
        started = self._add_started() if keeps_history else ""
        frames = [
            self._keep_history(term, self._evaluate(term, action_before), started)
            for term in pipeline.terms
        ]  # each (batch, history, width)
        results = builder.embed(
            self._source.model, "peer/", {self._source.observation: self._join(frames)}
        )
        action = results[self._source.action]
        if pipeline.action.raw_clip is not None:
            bound = pipeline.action.raw_clip
            action = builder.clamp(action, [-bound], [bound])
        self._next.append((action, f"{LAST_ACTION}_next", (width,)))
        outputs = self._add_outputs(action)
        for tensor, name, shape in self._next:
            builder.add_output(tensor, name, shape)
        model = builder.build()
        return ComposedPolicy(model.SerializeToString(), outputs, tuple(self._carry))

    def _add_carry(self, name: str, shape: tuple[int, ...]) -> str:
        self._carry.append(CarrySpec(name, shape, (0.0,) * int(np.prod(shape))))
        return self._builder.add_input(name, shape)

    def _add_started(self) -> str:
        """Return whether the policy has run before: (batch, 1, 1), false at the first tick."""
        builder = self._builder
        flag = self._add_carry(STARTED, (1,))
        self._next.append(
            (builder.node("Max", flag, builder.constant([1.0])), "started_next", (1,))
        )
        return builder.reshape(builder.node("Greater", flag, builder.constant([0.5])), [1, 1])

    def _evaluate(self, term: ObservationTerm, last_action: str) -> str:
        """Return one frame of a term: (batch, width)."""
        builder = self._builder
        if term.source is Source.LAST_ACTION:
            value = last_action
        elif term.source is Source.GRAVITY:
            value = self._project_gravity(self._inputs[term.inputs[0]])
        elif term.source is Source.GAIT_PHASE:
            value = self._add_gait(term)
        else:
            value = self._read_inputs(term.inputs)
        if term.indices is not None:
            value = builder.gather(value, term.indices)
        if term.bias is not None:
            value = builder.node("Sub", value, builder.constant(term.bias))
        if term.bounds is not None:
            value = builder.clamp(value, *term.bounds)
        steps = [self._clip, self._scale]
        for step in reversed(steps) if term.scale_first else steps:
            value = step(term, value)
        return value

    def _clip(self, term: ObservationTerm, value: str) -> str:
        if term.clip is None:
            return value
        bounds = (None if np.isinf(bound) else [bound] for bound in term.clip)
        return self._builder.clamp(value, *bounds)

    def _scale(self, term: ObservationTerm, value: str) -> str:
        if term.scale is None:
            return value
        return self._builder.node("Mul", value, self._builder.constant(term.scale))

    def _read_inputs(self, names: Sequence[str]) -> str:
        """Return inputs, whatever their shape, as one (batch, n)."""
        sizes = {spec.name: spec for spec in self._pipeline.inputs}
        parts = [
            self._inputs[name]
            if len(sizes[name].shape) == 1
            else self._builder.reshape(self._inputs[name], [sizes[name].size])
            for name in names
        ]
        return parts[0] if len(parts) == 1 else self._builder.node("Concat", *parts, axis=1)

    def _project_gravity(self, orientation: str) -> str:
        """Return the direction of gravity in the body, (0, 0, -1) when level, for q = xyzw.

        It is minus the third row of the rotation matrix of q.
        """
        builder = self._builder
        x, y, z, w = (builder.gather(orientation, [index]) for index in range(4))
        two = builder.constant([2.0])

        def double(left: str, right: str) -> str:
            return builder.node("Mul", two, builder.node("Mul", left, right))

        forward = builder.node("Sub", double(w, y), double(x, z))
        left = builder.node("Neg", builder.node("Add", double(y, z), double(w, x)))
        squares = builder.node("Add", double(x, x), double(y, y))
        up = builder.node("Sub", squares, builder.constant([1.0]))
        return builder.node("Concat", forward, left, up, axis=1)

    def _add_gait(self, term: ObservationTerm) -> str:
        """Return sine and cosine of a clock that is 0 at the first tick."""
        builder, name = self._builder, f"{_tensor_name(term)}_clock"
        clock = self._add_carry(name, (1,))  # [1] fraction of the period
        step = builder.constant([1.0 / (self._pipeline.rate * (term.period or 1.0))])
        later = builder.node("Add", clock, step)
        wrapped = builder.node("Sub", later, builder.node("Floor", later))
        self._next.append((wrapped, f"{name}_next", (1,)))
        angle = builder.node("Mul", clock, builder.constant([2.0 * np.pi]))
        return builder.node(
            "Concat", builder.node("Sin", angle), builder.node("Cos", angle), axis=1
        )

    def _keep_history(self, term: ObservationTerm, frame: str, started: str) -> str:
        """Return the frames of a term, oldest first; at the first tick all are the present one."""
        builder = self._builder
        present = builder.reshape(frame, [1, term.width])
        if term.history == 1:
            return present
        name, shape = f"{_tensor_name(term)}_history", (term.history - 1, term.width)
        past = builder.node("Where", started, self._add_carry(name, shape), present)
        frames = builder.node("Concat", past, present, axis=1)
        bounds = (builder.constant([value], np.int64) for value in (1, term.history, 1))
        self._next.append((builder.node("Slice", frames, *bounds), f"{name}_next", shape))
        return frames

    def _join(self, frames: Sequence[str]) -> str:
        """Return the observation, (batch, observation width)."""
        builder, width = self._builder, self._pipeline.observation_width
        if self._pipeline.frames_outermost:
            return builder.reshape(builder.node("Concat", *frames, axis=2), [width])
        flat = [
            builder.reshape(tensor, [term.history * term.width])
            for term, tensor in zip(self._pipeline.terms, frames, strict=True)
        ]
        return builder.node("Concat", *flat, axis=1)

    def _add_outputs(self, action: str) -> tuple[TensorSpec, ...]:
        builder, joints = self._builder, self._pipeline.action
        target = builder.node("Mul", action, builder.constant(joints.scale))
        target = builder.node("Add", target, builder.constant(joints.offset))
        target = builder.gather(builder.clamp(target, joints.lower, joints.upper), joints.order)
        count = (len(joints.joints),)
        builder.add_output(target, TARGET, count)
        self._add_constant(STIFFNESS, joints.stiffness)
        self._add_constant(DAMPING, joints.damping)
        return (
            TensorSpec(
                name=TARGET,
                kind="command/joint/position",
                elements=joints.joints,
                shape=count,
                unit="rad",
                frame="joint",
                lower=self._pipeline.limits[0],
                upper=self._pipeline.limits[1],
            ),
            _gain(STIFFNESS, "command/joint/stiffness", "N m/rad", joints.joints, joints.stiffness),
            _gain(DAMPING, "command/joint/damping", "N m s/rad", joints.joints, joints.damping),
        )

    def _add_constant(self, name: str, values: Sequence[float]) -> None:
        """Add an output that is the same for each robot of the batch."""
        builder = self._builder
        shape = builder.node("Shape", self._inputs[self._pipeline.inputs[0].name])
        ends = (builder.constant([index], np.int64) for index in (0, 1))
        batch = builder.node("Slice", shape, *ends)
        size = builder.node("Concat", batch, builder.constant([len(values)], np.int64), axis=0)
        builder.add_output(
            builder.node("Expand", builder.constant(values), size), name, (len(values),)
        )


def _tensor_name(term: ObservationTerm) -> str:
    """Return a term's name as a tensor may be called."""
    plain = re.sub(r"[^a-z0-9]+", "_", term.name.lower()).strip("_")[:48]
    return plain if plain[:1].isalpha() else f"term_{plain}"


def _gain(
    name: str, kind: str, unit: str, joints: tuple[str, ...], values: Sequence[float]
) -> TensorSpec:
    """Return the output of a constant gain; its limits are zero and the gain itself."""
    return TensorSpec(
        name=name,
        kind=kind,
        elements=joints,
        shape=(len(joints),),
        unit=unit,
        frame="joint",
        lower=(0.0,) * len(joints),
        upper=tuple(value if value > 0.0 else 1.0 for value in values),
    )
