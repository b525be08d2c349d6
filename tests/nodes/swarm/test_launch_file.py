"""The launch file of a swarm: which processes it starts, with which parameters."""

from pathlib import Path

import pytest
import yaml

from untether_nodes.launcher.interpreter import plan_launch
from untether_nodes.swarm.policy_config import SwarmPolicyConfig
from untether_nodes.swarm.sim_node import SwarmSimConfig

ROOT = Path(__file__).parents[3]
FILE = ROOT / "launch" / "swarm.launch.xml"
PARAMETERS = yaml.safe_load((ROOT / "launch" / "params" / "swarm.yaml").read_text())
NODES = {"swarm_sim_node", "swarm_safety_node", "swarm_policy_node"}


def plan(**arguments):
    """Return the processes by the name of their executable."""
    made = plan_launch(FILE, arguments, {"PATH": "/usr/bin"})
    assert made.warnings == ()
    return {str(process.command[0]).rpartition("/")[2]: process for process in made.processes}


def test_all_nodes_know_how_many_drones_there_are(find_parameters):
    processes = plan(drones="32")
    assert set(processes) == NODES
    for process in processes.values():
        assert find_parameters(process)["drones"] == 32
    assert find_parameters(processes["swarm_policy_node"])["policy"].endswith("zoo/crazyflie_swarm")


def test_without_a_namespace_the_names_are_those_of_crazyswarm2():
    for process in plan().values():
        assert "__ns:=/" in process.command
    for process in plan(namespace="arena").values():
        assert "__ns:=/arena" in process.command


@pytest.mark.parametrize(("size", "density"), [("0.85", "0.8"), ("1", "0")])
def test_the_simulated_room_is_the_one_asked_for(size, density, find_parameters):
    parameters = find_parameters(plan(size=size, density=density, seed="7")["swarm_sim_node"])
    assert parameters["size"] == float(size)
    assert parameters["density"] == float(density)
    assert isinstance(parameters["size"], float)
    assert isinstance(parameters["density"], float)
    assert parameters["seed"] == 7


def test_real_drones_have_their_driver_elsewhere():
    assert set(plan(sim="false")) == NODES - {"swarm_sim_node"}


def test_lockstep_implies_simulated_time_for_all(find_parameters):
    processes = plan(lockstep="true", record="true")
    assert find_parameters(processes["swarm_sim_node"])["lockstep"] is True
    for process in processes.values():
        assert find_parameters(process)["use_sim_time"] is True


def test_the_parameter_file_repeats_the_defaults_of_the_nodes():
    configs = {"swarm_policy_node": SwarmPolicyConfig(), "swarm_sim_node": SwarmSimConfig()}
    for node, config in configs.items():
        for name, value in PARAMETERS[f"/**/{node}"]["ros__parameters"].items():
            assert value == getattr(config, name), name
