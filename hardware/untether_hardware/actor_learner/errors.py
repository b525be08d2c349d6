"""The errors of actor and learner; each says what was expected, what was got and the fix."""

from untether_policies.errors import BundleError


class RecordError(BundleError):
    """Bytes that are no record or message, or values that cannot become one."""


class JournalError(BundleError):
    """A journal that is damaged, in use by somebody else, or cannot be written."""


class SequenceError(BundleError):
    """A record that does not follow what is there of its actor."""


class LinkError(BundleError):
    """A link between actor and learner that is refused."""
