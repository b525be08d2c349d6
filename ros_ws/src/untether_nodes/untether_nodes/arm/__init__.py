"""The nodes of an arm: simulated robot, policy and safety stage."""
