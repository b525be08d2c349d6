"""The names that users of an exported policy see: fields, functions, enumerations, macros."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from untether_policies.c_export.names import Namespace, clean_name, clean_prefix
from untether_policies.contract import CarrySpec, Contract, TensorSpec


@dataclass(frozen=True)
class Field:
    """A field of a struct: one tensor of the contract.

    Attributes:
        name: C identifier.
        spec: what it holds.
        elements: by element name of the contract, the constant that is its index.
        max_age: macro of the age beyond which it must not be used.
        lower: macro of the least values.
        upper: macro of the greatest values.
    """

    name: str
    spec: TensorSpec
    elements: Mapping[str, str]
    max_age: str
    lower: str
    upper: str


@dataclass(frozen=True)
class StateField:
    """A field of the state: one carry of the contract."""

    name: str
    spec: CarrySpec


@dataclass(frozen=True)
class Layout:
    """Every name in a policy's header.

    Attributes:
        prefix: of files, types and functions.
        macro: the same in capitals, of macros and constants.
        inputs: fields of the inputs.
        outputs: fields of the outputs.
        carry: fields of the state.
    """

    prefix: str
    macro: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    carry: tuple[StateField, ...]


def plan_layout(contract: Contract) -> Layout:
    """Return the names of a contract's tensors in C."""
    prefix = clean_prefix(contract.name)
    macro = prefix.upper()
    fixed = ("H", "RATE", "PERIOD", "BUNDLE_SHA256", "TICKS", "NO_MAIN", "TOLERANCE")
    constants = Namespace(frozenset(f"{macro}_{word}" for word in fixed))
    state = Namespace(frozenset(("scratch", "scratch_integer")))
    return Layout(
        prefix,
        macro,
        _plan_fields(contract.inputs, macro, constants),
        _plan_fields(contract.outputs, macro, constants),
        tuple(StateField(state.add(clean_name(spec.name)), spec) for spec in contract.carry),
    )


def _plan_fields(
    specs: tuple[TensorSpec, ...], macro: str, constants: Namespace
) -> tuple[Field, ...]:
    """Return the fields of a struct."""
    names = Namespace()
    fields = []
    for spec in specs:
        stem = constants.add(f"{macro}_{spec.name.upper()}")
        max_age, lower, upper = (
            constants.add(f"{stem}_{word}") for word in ("MAX_AGE", "LOWER", "UPPER")
        )
        elements = {
            element: constants.add(f"{stem}_{clean_name(element).upper()}".rstrip("_"))
            for element in spec.elements
        }
        name = names.add(clean_name(spec.name))
        fields.append(Field(name, spec, elements, max_age, lower, upper))
    return tuple(fields)
