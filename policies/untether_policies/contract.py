"""The contract of a policy bundle: what goes in and out, in which units, frames and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from untether_policies.errors import ContractError
from untether_policies.tensors import CarrySpec, EnvelopeSpec, TensorSpec
from untether_policies.validation import (
    broken,
    require_disjoint,
    require_unique,
    validate_carry,
    validate_envelope,
    validate_files,
    validate_input,
    validate_name,
    validate_output,
    validate_provenance,
)

__all__ = ["SCHEMA_VERSION", "CarrySpec", "Contract", "EnvelopeSpec", "TensorSpec", "check_version"]

MAX_RATE = 10_000.0  # [Hz] no loop through ROS or a radio is faster
MAX_TENSORS = 256
SCHEMA_VERSION = 1
_FILE = "contract.yaml"


@dataclass(frozen=True)
class Contract:
    """Everything a runtime needs to know about a policy; valid by construction.

    Attributes:
        name: the bundle's name: letters, digits, ``-`` and ``_``.
        robot: the robot it was made for, e.g. ``"crazyflie"``.
        rate: ticks per second [Hz].
        inputs: named tensors in, SI units.
        outputs: named commands out, SI units, with limits.
        carry: state that the graph hands to its next tick.
        envelope: what training saw of each input, by the input's name; may leave inputs out.
        provenance: where it comes from (seed, commit, command line...).
        files: SHA-256 of every other file of the bundle, filled in by the writer.
        schema_version: version of the rules in ``policies/CONTRACT.md``.

    Raises:
        ContractError: at construction, when a rule of ``policies/CONTRACT.md`` is broken.
    """

    name: str
    robot: str
    rate: float
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    carry: tuple[CarrySpec, ...] = ()
    envelope: Mapping[str, EnvelopeSpec] = field(default_factory=dict)
    provenance: Mapping[str, str | int | float] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", float(self.rate))
        for name in ("inputs", "outputs", "carry"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("envelope", "provenance", "files"):
            object.__setattr__(self, name, dict(getattr(self, name)))
        check_version(self.schema_version, _FILE)
        _validate(self)

    def input(self, name: str) -> TensorSpec:
        """Return the input called ``name``; raises ContractError when there is none."""
        return _find(self.inputs, name, "input")

    def output(self, name: str) -> TensorSpec:
        """Return the output called ``name``; raises ContractError when there is none."""
        return _find(self.outputs, name, "output")


def check_version(version: int, where: str) -> None:
    """Refuse a contract written for other rules than ours."""
    if version != SCHEMA_VERSION:
        newer = version > SCHEMA_VERSION
        raise ContractError(
            f"{where}: schema_version",
            expected=str(SCHEMA_VERSION),
            got=repr(version),
            fix="upgrade untether" if newer else "export the bundle again with this release",
        )


def _validate(contract: Contract) -> None:
    """Check every rule of ``policies/CONTRACT.md`` that needs no file but the contract.

    Raises:
        ContractError: at the first rule that is broken.
    """
    validate_name("name", contract.name)
    validate_name("robot", contract.robot)
    if not 0.0 < contract.rate <= MAX_RATE:  # also refuses NaN
        raise broken("rate", f"above 0 and at most {MAX_RATE:g} Hz", f"{contract.rate!r}")
    if not contract.inputs or not contract.outputs:
        missing = "outputs" if contract.inputs else "inputs"
        raise broken(missing, "at least one tensor", "none")
    if len(contract.inputs) + len(contract.outputs) + len(contract.carry) > MAX_TENSORS:
        raise broken("tensors", f"at most {MAX_TENSORS}", "more")
    for spec in contract.inputs:
        validate_input(spec, f"inputs: {spec.name}")
    for spec in contract.outputs:
        validate_output(spec, f"outputs: {spec.name}")
    for carry in contract.carry:
        validate_carry(carry, f"carry: {carry.name}")
    require_unique("input names", _graph_inputs(contract))
    require_unique("output names", _graph_outputs(contract))
    require_disjoint(_graph_inputs(contract), _graph_outputs(contract))
    for name, envelope in contract.envelope.items():
        where = f"envelope: {name}"
        spec = next((spec for spec in contract.inputs if spec.name == name), None)
        if spec is None:
            got = f"{name!r}, which is none of {[spec.name for spec in contract.inputs]}"
            raise broken(where, "the name of an input", got)
        validate_envelope(envelope, spec, where)
    validate_provenance(contract.provenance)
    validate_files(contract.files)


def _graph_inputs(contract: Contract) -> list[str]:
    """Return the names of the graph's inputs."""
    return [spec.name for spec in (*contract.inputs, *contract.carry)]


def _graph_outputs(contract: Contract) -> list[str]:
    """Return the names of the graph's outputs."""
    return [
        *(spec.name for spec in contract.outputs),
        *(carry.next_name for carry in contract.carry),
    ]


def _find(specs: tuple[TensorSpec, ...], name: str, role: str) -> TensorSpec:
    """Return the tensor called ``name``."""
    for spec in specs:
        if spec.name == name:
            return spec
    raise ContractError(
        f"{_FILE}: {role}s",
        expected=f"the {role} {name!r}",
        got=f"only {[spec.name for spec in specs]}",
        fix="use a bundle made for this robot and task, or correct the name",
    )
