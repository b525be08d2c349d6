"""Artefacts as mjlab 1.6 and unitree_rl_lab write them, built without torch."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper, numpy_helper

# Unitree Go1, joints of mjlab's model in its order, and what its exporter writes for them.
GO1_JOINTS = [
    f"{leg}_{joint}_joint" for leg in ("FR", "FL", "RR", "RL") for joint in ("hip", "thigh", "calf")
]
GO1_POSE = [0.1, 0.9, -1.8, -0.1, 0.9, -1.8] * 2
VELOCITY_TERMS = [
    "base_lin_vel", "base_ang_vel", "projected_gravity", "joint_pos", "joint_vel", "actions",
    "command",
]  # fmt: skip
# Unitree Go2 in Isaac Lab's joint order: the legs of each joint, FL, FR, RL, RR.
GO2_MAP = [3, 0, 9, 6, 4, 1, 10, 7, 5, 2, 11, 8]
GO2_POSE = [0.1, -0.1, 0.1, -0.1, 0.8, 0.8, 1.0, 1.0, -1.5, -1.5, -1.5, -1.5]


def build_network(width: int, actions: int, *, seed: int = 0, opset: int = 18) -> onnx.ModelProto:
    """A network as torch exports it: one observation in, a batch of one written into the file."""
    generator = np.random.default_rng(seed)
    first = generator.normal(0.0, 0.3, (width, 16)).astype(np.float32)
    second = generator.normal(0.0, 0.3, (16, actions)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["obs", "w0", "b0"], ["hidden"]),
            helper.make_node("Elu", ["hidden"], ["active"]),
            helper.make_node("Gemm", ["active", "w1", "b1"], ["actions"]),
        ],
        "main_graph",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [1, width])],
        [helper.make_tensor_value_info("actions", TensorProto.FLOAT, [1, actions])],
        [
            numpy_helper.from_array(first, "w0"),
            numpy_helper.from_array(np.zeros(16, np.float32), "b0"),
            numpy_helper.from_array(second, "w1"),
            numpy_helper.from_array(np.full(actions, 0.1, np.float32), "b1"),
        ],
        value_info=[helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, 16])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


def write_csv(values: list) -> str:
    """A list as mjlab's exporter writes it: three decimals, sub-lists with semicolons."""

    def scalar(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, int | float) else str(value)

    return ",".join(
        ";".join(map(scalar, value)) if isinstance(value, list | tuple) else scalar(value)
        for value in values
    )


def describe_go1(**changes: object) -> dict[str, object]:
    """What mjlab's exporter knows of the flat velocity task of the Go1."""
    count = len(VELOCITY_TERMS)
    metadata = {
        "run_path": "local",
        "joint_names": GO1_JOINTS,
        "joint_stiffness": [15.895, 15.895, 35.764] * 4,
        "joint_damping": [1.012, 1.012, 2.277] * 4,
        "default_joint_pos": GO1_POSE,
        "command_names": ["twist"],
        "observation_names": VELOCITY_TERMS,
        "observation_terms_scale": [1.0] * count,
        "observation_terms_flatten_history_dim": [True] * count,
        "observation_terms_history_length": [0] * count,
        "observation_terms_clip": [[float("-inf"), float("inf")]] * count,
        "action_scale": [0.373, 0.373, 0.249] * 4,
    }
    return {**metadata, **changes}


@pytest.fixture
def write_mjlab(tmp_path: Path) -> Callable[..., Path]:
    """Give a function that writes an ONNX file with metadata; None leaves a key out."""

    def write(width: int = 48, actions: int = 12, **changes: object) -> Path:
        model = build_network(width, actions)
        for key, value in describe_go1(**changes).items():
            if value is not None:
                text = write_csv(value) if isinstance(value, list) else str(value)
                model.metadata_props.add(key=key, value=text)
        path = tmp_path / "go1_velocity.onnx"
        onnx.save(model, path)
        return path

    return write


def describe_go2() -> dict:
    """What unitree_rl_lab's exporter writes for the velocity task of the Go2."""
    terms = {
        "base_ang_vel": 3, "projected_gravity": 3, "velocity_commands": 3, "joint_pos_rel": 12,
        "joint_vel_rel": 12, "last_action": 12,
    }  # fmt: skip
    return {
        "joint_ids_map": GO2_MAP,
        "step_dt": 0.02,
        "stiffness": [20.0 + motor for motor in range(12)],
        "damping": [0.5 + 0.1 * motor for motor in range(12)],
        "default_joint_pos": GO2_POSE,
        "commands": {
            "base_velocity": {
                "ranges": {
                    "lin_vel_x": [-0.5, 1.0],
                    "lin_vel_y": [-0.4, 0.4],
                    "ang_vel_z": [-1.0, 1.0],
                    "heading": None,
                }
            }
        },
        "actions": {
            "JointPositionAction": {
                "clip": None,
                "joint_names": [".*"],
                "scale": [0.25] * 12,
                "offset": GO2_POSE,
                "joint_ids": "SLICE",
            }
        },
        "observations": {
            name: {"params": {}, "clip": [-100, 100], "scale": [1.0] * width, "history_length": 1}
            for name, width in terms.items()
        },
    }


def dump_deploy(document: Mapping) -> str:
    """YAML as the exporter's PyYAML writes it, the slice tag included."""
    text = yaml.safe_dump(document, default_flow_style=None, sort_keys=False)
    return text.replace("SLICE", "!!python/object/apply:builtins.slice [null, null, null]")


@pytest.fixture
def deploy() -> dict:
    """The content of a ``deploy.yaml``, for a test to change."""
    return describe_go2()


@pytest.fixture
def write_unitree(tmp_path: Path) -> Callable[..., tuple[Path, Path]]:
    """Give a function that writes a ``deploy.yaml`` and a network of the given sizes."""

    def write(document: Mapping, width: int = 45, actions: int = 12) -> tuple[Path, Path]:
        yaml_path, model_path = tmp_path / "deploy.yaml", tmp_path / "policy.onnx"
        yaml_path.write_text(dump_deploy(document), encoding="utf-8")
        onnx.save(build_network(width, actions), model_path)
        return yaml_path, model_path

    return write


@pytest.fixture
def network() -> Callable[..., onnx.ModelProto]:
    """Give the function that builds a network."""
    return build_network
