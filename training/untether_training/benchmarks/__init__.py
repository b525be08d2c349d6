"""Benchmarks of training, each against its own reference measured in the same run."""
