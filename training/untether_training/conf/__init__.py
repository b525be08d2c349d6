"""The Hydra configs, as typed dataclasses."""
