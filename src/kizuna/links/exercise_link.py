"""Both ends of an exercise stream prove that they hold the exercise key, before a line is played.

The node connects and sends a random challenge; the player answers it and sends one of its own; the node answers that.
An answer is HMAC-SHA-256 over the role and both challenges, so it cannot be used at another time or by the other end.
What follows is plain NMEA: an exercise is no secret, it must only not be mistaken for real traffic, nor be slipped in.
Without a key only this machine may listen or connect.

    node:    KIZUNA-EXERCISE 1 <32 hex>
    player:  KIZUNA-EXERCISE 1 <32 hex> <64 hex>
    node:    <64 hex>
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, TrustError

HELLO: Final = b"KIZUNA-EXERCISE 1 "
KEY_LEAST: Final = 16
KEY_MOST: Final = 4096
TIMEOUT_S: Final = 5.0
_LINE_MOST: Final = 256
_FROM_NODE: Final = re.compile(re.escape(HELLO) + rb"([0-9a-f]{32})")
_FROM_PLAYER: Final = re.compile(re.escape(HELLO) + rb"([0-9a-f]{32}) ([0-9a-f]{64})")


def is_this_machine(host: str) -> bool:
    """Whether an address is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_key(path: Path) -> bytes:
    """The exercise key of a file that only its owner may read. Raises ConfigError."""
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError("others can read it", where=str(path), hint=f"chmod 600 {path}")
        key = path.read_bytes().strip()
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(path)) from exc
    if not KEY_LEAST <= len(key) <= KEY_MOST:
        raise ConfigError(f"holds {len(key)} bytes", where=str(path), hint=f"{KEY_LEAST} to {KEY_MOST} random bytes")
    return key


def answer(key: bytes, role: bytes, mine: bytes, theirs: bytes) -> bytes:
    """What the holder of the key in a role says to both challenges, as hexadecimal digits."""
    return hmac.new(key, b"kizuna-exercise-1|" + role + b"|" + mine + b"|" + theirs, "sha256").hexdigest().encode()


def prove_as_node(connection: socket.socket, key: bytes) -> None:
    """The node's part. Raises TrustError where the player does not hold the key, OSError where it does not answer."""
    connection.settimeout(TIMEOUT_S)
    mine = secrets.token_hex(16).encode()
    connection.sendall(HELLO + mine + b"\n")
    found = _FROM_PLAYER.fullmatch(_line(connection))
    if found is None or not hmac.compare_digest(found[2], answer(key, b"player", found[1], mine)):
        raise TrustError("the player does not hold our exercise key", hint="give both ends the same key file")
    connection.sendall(answer(key, b"node", mine, found[1]) + b"\n")


def prove_as_player(connection: socket.socket, key: bytes) -> None:
    """The player's part; raises as the node's."""
    connection.settimeout(TIMEOUT_S)
    found = _FROM_NODE.fullmatch(_line(connection))
    if found is None:
        raise TrustError("whoever connected does not speak as a node with an exercise key")
    mine = secrets.token_hex(16).encode()
    connection.sendall(HELLO + mine + b" " + answer(key, b"player", mine, found[1]) + b"\n")
    if not hmac.compare_digest(_line(connection), answer(key, b"node", found[1], mine)):
        raise TrustError("the node that connected does not hold our exercise key")


def _line(connection: socket.socket) -> bytes:
    """One line, read byte by byte so that nothing of what follows is lost."""
    out = b""
    while len(out) < _LINE_MOST:
        byte = connection.recv(1)
        if not byte:
            raise OSError("the other end closed the connection")
        if byte == b"\n":
            return out
        out += byte
    raise TrustError("an endless line instead of an answer")
