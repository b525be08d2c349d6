import pytest

from untether_policies.errors import ContractError
from untether_policies.fields import Fields


def test_takes_each_type():
    fields = Fields({"a": "x", "b": 1, "c": 2.5, "d": [1, 2], "e": ["x"], "f": {}}, "here")
    assert fields.names() == ("a", "b", "c", "d", "e", "f")
    assert fields.text("a") == "x"
    assert fields.number("b") == 1.0
    assert fields.number("c") == 2.5
    assert fields.integers("d") == (1, 2)
    assert fields.texts("e") == ("x",)
    assert fields.has("f")
    assert fields.mapping("f") == {}
    assert not fields.has("f")
    fields.finish()


@pytest.mark.parametrize(
    ("method", "value", "expected", "got"),
    [
        ("text", 1, "a string", "1"),
        ("number", True, "a number", "True"),
        ("number", "1", "a number", "'1'"),
        ("integer", 1.0, "a whole number", "1.0"),
        ("integer", False, "a whole number", "False"),
        ("items", {"a": 1}, "a list", "{'a': 1}"),
        ("texts", ["a", 1], "a list of strings", "1"),
        ("numbers", [1.0, None], "a number", "None"),
        ("integers", [1, 2.5], "a whole number", "2.5"),
        ("mapping", [1], "a mapping", "[1]"),
    ],
)
def test_wrong_type_is_refused_with_its_place(method, value, expected, got, refused):
    with refused(ContractError, what="here: field", expected=expected, got=got):
        getattr(Fields({"field": value}, "here"), method)("field")


def test_missing_extra_and_non_mapping_are_refused(refused):
    with refused(ContractError, what="here: rate", got="['name']", fix="'rate'"):
        Fields({"name": "x"}, "here").number("rate")
    with refused(ContractError, what="here", got="['typo']"):
        Fields({"typo": 1}, "here").finish()
    with refused(ContractError, expected="a mapping", got="[1]"):
        Fields([1], "here")


def test_long_values_are_shortened_in_messages(refused):
    with pytest.raises(ContractError) as info:
        Fields({"a": list(range(1000))}, "here").text("a")
    assert len(info.value.got) <= 80
