"""The gate of the console: every request and every websocket passes it, or nothing does."""

from collections.abc import Iterable
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from untether_nodes.console.sessions import COOKIE, Sessions

LOGIN_PATH = "/login"
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_POLICY_VIOLATION = 1008  # code of a closed websocket
_HEADERS = {
    "X-Frame-Options": "DENY",  # no other page may lay its own buttons over ours
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """Refuses requests that come from other sites, and those without a session.

    - Without a token, the Host must be a name of this computer: a foreign name that was made to
      point here (DNS rebinding) is refused.
    - An Origin, which browsers send with every websocket and with every request that may change
      something, must be the console's own: no page of another site acts in an operator's name.
    - With a token, all but the login page needs the session's cookie.

    Attributes:
        app: What is guarded.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, hosts: Iterable[str] = ()) -> None:
        """Guard an application.

        Args:
            app: The application.
            sessions: Who has shown the token.
            hosts: Names by which this computer may be called without a token, besides those of
                the loopback.
        """
        self.app = app
        self._sessions = sessions
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, if it may pass."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in _decode(scope["headers"])}
        refusal = self.find_refusal(headers)
        if refusal:
            await _refuse(scope, receive, send, HTTPStatus.FORBIDDEN, refusal)
        elif scope["path"] != LOGIN_PATH and not self._sessions.admits(_read_cookie(headers)):
            if scope["type"] == "http" and scope["path"] == "/":
                response = RedirectResponse(LOGIN_PATH, HTTPStatus.SEE_OTHER)
                await response(scope, receive, send)
            else:
                text = f"expected a session, got none. Fix: log in at {LOGIN_PATH}."
                await _refuse(scope, receive, send, HTTPStatus.UNAUTHORIZED, text)
        else:
            await self.app(scope, receive, _with_headers(send))

    def find_refusal(self, headers: dict[str, str]) -> str:
        """Return why a request comes from another site, or nothing.

        Args:
            headers: By name in lower case.
        """
        host = headers.get("host", "").lower()
        if not self._sessions.required and _host_name(host) not in self._hosts:
            return (
                f"expected the name of this computer as host, got {host!r}. "
                "Fix: open the console by its address, or give it a token."
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host:
            return f"expected a request of the console's own page, got one of {origin!r}."
        return ""


def _host_name(host: str) -> str:
    """Return a host without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _decode(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _read_cookie(headers: dict[str, str]) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
        await send(message)

    return send_with_headers


async def _refuse(
    scope: Scope, receive: Receive, send: Send, status: HTTPStatus, text: str
) -> None:
    if scope["type"] == "websocket":
        await receive()  # the request to connect, which is answered with 403
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": text[:120]})
    else:
        await PlainTextResponse(text, status)(scope, receive, send)
