"""Nodes of a swarm: one message of a kind for all drones, matched by name."""
