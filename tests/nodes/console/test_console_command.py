"""What keeps the console from starting is told with the fix, and the token is never told."""

import signal
import socket

import pytest

from untether_nodes.commands import console
from untether_nodes.console.access_token import TOKEN_VARIABLE, read_token
from untether_nodes.console.listener import is_loopback

TOKEN = "correct horse battery staple"


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_no_other_computer_is_served_without_a_token(host, capsys):
    assert console.main(["--host", host, "--port", "0"]) == 1
    told = capsys.readouterr().err
    assert f"expected a token for --host {host}" in told
    assert "--token-file" in told


def test_a_port_in_use_is_told_with_the_fix(capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert console.main(["--port", str(port)]) == 1
    told = capsys.readouterr().err
    assert f"port {port}" in told
    assert f"--port {port + 1}" in told


def test_an_address_of_another_computer_is_refused(monkeypatch, capsys):
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert console.main(["--host", "192.0.2.1", "--port", "0"]) == 1
    assert "give an address of this computer" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_wrong_arguments_end_with_status_2(port, capsys):
    with pytest.raises(SystemExit) as ended:
        console.main(["--port", port])
    assert ended.value.code == 2
    assert "expected a port" in capsys.readouterr().err


def test_the_file_goes_before_the_environment_and_neither_is_left_there(tmp_path, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, "another token of the environment")
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    assert read_token(path) == TOKEN
    assert read_token(None) is None


def test_a_token_that_can_be_guessed_is_refused_and_not_told(monkeypatch, capsys):
    monkeypatch.setenv(TOKEN_VARIABLE, "swordfish")
    assert console.main(["--port", "0"]) == 1
    told = capsys.readouterr().err
    assert "at least 16 characters" in told
    assert "swordfish" not in told


def test_a_missing_token_file_is_told(tmp_path, capsys):
    assert console.main(["--token-file", str(tmp_path / "none"), "--port", "0"]) == 1
    assert "expected a file with a token" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_the_loopback_is_this_computer_alone(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "no.such.host.invalid"])
def test_no_other_address_counts_as_this_computer_alone(host):
    assert not is_loopback(host)


@pytest.mark.ros
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_console_ends_at_once_when_told_to(make_console, number):
    status, duration, output = make_console().stop(number)
    assert status == 0
    assert duration < 2.0
    assert output == ""
