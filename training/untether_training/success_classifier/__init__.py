"""Tells from the cameras' pictures whether a task is done, as a reward without a simulator."""
