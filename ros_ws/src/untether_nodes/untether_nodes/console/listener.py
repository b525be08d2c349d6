"""The socket on which the console listens, bound before anything else starts."""

import errno
import ipaddress
import socket

from untether_nodes.console.errors import ConsoleError


def is_loopback(host: str) -> bool:
    """Return whether only this computer reaches a host's address; a name must mean no other."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(ipaddress.ip_address(str(entry[4][0])).is_loopback for entry in found)


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address.

    Args:
        host: Address or name of this computer.
        port: 0 takes a free one.

    Raises:
        ConsoleError: When the port is in use, not allowed, or the host is not this computer.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _refuse(host, port, str(error), "give an address of this computer") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        fix = {
            errno.EADDRINUSE: f"end what listens there, or give --port {port + 1}",
            errno.EACCES: "give --port above 1023",
        }.get(error.errno or 0, "give an address of this computer")
        raise _refuse(host, port, error.strerror or str(error), fix) from error
    return listener


def _refuse(host: str, port: int, got: str, fix: str) -> ConsoleError:
    return ConsoleError(f"expected to listen on {host}, port {port}, got: {got}. Fix: {fix}.")
