"""Users, sessions, the first administrator, and the door's patience with wrong passwords.

A session is a random token that only the browser holds; here lies its hash. It ends by itself after ``IDLE_MS`` without
a deed of its user and after ``LONGEST_MS`` in any case, and at once when its user is disabled or changes password or
role. Names are compared in one normal form, so that two users cannot look the same.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.node.desk import secrets
from kizuna.node.desk.database import Database
from kizuna.node.desk.rules import ADMINISTRATOR, ROLES
from kizuna.records.person import name_key

IDLE_MS: Final = 8 * HOUR_MS
"""A watch. What the page asks by itself (the picture, the stream of versions) is no deed."""
LONGEST_MS: Final = 24 * HOUR_MS
SETUP_MS: Final = 24 * HOUR_MS
SESSIONS_MOST: Final = 20
"""Sessions of one user; the oldest gives way."""
USERS_MOST: Final = 1000
_NAME: Final = re.compile(r"[\w][\w.@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class User:
    """One person who may log in. ``subject`` names them at an outside identity provider, where there is one."""

    user_id: int
    name: str
    role: str
    disabled: bool
    created_ms: int
    has_password: bool
    subject: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The door is closed for so long, because of too many failures."""

    seconds: int


class People:
    """Users and their sessions. ``clock`` gives UTC milliseconds."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock

    # ---- users ----------------------------------------------------------------------------------------------------
    def add(self, name: str, role: str, password: str | None, *, subject: str = "") -> User:
        """A new user. Raises InputError for a name that is taken or odd, an unknown role or a weak password."""
        name = unicodedata.normalize("NFKC", name).strip()
        if not _NAME.fullmatch(name):
            raise InputError(f"{name!r} is no user name", hint="1 to 64 letters, digits and . @ + - _",
                             code="user_name")  # fmt: skip
        if role not in ROLES:
            raise InputError(f"{role!r} is no role", hint=f"one of {', '.join(ROLES)}")
        secret = None
        if password is not None:
            secrets.check_password(password, name)
            secret = secrets.hash_password(password)
        now = self._clock()
        try:
            with self._db.change() as change:
                if change.execute("SELECT count(*) FROM users").fetchone()[0] >= USERS_MOST:
                    raise InputError(f"there are {USERS_MOST} users already", code="users_full", most=USERS_MOST)
                change.execute(
                    "INSERT INTO users (name, shown, role, secret, subject, created_ms, changed_ms)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name_key(name), name, role, secret, subject or None, now, now),
                )
        except sqlite3.IntegrityError as exc:
            raise InputError(f"the name {name!r} is taken", code="name_taken", name=name) from exc
        found = self.named(name)
        assert found is not None
        return found

    def all(self) -> list[User]:
        """Everybody, by name."""
        return [_user(r) for r in self._db.rows("SELECT * FROM users ORDER BY name")]

    def seen(self) -> dict[int, tuple[int, int]]:
        """By user id: how many sessions they have, and when the newest was last used (UTC ms)."""
        rows = self._db.rows("SELECT user_id, count(*), max(seen_ms) FROM sessions GROUP BY user_id")
        return {r[0]: (r[1], r[2]) for r in rows}

    def named(self, name: str) -> User | None:
        """The user of that name."""
        found = self._db.row("SELECT * FROM users WHERE name = ?", name_key(name))
        return None if found is None else _user(found)

    def id_of(self, name: str) -> str:
        """What stays of the user of that name when the name changes; empty for nobody."""
        found = self.named(name)
        return "" if found is None else str(found.user_id)

    def of_subject(self, subject: str) -> User | None:
        """The user whom an identity provider names so."""
        found = self._db.row("SELECT * FROM users WHERE subject = ?", subject)
        return None if found is None else _user(found)

    def change(self, user: User, *, role: str | None = None, disabled: bool | None = None,
               password: str | None = None) -> None:  # fmt: skip
        """Change role, password or whether the user may log in; all their sessions end.

        Raises InputError for a role that is none, a weak password, or a change that would leave no administrator.
        """
        if role is not None and role not in ROLES:
            raise InputError(f"{role!r} is no role", hint=f"one of {', '.join(ROLES)}")
        secret = None
        if password is not None:
            secrets.check_password(password, user.name)
            secret = secrets.hash_password(password)
        with self._db.change() as change:
            change.execute(
                "UPDATE users SET role = coalesce(?, role), disabled = coalesce(?, disabled),"
                " secret = coalesce(?, secret), changed_ms = ? WHERE user_id = ?",
                (role, None if disabled is None else int(disabled), secret, self._clock(), user.user_id),
            )
            left = change.execute(
                "SELECT count(*) FROM users WHERE role = ? AND disabled = 0", (ADMINISTRATOR,)
            ).fetchone()[0]
            if not left:
                raise InputError("this would leave the node without an administrator", code="last_administrator")
            change.execute("DELETE FROM sessions WHERE user_id = ?", (user.user_id,))

    # ---- logging in -----------------------------------------------------------------------------------------------
    def check(self, name: str, password: str, address: str) -> User | Wait | None:
        """The user, or None for a wrong name or password, or how long to wait before the next try."""
        keys = {"pair": f"pair:{name_key(name)[:64]}@{address}", "user": f"user:{name_key(name)[:64]}",
                "address": f"address:{address}"}  # fmt: skip
        wait_s = max(self._wait_s(key, secrets.FREE_TRIES[kind]) for kind, key in keys.items())
        if wait_s > 0:
            return Wait(wait_s)
        found = self._db.row("SELECT * FROM users WHERE name = ?", name_key(name))
        right = secrets.password_is(password, None if found is None else found["secret"])
        if found is not None and right and not found["disabled"]:
            with self._db.change() as change:
                change.execute("DELETE FROM attempts WHERE key IN (?, ?)", (keys["pair"], keys["user"]))
            return _user(found)
        now = self._clock()
        with self._db.change() as change:
            change.execute("DELETE FROM attempts WHERE last_ms < ?", (now - secrets.FORGET_S * 1000,))
            for key in keys.values():
                change.execute(
                    "INSERT INTO attempts VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET"
                    " failures = failures + 1, last_ms = excluded.last_ms",
                    (key, now),
                )
        return None

    def _wait_s(self, key: str, free: int) -> int:
        found = self._db.row("SELECT failures, last_ms FROM attempts WHERE key = ?", key)
        if found is None:
            return 0
        passed_ms = self._clock() - found["last_ms"]
        if passed_ms >= secrets.FORGET_S * 1000:
            return 0
        return max(0, secrets.delay_s(int(found["failures"]), free) - int(passed_ms) // 1000)

    # ---- sessions -------------------------------------------------------------------------------------------------
    def begin(self, user: User, address: str) -> str:
        """A new session; the token to hand to the browser."""
        token, now = secrets.new_token(), self._clock()
        with self._db.change() as change:
            change.execute(
                "DELETE FROM sessions WHERE seen_ms < ? OR created_ms < ?", (now - IDLE_MS, now - LONGEST_MS)
            )
            change.execute(
                "DELETE FROM sessions WHERE user_id = ? AND digest NOT IN (SELECT digest FROM sessions"
                " WHERE user_id = ? ORDER BY created_ms DESC, digest LIMIT ?)",
                (user.user_id, user.user_id, SESSIONS_MOST - 1),
            )
            change.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)",
                (secrets.digest_of(token), user.user_id, now, now, address),
            )
        return token

    def of_session(self, token: str, *, deed: bool) -> User | None:
        """Whose session it is, or None when it has ended. A ``deed`` keeps it alive."""
        found = self._db.row(
            "SELECT u.*, s.seen_ms AS seen_ms, s.created_ms AS begun_ms FROM sessions s JOIN users u USING (user_id)"
            " WHERE s.digest = ?",
            secrets.digest_of(token),
        )
        now = self._clock()
        if found is None or found["disabled"]:
            return None
        if now - found["seen_ms"] >= IDLE_MS or now - found["begun_ms"] >= LONGEST_MS:
            self.end(token)
            return None
        if deed and now - found["seen_ms"] > MINUTE_MS:
            with self._db.change() as change:
                change.execute("UPDATE sessions SET seen_ms = ? WHERE digest = ?", (now, secrets.digest_of(token)))
        return _user(found)

    def end(self, token: str) -> None:
        """End a session."""
        with self._db.change() as change:
            change.execute("DELETE FROM sessions WHERE digest = ?", (secrets.digest_of(token),))

    # ---- the first administrator ----------------------------------------------------------------------------------
    def needs_setup(self) -> bool:
        """Whether there is no administrator yet."""
        return self._db.row("SELECT 1 FROM users WHERE role = ?", ADMINISTRATOR) is None

    def setup_token(self) -> str:
        """A new one-time token for the set-up link; earlier ones no longer hold."""
        token = secrets.new_token()
        with self._db.change() as change:
            change.execute("DELETE FROM setup")
            change.execute("INSERT INTO setup VALUES (?, ?)", (secrets.digest_of(token), self._clock() + SETUP_MS))
        return token

    def setup_holds(self, token: str) -> bool:
        """Whether a set-up link can still be used."""
        found = self._db.row("SELECT until_ms FROM setup WHERE digest = ?", secrets.digest_of(token))
        return found is not None and found["until_ms"] > self._clock() and self.needs_setup()

    def set_up(self, token: str, name: str, password: str) -> User | None:
        """The first administrator; None when the link does not hold. The link is used up. Raises as ``add``."""
        if not self.setup_holds(token):
            return None
        digest = secrets.digest_of(token)
        with self._db.change() as change:
            until = change.execute("DELETE FROM setup WHERE digest = ? RETURNING until_ms", (digest,)).fetchall()
        if not until:  # somebody was quicker
            return None
        try:
            return self.add(name, ADMINISTRATOR, password)
        except InputError:
            with self._db.change() as change:
                change.execute("INSERT INTO setup VALUES (?, ?)", (digest, until[0][0]))
            raise


def _user(row: sqlite3.Row) -> User:
    return User(row["user_id"], row["shown"], row["role"], bool(row["disabled"]), row["created_ms"],
                row["secret"] is not None, row["subject"] or "")  # fmt: skip
