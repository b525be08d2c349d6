import pytest
from diagnostic_msgs.msg import DiagnosticStatus

from untether_nodes.diagnostics import Level, describe_inputs, make_array, make_status
from untether_nodes.measurements import InputMonitor


def make_monitors(count):
    monitors = {"odom": InputMonitor("odom", 0.01), "imu": InputMonitor("imu", 0.01)}
    monitors["odom"].take_rate(0.0)
    for index in range(count):
        monitors["odom"].arrive(0.01 * index + 0.003, 0.01 * index)
    return monitors


@pytest.mark.parametrize(("count", "level"), [(100, Level.OK), (80, Level.WARN), (0, Level.ERROR)])
def test_the_first_input_has_to_keep_its_rate(count, level):
    status = describe_inputs(make_monitors(count), 1.0, rate=100.0, active=True)
    assert status.level == bytes([level])


def test_an_inactive_node_misses_nothing():
    status = describe_inputs(make_monitors(0), 1.0, rate=100.0, active=False)
    assert status.level == DiagnosticStatus.OK


def test_a_status_is_named_after_its_node_and_robot():
    status = make_status("policy", Level.OK, "loaded", {"ticks": 3, "inference p50 [s]": 1.5e-5})
    array = make_array("/cf1/policy_node", "/cf1", [status])
    assert array.status[0].name == "/cf1/policy_node: policy"
    assert array.status[0].hardware_id == "/cf1"
    assert {value.key: value.value for value in array.status[0].values} == {
        "ticks": "3",
        "inference p50 [s]": "1.5e-05",
    }
