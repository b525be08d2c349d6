import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_nodes.launcher.command_line import split_command_line
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.template import Call, Text, parse_template

WORDS = st.text(st.sampled_from("ab -.'\"\\"), min_size=1, max_size=8)
X = Call("var", ((Text("x"),),))


@settings(deadline=None)
@given(st.lists(WORDS, min_size=1))
def test_text_is_split_like_a_shell_does(words):
    assert split_command_line((Text(shlex.join(words)),)) == tuple((Text(word),) for word in words)


def test_a_substitution_joins_what_it_touches_and_nothing_else():
    got = split_command_line(parse_template("a $(var x) b$(var x)c $(var x)$(var x)"))
    assert got == ((Text("a"),), (X,), (Text("b"), X, Text("c")), (X, X))


def test_an_empty_text_is_one_empty_argument():
    assert split_command_line(parse_template("")) == ((),)


def test_a_quote_around_a_substitution_is_refused():
    with pytest.raises(LaunchError, match="closed before the next substitution"):
        split_command_line(parse_template("echo 'a $(var x)'"))
