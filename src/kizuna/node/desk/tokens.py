"""Tokens for programs: outward feeds and the monitoring. There is none until an administrator makes one.

A feed token gives positions late and coarse unless the administrator chose otherwise when making it: ``delay_s`` holds
back what is newer, ``grid_deg`` rounds places to the middle of a grid cell. ``live`` allows the streams that stay open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.node.desk import secrets
from kizuna.node.desk.database import Database
from kizuna.node.desk.rules import FEED, TAXII, TOKEN_KINDS

DELAY_S: Final = 900
GRID_DEG: Final = 0.05
"""Late by a quarter of an hour and coarse to about three miles, unless an administrator says otherwise."""
DAYS: Final = 90
_DAYS_MOST: Final = 730
_DELAY_MOST_S: Final = 30 * 86_400
_USED_AGAIN_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Token:
    """What a token allows. The secret itself is shown once and not kept.

    ``partner``: the token reads exactly what that partner is told, and nothing else.
    """

    token_id: int
    name: str
    kind: str
    live: bool
    delay_s: int
    grid_deg: float
    by: str
    created_ms: int
    until_ms: int
    revoked_ms: int | None
    used_ms: int | None
    partner: str = ""


class Tokens:
    """Makes, checks and revokes tokens."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock

    def make(self, by: str, name: str, kind: str, *, days: int = DAYS, live: bool = False, delay_s: int = DELAY_S,
             grid_deg: float = GRID_DEG, partner: str = "") -> tuple[Token, str]:  # fmt: skip
        """A new token and its secret. Raises InputError for values out of range."""
        name = " ".join(name.split())
        if not 0 < len(name) <= 80:  # noqa: PLR2004
            raise InputError("a token has a name that says who uses it", code="token_name")
        if kind not in TOKEN_KINDS:
            raise InputError(f"{kind!r} is no kind of token", hint=f"one of {', '.join(TOKEN_KINDS)}")
        if not 0 < days <= _DAYS_MOST or not 0 <= delay_s <= _DELAY_MOST_S or not 0 <= grid_deg <= 5:  # noqa: PLR2004
            raise InputError("out of range", hint=f"days to {_DAYS_MOST}, delay_s to {_DELAY_MOST_S}, grid_deg to 5",
                             code="token_range")  # fmt: skip
        if bool(partner) < (kind == TAXII) or (partner and kind not in (TAXII, FEED)):
            raise InputError("a taxii token reads as a partner, a metrics token never does", code="token_partner")
        secret, now = secrets.new_token(), self._clock()
        with self._db.change() as change:
            row = change.execute(
                "INSERT INTO tokens (digest, name, kind, live, delay_s, grid_deg, by, created_ms, until_ms, partner)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    secrets.digest_of(secret),
                    name,
                    kind,
                    int(live),
                    delay_s,
                    grid_deg,
                    by,
                    now,
                    now + days * DAY_MS,
                    partner,
                ),
            ).fetchone()
        return _token(row), secret

    def all(self) -> list[Token]:
        """Every token ever made, newest first."""
        return [_token(r) for r in self._db.rows("SELECT * FROM tokens ORDER BY token_id DESC")]

    def of_secret(self, secret: str) -> Token | None:
        """The token, if it holds now."""
        found = self._db.row("SELECT * FROM tokens WHERE digest = ?", secrets.digest_of(secret))
        now = self._clock()
        if found is None or found["revoked_ms"] is not None or found["until_ms"] <= now:
            return None
        if found["used_ms"] is None or now - found["used_ms"] > _USED_AGAIN_MS:
            with self._db.change() as change:
                change.execute("UPDATE tokens SET used_ms = ? WHERE token_id = ?", (now, found["token_id"]))
        return _token(found)

    def holds(self, token_id: int) -> bool:
        """Whether a token still holds: it was not revoked and has not ended."""
        return self._db.row(
            "SELECT 1 FROM tokens WHERE token_id = ? AND revoked_ms IS NULL AND until_ms > ?", token_id, self._clock()
        ) is not None  # fmt: skip

    def revoke(self, token_id: int) -> bool:
        """End a token at once; whether there was one to end."""
        with self._db.change() as change:
            done = change.execute(
                "UPDATE tokens SET revoked_ms = ? WHERE token_id = ? AND revoked_ms IS NULL", (self._clock(), token_id)
            )
        return done.rowcount == 1


def _token(row: sqlite3.Row) -> Token:
    return Token(row["token_id"], row["name"], row["kind"], bool(row["live"]), row["delay_s"], row["grid_deg"],
                 row["by"], row["created_ms"], row["until_ms"], row["revoked_ms"], row["used_ms"],
                 row["partner"])  # fmt: skip
