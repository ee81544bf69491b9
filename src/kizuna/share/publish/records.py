"""From columns to the bytes of new records.

A record that a transform changed carries ``derived_from``: the first 64 bits of SHA-256 over a salt and the name of
the row that it was made from. The salt follows from the node's key and the transform set and never leaves, so nobody
else can try out rows, and partners with different sets cannot join their tables by it. The node itself finds the row
again by trying (``derived_name``). The same row under the same set and label gives the same bytes at every time and
for everybody.

An event's own id is a plain hash of its type, vessels and start, which can be guessed; under a transform it gives way
to a salted one. The version of an event counts changes that may not be visible any more, so it is left out then.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from kizuna.base.units import DAY_MS, HOUR_MS, MISSING_TIME_MS
from kizuna.records.bodies.events import Event, Region, Test
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.label import LATEST_MS, Label
from kizuna.records.record import Record
from kizuna.records.subject import vessels
from kizuna.share.transform import TransformSet
from kizuna.share.transforms.rows import Array, Rows
from kizuna.share.transforms.steps import CoarsenTime

DERIVED_DIGITS: Final = 16
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_PLACE_DIGITS: Final = 5
_LONGEST: Final = 16_000
_MARK: Final = 1


class Way(NamedTuple):
    """How a row leaves: transforms, label, days for which it may be kept, lane."""

    transforms: TransformSet
    label: Label
    retain_d: int | None
    lane: str


class Author(NamedTuple):
    """Who states the records: party, unit, context; and the key from which salts are made."""

    me: str
    unit: str
    context: str
    key: bytes


def salt_of(key: bytes, what: TransformSet) -> bytes:
    """The salt of one transform set."""
    return hashlib.sha256(b"kizuna derived\n" + key + what.hash.encode()).digest()


def derived_name(salt: bytes, kind: str, name: int | str) -> str:
    """What ``derived_from`` says of a row, by its kind and its own number or id."""
    return hashlib.sha256(salt + f"{kind}\n{name}".encode()).hexdigest()[:DERIVED_DIGITS]


def encoded(rows: Rows, way: Way, author: Author) -> list[bytes]:
    """The records of rows that went through the transforms of ``way`` already, in their order."""
    bodies = {"track.position": _positions, "detection": _detections, "event": _events}[rows.kind]
    changed = not way.transforms.changes_nothing
    salt = salt_of(author.key, way.transforms) if changed else b""
    step = way.transforms.get(CoarsenTime)
    label = _label(way)
    times = rows["time_ms"].tolist()
    names = rows["event_id" if rows.kind == "event" else "number"].tolist()
    derived = [(derived_name(salt, rows.kind, n),) for n in names] if changed else [()] * len(rows)
    out = []
    said = bodies(rows, float(step.step_s) if step else None, derived)
    for time_ms, subject, made_of, (kind, geo, start, end, body) in zip(
        times, rows["subject"].tolist(), derived, said, strict=True
    ):
        record = Record(
            kind=kind, origin=author.me, unit=author.unit, subject=subject or (), observed_ms=time_ms,
            valid_from_ms=start, valid_to_ms=end, geo=geo, body=body, label=label(time_ms), context=author.context,
            derived_from=made_of,
        )  # fmt: skip
        out.append(_ENCODER.encode(record))
    return out


_Said = tuple[str, tuple[float, ...], int | None, int | None, Any]


def _label(way: Way) -> Callable[[int], Any]:
    """The label of each record by its time. Its end is put into bytes made once: making a label anew cost 6 us."""
    if way.retain_d is None:
        return lambda _time_ms: way.label
    marked = msgspec.structs.replace(way.label, retain_until_ms=_MARK)
    before, after = _ENCODER.encode(marked).split(b'"retain_until_ms":%d' % _MARK)
    keep_ms, least = way.retain_d * DAY_MS, way.label.retain_until_ms
    last_ms = LATEST_MS if least is None else min(least, LATEST_MS)

    def label(time_ms: int) -> msgspec.Raw:
        return msgspec.Raw(b'%s"retain_until_ms":%d%s' % (before, min(time_ms + keep_ms, last_ms), after))

    return label


def _places(lat: Array, lon: Array) -> list[tuple[float, ...]]:
    pairs = zip(np.round(lon, _PLACE_DIGITS).tolist(), np.round(lat, _PLACE_DIGITS).tolist(), strict=True)
    return [(x, y) if x == x and y == y else () for x, y in pairs]  # noqa: PLR0124  NaN is a missing place


def _numbers(column: Array, digits: int) -> list[float | None]:
    return [v if v == v else None for v in np.round(column.astype(np.float64), digits).tolist()]  # noqa: PLR0124


def _cells(rows: Rows) -> list[float | None]:
    return [float(v) if v > 0 else None for v in rows["cell_m"].tolist()]


def _positions(rows: Rows, bucket_s: float | None, _derived: Sequence[tuple[str, ...]]) -> Iterator[_Said]:
    columns = zip(
        _places(rows["lat_deg"], rows["lon_deg"]), _numbers(rows["sog_kn"], 1), _numbers(rows["cog_deg"], 1),
        _numbers(rows["heading_deg"], 0), rows["nav_status"].tolist(), rows["station"].tolist(), rows["via"].tolist(),
        _cells(rows), strict=True,
    )  # fmt: skip
    for geo, sog, cog, heading, status, station, via, cell in columns:
        body = Position(
            sog_kn=sog, cog_deg=cog, heading_deg=heading, nav_status=status if 0 <= status <= 15 else None,  # noqa: PLR2004  four bits
            station=station or "A", via=via or "", cell_m=cell, bucket_s=bucket_s,
        )  # fmt: skip
        yield "track.position", geo, None, None, body


def _detections(rows: Rows, bucket_s: float | None, _derived: Sequence[tuple[str, ...]]) -> Iterator[_Said]:
    names = ("accuracy_m", "length_m", "course_deg", "speed_kn", "score", "match_probability", "ais_probability")
    numbers = [_numbers(rows[n], 3 if n in names[4:] else 1) for n in names]
    columns = zip(
        _places(rows["lat_deg"], rows["lon_deg"]), rows["sensor"].tolist(), rows["verdict"].tolist(),
        rows["subject"].tolist(), _cells(rows), *numbers, strict=True,
    )  # fmt: skip
    for geo, sensor, verdict, subject, cell, *values in columns:
        mmsi = vessels(subject or ())
        body = Detection(
            sensor=sensor or "sensor", verdict=verdict or "", mmsi=mmsi[0] if mmsi else None, cell_m=cell,
            bucket_s=bucket_s, **dict(zip(names, values, strict=True)),
        )  # fmt: skip
        yield "detection", geo, None, None, body


_EVENT_NUMBERS: Final = {
    "duration_h": 3, "distance_m": 0, "implied_speed_kn": 1, "median_speed_kn": 1, "median_distance_m": 0,
    "start_distance_from_shore_m": 0, "end_distance_from_shore_m": 0, "start_distance_from_port_m": 0,
    "end_distance_from_port_m": 0, "confidence": 3, "start_lat_deg": 5, "start_lon_deg": 5, "end_lat_deg": 5,
    "end_lon_deg": 5,
}  # fmt: skip


def _events(rows: Rows, bucket_s: float | None, derived: Sequence[tuple[str, ...]]) -> Iterator[_Said]:
    numbers = {name: _numbers(rows[name], digits) for name, digits in _EVENT_NUMBERS.items()}
    geo, cells = _places(rows["start_lat_deg"], rows["start_lon_deg"]), _cells(rows)
    words = ("status", "status_reason", "confidence_word", "rule_id", "rule_version", "summary", "superseded_by")
    texts = {name: rows[name].tolist() for name in words}
    for k, made_of in enumerate(derived):
        start, end = (_time(rows[n][k]) for n in ("start_ms", "end_ms"))
        said: dict[str, Any] = {name: values[k] for name, values in numbers.items()}
        said |= {n: (v[k] or "")[:_LONGEST] for n, v in texts.items()}
        if made_of:
            said |= {"event_id": "d" + made_of[0], "superseded_by": "", "version": 1, "status_reason": ""}
            if bucket_s and start is not None and end is not None:
                said["duration_h"] = round((end - start) / HOUR_MS, 3)
        else:
            said |= {"event_id": rows["event_id"][k], "version": max(1, int(rows["version"][k]))}
        body = Event(
            mmsis=vessels(rows["subject"][k] or ())[:64], regions=_regions(rows["regions"][k]),
            tests=_tests(rows["tests"][k]),
            level=max(0, int(rows["level"][k])), cell_m=cells[k], bucket_s=bucket_s,
            sources=tuple(rows["sources"][k] or ()), alternatives=tuple(rows["alternatives"][k] or ()),
            would_settle=tuple(rows["would_settle"][k] or ()), **said,
        )  # fmt: skip
        yield f"event.{rows['event_type'][k]}", geo[k], start, end, body


def _time(value: Any) -> int | None:
    return None if int(value) in (MISSING_TIME_MS, -1) else int(value)


def _regions(found: Any) -> tuple[Region, ...]:
    return tuple(Region(**{k: v or "" for k, v in r.items()}) for r in (found or ())[:64])


def _tests(found: Any) -> tuple[Test, ...]:
    return tuple(
        Test(test=t["test"] or "", measured=_finite(t["measured"]), threshold=_finite(t["threshold"]),
             relation=t["relation"] or "", unit=t["unit"] or "", passed=t["passed"])
        for t in (found or ())[:64]
    )  # fmt: skip


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
