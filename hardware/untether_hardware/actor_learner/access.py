"""Who may reach a learner: this computer, and others with a token."""

import hmac
import ipaddress
from pathlib import Path

from untether_hardware.actor_learner.errors import LinkError

_SHORTEST = 16  # characters; 16 random ones cannot be guessed through the network
_FIX = "make one with \"python -c 'import secrets; print(secrets.token_urlsafe(24))'\""
_HEADER, _SCHEME = "authorization", "Bearer "


def require_token(host: str, token: str | None) -> None:
    """Refuse to be open to other computers without a token.

    Args:
        host: Where the learner listens.
        token: What actors have to show, if anything; it is not encrypted on its way.

    Raises:
        LinkError: When it is missing, short, or has other than printable ASCII characters.
    """
    if token is None:
        if not _is_loopback(host):
            expected = f"a token for {host}, which other computers reach"
            raise LinkError("token", expected=expected, got="none", fix=_FIX)
    elif len(token) < _SHORTEST or not (token.isascii() and token.isprintable()):
        expected = f"at least {_SHORTEST} printable ASCII characters"
        raise LinkError("token", expected=expected, got=f"{len(token)} characters", fix=_FIX)


def read_token(path: str) -> str | None:
    """Return the token that is in a file; None where no file is named.

    Raises:
        LinkError: When it cannot be read, or is empty.
    """
    if not path:
        return None
    try:
        token = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, ValueError, RuntimeError) as error:
        fix = "put the token into a file that only its user may read, and name that"
        raise LinkError(path, expected="a file with a token", got=str(error), fix=fix) from error
    if not token:
        raise LinkError(path, expected="a file with a token", got="an empty one", fix=_FIX)
    return token


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; an IPv6 host is in brackets.

    Raises:
        LinkError: When it is something else.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= 1 << 16:
        fix = "give one such as 127.0.0.1:50051"
        raise LinkError("address", expected="HOST:PORT", got=repr(address), fix=fix)
    return host.removeprefix("[").removesuffix("]"), int(port)


def make_metadata(token: str | None) -> tuple[tuple[str, str], ...]:
    """Return what shows a token in a call."""
    return () if token is None else ((_HEADER, _SCHEME + token),)


def is_allowed(metadata: dict[str, str | bytes], token: str | None) -> bool:
    """Return whether a call shows the token, in a time that does not tell how much of it fits."""
    if token is None:
        return True
    shown = metadata.get(_HEADER, "")
    given = shown.encode() if isinstance(shown, str) else shown
    return hmac.compare_digest(given, (_SCHEME + token).encode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
