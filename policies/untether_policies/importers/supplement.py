"""What the user adds to an artefact that does not say everything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from untether_policies.errors import ContractError
from untether_policies.fields import Fields
from untether_policies.importers.values import read_range, refuse
from untether_policies.plain_yaml import PlainValue, load_plain_yaml
from untether_policies.tensors import TensorSpec

GAINS_ORDERS = ("motor", "ascending", "policy")
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Supplement:
    """Answers to what an importer asks for; each is None or empty until given.

    Attributes:
        robot: Robot's name: one of :data:`untether_policies.importers.robots.ROBOTS`, or another
            one together with ``joint_limits`` (and ``joint_names`` for ``deploy.yaml``).
        name: Name of the bundle.
        rate: Control rate [Hz].
        raw_clip: Bound of the absolute value of the network's action.
        action_offset: Added to the scaled action, in the network's order [rad].
        action_joints: Joints that the network commands, in its order.
        joint_names: Joint names in motor order.
        joint_limits: Least and greatest target of joints [rad], before those of known robots.
        gains_order: Order of ``stiffness`` and ``damping`` in ``deploy.yaml``.
        observations: Input tensor of each observation term that the importer does not know.
        metadata: Metadata of an mjlab export that is missing, or was rounded.

    Raises:
        ImportRefusedError: at construction, when a value is none that an artefact can need.
    """

    robot: str | None = None
    name: str | None = None
    rate: float | None = None
    raw_clip: float | None = None
    action_offset: tuple[float, ...] | None = None
    action_joints: tuple[str, ...] | None = None
    joint_names: tuple[str, ...] | None = None
    joint_limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    gains_order: str | None = None
    observations: Mapping[str, TensorSpec] = field(default_factory=dict)
    metadata: Mapping[str, PlainValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("rate", "raw_clip"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value < 1e6:  # also refuses NaN
                raise refuse(f"supplement: {name}", "a number above 0", value, "correct it")
        if self.gains_order not in (None, *GAINS_ORDERS):
            expected, got = " or ".join(GAINS_ORDERS), self.gains_order
            raise refuse("supplement: gains_order", expected, got, "see policies/IMPORTING.md")


def load_supplement(path: Path) -> Supplement:
    """Read a supplement from a YAML file.

    Raises:
        BundleError: when the file is not plain YAML or has a field that no supplement has.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise refuse(str(path), f"at most {_MAX_BYTES} bytes", "more", "name the right file")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(str(path), "a YAML file", str(error), "name the right file") from error
    return parse_supplement(text, str(path))


def parse_supplement(text: str, where: str) -> Supplement:
    """Read a supplement from YAML; ``where`` names its origin in error messages."""
    top = Fields(load_plain_yaml(text, where), where)
    limits = top.mapping("joint_limits") if top.has("joint_limits") else {}
    terms = top.mapping("observations") if top.has("observations") else {}
    supplement = Supplement(
        robot=top.text("robot") if top.has("robot") else None,
        name=top.text("name") if top.has("name") else None,
        rate=top.number("rate") if top.has("rate") else None,
        raw_clip=top.number("raw_clip") if top.has("raw_clip") else None,
        action_offset=top.numbers("action_offset") if top.has("action_offset") else None,
        action_joints=top.texts("action_joints") if top.has("action_joints") else None,
        joint_names=top.texts("joint_names") if top.has("joint_names") else None,
        joint_limits={
            joint: read_range(value, f"{where}: joint_limits: {joint}")
            for joint, value in limits.items()
        },
        gains_order=top.text("gains_order") if top.has("gains_order") else None,
        observations={
            term: _read_term(value, f"{where}: observations: {term}")
            for term, value in terms.items()
        },
        metadata=top.mapping("metadata") if top.has("metadata") else {},
    )
    top.finish()
    return supplement


def _read_term(value: PlainValue, where: str) -> TensorSpec:
    """Read the input tensor of one observation term; the contract checks it in full."""
    entry = Fields(value, where)
    elements = entry.texts("elements") if entry.has("elements") else ()
    spec = TensorSpec(
        name=entry.text("input"),
        kind=entry.text("kind"),
        elements=elements,
        shape=entry.integers("shape") if entry.has("shape") else (len(elements),),
        unit=str(entry.take("unit")),  # 1, the dimensionless unit, may lack its quotes
        frame=entry.text("frame"),
        max_age=entry.number("max_age") if entry.has("max_age") else None,
    )
    entry.finish()
    if spec.size < 1:
        fix = "give elements, or shape for a grid without names"
        raise ContractError(where, expected="elements or shape", got="neither", fix=fix)
    return spec
