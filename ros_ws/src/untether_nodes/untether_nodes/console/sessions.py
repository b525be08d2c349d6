"""Who has shown the token: a random number in a cookie stands for it."""

import hmac
import secrets

COOKIE = "untether_console"


class Sessions:
    """Sessions of browsers; they last as long as the console, so that no operator is locked out.

    Args:
        token: What has to be shown; None lets everybody in.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._known: set[str] = set()

    @property
    def required(self) -> bool:
        """Whether a token has to be shown."""
        return self._token is not None

    def open(self, shown: str) -> str | None:
        """Return the number of a new session, or None when the token is wrong."""
        expected = self._token or ""
        # In constant time: how long it takes tells nothing about how much of it is right.
        if not hmac.compare_digest(shown.encode(), expected.encode()) or not expected:
            return None
        number = secrets.token_urlsafe(32)
        self._known.add(number)
        return number

    def admits(self, number: str | None) -> bool:
        """Return whether a request with this number in its cookie, or none, may pass."""
        return not self.required or number in self._known
