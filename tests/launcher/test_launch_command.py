import subprocess
import sys

import pytest

from untether_nodes.commands.launch import main

ACTIONS = (
    "<launch><arg name='robot' default='cf1' description='which robot'/>"
    "<arg name='mode'><choice value='a'/><choice value='b'/></arg>"
    "<node exec='echo' name='n' args=\"'two words'\" respawn='true' on_exit='shutdown'>"
    "<param name='p' value='$(var robot)'/><env name='E' value='x y'/></node></launch>"
)


@pytest.fixture
def file(write):
    return str(write("a.launch.xml", ACTIONS))


def test_show_args_lists_names_descriptions_choices_and_defaults(file, capsys):
    assert main([file, "--show-args"]) == 0
    text = capsys.readouterr().out
    for wanted in ("robot", "which robot", "default: 'cf1'", "choices: a, b", "required"):
        assert wanted in text


def test_print_shows_what_would_start_and_starts_nothing(file, capsys):
    assert main([file, "mode:=a", "robot:=go1", "--print"]) == 0
    text = capsys.readouterr().out
    for wanted in ("[echo-1]", "'two words'", "__node:=n", "p: go1", "env E='x y'", "shuts every"):
        assert wanted in text


def test_mistakes_are_told_without_a_traceback(file, capsys):
    assert main([file, "mode:=c"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("untether launch: ")
    for part in ("a.launch.xml:1", "expected: a, b", "got: 'c'", "fix: "):
        assert part in error


def test_warnings_are_printed(write, capsys):
    path = write("old.launch.xml", "<launch deprecated='use new.launch.xml'/>")
    assert main([str(path), "--print"]) == 0
    assert "deprecated: use new.launch.xml" in capsys.readouterr().err


def test_the_command_is_light(file):
    """What is not needed for most launch files is not imported: rclpy, numpy, even yaml."""
    program = (
        "import sys, untether_nodes.commands.launch\n"
        "heavy = {'rclpy', 'numpy', 'torch', 'rich', 'yaml', 'asyncio'} & set(sys.modules)\n"
        "sys.exit(f'imports {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_options_may_stand_between_the_arguments(file, capsys):
    assert main([file, "mode:=a", "--print", "robot:=go1"]) == 0
    assert "p: go1" in capsys.readouterr().out
