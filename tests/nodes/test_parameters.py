from dataclasses import dataclass, fields

import pytest
import rclpy
from rclpy.context import Context
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

from untether_hardware.safety import SafetyConfig
from untether_nodes.parameters import (
    Change,
    changes_anytime,
    check_change,
    declare_parameters,
    parameter,
    read_parameters,
)
from untether_nodes.policy_config import PolicyNodeConfig
from untether_nodes.recorder_node import RecorderConfig
from untether_nodes.robot_sim_node import RobotSimConfig
from untether_nodes.safety_node import SafetyNodeConfig

pytestmark = pytest.mark.ros


@dataclass(frozen=True)
class Config:
    number: float = parameter(1.5, "a number", unit="m", lower=0.0, upper=2.0)
    count: int = parameter(3, "a count", lower=0)
    switch: bool = parameter(True, "a switch", change=Change.ANYTIME)
    word: str = parameter("one", "a word", choices=("one", "two"), change=Change.ANYTIME)
    corner: tuple[float, ...] = parameter((0.0, 1.0), "a corner", unit="m", lower=-1.0, upper=1.0)
    fixed: int = parameter(7, "something fixed", change=Change.NEVER)


@pytest.fixture
def make_node():
    context = Context()
    rclpy.init(args=[], context=context)
    nodes = []

    def make(config=Config, **overrides):
        parameters = [Parameter(name, value=value) for name, value in overrides.items()]
        nodes.append(Node("test", context=context, parameter_overrides=parameters))
        declare_parameters(nodes[-1], config)
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    context.shutdown()


def test_defaults_come_back_as_the_dataclass(make_node):
    assert read_parameters(make_node(), Config) == Config()


def test_overrides_come_back_in_their_types(make_node):
    node = make_node(number=0.5, count=9, switch=False, word="two", corner=[0.25, -0.5])
    assert read_parameters(node, Config) == Config(0.5, 9, False, "two", (0.25, -0.5))


def test_a_descriptor_tells_unit_range_and_when_it_may_change(make_node):
    node = make_node()
    number = node.describe_parameter("number")
    assert "a number [m]" in number.description
    assert "unconfigured" in number.description
    assert (number.floating_point_range[0].from_value, number.read_only) == (0.0, False)
    assert node.describe_parameter("count").integer_range[0].to_value == 2**63 - 1
    assert "one, two" in node.describe_parameter("word").additional_constraints
    assert "-1.0 to 1.0" in node.describe_parameter("corner").additional_constraints
    assert node.describe_parameter("fixed").read_only


@pytest.mark.parametrize(
    "override",
    [
        {"number": 2.5},
        {"number": 1},
        {"count": -1},
        {"switch": 1},
        {"word": "three"},
        {"corner": [0.0, 3.0]},
        {"corner": [0.0]},
    ],
    ids=str,
)
def test_a_bad_override_is_refused(make_node, override):
    with pytest.raises((ParameterException, ValueError)):
        make_node(**override)


def test_a_configured_node_changes_only_what_may_change_at_any_time():
    word = [Parameter("word", value="two")]
    number = [Parameter("number", value=1.0)]
    assert check_change(Config, word, configured=True).successful
    refused = check_change(Config, number, configured=True)
    assert not refused.successful and "clean up" in refused.reason
    assert check_change(Config, number, configured=False).successful
    assert changes_anytime(Config, "word") and not changes_anytime(Config, "number")


def test_a_change_to_a_value_that_is_not_a_choice_is_refused():
    result = check_change(Config, [Parameter("word", value="three")], configured=False)
    assert not result.successful and "one, two" in result.reason
    assert check_change(Config, [Parameter("foreign", value=1)], configured=True).successful


@pytest.mark.parametrize(
    "config",
    [PolicyNodeConfig, SafetyNodeConfig, SafetyConfig, RobotSimConfig, RecorderConfig],
    ids=lambda config: config.__name__,
)
def test_every_parameter_of_every_node_is_described_and_numbers_have_a_range(make_node, config):
    node = make_node(config)
    assert read_parameters(node, config) == config()
    for item in fields(config):
        about = node.describe_parameter(item.name)
        assert len(about.description) > 10
        if isinstance(item.default, float):
            assert about.floating_point_range, item.name
        elif isinstance(item.default, int) and not isinstance(item.default, bool):
            assert about.integer_range, item.name
        elif isinstance(item.default, tuple):
            assert about.additional_constraints, item.name
