"""What is known of one MMSI: who it said it was and when, where it was heard, what happened, and what to be wary of.

A number is not a ship. The history therefore says which ships it may stand for (``vessel_ids``), tells the periods of
each name, and names contradictions in plain words instead of resolving them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from kizuna.base.table import Table
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS, NM_M
from kizuna.base.utc import iso
from kizuna.events.table import LEVEL_WORDS
from kizuna.tracks.table import NOISE_KINDS

_NAMES_MANY = 3
_FLAG_STATE_LEAST = 10_000_000
"""From here on the field holds an official number of a flag state, without check digit (ITU-R M.1371-5, message 5)."""


@dataclass(frozen=True, slots=True)
class History:
    """Rows of one MMSI from one or several runs, in order of time.

    Attributes:
        mmsi: the number.
        identities, segments, events: tables of this MMSI alone; an event of two vessels is among them.
        fixes: number of fixes heard, noise included.
        repeats: how many of them are one report heard again, by another receiver say; they are in no segment.
    """

    mmsi: int
    identities: Table
    segments: Table
    events: Table
    fixes: int
    repeats: int = 0

    @property
    def vessel_ids(self) -> tuple[str, ...]:
        """Ships that the number stands for, in order of appearance."""
        return tuple(dict.fromkeys(v for v in self.segments["vessel_id"].to_pylist() if v))

    @property
    def shipnames(self) -> tuple[str, ...]:
        """Names sent, by number of messages."""
        total: dict[str, int] = {}
        rows = zip(self.identities["shipname"].to_pylist(), self.identities["count"].tolist(), strict=True)
        for name, count in rows:
            if name:
                total[name] = total.get(name, 0) + count
        return tuple(sorted(total, key=lambda n: (-total[n], n)))

    @property
    def span(self) -> tuple[int, int]:
        """First and last time heard with a position; missing without segments."""
        if not len(self.segments):
            return MISSING_TIME_MS, MISSING_TIME_MS
        return int(self.segments["start_ms"].min()), int(self.segments["end_ms"].max())

    @property
    def distance_nm(self) -> float:
        """Length along all good segments."""
        good = self.segments["noise"] == NOISE_KINDS.index("good")
        return float(np.nansum(self.segments["distance_m"][good])) / NM_M


class Caution(NamedTuple):
    """What a reader must know: a code, what it names, and the sentence in English."""

    code: str
    facts: dict[str, str | float]
    text: str


def cautions(history: History) -> list[str]:
    """What a reader must know before trusting the history, as sentences."""
    return [c.text for c in coded_cautions(history)]


def coded_cautions(history: History) -> list[Caution]:
    """The same with codes, for pages in other languages."""
    return [Caution(code, facts, _CAUTIONS[code].format(**facts)) for code, facts in _cautions(history)]


_CAUTIONS: Final = {
    "ships": "{n} ships are held to be behind this number: {which}.",
    "overlap": "Two tracks of this number ran at the same time for up to {hours:.1f} h: it may be shared.",
    "names": "It sent {n} names: {which}.",
    "imo_wrong": "IMO numbers with a wrong check digit were sent: {which}.",
    "imo_many": "It sent {n} different IMO numbers: {which}.",
    "noise": "{n:,} of its {of:,} fixes fit no track (doubtful positions or times).",
    "no_static": "No static message was heard: nothing is known of its name or size.",
}


def _cautions(history: History) -> Iterator[tuple[str, dict[str, str | float]]]:
    ships = history.vessel_ids
    overlap_h = float(np.nanmax(history.segments["overlap_s"], initial=0.0)) / 3600.0
    if len(ships) > 1:
        yield "ships", {"n": len(ships), "which": ", ".join(ships[:5])}
    if overlap_h > 0:
        yield "overlap", {"hours": overlap_h}
    names = history.shipnames
    if len(names) >= _NAMES_MANY:
        yield "names", {"n": len(names), "which": ", ".join(names[:5])}
    pairs = list(zip(history.identities["imo"].tolist(), history.identities["imo_valid"].tolist(), strict=True))
    wrong = sorted({int(i) for i, ok in pairs if 0 <= i < _FLAG_STATE_LEAST and ok == 0})
    if wrong:
        yield "imo_wrong", {"which": ", ".join(map(str, wrong[:5]))}
    imos = sorted({int(i) for i, ok in pairs if i >= 0 and ok == 1})
    if len(imos) > 1:
        yield "imo_many", {"n": len(imos), "which": ", ".join(map(str, imos[:5]))}
    noise = history.fixes - history.repeats - int(history.segments["pos_count"].sum())
    if noise > 0:
        yield "noise", {"n": noise, "of": history.fixes}
    if not len(history.identities):
        yield "no_static", {}


def as_dict(history: History) -> dict[str, Any]:
    """For programs: everything but the fixes."""
    first, last = history.span
    return {
        "mmsi": history.mmsi, "vessel_ids": list(history.vessel_ids), "shipnames": list(history.shipnames),
        "first_heard": iso(first) or None, "last_heard": iso(last) or None, "fixes": history.fixes,
        "repeats": history.repeats,
        "distance_nm": round(history.distance_nm, 1), "cautions": cautions(history),
        "identities": [_plain(row) for row in history.identities.to_arrow().to_pylist()],
        "segments": [_plain(row) for row in history.segments.to_arrow().drop_columns(["identities"]).to_pylist()],
        "events": [brief(history.events, i) for i in range(len(history.events))],
    }  # fmt: skip


def brief(events: Table, row: int) -> dict[str, Any]:
    """One event in a few words."""
    end = int(events["end_ms"][row])
    return {
        "event_id": events["event_id"][row].as_py(),
        "event_type": events.codes_of("event_type")[events["event_type"][row]],
        "start": iso(int(events["start_ms"][row])) or None, "end": iso(end) or None,
        "duration_h": round(float(events["duration_h"][row]), 2),
        "confidence": round(float(events["confidence"][row]), 2),
        "confidence_word": LEVEL_WORDS[events["confidence_word"][row]], "mmsis": events["mmsis"][row].as_py(),
        "summary": events["summary"][row].as_py(),
    }  # fmt: skip


def hours_heard(history: History) -> float:
    """Hours covered by its segments, silences inside them included."""
    return float((history.segments["end_ms"] - history.segments["start_ms"]).sum()) / HOUR_MS


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {k: (v.isoformat().replace("+00:00", "Z") if hasattr(v, "isoformat") else v) for k, v in row.items()}
