import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.template import Call, Text, literal, parse_template, unescape

PLAIN = st.text(st.sampled_from("ab $(){}'\"\\-"), max_size=12)
WITHOUT_BACKSLASH = st.text(st.sampled_from("ab $(){}'\"-"), max_size=12)
"""A backslash at the end of a text would take away the meaning of what follows, there too."""
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,5}", fullmatch=True)


def escaped(text, quoted=False):
    """Take away the meaning of each character that has one."""
    special = "\\$" + ("'" if quoted else "")
    return "".join("\\" + char if char in special else char for char in text)


def merged(parts):
    """Join neighbouring texts, as they are read back."""
    joined = []
    for part in parts:
        if isinstance(part, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + part.text)
        elif part != Text(""):
            joined.append(part)
    return tuple(joined)


@settings(deadline=None)
@given(PLAIN)
def test_escaped_text_is_read_as_itself(text):
    assert literal(parse_template(escaped(text))) == text


CALLS = st.tuples(NAMES, st.lists(WITHOUT_BACKSLASH, max_size=3))


@settings(deadline=None)
@given(st.lists(st.one_of(WITHOUT_BACKSLASH.map(Text), CALLS)))
def test_what_is_written_is_read(parts):
    wanted, written = [], ""
    for part in parts:
        if isinstance(part, Text):
            wanted.append(part)
            written += escaped(part.text)
            continue
        name, arguments = part
        wanted.append(Call(name, tuple(merged([Text(a)]) for a in arguments)))
        written += f"$({name}" + "".join(f" '{escaped(a, quoted=True)}'" for a in arguments) + ")"
    if written:
        assert parse_template(written) == merged(wanted)


@settings(deadline=None)
@given(st.text(st.sampled_from("ab $(){}'\"\\-"), max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse_template(text)
    except LaunchError as error:
        assert repr(text) in str(error)


@settings(deadline=None)
@given(st.text())
def test_unescaping_leaves_text_without_backslash_alone(text):
    text = text.replace("\\", "")
    assert unescape(text) == text


def test_arguments_may_be_nested_and_joined():
    inner = Call("var", ((Text("x"),),))
    wanted = (Text("a"), Call("find", ((Text("p"), inner, Text("q")), (Text("b c"), inner))))
    assert parse_template("a$(find p$(var x)q 'b c$(var x)')") == wanted


@pytest.mark.parametrize(
    "text", ["$(var  x)", "$(var x )", "$( var x)", "$(var x", "$()", "$(var 'x)", "$(var 'a'b)"]
)
def test_bad_syntax_names_the_column(text):
    with pytest.raises(LaunchError, match="at column"):
        parse_template(text)


def test_bottomless_nesting_is_refused():
    with pytest.raises(LaunchError, match="nested"):
        parse_template("$(a " * 5000 + ")" * 5000)
