"""Benchmarks of the package, and the report that every benchmark prints."""
