import os
import sys
from pathlib import Path

import pytest

from untether_nodes.launcher.errors import LaunchError
from untether_nodes.launcher.package_index import find_executable, find_prefix, prefixes

OWN = Path(sys.prefix)


def test_the_prefix_of_this_python_comes_after_those_of_the_environment():
    environment = {"AMENT_PREFIX_PATH": os.pathsep.join(("/opt/ros/other", "", "/home/ws"))}
    assert prefixes(environment) == [Path("/opt/ros/other"), Path("/home/ws"), OWN]
    assert prefixes({}) == [OWN]


def test_a_prefix_is_searched_once_where_the_environment_puts_it():
    environment = {"AMENT_PREFIX_PATH": os.pathsep.join((str(OWN), "/home/ws", str(OWN)))}
    assert prefixes(environment) == [OWN, Path("/home/ws")]


def test_another_ros_that_is_sourced_does_not_hide_the_project(tmp_path):
    environment = {"AMENT_PREFIX_PATH": str(tmp_path)}
    assert find_prefix("untether", environment) == OWN
    assert find_executable("untether_nodes", "safety_node", environment).is_file()


def test_a_package_that_is_nowhere_is_refused_with_the_prefixes_that_were_searched(tmp_path):
    environment = {"AMENT_PREFIX_PATH": str(tmp_path)}
    with pytest.raises(LaunchError) as caught:
        find_prefix("no_such_package", environment)
    assert str(tmp_path) in str(caught.value) and str(OWN) in str(caught.value)
