"""Who and by whom: pseudonyms for vessels, general words for sources, neutral words for places, fields left out.

A pseudonym is a keyed hash (BLAKE2s, key of the node, never sent) of the transform set, the period and the vessel. So:

- partners with one transform set hold one pseudonym, for they hold the very same bytes and learn nothing by comparing;
- partners with different sets hold different ones and cannot join their tables by it;
- it changes with every period, at the same moment for all vessels, so nothing is followed for longer by number alone.

What it cannot do is hide a track from whoever has another source of tracks: somebody who sees a vessel by radar or
public AIS at the place and time that a masked record states knows its pseudonym until the period ends. Only a coarse
place and time make that hard. ``docs/explanation/transforms.md`` says so in the words for officers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.share.transforms.rows import Array, Rows, objects
from kizuna.share.transforms.steps import DropFields, GeneraliseSource, MaskIdentity, NeutraliseNames

MASKED: Final = "x:"
"""Scheme of a pseudonym in ``subject``."""
SENSOR: Final = "sensor"
_DIGITS: Final = 16

FIELD_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "sog": ("sog_kn", "speed_kn", "implied_speed_kn", "median_speed_kn"), "cog": ("cog_deg", "course_deg"),
    "heading": ("heading_deg",), "rot": ("rot_dpm",), "nav_status": ("nav_status",), "accuracy": ("accuracy_m",),
    "source": ("source", "station", "sources"), "sensor": ("sensor", "via"), "dimensions": ("length_m", "beam_m"),
    "draught": ("draught_m",), "destination": ("destination",), "name": ("name", "names"), "callsign": ("callsign",),
    "imo": ("imo",), "confidence": ("confidence", "confidence_word", "level", "match_probability", "ais_probability"),
    "evidence": ("tests",), "duration": ("duration_h", "distance_m", "median_distance_m"), "regions": ("regions",),
    "text": ("text", "summary", "alternatives", "would_settle"), "end": ("end_ms", "end_lat_deg", "end_lon_deg"),
    "score": ("score",),
}  # fmt: skip
"""Columns behind each word of ``drop_fields``."""


def mask_identity(rows: Rows, step: MaskIdentity, key: bytes, set_hash: str) -> Rows:
    """Vessels become pseudonyms in ``subject``; every identifying column becomes missing."""
    period = step.period_s * SECOND_MS
    times = np.where(rows["time_ms"] == MISSING_TIME_MS, 0, rows["time_ms"]) // period
    names: dict[tuple[str, int], str] = {}
    subjects = [
        tuple(names.get((s, n)) or names.setdefault((s, n), pseudonym(s, n, key, set_hash)) for s in named or ())
        for named, n in zip(rows["subject"].tolist(), times.tolist(), strict=True)
    ]
    return rows.put(subject=objects(subjects)).without(rows.identity)


def pseudonym(subject: str, period: int, key: bytes, set_hash: str) -> str:
    """The pseudonym of one vessel (``mmsi:...``) in one period; what is masked already stays as it is."""
    if subject.startswith(MASKED):
        return subject
    said = f"{set_hash}\n{period}\n{subject}".encode()
    return MASKED + hashlib.blake2s(said, key=hashlib.sha256(key).digest(), person=b"kizunamk").hexdigest()[:_DIGITS]


def generalise_source(rows: Rows, step: GeneraliseSource) -> Rows:
    """Columns that name receivers become missing; the kind of sensor stays or becomes ``sensor``."""
    rows = rows.without(tuple(n for n in rows.sources if n not in ("sensor", "via")))
    if step.to == SENSOR:
        general = {n: SENSOR for n in ("sensor", "via") if n in rows.sources}
        rows = rows.put(**{n: np.full(len(rows), word, np.object_) for n, word in general.items()})
    return rows


def neutralise_names(rows: Rows, _step: NeutraliseNames, neutral: Callable[[str], str]) -> Rows:
    """Every text column through ``neutral`` (``share.lexicon``), which puts neutral ids for names of places."""
    changed: dict[str, Array] = {}
    for name in rows.texts:
        if name in rows.columns:
            seen: dict[str, str] = {}
            changed[name] = objects([_neutral(v, neutral, seen) for v in rows[name].tolist()])
    return rows.put(**changed)


def _neutral(value: object, neutral: Callable[[str], str], seen: dict[str, str]) -> object:
    if isinstance(value, str):
        return seen.get(value) or seen.setdefault(value, neutral(value))
    if isinstance(value, (list, tuple)):
        return tuple(_neutral(v, neutral, seen) for v in value)
    if isinstance(value, dict):
        return {_neutral(k, neutral, seen): _neutral(v, neutral, seen) for k, v in value.items()}
    return value


def drop_fields(rows: Rows, step: DropFields) -> Rows:
    """The columns behind the words become missing."""
    return rows.without(frozenset(c for word in step.fields for c in FIELD_COLUMNS[word]))
