"""The launch file of an arm: which processes it starts, with which parameters."""

from pathlib import Path

import pytest
import yaml

from untether_nodes.arm.policy_config import ArmPolicyNodeConfig
from untether_nodes.arm.sim_node import ArmSimConfig
from untether_nodes.launcher.interpreter import plan_launch

ROOT = Path(__file__).parents[3]
FILE = ROOT / "launch" / "franka.launch.xml"
PARAMETERS = yaml.safe_load((ROOT / "launch" / "params" / "franka.yaml").read_text())
NODES = {"arm_sim_node", "arm_safety_node", "arm_policy_node"}


def plan(**arguments):
    """Return the processes by the name of their executable."""
    made = plan_launch(FILE, arguments, {"PATH": "/usr/bin"})
    assert made.warnings == ()
    return {str(process.command[0]).rpartition("/")[2]: process for process in made.processes}


def test_all_nodes_work_on_the_same_task(find_parameters):
    processes = plan(task="peg")
    assert set(processes) == NODES
    for name in ("arm_sim_node", "arm_safety_node"):
        assert find_parameters(processes[name])["task"] == "peg"
    assert find_parameters(processes["arm_policy_node"])["policy"].endswith("zoo/fr3_peg")


def test_a_real_arm_has_its_driver_elsewhere():
    assert set(plan(sim="false")) == NODES - {"arm_sim_node"}
    assert set(plan(record="true")) == NODES | {"recorder_node"}


def test_a_policy_that_explores_is_told_for_whom(find_parameters):
    process = plan(learner="robot:50051", outbox="here", demonstrate="true")["arm_policy_node"]
    found = find_parameters(process)
    assert (found["learner"], found["outbox"], found["demonstrate"]) == (
        "robot:50051",
        "here",
        True,
    )
    assert find_parameters(plan()["arm_policy_node"])["learner"] == ""


def test_lockstep_implies_simulated_time_for_all(find_parameters):
    processes = plan(lockstep="true", record="true")
    assert find_parameters(processes["arm_sim_node"])["lockstep"] is True
    for process in processes.values():
        assert find_parameters(process)["use_sim_time"] is True


@pytest.mark.parametrize(
    ("node", "config"),
    [("arm_policy_node", ArmPolicyNodeConfig), ("arm_sim_node", ArmSimConfig)],
)
def test_the_parameter_file_states_the_defaults(node, config):
    for name, value in PARAMETERS[f"/**/{node}"]["ros__parameters"].items():
        assert getattr(config(), name) == value
