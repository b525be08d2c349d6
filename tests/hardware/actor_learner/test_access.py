"""Addresses and tokens that people give are read, or refused with what was expected."""

import pytest

from untether_hardware.actor_learner.access import read_token, split_address
from untether_hardware.actor_learner.errors import LinkError


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("127.0.0.1:50051", ("127.0.0.1", 50051)),
        ("robot.local:1", ("robot.local", 1)),
        ("[::1]:0", ("::1", 0)),
    ],
)
def test_an_address_has_a_host_and_a_port(address, parts):
    assert split_address(address) == parts


@pytest.mark.parametrize("address", ["", "localhost", ":50051", "localhost:", "host:-1", "h:65536"])
def test_another_address_is_refused(address):
    with pytest.raises(LinkError, match="expected HOST:PORT"):
        split_address(address)


def test_a_token_is_what_is_in_the_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("0123456789abcdef\n")
    assert read_token(str(path)) == "0123456789abcdef"
    assert read_token("") is None


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_token_is_refused(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LinkError, match="expected a file with a token"):
        read_token(str(path))
