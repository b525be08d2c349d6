import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from untether_policies.errors import ContractError
from untether_policies.plain_yaml import dump_plain_yaml, load_plain_yaml

SCALARS = (
    st.text(max_size=30)
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.none()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
).filter(lambda value: _depth(value) <= 8)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


@given(VALUES)
def test_dumped_values_load_equal_with_the_same_types(value):
    loaded = load_plain_yaml(dump_plain_yaml(value), "test")
    assert loaded == value
    assert repr(loaded) == repr(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit_also_for_other_readers(number):
    text = dump_plain_yaml({"x": number})
    assert load_plain_yaml(text, "test") == {"x": number}
    assert yaml.safe_load(text) == {"x": number}


@pytest.mark.parametrize(
    "text", ["y", "N", "no", "On", "1", "1e5", "12e4567", "null", "~", "", "0x1f", "1:30"]
)
def test_strings_that_look_like_other_types_are_quoted(text):
    assert f'"{text}"' in dump_plain_yaml({"key": text})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("y", "y"), ("1:30", "1:30"), ("0x1f", "0x1f"), ("0o7", "0o7"),
        ("1_000", "1_000"), ("9" * 19, 1e19), ("+.Inf", math.inf), ("010", 10),
        ("2026-01-01", "2026-01-01"), ("null", None), ("~", None), ("", None), ("True", True),
        ("-7", -7), ("1e3", 1000.0), ("+.5", 0.5), ("-.inf", -math.inf), ("'7'", "7"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2_with_decimal_numbers(text, value):
    loaded = load_plain_yaml(f"key: {text}", "test")
    assert loaded == {"key": value}
    assert isinstance(loaded, dict)
    assert type(loaded["key"]) is type(value)


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("a: !!python/object/apply:os.system [ls]", "tag"),
        ("a: !!float 1", "tag"),
        ("!custom {a: 1}", "tag"),
        ("a: &x 1", "anchor &x"),
        ("a: *x", "alias *x"),
        ("a: 1\na: 2", "'a' twice"),
        ("1: a", "key 1"),
        ("[a]: b", "key ['a']"),
        ("a: 1\n---\nb: 2", "second document"),
        ("%YAML 1.1\n---\na: 1", "directive"),
        ("a: " + "[" * 20 + "]" * 20, "nesting"),
        ("a: " + "[" * 100_000, "nesting"),
    ],
)
def test_more_than_plain_yaml_is_refused(text, got, refused):
    with refused(ContractError, what="test", expected="plain YAML", got=got, fix="export"):
        load_plain_yaml(text, "test")


def test_alias_bomb_is_refused_at_its_first_anchor(refused):
    lines = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    with refused(ContractError, got="anchor &a0"):
        load_plain_yaml("\n".join(lines), "test")


def test_broken_syntax_is_refused_with_its_line(refused):
    with refused(ContractError, expected="a YAML document", got="line 2"):
        load_plain_yaml("a: 1\nb: [1, 2", "test")


@given(st.text() | st.text(alphabet="a: -[]{}&*!|>'\"%#\n\t,?", max_size=60))
def test_any_text_loads_or_is_refused(text):
    try:
        load_plain_yaml(text, "test")
    except ContractError as error:
        assert error.fix
