import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.names import absolute_namespace, check_node_name, join_namespace

TOKENS = st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True)
NAMESPACES = st.lists(TOKENS, min_size=1, max_size=4).map("/".join)


@settings(deadline=None)
@given(NAMESPACES, NAMESPACES)
def test_a_relative_namespace_goes_below_the_base(base, namespace):
    assert absolute_namespace(f"/{base}", namespace) == f"/{base}/{namespace}"
    assert absolute_namespace(base, f"/{namespace}/") == f"/{namespace}"
    assert absolute_namespace("/", namespace) == f"/{namespace}"
    assert absolute_namespace(None, namespace) == f"/{namespace}"


def test_without_any_namespace_there_is_none():
    assert absolute_namespace(None, None) is None
    assert absolute_namespace(None, "") == "/"
    assert join_namespace("/a", "") == "/a"


@pytest.mark.parametrize("bad", ["a//b", "/1a", "a-b", "a b", "ä", "a" * 246])
def test_bad_namespaces_are_refused(bad):
    with pytest.raises(LaunchError, match="not a valid namespace"):
        absolute_namespace(None, bad)


@pytest.mark.parametrize("bad", ["", "a/b", "1a", "a-b", "a" * 256, "a\n"])
def test_bad_node_names_are_refused(bad):
    with pytest.raises(LaunchError, match="not a valid node name"):
        check_node_name(bad)
