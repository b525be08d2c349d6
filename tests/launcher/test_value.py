import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.value import convert, parse_value_type, read_value

SCALARS = {
    "bool": st.booleans(),
    "int": st.integers(-(10**12), 10**12),
    "float": st.floats(allow_nan=False),
}


def evaluate(text, value_type=None, separator=None, **variables):
    def perform(template):
        return "".join(
            variables[perform(part.arguments[0])] if hasattr(part, "name") else part.text
            for part in template
        )

    return read_value(text, separator, parse_value_type(value_type)).evaluate(perform)


@settings(deadline=None)
@given(st.sampled_from(sorted(SCALARS)).flatmap(lambda kind: SCALARS[kind]))
def test_a_scalar_survives_yaml(value):
    text = yaml.safe_dump(value).splitlines()[0]
    result = evaluate(text)
    assert (result, type(result)) == (value, type(value))


@settings(deadline=None)
@given(st.sampled_from(sorted(SCALARS)).flatmap(lambda k: st.tuples(st.just(k), SCALARS[k])))
def test_a_declared_type_reads_what_python_writes(typed):
    kind, value = typed
    assert evaluate(str(value), kind) == value


@settings(deadline=None)
@given(st.lists(st.integers(), min_size=1))
def test_a_separator_makes_a_list(items):
    assert evaluate(";".join(map(str, items)), separator=";") == items


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\\$", codec="utf-8")))
def test_text_of_type_str_stays_as_it_is(text):
    assert evaluate(text, "str") == text


def test_substitutions_are_typed_after_they_are_made():
    assert evaluate("$(var n)", n="3") == 3
    assert evaluate("$(var n)", "float", n="3") == 3.0
    assert evaluate("$(var n)", "str", n="3") == "3"
    assert evaluate("[1, $(var n)]", n="3") == [1, 3]


@pytest.mark.parametrize(
    ("text", "value_type"),
    [
        ("{a: 1}", None),
        ("~", None),
        ("2020-01-01", None),
        ("[1, 1.5]", None),
        ("[1, [2]]", None),
        ("one", "int"),
        ("1.5", "int"),
        ("true", "int"),
        ("maybe", "bool"),
        ("[1, 2]", "list_of_float"),
        ("[true]", "list_of_int"),
        ("1", "list_of_int"),
        ("", "bool"),
        ("[]", "list_of_int"),
    ],
)
def test_values_of_another_type_are_refused(text, value_type):
    with pytest.raises(LaunchError):
        evaluate(text, value_type)


def test_a_result_of_another_type_is_refused():
    with pytest.raises(LaunchError, match="'x'"):
        evaluate("$(var n)", "int", n="x")
    with pytest.raises(LaunchError, match="different types"):
        evaluate("[1, $(var n)]", n="x")


def test_a_separator_needs_a_list_type():
    with pytest.raises(LaunchError, match="makes a list"):
        evaluate("1;2", "int", separator=";")
    with pytest.raises(LaunchError, match="separator is empty"):
        evaluate("1;2", separator="")


def test_an_unknown_type_suggests_the_nearest():
    with pytest.raises(LaunchError, match="did you mean 'float'"):
        parse_value_type("flaot")


@pytest.mark.parametrize("text", ["yes", "True", "on", "1"])
def test_true_is_what_yaml_calls_true_and_one(text):
    assert convert(text, "bool") is True
