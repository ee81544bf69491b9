"""The chain of the audit: each line carries the hash of the line before, so that no line can be changed or taken out.

A line's hash is SHA-256 over the hash of the line before and its own values, in JSON with a fixed order of keys. The
head (hash of the newest line) and the number of the oldest line that is still kept stand beside the table. ``verify``
finds a line that was changed, put in or taken out, wherever it stands.

What it cannot find: somebody who may write the file and works the whole chain out anew. Against that helps a head that
was noted elsewhere (every signed hand-over holds one; ``kizuna node audit --verify`` prints it): ``verify`` says
whether a noted head is part of the chain.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError

BEGIN: Final = "0" * 64
"""What stands before the first line of all."""
FIELDS: Final = ("audit_id", "t_ms", "by", "act", "object", "outcome", "address")
UPGRADE: Final = (
    "ALTER TABLE audit ADD COLUMN before TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE audit ADD COLUMN digest TEXT NOT NULL DEFAULT ''",
    """CREATE TABLE audit_head (one INTEGER PRIMARY KEY CHECK (one = 1), first_id INTEGER NOT NULL,
       last_id INTEGER NOT NULL, digest TEXT NOT NULL) STRICT""",
)
"""What a desk file of format 1 lacks."""
_FOUND_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a line: ``changed``, ``missing``, ``put in``, ``broken`` (its link) or ``head``."""

    audit_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found.

    Attributes:
        lines: how many were checked.
        first_id, last_id: of the chain, 0 without lines.
        head: hash of the newest line.
        faults: at most 100 are named.
        noted: whether a head that was noted earlier is part of the chain; None when none was asked for.
    """

    lines: int
    first_id: int
    last_id: int
    head: str
    faults: tuple[Fault, ...]
    noted: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults and self.noted is not False


def digest_of(before: str, line: Mapping[str, Any]) -> str:
    """Hash of a line after ``before``."""
    text = json.dumps([before, *(line[f] for f in FIELDS)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def upgrade(connection: sqlite3.Connection) -> None:
    """Chain the lines that an older program wrote, inside the caller's transaction."""
    rows = [dict(r) for r in connection.execute("SELECT * FROM audit ORDER BY audit_id")]
    before = BEGIN
    for row in rows:
        digest = digest_of(before, row)
        connection.execute(
            "UPDATE audit SET before = ?, digest = ? WHERE audit_id = ?", (before, digest, row["audit_id"])
        )
        before = digest
    last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'audit'").fetchone()
    last_id = int(last[0]) if last else 0
    first_id = rows[0]["audit_id"] if rows else last_id + 1
    connection.execute("INSERT INTO audit_head VALUES (1, ?, ?, ?)", (first_id, last_id, before))


def append(connection: sqlite3.Connection, rows: Sequence[tuple[int, str, str, str, str, str]]) -> None:
    """Write lines behind the newest, inside the caller's transaction."""
    last_id, before = connection.execute("SELECT last_id, digest FROM audit_head").fetchone()
    for values in rows:
        last_id += 1
        line = dict(zip(FIELDS, (last_id, *values), strict=True))
        digest = digest_of(before, line)
        connection.execute(
            "INSERT INTO audit (audit_id, t_ms, by, act, object, outcome, address, before, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (last_id, *values, before, digest),
        )
        before = digest
    connection.execute("UPDATE audit_head SET last_id = ?, digest = ?", (last_id, before))


def forgot(connection: sqlite3.Connection, first_id: int) -> None:
    """Note that lines before ``first_id`` were let go on purpose."""
    connection.execute("UPDATE audit_head SET first_id = max(first_id, ?)", (first_id,))


def verify(desk_file: Path, *, noted: str = "") -> Verdict:
    """Check every line that is kept, in files and table; the node may be running meanwhile.

    Raises ConfigError for a desk file that is missing, or older than the chain.
    """
    if not desk_file.exists():
        raise ConfigError("no such file", where=str(desk_file))
    faults: list[Fault] = []
    seen = noted == BEGIN
    count, expected, before = 0, 0, ""
    first_id = 0
    with contextlib.closing(sqlite3.connect(f"file:{desk_file}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        try:
            head = connection.execute("SELECT first_id, last_id, digest FROM audit_head").fetchone()
        except sqlite3.OperationalError as exc:
            raise ConfigError("was written before lines were chained", where=str(desk_file),
                              hint="start the node once, which chains them") from exc  # fmt: skip
        expected = first_id = int(head["first_id"])
        for line in _lines(desk_file.parent / "audit", connection, first_id):
            number = int(line["audit_id"])
            if number != expected:
                faults.append(Fault(min(number, expected), "missing" if number > expected else "put in"))
            elif before and line["before"] != before:
                faults.append(Fault(number, "broken"))
            if digest_of(line["before"], line) != line["digest"]:
                faults.append(Fault(number, "changed"))
            seen = seen or line["digest"] == noted
            before, expected, count = line["digest"], number + 1, count + 1
        if expected != head["last_id"] + 1:
            faults.append(Fault(expected, "missing"))
        elif count and before != head["digest"]:
            faults.append(Fault(expected - 1, "head"))
    return Verdict(count, first_id if count else 0, expected - 1 if count else 0, head["digest"],
                   tuple(faults[:_FOUND_MOST]), seen if noted else None)  # fmt: skip


def newest(desk_file: Path, most: int) -> list[dict[str, Any]]:
    """The newest lines of the table, oldest of them first. Raises ConfigError for a file that is missing."""
    if not desk_file.exists():
        raise ConfigError("no such file", where=str(desk_file))
    with contextlib.closing(sqlite3.connect(f"file:{desk_file}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM audit ORDER BY audit_id DESC LIMIT ?", (most,)).fetchall()
    return [dict(r) for r in reversed(rows)]


def _lines(folder: Path, connection: sqlite3.Connection, first_id: int) -> Iterator[dict[str, Any]]:
    """Lines of the files, then of the table; a line that a broken-off carry-over left in both comes once."""
    last = 0
    for path in sorted(folder.glob("audit-*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                line = _read(text)
                if line["audit_id"] >= first_id and line["digest"]:
                    last = line["audit_id"]
                    yield line
    for row in connection.execute("SELECT * FROM audit WHERE audit_id >= ? ORDER BY audit_id", (first_id,)):
        if row["audit_id"] > last:
            yield dict(row)


def _read(text: str) -> dict[str, Any]:
    """A line of a file; one that cannot be read counts as line 0, which stands nowhere."""
    try:
        found = json.loads(text)
        return {f: found[f] for f in FIELDS} | {k: found.get(k, "") for k in ("before", "digest")}
    except (ValueError, KeyError, TypeError):
        return dict.fromkeys(FIELDS, 0) | {"before": "", "digest": ""}
