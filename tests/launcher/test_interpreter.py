import pytest

from untether_nodes.launcher.argument import parse_assignments
from untether_nodes.launcher.declaration import all_arguments
from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.process_plan import ParameterFile

PATH = {"PATH": "/usr/bin:/bin"}


def test_missing_arguments_are_all_listed_with_their_descriptions(plan):
    actions = "<arg name='robot' description='which one'/><arg name='b'/><arg name='c' default=''/>"
    with pytest.raises(LaunchError) as caught:
        plan(actions)
    assert "robot: which one" in caught.value.expected
    assert "b: no description" in caught.value.expected
    assert "c:" not in caught.value.expected


def test_a_misspelt_argument_suggests_the_nearest(plan):
    with pytest.raises(LaunchError, match="did you mean 'robot'"):
        plan("<arg name='robot' default='cf1'/>", {"robt": "x"})
    with pytest.raises(LaunchError, match="did you mean 'robot'"):
        plan("<arg name='robot'/>", {"robt": "x"})


def test_arguments_of_included_files_are_known_in_untaken_branches_too(plan, write):
    write("inner.launch.xml", "<launch><arg name='world' default='empty'/></launch>")
    include = "<include file='$(dirname)/inner.launch.xml' if='$(var sim)'/>"
    plan(f"<arg name='sim' default='false'/>{include}", {"world": "maze"})
    with pytest.raises(LaunchError, match="did you mean 'world'"):
        plan(f"<arg name='sim' default='false'/>{include}", {"wolrd": "maze"})


def test_an_included_file_gets_what_it_requires_from_its_include_only(plan, write):
    write("inner.launch.xml", "<launch><arg name='needed' description='why'/></launch>")
    with pytest.raises(LaunchError, match='nest <arg name="needed"') as caught:
        plan("<arg name='needed' default='1'/>\n<include file='inner.launch.xml'/>")
    assert "test.launch.xml:3" in caught.value.where


@pytest.mark.parametrize("tag", ["arg", "let"])
def test_include_takes_arg_and_let(words, write, tag):
    write("inner.launch.xml", "<launch><executable cmd='echo $(var x)'/></launch>")
    given = f"<{tag} name='x' value='1'/>"
    assert words(f"<include file='inner.launch.xml'>{given}</include>") == [("echo", "1")]


def test_dirname_is_that_of_the_file_again_after_an_include(words, write, tmp_path):
    write("below/inner.launch.xml", "<launch/>")
    actions = "<include file='below/inner.launch.xml'/><executable cmd='echo $(dirname)'/>"
    assert words(actions) == [("echo", str(tmp_path))]


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("x.launch.py", "only XML"),
        ("x.launch.yaml", "only XML"),
        ("missing.xml", "cannot read"),
        ("$(filename)", "included by itself"),
    ],
)
def test_files_that_cannot_be_included_are_refused(plan, file, problem):
    with pytest.raises(LaunchError, match=problem):
        plan(f"<include file='{file}'/>")


def test_a_choice_is_checked_for_values_given_and_by_default(plan):
    choices = "<choice value='a'/><choice value='b'/>"
    plan(f"<arg name='x' default='a'>{choices}</arg>", {"x": "b"})
    for given in ({"x": "c"}, {}):
        with pytest.raises(LaunchError, match="cannot be 'c'"):
            plan(f"<arg name='x' default='c'>{choices}</arg>", given)


def test_a_conditional_argument_is_required_only_where_it_is_declared(plan):
    actions = "<arg name='sim'/><arg name='world' if='$(var sim)' description='which'/>"
    plan(actions, {"sim": "false"})
    with pytest.raises(LaunchError, match="'world' is required") as caught:
        plan(actions, {"sim": "true"})
    assert "which" in caught.value.expected


@pytest.mark.parametrize("text", ["a", "a:=", ":=b", "a=b", "a :b"])
def test_malformed_arguments_are_refused(text):
    with pytest.raises(LaunchError, match="malformed"):
        parse_assignments([text])


def test_of_two_values_the_last_one_wins_and_may_hold_anything():
    assert parse_assignments(["a:=1", "b:=x:=y z", "a:=2"]) == {"a": "2", "b": "x:=y z"}


@pytest.mark.parametrize(
    ("actions", "problem"),
    [
        ("<executable cmd='no_such_program_here'/>", "no program"),
        ("<executable cmd='/no/such/program'/>", "no program"),
        ("<executable cmd=''/>", "command is empty"),
        ("<executable cmd='echo' cwd='/no/such/folder'/>", "no folder"),
        ("<executable cmd='echo' output='scren'/>", "did you mean 'screen'"),
        ("<executable cmd='echo' launch-prefix='&quot;'/>", "cannot be split"),
        ("<node pkg='no_such_package' exec='a'/>", "no ROS package"),
        ("<node exec='echo' name='a/b'/>", "valid node name"),
        ("<node exec='echo' namespace='a//b'/>", "valid namespace"),
        ("<push_ros_namespace namespace='1'/>", "valid namespace"),
        ("<executable cmd='echo' if='maybe'/>", "neither true nor false"),
        ("<let name='a' value='$(var b)'/>", "declare <arg"),
        ("<let name='a' value='$(env NOT_SET_HERE)'/>", "not set"),
        ("<let name='a' value='$(find-exec no_such_program)'/>", "no program"),
        ("<let name='a' value='$(command false)'/>", "exit status 1"),
        ("<let name='a' value='$(command true sometimes)'/>", "error output"),
        ("<let name='a' value='$(file-content /no/file)'/>", "cannot read"),
        ("<let name='a' value='$(log_dir)'/>", "--log-dir"),
        ("<let name='a' value='$(param x)'/>", "no <set_parameter>"),
        ("<let name='a' value='$(not maybe)'/>", "of type bool"),
        ("<let name='a' value='$(eval 1 os)'/>", "only the module math"),
        ("<set_parameter name='a' value='[1]'/>", "a list"),
        ("<set_parameters_from_file filename='/no/file'/>", "no parameter file"),
        ("<node exec='echo'><param from='/no/file'/></node>", "cannot read the parameter file"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(plan, actions, problem):
    with pytest.raises(LaunchError, match=problem) as caught:
        plan(f"<executable cmd='echo'/>\n{actions}")
    assert "test.launch.xml:3" in caught.value.where


def test_a_parameter_file_must_be_yaml_after_its_substitutions(plan, write):
    write("p.yaml", "a: $(var x)")
    node = "<node exec='echo'><param from='p.yaml' allow_substs='true'/></node>"
    with pytest.raises(LaunchError, match="not YAML"):
        plan(f"<let name='x' value='['/>{node}")


def test_two_nodes_of_one_name_are_warned_about(plan):
    node = "<node exec='echo' name='a' namespace='/b'/>"
    assert "/b/a" in " ".join(plan(node + node).warnings)
    assert not plan(node).warnings


def test_messages_come_with_their_substitutions(plan):
    assert plan("<let name='x' value='1'/><log message='x is $(var x)'/>").messages == ("x is 1",)


def test_process_attributes_reach_the_plan(plan):
    (process,) = plan(
        "<executable cmd='echo' name='n' shell='true' respawn='$(not false)' respawn_delay='2.5' "
        "respawn_max_retries='3' emulate_tty='1' on_exit='shutdown' sigterm_timeout='1' "
        "sigkill_timeout='0.5' output='screen' cwd='/'/>"
    ).processes
    assert (process.name, process.shell, process.respawn, process.respawn_delay) == (
        *("n-1", True, True, 2.5),
    )
    assert (process.respawn_max_retries, process.emulate_tty, process.ends_launch) == (
        3,
        True,
        True,
    )
    assert (process.sigterm_timeout, process.sigkill_timeout) == (1.0, 0.5)
    assert process.output.stdout
    assert str(process.directory) == "/"


def test_common_arguments_are_defaults_of_all_processes(plan):
    given = {"sigterm_timeout": "7", "emulate_tty": "True", "launch-prefix": "env -i"}
    (process,) = plan("<executable cmd='echo' sigkill_timeout='1'/>", given).processes
    assert (process.sigterm_timeout, process.sigkill_timeout) == (7.0, 1.0)
    assert process.emulate_tty
    assert process.command == ("env", "-i", "echo")
    with pytest.raises(LaunchError, match="number of seconds"):
        plan("<executable cmd='echo'/>", {"sigterm_timeout": "long"})
    with pytest.raises(LaunchError, match="regular expression"):
        plan("<executable cmd='echo'/>", {"launch-prefix": "env", "launch-prefix-filter": "("})


def test_the_output_of_all_processes_can_be_overridden(plan):
    environment = {**PATH, "OVERRIDE_LAUNCH_PROCESS_OUTPUT": "both"}
    (process,) = plan("<executable cmd='echo' output='log'/>", environment=environment).processes
    assert process.output.stdout


def test_parameters_become_one_file_each(words):
    ((*_, first, _, second),) = words(
        "<node exec='echo' name='n' namespace='s'><param name='a' value='1'/>"
        "<param name='b'><param name='c' value='x'/></param></node>"
    )
    assert first == ParameterFile("/s/n:\n  ros__parameters:\n    a: 1\n")
    assert second == ParameterFile("/s/n:\n  ros__parameters:\n    b.c: x\n")


def test_a_listing_of_arguments_runs_no_command(write):
    file = write(
        "a.launch.xml",
        "<launch><arg name='x' default='$(command &quot;touch ran&quot;)'/>"
        "<group if='$(var x)'><arg name='y'/></group></launch>",
    )
    found = all_arguments(file, {}, PATH)
    assert [(a.name, a.required, a.conditional) for a in found] == [
        ("x", False, False),
        ("y", False, True),
    ]
    assert not (file.parent / "ran").exists()
