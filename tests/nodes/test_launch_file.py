"""The launch file of the Crazyflie: which processes it starts, with which parameters."""

from pathlib import Path

import yaml

from untether_nodes.launcher.interpreter import plan_launch
from untether_nodes.policy_config import PolicyNodeConfig
from untether_nodes.robot_sim_node import RobotSimConfig

ROOT = Path(__file__).parents[2]
FILE = ROOT / "launch" / "crazyflie.launch.xml"
PARAMETERS = yaml.safe_load((ROOT / "launch" / "params" / "crazyflie.yaml").read_text())


def plan(**arguments):
    return plan_launch(FILE, arguments, {"PATH": "/usr/bin"})


def find_processes(made):
    """Return the processes by the name of their executable."""
    return {str(process.command[0]).rpartition("/")[2]: process for process in made.processes}


def test_it_starts_robot_safety_and_policy_in_the_namespace(find_parameters):
    made = plan(namespace="cf7")
    processes = find_processes(made)
    assert set(processes) == {"robot_sim_node", "safety_node", "policy_node"}
    assert made.warnings == ()
    for process in processes.values():
        assert "__ns:=/cf7" in process.command
        assert str(FILE.parent / "params" / "crazyflie.yaml") in process.command
    assert find_parameters(processes["policy_node"])["policy"].endswith("zoo/crazyflie_waypoint")


def test_a_real_robot_has_its_driver_elsewhere():
    assert set(find_processes(plan(sim="false"))) == {"safety_node", "policy_node"}


def test_lockstep_implies_simulated_time_for_all(find_parameters):
    processes = find_processes(plan(lockstep="true", record="true"))
    assert find_parameters(processes["robot_sim_node"])["lockstep"] is True
    for process in processes.values():
        assert find_parameters(process)["use_sim_time"] is True
    for process in find_processes(plan()).values():
        assert find_parameters(process)["use_sim_time"] is False


def test_the_recorder_is_told_what_was_launched(find_parameters):
    recorder = find_processes(plan(record="true", record_folder="/tmp/bags", policy="/some/bundle"))
    parameters = find_parameters(recorder["recorder_node"])
    assert parameters["folder"] == "/tmp/bags"
    assert "policy:=/some/bundle" in parameters["launch_arguments"]
    assert "namespace:=cf1" in parameters["launch_arguments"]


def test_own_parameters_come_after_the_defaults(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("/**:\n  ros__parameters:\n    tilt_limit: 1.0\n")
    command = find_processes(plan(params_file=str(own)))["safety_node"].command
    files = [word for word in command if isinstance(word, str) and word.endswith(".yaml")]
    assert [Path(file).name for file in files] == ["crazyflie.yaml", "own.yaml"]


def test_the_parameter_file_repeats_the_defaults_of_the_nodes():
    for node, config in (("policy_node", PolicyNodeConfig()), ("robot_sim_node", RobotSimConfig())):
        for name, value in PARAMETERS[f"/**/{node}"]["ros__parameters"].items():
            default = getattr(config, name)
            assert value == (list(default) if isinstance(default, tuple) else default), name
