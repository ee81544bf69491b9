"""Corrections: a new record that supersedes an old one. The originator alone corrects; the old record is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

from kizuna.records.record import Record


@dataclass(slots=True)
class Corrections:
    """Which record takes the place of which. The originator's latest counts, by its own sequence; the old is kept."""

    _by_old: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    def take(self, record_id_: str, record: Record, sequence: int) -> None:
        """Note what a record supersedes; ``sequence`` is its place in its origin's log."""
        for old in record.supersedes:
            self._by_old.setdefault(old, []).append((sequence, record_id_, record.origin))

    def newest(self, record: str, origin: str) -> str:
        """The record that counts instead of this one of ``origin``; itself where nothing supersedes it.

        Only the originator corrects; what another party supersedes is that party's own view and changes nothing here.
        """
        seen = {record}
        while True:
            mine = [
                (seq, name) for seq, name, who in self._by_old.get(record, ()) if who == origin and name not in seen
            ]
            if not mine:
                return record
            record = max(mine)[1]
            seen.add(record)
