"""The gate: what passes, what is refused, and that nothing goes round it."""

import pytest
from fastapi import FastAPI, WebSocket
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from untether_nodes.console.event_log import EventLog
from untether_nodes.console.guard import Guard
from untether_nodes.console.login import add_login
from untether_nodes.console.sessions import COOKIE, Sessions
from untether_nodes.console.throttle import Throttle

TOKEN = "correct horse battery staple"


class Site:
    """A guarded application, and a clock that its throttle goes by."""

    def __init__(self, token=None, hosts=()):
        self.now = 0.0
        self.log = EventLog()
        app = FastAPI()
        sessions = Sessions(token)
        add_login(app, sessions, Throttle(lambda: self.now), self.log)

        @app.get("/")
        @app.get("/static/file")
        async def read():
            return "content"

        @app.post("/api/emergency")
        async def stop():
            return "stopped"

        @app.websocket("/swarm/stream")
        async def stream(socket: WebSocket):
            await socket.accept()
            await socket.send_text("frame")
            await socket.close()

        self.app = Guard(app, sessions, hosts)
        self.client = self.browser()

    def browser(self, host="localhost:8080"):
        return TestClient(self.app, base_url=f"http://{host}", follow_redirects=False)

    def log_in(self, token=TOKEN, **headers):
        return self.client.post("/login", data={"token": token}, headers=headers)

    def can_stream(self, **headers):
        try:
            with self.client.websocket_connect("/swarm/stream", headers=headers) as socket:
                return socket.receive_text() == "frame"
        except WebSocketDisconnect:
            return False


@pytest.fixture
def open_site():
    return Site()


@pytest.fixture
def site():
    return Site(TOKEN)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:9000"])
def test_without_a_token_this_computer_is_let_in_by_its_own_names(open_site, host):
    assert open_site.browser(host).get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "localhost.evil.example", ""]
)
def test_a_foreign_name_that_points_here_is_refused(open_site, host):
    client = open_site.browser()
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert not open_site.can_stream(Host=host)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999"])
def test_another_sites_page_can_neither_stream_nor_command(open_site, origin):
    headers = {"Origin": origin}
    assert open_site.client.post("/api/emergency", headers=headers).status_code == 403
    assert open_site.client.get("/", headers=headers).status_code == 403
    assert not open_site.can_stream(**headers)


def test_the_consoles_own_page_can_stream_and_command(open_site):
    headers = {"Origin": "http://localhost:8080", "Host": "localhost:8080"}
    assert open_site.client.post("/api/emergency", headers=headers).status_code == 200
    assert open_site.can_stream(**headers)


def test_without_a_session_nothing_but_the_login_page_is_served(site):
    assert site.client.get("/").headers["Location"] == "/login"
    assert site.client.get("/static/file").status_code == 401
    assert site.client.post("/api/emergency").status_code == 401
    assert not site.can_stream()
    assert site.client.get("/login").status_code == 200


@pytest.mark.parametrize(
    "cookie", [f"{COOKIE}=guess", f"{COOKIE}={TOKEN}", f"{COOKIE}=", ";;=\x01"]
)
def test_no_cookie_but_that_of_a_session_opens_the_console(site, cookie):
    assert site.client.post("/api/emergency", headers={"Cookie": cookie}).status_code == 401
    assert not site.can_stream(Cookie=cookie)


def test_the_right_token_opens_pages_websocket_and_commands(site):
    response = site.log_in()
    assert response.status_code == 303
    assert response.headers["Location"] == "/"
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert TOKEN not in cookie
    assert site.client.get("/").status_code == 200
    assert site.client.post("/api/emergency").status_code == 200
    shown = cookie.partition(";")[0]
    assert site.can_stream(Host="any.name", Origin="http://any.name", Cookie=shown)


def test_a_session_does_not_help_another_sites_page(site):
    site.log_in()
    assert not site.can_stream(Origin="http://evil.example")
    assert site.log_in(Origin="http://evil.example").status_code == 403


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ü", "x" * 10_000])
def test_a_wrong_token_is_refused_and_not_told(site, token):
    response = site.log_in(token)
    assert response.status_code == 401
    assert site.client.get("/").status_code == 303
    told = " ".join(entry.text for entry in site.log.read_since(0))
    assert "wrong token" in told
    assert not token or token not in response.text + told.replace("wrong token", "")


def test_who_guesses_has_to_wait_even_with_the_right_token(site):
    for wait in (0.5, 1.0, 2.0):
        assert site.log_in("wrong").status_code == 401
        site.now += wait - 0.1
        response = site.log_in()
        assert response.status_code == 429
        assert int(response.headers["Retry-After"]) >= 1
        site.now += 0.1
    assert site.log_in().status_code == 303


def test_no_other_page_may_frame_the_console(open_site):
    headers = open_site.client.get("/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
