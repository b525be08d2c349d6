"""Import arrows point one way: nodes -> hardware -> policies, training -> hardware and policies."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "untether_policies": ROOT / "policies" / "untether_policies",
    "untether_hardware": ROOT / "hardware" / "untether_hardware",
    "untether_training": ROOT / "training" / "untether_training",
    "untether_nodes": ROOT / "ros_ws" / "src" / "untether_nodes" / "untether_nodes",
}
ALLOWED = {
    "untether_policies": set(),
    "untether_hardware": {"untether_policies"},
    "untether_training": {"untether_policies", "untether_hardware"},
    "untether_nodes": {"untether_policies", "untether_hardware"},
}
ONLY_IN = {
    "rclpy": "untether_nodes",
    "untether_interfaces": "untether_nodes",
    "torch": "untether_training",
    "rsl_rl": "untether_training",
    "hydra": "untether_training",
}


def imported_names(path: Path) -> set[str]:
    """Top-level names of every module that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package):
    forbidden = set(PACKAGES) - ALLOWED[package] - {package}
    forbidden |= {name for name, home in ONLY_IN.items() if home != package}
    files = sorted(PACKAGES[package].rglob("*.py"))
    assert files
    for path in files:
        assert not imported_names(path) & forbidden, path


def test_the_safety_stage_imports_without_simulator_and_numerics():
    for path in (PACKAGES["untether_hardware"] / "safety").glob("*.py"):
        assert not imported_names(path) & {"mujoco", "matplotlib", "av", "onnxruntime"}, path
