"""Secrets: passwords hashed with scrypt, random tokens kept only as hashes, delays that grow with failures.

scrypt (RFC 7914) comes with Python; Argon2 would be a further dependency for no practical gain here. Parameters: N =
2**15, r = 8, p = 3, which OWASP's cheat sheet gives as equal in strength to its first choice and which takes 32 MB and
about a quarter of a second; only one hash is worked out at a time, so a crowd at the door cannot eat the memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata
from typing import Final

from kizuna.base.errors import InputError

PASSWORD_LEAST: Final = 12
"""Letters of a password at least; NIST SP 800-63B asks for length and no mixture of classes."""
PASSWORD_MOST: Final = 256
FREE_TRIES: Final = {"pair": 5, "user": 20, "address": 20}
"""Failures without delay: of one user at one address, of one user from anywhere, of one address for anybody.

The first bound stops guessing. The second is wider, so that whoever fails on purpose from elsewhere does not soon
lock an officer out of the station where they sit."""
DELAY_MOST_S: Final = 900
FORGET_S: Final = 3600
"""A failure older than this no longer counts."""
_N, _R, _P = 2**15, 8, 3
_ONE_AT_A_TIME: Final = threading.Lock()


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode()
    with _ONE_AT_A_TIME:
        return hashlib.scrypt(text, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def check_password(password: str, user: str) -> None:
    """Raise InputError for a password that is too short, too long, or the user's own name."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise InputError(f"a password has {PASSWORD_LEAST} to {PASSWORD_MOST} letters", code="password_length",
                         least=PASSWORD_LEAST, most=PASSWORD_MOST)  # fmt: skip
    if len(set(password)) < PASSWORD_LEAST // 2 or password.casefold() in (user.casefold(), user.casefold()[::-1]):
        raise InputError("this password is too easily guessed", hint="take four words that do not belong together",
                         code="password_weak")  # fmt: skip


def hash_password(password: str) -> str:
    """``scrypt$N$r$p$salt$hash`` of a password."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _N, _R, _P)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def password_is(password: str, stored: str | None) -> bool:
    """Whether it is the one that was hashed. Takes as long where nothing is stored, so that names do not leak."""
    text = stored or _NOBODY
    _, n, r, p, salt, digest = text.split("$")
    got = _scrypt(password[:PASSWORD_MOST], base64.b64decode(salt), int(n), int(r), int(p))
    return hmac.compare_digest(got, base64.b64decode(digest)) and stored is not None


_NOBODY: Final = f"scrypt${_N}${_R}${_P}${base64.b64encode(bytes(16)).decode()}${base64.b64encode(bytes(32)).decode()}"


def new_token() -> str:
    """256 random bits as text for an URL or a cookie."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """What is kept of a token. A random token of 256 bits needs no salt and no slow hash."""
    return hashlib.sha256(b"kizuna token\0" + token.encode()).digest()


def delay_s(failures: int, free: int) -> int:
    """Seconds to wait after that many failures: none at first, then doubling from one second to a quarter hour."""
    return 0 if failures < free else min(DELAY_MOST_S, 1 << min(failures - free, 10))
