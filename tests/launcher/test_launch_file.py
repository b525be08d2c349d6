import pytest

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.launch_file import find_launch_file
from untether_nodes.launcher.package_index import find_executable, find_prefix


@pytest.fixture
def environment(write, tmp_path):
    """An ament prefix with the package untether and its launch files."""
    write("prefix/share/ament_index/resource_index/packages/untether", "")
    write("prefix/share/untether/launch/crazyflie.launch.xml", "<launch/>")
    write("prefix/share/untether/launch/twice.launch.xml", "<launch/>")
    write("prefix/share/untether/other/twice.launch.xml", "<launch/>")
    write("prefix/lib/untether/run", "", mode=0o755)
    write("prefix/lib/untether/locked", "")
    return {"AMENT_PREFIX_PATH": f"{tmp_path / 'first'}:{tmp_path / 'prefix'}"}


def test_a_path_a_name_and_a_package_find_the_file(write, tmp_path, environment):
    here = write("here.launch.xml", "<launch/>")
    wanted = tmp_path / "prefix/share/untether/launch/crazyflie.launch.xml"
    assert find_launch_file([str(here)], environment) == here
    assert find_launch_file(["crazyflie"], environment) == wanted
    assert find_launch_file(["untether", "crazyflie.launch.xml"], environment) == wanted


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["crazyfly"], "did you mean 'crazyflie'"),
        (["untehter", "crazyflie.launch.xml"], "did you mean 'untether'"),
        (["untether", "crazyflie"], "did you mean 'crazyflie.launch.xml'"),
        (["untether", "twice.launch.xml"], "several files"),
        ([], "untether launch crazyflie"),
        (["a", "b", "c"], "without spaces"),
    ],
)
def test_what_means_no_file_is_refused(environment, words, problem):
    with pytest.raises(LaunchError, match=problem):
        find_launch_file(words, environment)


def test_an_argument_without_its_sign_is_not_taken_for_a_file(write, environment):
    here = write("here.launch.xml", "<launch/>")
    with pytest.raises(LaunchError, match="write := between"):
        find_launch_file([str(here), "robot=cf1"], environment)


def test_executables_are_found_below_lib(environment, tmp_path):
    assert find_executable("untether", "run", environment) == tmp_path / "prefix/lib/untether/run"
    with pytest.raises(LaunchError, match="may not be executed"):
        find_executable("untether", "locked", environment)
    with pytest.raises(LaunchError, match="did you mean 'run'"):
        find_executable("untether", "runn", environment)


def test_without_a_path_this_python_is_the_prefix(monkeypatch, environment):
    monkeypatch.setattr("sys.prefix", environment["AMENT_PREFIX_PATH"].rpartition(":")[2])
    assert str(find_prefix("untether", {})).endswith("prefix")


@pytest.mark.parametrize("package", ["", "../packages/untether", "none"])
def test_names_that_are_no_package_are_refused(environment, package):
    with pytest.raises(LaunchError, match="no ROS package"):
        find_prefix(package, environment)
