"""Everything is checked before anything starts, in branches that are not taken too."""

from pathlib import Path

import pytest

from untether_nodes.launcher.declaration import all_arguments
from untether_nodes.launcher.element import read_element
from untether_nodes.launcher.errors import LaunchError

BAD = {
    "<nod/>": "did you mean 'node'",
    "<node exec='true' pgk='a'/>": "did you mean 'pkg'",
    "<node pkg='a'/>": "'exec' is missing",
    "<node exec='true'><parm name='a' value='1'/></node>": "did you mean 'param'",
    "<node exec='true'><env name='A'/></node>": "'value' is missing",
    "<executable cmd='true' if='1' unless='1'/>": "exclude each other",
    "<let name='x' value='$(vra y)'/>": "did you mean 'var'",
    "<let name='x' value='$(optenv y)'/>": "env NAME DEFAULT",
    "<let name='x' value='$(any 1 0)'/>": "ros2 launch fails",
    "<let name='x' value='$(var)'/>": "wrong number of arguments",
    "<let name='x' value='$(if true $(nope) b)'/>": r"unknown substitution \$\(nope\)",
    "<let name='x' value=\"$(equals a '')\"/>": "does not do what it says",
    "<let name='x' value='$(var  y)'/>": "at column 7",
    "<executable cmd=\"echo 'a $(var x)'\"/>": "a quote is not closed",
    "<group scoped='maybe'/>": "of type bool",
    "<node exec='true' respawn='often'/>": "of type bool",
    "<node exec='true' respawn_delay='-1'/>": "number of seconds",
    "<node exec='true' respawn_delay='nan'/>": "number of seconds",
    "<node exec='true' respawn_max_retries='1.5'/>": "of type int",
    "<node exec='true' on_exit='explode'/>": "shutdown",
    "<node exec='true'><param/></node>": "a name or a file",
    "<node exec='true'><param name='a'/></node>": "no value",
    "<node exec='true'><param name='a' from='b'/></node>": "exclude each other",
    "<node exec='true'><param name='a' value='1' allow_substs='1'/></node>": "goes with a file",
    "<node exec='true'><param name='a' value='{}'/></node>": "a mapping",
    "<node exec='true'><param name='a' value='1' type='number'/></node>": "unknown parameter type",
    "<node exec='true'><param name='a' value='$(vra x)'/></node>": "did you mean 'var'",
    "<node exec='true'><param name='a'><param from='b'/></param></node>": "has a name",
    "<node exec='true'><param name='a' value='1'><param name='b' value='1'/></param></node>":
        "exclude each other",
    "<timer period='1'/>": "not supported",
    "<set_use_sim_time value='true'/>": "set_parameter",
    "<param name='a' value='1'/>": "nest it in a <node>",
    "text": "text between the tags",
}  # fmt: skip


@pytest.mark.parametrize("actions", BAD)
def test_mistakes_are_refused_with_their_line_even_where_not_taken(plan, actions):
    with pytest.raises(LaunchError, match=BAD[actions]) as caught:
        plan(f"<group if='false'>\n{actions}\n</group>")
    assert "test.launch.xml:3" in caught.value.where
    assert all((caught.value.expected, caught.value.got, caught.value.fix))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "not well-formed"),
        ("<launch>\n<a></launch>", 2, "not well-formed"),
        ("<launch>\n<a x='1' x='2'/></launch>", 2, "not well-formed"),
        ("\n<!DOCTYPE launch [<!ENTITY a 'b'>]><launch/>", 2, "refused"),
        ("<launch>\n&undefined;</launch>", 2, "not well-formed"),
        ("<?xml version='1.0' encoding='foo'?><launch/>", 1, "encoding"),
        ("<?xml version='1.0' encoding='rot13'?><launch/>", 1, "encoding"),
        ("<?xml version='1.0' encoding='big5'?><launch/>", 1, "encoding"),
        ("<?xml version='1.0' encoding='idna'?><launch/>", 1, "encoding"),
        ("<launch>" + "\n<group>" * 3000 + "</group>" * 3000 + "</launch>", 51, "too deep"),
    ],
)
def test_broken_xml_is_refused_with_its_line(write, text, line, what):
    file = write("broken.launch.xml", text)
    with pytest.raises(LaunchError, match=what) as caught:
        read_element(file)
    assert caught.value.where == f"{file}:{line}"


def test_groups_too_deep_in_files_that_include_each_other_are_refused(plan):
    itself = "<include file='$(dirname)/test.launch.xml'/>"
    with pytest.raises(LaunchError, match="too deep") as caught:
        plan("<group>" * 45 + f"\n{itself}\n" + "</group>" * 45)
    assert "test.launch.xml:3" in caught.value.where
    assert all_arguments(Path("test.launch.xml"), {}, {}) == []


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(LaunchError, match="cannot read"):
        read_element(tmp_path / "missing.launch.xml")


def test_another_root_is_refused(write, plan):
    write("other.launch.xml", "<robot/>")
    with pytest.raises(LaunchError, match="no launch file"):
        plan("<include file='other.launch.xml'/>")


def test_unknown_attributes_of_the_root_are_refused(write):
    from untether_nodes.launcher.check import check_file

    with pytest.raises(LaunchError, match="'vresion'"):
        check_file(read_element(write("a.xml", "<launch vresion='1'/>")))
