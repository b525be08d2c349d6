"""The same launch files come to the same processes as with the real ``ros2 launch``."""

import json
from pathlib import Path

import pytest

from untether_nodes.launcher.command_line import split_command_line
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.template import Text, parse_template
from untether_nodes.launcher.value import parse_value_type, read_value

DATA = Path(__file__).parent / "data"
ROS2_LAUNCH = json.loads((DATA / "ros2_launch.json").read_text(encoding="utf-8"))
SYNTAX = json.loads((DATA / "syntax.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def workspace(reference, tmp_path_factory):
    root = tmp_path_factory.mktemp("workspace")
    reference.make_workspace(root)
    return root


@pytest.mark.parametrize("case", ROS2_LAUNCH)
def test_processes_are_those_of_ros2_launch(reference, workspace, case):
    recorded = ROS2_LAUNCH[case]
    if reference.hash_file(case) != recorded["launch file"]:
        pytest.skip("the file has changed since it was recorded; run tests/launcher/reference.py")
    assert reference.run_here(workspace, case) == recorded["processes"]


def test_every_case_is_recorded(reference):
    assert set(reference.CASES) == set(ROS2_LAUNCH)


def attempt(function, *arguments):
    try:
        return function(*arguments)
    except LaunchError:
        return None


def tree(template):
    return [
        part.text if isinstance(part, Text) else [part.name, [tree(a) for a in part.arguments]]
        for part in template
    ]


def perform(template):
    return "".join(
        part.text if isinstance(part, Text) else SYNTAX["variables"][perform(part.arguments[0])]
        for part in template
    )


def test_templates_are_read_as_by_the_real_front_end():
    for text, wanted in SYNTAX["templates"]:
        assert attempt(lambda t: tree(parse_template(t)), text) == wanted, text


def test_command_lines_are_split_as_by_the_real_front_end():
    for text, wanted in SYNTAX["commands"]:
        got = attempt(lambda t: [tree(a) for a in split_command_line(parse_template(t))], text)
        assert got == wanted, text


def test_parameter_values_are_typed_as_by_the_real_front_end():
    for (text, separator, type_name), wanted in SYNTAX["values"]:
        got = attempt(
            lambda t, s, n: read_value(t, s, parse_value_type(n)).evaluate(perform),
            *(text, separator, type_name),
        )
        assert repr(got) == repr(wanted), (text, separator, type_name)  # repr tells 1 from 1.0
