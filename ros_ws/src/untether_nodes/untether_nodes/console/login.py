"""The login page: a form for the token, without anything that would need a session itself."""

from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from untether_nodes.console.event_log import EventLog, Severity
from untether_nodes.console.guard import LOGIN_PATH
from untether_nodes.console.sessions import COOKIE, Sessions
from untether_nodes.console.throttle import Throttle

_PAGE = (Path(__file__).parent / "static" / "login.html").read_text(encoding="utf-8")
_LONGEST_FORM = 4096  # bytes


def add_login(app: FastAPI, sessions: Sessions, throttle: Throttle, log: EventLog) -> None:
    """Serve the login page.

    Args:
        app: Where.
        sessions: Where sessions are opened.
        throttle: Slows down who guesses.
        log: Where failed attempts are told.
    """

    @app.get(LOGIN_PATH)
    async def show_login() -> Response:
        return _render("")

    @app.post(LOGIN_PATH)
    async def log_in(request: Request) -> Response:
        shown = await _read_form(request)
        address = request.client.host if request.client else ""
        # From here on nothing awaits: attempts at the same time are judged one after the other.
        wait = throttle.wait_time(address)
        if wait > 0:
            response = _render(
                f"Too many attempts: wait {wait:.1f} s.", HTTPStatus.TOO_MANY_REQUESTS
            )
            response.headers["Retry-After"] = str(int(wait) + 1)
            return response
        number = sessions.open(shown)
        if number is None:
            throttle.fail(address)
            log.add(Severity.WARNING, f"wrong token from {address}", key=f"login {address}")
            return _render("This is not the console's token.", HTTPStatus.UNAUTHORIZED)
        throttle.succeed(address)
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        response.set_cookie(
            COOKIE,
            number,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response


def _render(message: str, status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    return HTMLResponse(_PAGE.replace("{message}", message), status)


async def _read_form(request: Request) -> str:
    """Return the token of a form, or nothing when there is none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_FORM:
            return ""
    fields = parse_qs(body.decode("latin-1"))
    return fields.get("token", [""])[0].strip()
