"""Benchmarks of the run-time graph, each with its own reference measured in the same run."""
