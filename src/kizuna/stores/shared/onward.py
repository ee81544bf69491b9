"""Books of what goes on: records of third parties that carriers brought, and records of others that were passed on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from kizuna.stores.shared.database import Database
from kizuna.stores.shared.records import id_bytes

TOLD: Final = "told"
TAKEN: Final = "taken"
ASIDE: Final = "aside"
"""A carriage speaks of it; it was judged and taken in; it was judged and waits, with the reason."""


class Carry(NamedTuple):
    """A record of ``origin`` that ``carrier`` brings; ``carriage``: the record with its proof, if one came."""

    id: str
    carrier: str
    origin: str
    carriage: str
    state: str = TOLD
    why: str = ""
    at_ms: int = 0


class Passing(NamedTuple):
    """A record of ``origin`` that ``carrier`` told an audience; ``leave``: the grant, or ``label``."""

    id: str
    carrier: str
    audience: str
    origin: str
    leave: str
    at_ms: int


class Tally(NamedTuple):
    """How much went on under a leave to an audience, by whom, and when last."""

    leave: str
    carrier: str
    audience: str
    records: int
    last_ms: int


class Carried:
    """What carriers brought."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def announce(self, rows: Iterable[Carry]) -> None:
        """A carriage came. A newer one takes the place of an older, unless the record was taken in already."""
        given = [_carry_row(row) for row in rows]
        sql = f"INSERT INTO {_PUT} ON CONFLICT DO UPDATE SET carriage = excluded.carriage WHERE state <> 'taken'"
        self._database.change(lambda db: db.executemany(sql, given) and None)

    def judged(self, rows: Iterable[Carry]) -> None:
        """What was found."""
        given = [_carry_row(row) for row in rows]
        sql = f"INSERT OR REPLACE INTO {_PUT}"
        self._database.change(lambda db: db.executemany(sql, given) and None)

    def get(self, record: str, carrier: str = "") -> Carry | None:
        """What is known of a record; brought by anybody, taken in first, where no carrier is named."""
        sql = (
            f"SELECT {_CARRY} FROM carried WHERE id = ?1 AND (?2 = '' OR carrier = ?2) "  # noqa: S608 a constant
            f"ORDER BY state = '{TAKEN}' DESC, at_ms LIMIT 1"
        )
        row = self._database.row(sql, id_bytes(record), carrier)
        return _carry(row) if row else None

    def in_state(self, state: str, most: int = 1000) -> list[Carry]:
        """The newest in a state, newest first."""
        sql = f"SELECT {_CARRY} FROM carried WHERE state = ? ORDER BY at_ms DESC LIMIT ?"  # noqa: S608 a constant
        return [_carry(row) for row in self._database.rows(sql, state, most)]

    def waiting(self, most: int, before: Carry | None = None) -> list[Carry]:
        """The newest that are set aside though a proof came, newest first; those after ``before`` in that order."""
        at = (before.at_ms, id_bytes(before.id), before.carrier) if before else (_LATEST, b"", "")
        sql = (
            f"SELECT {_CARRY} FROM carried WHERE state = '{ASIDE}' AND carriage <> x'' "  # noqa: S608 constants
            "AND at_ms <= ?1 AND (at_ms, id, carrier) < (?1, ?2, ?3) "
            "ORDER BY at_ms DESC, id DESC, carrier DESC LIMIT ?4"
        )
        return [_carry(row) for row in self._database.rows(sql, *at, most)]

    def taken(self, origin: str) -> list[Carry]:
        """All of an originator that were taken in with a proof."""
        sql = f"SELECT {_CARRY} FROM carried WHERE state = '{TAKEN}' AND origin = ? AND carriage <> x''"  # noqa: S608
        return [_carry(row) for row in self._database.rows(sql, origin)]

    def counts(self) -> list[tuple[str, str, str, int]]:
        """(originator, carrier, state, how many)."""
        sql = "SELECT origin, carrier, state, count(*) FROM carried GROUP BY origin, carrier, state"
        return [(o, c, s, n) for o, c, s, n in self._database.rows(sql)]


class Passed:
    """What was passed on: by this node (``carrier`` is its own id), and by others, as they told us."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, rows: Iterable[Passing]) -> None:
        """Keep rows; one that is there already stays as it is."""
        given = [(id_bytes(r.id), *r[1:]) for r in rows]
        sql = "INSERT OR IGNORE INTO passed (id, carrier, audience, origin, leave, at_ms) VALUES (?, ?, ?, ?, ?, ?)"
        self._database.change(lambda db: db.executemany(sql, given) and None)

    def unreported(self, carrier: str, most: int = 4096) -> list[Passing]:
        """Own ones under a grant of which the originator was not told yet, oldest first."""
        sql = (
            "SELECT id, carrier, audience, origin, leave, at_ms FROM passed "
            "WHERE reported = 0 AND carrier = ? AND leave <> 'label' ORDER BY at_ms LIMIT ?"
        )
        return [Passing(raw.hex(), *rest) for raw, *rest in self._database.rows(sql, carrier, most)]

    def reported(self, rows: Sequence[Passing]) -> None:
        """The originator was told of these."""
        given = [(id_bytes(r.id), r.carrier, r.audience) for r in rows]
        sql = "UPDATE passed SET reported = 1 WHERE id = ? AND carrier = ? AND audience = ?"
        self._database.change(lambda db: db.executemany(sql, given) and None)

    def tally(self) -> list[Tally]:
        """What went on under each leave."""
        sql = "SELECT leave, carrier, audience, count(*), max(at_ms) FROM passed GROUP BY leave, carrier, audience"
        return [Tally(*row) for row in self._database.rows(sql)]

    def audiences(self, carrier: str) -> set[str]:
        """Everybody to whom a carrier passed anything on. Looks through the whole book: ask once."""
        sql = "SELECT DISTINCT audience FROM passed WHERE carrier = ?"
        return {row[0] for row in self._database.rows(sql, carrier)}

    def by_others(self, me: str) -> list[Passing]:
        """All that other carriers said to have passed on."""
        sql = "SELECT id, carrier, audience, origin, leave, at_ms FROM passed WHERE carrier <> ?"
        return [Passing(raw.hex(), *rest) for raw, *rest in self._database.rows(sql, me)]

    def under(self, leave: str, most: int = 200) -> list[Passing]:
        """The newest under one leave, newest first."""
        sql = (
            "SELECT id, carrier, audience, origin, leave, at_ms FROM passed WHERE leave = ? ORDER BY at_ms DESC LIMIT ?"
        )
        return [Passing(raw.hex(), *rest) for raw, *rest in self._database.rows(sql, leave, most)]


_LATEST: Final = (1 << 63) - 1
_CARRY: Final = "id, carrier, origin, carriage, state, why, at_ms"
_PUT: Final = f"carried ({_CARRY}) VALUES (?, ?, ?, ?, ?, ?, ?)"


def _carry_row(row: Carry) -> tuple[object, ...]:
    return (id_bytes(row.id), row.carrier, row.origin, bytes.fromhex(row.carriage), *row[4:])


def _carry(row: Sequence[Any]) -> Carry:
    raw, carrier, origin, paper, state, why, at_ms = row
    return Carry(raw.hex(), carrier, origin, paper.hex(), state, why, at_ms)
