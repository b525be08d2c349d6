"""What surrounds a peer's network: how its observation is assembled and its action is used.

An importer reads this from the peer's own files. It is all that the graph needs, in the peer's
order and units; what the robot sees are the tensors of ``inputs`` and ``action.joints``.
"""

from dataclasses import dataclass
from enum import Enum

from untether_policies.tensors import TensorSpec


class Source(Enum):
    """Where the values of an observation term come from."""

    INPUT = "input"  # one or more input tensors, joined
    GRAVITY = "gravity"  # direction of gravity in the body, from an orientation input
    LAST_ACTION = "last action"  # what the network returned one tick before
    GAIT_PHASE = "gait phase"  # sine and cosine of a clock that starts with the policy


@dataclass(frozen=True)
class ObservationTerm:
    """One term of the observation, evaluated in the order of the fields from ``source`` on.

    Attributes:
        name: The peer's name of the term.
        width: Number of values of one frame.
        source: Where the values come from.
        inputs: Names of the input tensors that are read, joined in this order.
        indices: Which of the joined values are taken, in the peer's order; None takes all.
        bias: Subtracted from each value, in its unit; None subtracts nothing.
        bounds: Least and greatest value of each element; None leaves them open.
        clip: Least and greatest value of every element, in the unit; None does not clip.
        scale: Factor of each element.
        scale_first: Whether the scale comes before the clip.
        history: Number of frames, the current one included; 1 keeps no history.
        period: Period of the gait clock [s]; only for ``Source.GAIT_PHASE``.
    """

    name: str
    width: int
    source: Source
    inputs: tuple[str, ...] = ()
    indices: tuple[int, ...] | None = None
    bias: tuple[float, ...] | None = None
    bounds: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    clip: tuple[float, float] | None = None
    scale: tuple[float, ...] | None = None
    scale_first: bool = False
    history: int = 1
    period: float | None = None


@dataclass(frozen=True)
class JointAction:
    """How the network's action becomes joint position targets.

    The network's order is the peer's; ``joints`` is the order of the bundle's output.

    Attributes:
        joints: Names of the commanded joints, in the order of the bundle's output.
        order: For each joint of the output, its index in the network's action.
        scale: Factor of each action, in the network's order [rad].
        offset: Added after the scale, in the network's order [rad].
        raw_clip: Bound of the absolute value of the network's action, before everything else
            (the clipped action is also what the last-action term sees); None does not clip.
        lower: Least target of each joint, in the network's order [rad]; None leaves it open.
        upper: Greatest target of each joint, in the network's order [rad].
        stiffness: Position gain of each joint, in the output's order [N m/rad].
        damping: Velocity gain of each joint, in the output's order [N m s/rad].
    """

    joints: tuple[str, ...]
    order: tuple[int, ...]
    scale: tuple[float, ...]
    offset: tuple[float, ...]
    stiffness: tuple[float, ...]
    damping: tuple[float, ...]
    raw_clip: float | None = None
    lower: tuple[float, ...] | None = None
    upper: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Pipeline:
    """Everything between the robot's SI tensors and the peer's network.

    Attributes:
        rate: Control rate [Hz].
        inputs: The bundle's input tensors.
        terms: Observation terms in the peer's order.
        action: What becomes of the network's action.
        pose: The default angle of each joint of the joint inputs, in their order [rad].
        limits: Least and greatest target of each joint, in the output's order [rad].
        frames_outermost: History order. False joins each term's frames (oldest first) and then the
            terms; True joins the terms of each frame and then the frames.
        assumptions: What the artefact does not say and the importer took from the peer's code.
    """

    rate: float
    inputs: tuple[TensorSpec, ...]
    terms: tuple[ObservationTerm, ...]
    action: JointAction
    pose: tuple[float, ...]
    limits: tuple[tuple[float, ...], tuple[float, ...]]
    frames_outermost: bool = False
    assumptions: tuple[str, ...] = ()

    @property
    def observation_width(self) -> int:
        """Number of values that the network takes."""
        return sum(term.width * term.history for term in self.terms)
