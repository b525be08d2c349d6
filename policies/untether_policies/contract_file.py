"""Reads and writes contracts as plain YAML."""

from dataclasses import fields

from untether_policies.contract import Contract, check_version
from untether_policies.errors import ContractError
from untether_policies.fields import Fields
from untether_policies.plain_yaml import PlainValue, dump_plain_yaml, load_plain_yaml
from untether_policies.tensors import CarrySpec, EnvelopeSpec, TensorSpec

# A contract with a thousand elements and its envelope takes about 100 kB.
MAX_CONTRACT_BYTES = 1 << 20


def dump_contract(contract: Contract) -> str:
    """Return the contract as plain YAML that :func:`parse_contract` reads back equal."""
    document: dict[str, PlainValue] = {
        "schema_version": contract.schema_version,
        "name": contract.name,
        "robot": contract.robot,
        "rate": contract.rate,
        "inputs": [_dump_spec(spec) for spec in contract.inputs],
        "outputs": [_dump_spec(spec) for spec in contract.outputs],
        "carry": [_dump_spec(spec) for spec in contract.carry],
        "envelope": {name: _dump_spec(spec) for name, spec in contract.envelope.items()},
        "provenance": dict(contract.provenance),
    }
    if contract.files:
        document["files"] = dict(contract.files)
    return dump_plain_yaml(document)


def parse_contract(text: str, where: str = "contract.yaml") -> Contract:
    """Read a contract from YAML.

    Args:
        text: the document.
        where: where the text comes from, for error messages.

    Raises:
        ContractError: when the text breaks a rule of ``policies/CONTRACT.md``.
    """
    size = len(text.encode("utf-8", errors="replace"))
    if size > MAX_CONTRACT_BYTES:
        raise ContractError(
            where,
            expected=f"at most {MAX_CONTRACT_BYTES} bytes",
            got=f"{size} bytes",
            fix="use a grid kind for images and maps, which need no element names",
        )
    top = Fields(load_plain_yaml(text, where), where)
    check_version(top.integer("schema_version"), where)  # before anything that a version may change
    contract = Contract(
        name=top.text("name"),
        robot=top.text("robot"),
        rate=top.number("rate"),
        inputs=tuple(
            _parse_tensor(value, f"{where}: inputs[{index}]")
            for index, value in enumerate(top.items("inputs"))
        ),
        outputs=tuple(
            _parse_tensor(value, f"{where}: outputs[{index}]")
            for index, value in enumerate(top.items("outputs"))
        ),
        carry=tuple(
            _parse_carry(value, f"{where}: carry[{index}]")
            for index, value in enumerate(top.items("carry"))
        ),
        envelope={
            name: _parse_envelope(value, f"{where}: envelope: {name}")
            for name, value in top.mapping("envelope").items()
        },
        provenance=_parse_provenance(top.mapping("provenance"), f"{where}: provenance"),
        files=_parse_files(top, where),
    )
    top.finish()
    return contract


def _dump_spec(spec: TensorSpec | CarrySpec | EnvelopeSpec) -> PlainValue:
    """Return a spec's fields in order, leaving out what is None."""
    document: dict[str, PlainValue] = {}
    for item in fields(spec):
        value = getattr(spec, item.name)
        if value is not None:
            document[item.name] = list(value) if isinstance(value, tuple) else value
    return document


def _parse_tensor(value: PlainValue, where: str) -> TensorSpec:
    """Read one input or output."""
    entry = Fields(value, where)
    spec = TensorSpec(
        name=entry.text("name"),
        kind=entry.text("kind"),
        elements=entry.texts("elements"),
        shape=entry.integers("shape"),
        unit=_parse_unit(entry, where),
        frame=entry.text("frame"),
        max_age=entry.number("max_age") if entry.has("max_age") else None,
        lower=entry.numbers("lower") if entry.has("lower") else None,
        upper=entry.numbers("upper") if entry.has("upper") else None,
        quaternion_order=entry.text("quaternion_order") if entry.has("quaternion_order") else None,
    )
    entry.finish()
    return spec


def _parse_unit(entry: Fields, where: str) -> str:
    """Read a unit; the dimensionless ``1`` may have lost its quotes in an editor."""
    unit = entry.take("unit")
    if unit == 1 and not isinstance(unit, bool | float):
        return "1"
    return Fields({"unit": unit}, where).text("unit")


def _parse_carry(value: PlainValue, where: str) -> CarrySpec:
    """Read one carry."""
    entry = Fields(value, where)
    spec = CarrySpec(
        name=entry.text("name"),
        shape=entry.integers("shape"),
        initial=entry.numbers("initial"),
    )
    entry.finish()
    return spec


def _parse_envelope(value: PlainValue, where: str) -> EnvelopeSpec:
    """Read the quantiles of one input."""
    entry = Fields(value, where)
    spec = EnvelopeSpec(
        lower=entry.numbers("lower"),
        median=entry.numbers("median"),
        upper=entry.numbers("upper"),
    )
    entry.finish()
    return spec


def _parse_provenance(values: dict[str, PlainValue], where: str) -> dict[str, str | int | float]:
    """Read where the bundle comes from: strings and numbers."""
    provenance: dict[str, str | int | float] = {}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ContractError(
                f"{where}: {name}",
                expected="a string or a number",
                got=repr(value)[:80],
                fix="write it as a string",
            )
        provenance[name] = value
    return provenance


def _parse_files(top: Fields, where: str) -> dict[str, str]:
    """Read the hashes; a contract inside an ONNX file has none."""
    if not top.has("files"):
        return {}
    entry = Fields(top.take("files"), f"{where}: files")
    return {name: entry.text(name) for name in entry.names()}
