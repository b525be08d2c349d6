from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_policies.contract import CarrySpec, Contract, EnvelopeSpec, TensorSpec
from untether_policies.contract_file import MAX_CONTRACT_BYTES, dump_contract, parse_contract
from untether_policies.errors import ContractError

FLOATS = st.floats(-1e30, 1e30, width=64)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)
ELEMENTS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,20}", fullmatch=True)


@st.composite
def contracts(draw):
    """Any contract of joints in, joints out."""
    joints = tuple(draw(st.lists(ELEMENTS, min_size=1, max_size=5, unique=True)))
    names = draw(st.lists(NAMES, min_size=3, max_size=3, unique=True))
    names = [f"{role}_{name}" for role, name in zip("ioc", names, strict=True)]
    lower = [draw(FLOATS) for _ in joints]
    upper = [value + abs(value) + draw(st.floats(1e-3, 1e3)) for value in lower]
    quantiles = [sorted(draw(st.tuples(FLOATS, FLOATS, FLOATS))) for _ in joints]
    age = draw(st.floats(1e-6, 1e6))
    size = (len(joints),)
    return Contract(
        name=draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)),
        robot="go1",
        rate=draw(st.floats(1e-3, 1e4)),
        inputs=(TensorSpec(names[0], "state/joint/position", joints, size, "rad", "joint", age),),
        outputs=(
            TensorSpec(
                names[1], "command/joint/effort", joints, size, "N m", "joint",
                lower=lower, upper=upper,
            ),
        ),
        carry=(CarrySpec(names[2], (2, 2), [draw(FLOATS) for _ in range(4)]),),
        envelope={names[0]: EnvelopeSpec(*zip(*quantiles, strict=True))},
        provenance=draw(
            st.dictionaries(ELEMENTS, st.text() | FLOATS | st.integers(-99, 10**17), max_size=4)
        ),
        files=draw(
            st.dictionaries(
                st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True),
                st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
                max_size=3,
            )
        ),
    )  # fmt: skip


@settings(max_examples=50)
@given(contracts())
def test_dumped_contract_parses_equal(contract):
    assert parse_contract(dump_contract(contract)) == contract


def test_dump_has_no_tags_and_full_precision(contract):
    contract = replace(contract, rate=100 / 3)
    text = dump_contract(contract)
    assert "!" not in text
    assert "33.333333333333336" in text


@pytest.mark.parametrize(("version", "fix"), [("2", "upgrade"), ("0", "export")])
def test_other_schema_version_is_refused_before_anything_else(contract, version, fix, refused):
    text = dump_contract(contract).replace("schema_version: 1", f"schema_version: {version}")
    text = text.replace("rate: 100.0", "rate: from another time")
    with refused(ContractError, what="schema_version", expected="1", got=version, fix=fix):
        parse_contract(text)


@pytest.mark.parametrize(
    ("old", "new", "what", "got"),
    [
        ("name: test-policy", "title: test-policy", "contract.yaml: name", "title"),
        ("rate: 100.0", "rate: 100.0\nspeed: 2", "contract.yaml", "speed"),
        ("unit: m\n", "unit: m\n  scale: 2\n", "inputs[0]", "scale"),
        ("shape: [3]", "shape: 3", "inputs[0]: shape", "3"),
        ("elements: [x, \"y\", z]", "elements: [x, 1, z]", "inputs[0]: elements", "1"),
        ("initial: [0.5, 0.0, -0.5]", "initial: [0.5, .nan, 0]", "initial", "nan"),
        ("seed: 7", "seed: [7]", "provenance: seed", "[7]"),
        ("rate: 100.0", "rate: .nan", "rate", "nan"),
        ("seed: 7", "seed: true", "provenance: seed", "True"),
    ],
)  # fmt: skip
def test_wrong_fields_are_refused_with_their_place(contract, old, new, what, got, refused):
    text = dump_contract(contract)
    assert old in text
    with refused(ContractError, what=what, got=got):
        parse_contract(text.replace(old, new, 1))


def test_dimensionless_unit_without_quotes_is_read(contract):
    text = dump_contract(contract).replace("kind: state/body/position", "kind: custom/anything")
    assert parse_contract(text.replace("unit: m", "unit: 1", 1)).inputs[0].unit == "1"


def test_oversize_text_is_refused_unread(contract, refused):
    text = dump_contract(contract) + "#" * MAX_CONTRACT_BYTES
    with refused(ContractError, expected=f"{MAX_CONTRACT_BYTES} bytes"):
        parse_contract(text)


@settings(max_examples=50)
@given(st.data())
def test_any_damage_to_a_contract_is_read_or_refused(data):
    text = dump_contract(data.draw(contracts()))
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 20))
    try:
        parse_contract(text[:at] + data.draw(st.text(max_size=5)) + text[at + cut :])
    except ContractError as error:
        assert error.expected
        assert error.fix
