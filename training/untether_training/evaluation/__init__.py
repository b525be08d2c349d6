"""Counts how often a quadrotor bundle succeeds, in the training and in another simulator."""
