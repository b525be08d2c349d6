"""The error of a dataset that does not fit; it says what was expected, what was got and the fix."""

from untether_policies.errors import BundleError


class DatasetError(BundleError):
    """A dataset, a part of one, or something to be put into one, that is refused."""
