"""Manipulation with an arm, as Gymnasium environments: tasks, observations, scripted experts."""
