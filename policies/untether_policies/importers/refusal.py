"""The error of an artefact that an importer cannot turn into a bundle."""

from untether_policies.errors import BundleError


class ImportRefusedError(BundleError):
    """A peer's artefact is damaged, incomplete, or says something that cannot be carried over."""
