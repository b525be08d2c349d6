"""What an arm measures and is told, by name; what does not fit is refused."""

from dataclasses import replace

import numpy as np
import pytest

from untether_hardware.franka.description import FR3
from untether_hardware.franka.pose import Pose, make_rotation
from untether_hardware.franka.state import ArmState, GripperCommand
from untether_hardware.manipulation.config import ManipulationConfig
from untether_hardware.manipulation.peg_insert import PegInsertConfig
from untether_hardware.manipulation.tensors import (
    CAMERAS,
    find_arm_misfit,
    list_inputs,
    list_outputs,
    measure_inputs,
    read_twist,
    require_arm_policy,
)
from untether_policies.contract import Contract
from untether_policies.errors import ContractError

CONTRACT = Contract("test", FR3.name, 10.0, list_inputs(64), list_outputs(ManipulationConfig()))


def test_a_policy_of_the_arm_fits_and_tells_its_pictures_size():
    assert require_arm_policy(CONTRACT) == 64
    assert find_arm_misfit(CONTRACT, 10.0) is None
    fixed = replace(CONTRACT, outputs=list_outputs(PegInsertConfig()))
    assert require_arm_policy(fixed) == 64
    assert [spec.name for spec in fixed.outputs] == [
        "command_linear_velocity",
        "command_angular_velocity",
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"robot": "other"}, "other"),
        ({"rate": 20.0}, "20 Hz"),
        ({"inputs": CONTRACT.inputs[:-2]}, "image_front"),
        ({"outputs": CONTRACT.outputs[:1]}, "command_angular_velocity"),
        (
            {"inputs": (replace(CONTRACT.inputs[0], frame="map"), *CONTRACT.inputs[1:])},
            "tool_position",
        ),
        (
            {"inputs": (replace(CONTRACT.inputs[0], name="place"), *CONTRACT.inputs[1:])},
            "place",
        ),
    ],
)
def test_what_does_not_fit_is_named(change, said):
    misfit = find_arm_misfit(replace(CONTRACT, **change), 10.0)
    assert misfit is not None
    assert said in misfit


def test_another_kind_of_tensor_is_refused():
    other = replace(CONTRACT.inputs[2], elements=("z", "y", "x"))
    with pytest.raises(ContractError, match="tool_linear_velocity"):
        require_arm_policy(replace(CONTRACT, inputs=(*CONTRACT.inputs[:2], other)))


def test_all_inputs_are_measured_in_the_contract_s_shapes():
    state = ArmState(
        stamp=0.0,
        joint_position=np.zeros(7),
        joint_velocity=np.zeros(7),
        joint_torque=np.zeros(7),
        pose=Pose(np.array((0.5, 0.1, 0.2)), make_rotation((0.0, 0.0, 0.3))),
        linear_velocity=np.array((1.0, 2.0, 3.0)),
        angular_velocity=np.zeros(3),
        force=np.array((0.0, 0.0, 9.0)),
        torque=np.zeros(3),
        gripper_width=0.04,
    )
    pictures = {camera: np.full((64, 64, 3), 255, np.uint8) for camera in CAMERAS}
    values = measure_inputs(state, pictures)
    assert {name: value.shape for name, value in values.items()} == {
        spec.name: spec.shape for spec in CONTRACT.inputs
    }
    assert values["tool_position"] == pytest.approx((0.5, 0.1, 0.2))
    assert values["tool_rotation"] == pytest.approx((0.0, 0.0, np.sin(0.15), np.cos(0.15)))
    assert values["gripper_width"] == pytest.approx((0.04,))
    assert values["image_wrist"].max() == 1.0


@pytest.mark.parametrize(("told", "meant"), [(-1.0, -1), (0.2, 0), (0.9, 1)])
def test_a_twist_is_read_by_name(told, meant):
    outputs = {
        "command_angular_velocity": np.array([[4.0, 5.0, 6.0]], np.float32),
        "command_gripper": np.array([[told]], np.float32),
        "command_linear_velocity": np.array([[1.0, 2.0, 3.0]], np.float32),
    }
    twist = read_twist(outputs)
    assert twist.linear.tolist() == [1.0, 2.0, 3.0]
    assert twist.angular.tolist() == [4.0, 5.0, 6.0]
    assert twist.gripper is GripperCommand(meant)
    del outputs["command_gripper"]
    assert read_twist(outputs).gripper is GripperCommand.STAY
