"""ROS 2 nodes: thin wiring around the policies, the safety stage and the simulated robots."""
