"""Turns artefacts that users already have into bundles, by graph composition."""
