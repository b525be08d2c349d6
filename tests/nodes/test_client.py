"""What a client refuses before it talks to anybody."""

import pytest
import rclpy

from untether_nodes.client import FlightClient, FlightClientError


@pytest.mark.parametrize("namespace", ["a b", "9x", "cf1/", "cf1//x", "~/a", "{x}", "x" * 300])
def test_a_namespace_that_ros_does_not_allow_is_refused_before_ros_starts(namespace):
    with pytest.raises(ValueError, match=r"(?s)expected a namespace.*got.*Fix: "):
        FlightClient(namespace)
    assert not rclpy.ok()


def test_a_name_that_ros_does_not_allow_is_refused():
    with pytest.raises(ValueError, match="node name"):
        FlightClient("cf1", name="a/b")


def test_an_environment_that_ros_refuses_is_told_in_one_line(monkeypatch):
    monkeypatch.setenv("ROS_LOG_DIR", "/proc/nowhere")
    with pytest.raises(FlightClientError, match="/proc/nowhere") as caught:
        FlightClient("cf1")
    assert "\n" not in str(caught.value)
    assert not rclpy.ok()
