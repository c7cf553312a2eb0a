"""Ask the two servers on their sockets whether they take work; needs no driver."""

import socket
from pathlib import Path
from typing import BinaryIO

from .location import NAME, Location

_WAIT_SECONDS = 2.0

# Source: PostgreSQL, frontend/backend protocol 3.0, "StartupMessage" and "Terminate".
_STARTUP = b"\0\x03\0\0user\0%b\0database\0%b\0\0" % (NAME.encode(), NAME.encode())
_TERMINATE = b"X\0\0\0\x04"
_CANNOT_CONNECT_NOW = b"C57P03\0"


def postgres_answers(location: Location) -> bool:
    """Return whether a session can be opened; a server that is full counts as answering."""
    try:
        with _connect(location.postgres_socket) as connection, connection.makefile("rb") as stream:
            connection.sendall((len(_STARTUP) + 4).to_bytes(4) + _STARTUP)
            answers = _is_ready(stream)
            connection.sendall(_TERMINATE)
            return answers
    except OSError:
        return False


def valkey_answers(location: Location) -> bool:
    try:
        with _connect(location.valkey_socket) as connection:
            connection.sendall(b"PING\r\n")
            reply = connection.recv(64)
    except OSError:
        return False
    return bool(reply) and not reply.startswith(b"-LOADING")


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_WAIT_SECONDS)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _is_ready(stream: BinaryIO) -> bool:
    """Read messages up to ReadyForQuery or ErrorResponse."""
    while kind := stream.read(1):
        body = stream.read(int.from_bytes(stream.read(4)) - 4)
        if kind == b"Z":
            return True
        if kind == b"E":
            return _CANNOT_CONNECT_NOW not in body
    return False
