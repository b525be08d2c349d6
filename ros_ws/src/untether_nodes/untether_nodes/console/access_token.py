"""The token that opens the console to other computers: where it comes from, and what it must be."""

import os
from pathlib import Path

from untether_nodes.console.errors import ConsoleError

TOKEN_VARIABLE = "UNTETHER_CONSOLE_TOKEN"
_SHORTEST = 16  # characters; 16 random ones cannot be guessed through the login page
_FIX = (
    "Fix: make one with \"python -c 'import secrets; print(secrets.token_urlsafe(24))'\" and give "
    f"it by --token-file or in {TOKEN_VARIABLE}."
)


def read_token(path: Path | None) -> str | None:
    """Return the token, or None when there is none.

    It never stands on the command line, where every user of the computer could read it, and is
    taken out of this process's environment, which children would inherit.

    Args:
        path: File with the token; None takes it from the environment.

    Raises:
        ConsoleError: When the file cannot be read, or the token is too short. The token itself is
            not part of the message.
    """
    token = os.environ.pop(TOKEN_VARIABLE, "").strip()
    source = TOKEN_VARIABLE
    if path is not None:
        source = f"--token-file {path}"
        try:
            token = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConsoleError(f"expected a file with a token, got {error}. {_FIX}") from error
    elif not token:
        return None
    if len(token) < _SHORTEST:
        raise ConsoleError(
            f"expected a token of at least {_SHORTEST} characters in {source}, got {len(token)}. "
            f"{_FIX}"
        )
    return token


def require_token(host: str, *, loopback: bool, token: str | None) -> None:
    """Refuse to be open to other computers without a token.

    Args:
        host: Where the console listens.
        loopback: Whether only this computer reaches it there.
        token: The token, if there is one.

    Raises:
        ConsoleError: When it is missing.
    """
    if token is None and not loopback:
        raise ConsoleError(
            f"expected a token for --host {host}, which other computers reach, got none. {_FIX}"
        )
