"""The ROS 2 package ``untether_nodes``: the nodes, the launcher and the commands that need them."""

from setuptools import find_packages, setup

NODES = ("policy_node", "safety_node", "robot_sim_node", "recorder_node")
SWARM_NODES = ("policy_node", "safety_node", "sim_node")
ARM_NODES = ("policy_node", "safety_node", "sim_node")

setup(
    name="untether_nodes",
    version="0.1.0",
    description="ROS 2 nodes that run policy bundles on robots, with a safety stage.",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["untether_nodes", "untether_nodes.*"]),
    package_data={"untether_nodes": ["py.typed", "console/static/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/untether_nodes"]),
        ("share/untether_nodes", ["package.xml"]),
    ],
    install_requires=["setuptools", "untether"],
    entry_points={
        "console_scripts": [
            *(f"{node} = untether_nodes.{node}:main" for node in NODES),
            *(f"swarm_{node} = untether_nodes.swarm.{node}:main" for node in SWARM_NODES),
            *(f"arm_{node} = untether_nodes.arm.{node}:main" for node in ARM_NODES),
        ],
        "untether.commands": [
            "launch = untether_nodes.commands.launch:main",
            "fly = untether_nodes.commands.fly:main",
            "demo = untether_nodes.commands.demo:main",
            "swarm = untether_nodes.commands.swarm:main",
            "episodes = untether_nodes.commands.episodes:main",
            "console = untether_nodes.commands.console:main",
            "convert = untether_nodes.commands.convert:main",
        ],
        "untether.benchmarks": [
            "arm-loop = untether_nodes.benchmarks.arm_loop:main",
            "closed-loop = untether_nodes.benchmarks.closed_loop:main",
        ],
    },
    zip_safe=True,
)
