import pytest

from untether_hardware.crazyflie.description import CRAZYFLIE
from untether_hardware.setpoint import Setpoint
from untether_hardware.state import BodyState
from untether_nodes.policy_runner import PolicyRunner
from untether_policies.errors import BundleError

GOAL = Setpoint((0.0, 0.0, 1.0))


@pytest.fixture
def another_ros(monkeypatch, tmp_path):
    """The environment after the set-up script of another installation of ROS."""
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path / "another"))


def test_a_bundle_of_the_zoo_is_found_by_name_whatever_ros_is_sourced(another_ros):
    assert PolicyRunner("crazyflie_waypoint", CRAZYFLIE).bundle.contract.robot == "crazyflie"


def test_a_bundle_in_the_home_folder_is_found(bundle, monkeypatch):
    monkeypatch.setenv("HOME", str(bundle.parent))
    runner = PolicyRunner(f"~/{bundle.name}", CRAZYFLIE)
    assert runner.bundle.contract.name == "crazyflie-controller"


@pytest.mark.parametrize("path", ["", "no_such_bundle", "/nowhere/at/all", "~nobody_known/bundle"])
def test_a_bundle_that_is_not_there_is_refused(path):
    with pytest.raises(BundleError, match=r"expected .* Fix: "):
        PolicyRunner(path, CRAZYFLIE)


def test_a_policy_forgets_the_past_when_it_is_reset(bundle):
    runner = PolicyRunner(str(bundle), CRAZYFLIE)
    state = BodyState(0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (0.0,) * 3, (0.0,) * 3)
    first = runner.compute(state, GOAL)
    assert runner.compute(state, GOAL) != first
    runner.reset()
    assert runner.compute(state, GOAL) == first
    assert runner.inference.count == 1
