"""Single vessels: card, track, search."""

from __future__ import annotations

import threading
from typing import Annotated, Any, Final

import numpy as np
import pyarrow as pa
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from kizuna.base.table import Table, empty
from kizuna.base.units import DAY_MS, HOUR_MS, MISSING_TIME_MS
from kizuna.node.api.answers import ARROW, Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.kinds import kinds, type_text
from kizuna.node.api.picture_book import ipc
from kizuna.node.api.times import Moment, period
from kizuna.node.api.view import MOTION, Reader, Viewer
from kizuna.node.desk.rules import may
from kizuna.picture.flags import flag_names, mid_of
from kizuna.picture.history import History, brief, coded_cautions
from kizuna.picture.search import imo_note, search
from kizuna.tracks.table import SEGMENTS

TRACK: Final = pa.schema([("t_ms", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64()), ("sog", pa.float32())])
_TRACK_MOST_MS: Final = 31 * DAY_MS
_FOUND_MOST: Final = 50
_EVENTS_MOST: Final = 100
Mmsi = Annotated[int, Path(ge=1, le=999_999_999)]


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node
    names = Names()

    @router.get("/api/vessels/{mmsi}", **needs("vessel.see"))
    def card(viewer: Looks, mmsi: Mmsi) -> Response:
        """What is known of one MMSI: a number, which need not be one ship."""
        reader = Reader(node, viewer)
        identities, events = reader.identities(mmsi), reader.events(mmsi=mmsi)
        fix = newest_fix(reader, mmsi)
        if fix is None and not len(identities) and not len(events):
            raise Problem(404, "this number was not heard", code="not_heard")
        node.desk.audit.saw(viewer.name, "vessel.see", str(mmsi), viewer.address)
        return answer(_card(mmsi, identities, events, fix, books, viewer))

    @router.get("/api/vessels/{mmsi}/track", **needs("vessel.see"))
    def track(viewer: Looks, mmsi: Mmsi, start: Annotated[Moment, Query(alias="from")] = None,
              end: Annotated[Moment, Query(alias="to")] = None) -> Response:  # fmt: skip
        """Fixes of one MMSI, as an Arrow IPC stream, at most 31 days."""
        start_ms, end_ms = period(start, end, node, round(node.facts.track_h * HOUR_MS), _TRACK_MOST_MS)
        fixes = Reader(node, viewer).track(mmsi, start_ms, end_ms, MOTION)
        keep = ~np.isnan(fixes["lat_deg"])
        node.desk.audit.saw(viewer.name, "vessel.track", str(mmsi), viewer.address)
        columns = [fixes[n][keep] for n in ("time_ms", "lon_deg", "lat_deg", "sog_kn")]
        return Response(ipc(TRACK, columns), media_type=ARROW)

    @router.get("/api/search", **needs("vessel.see"))
    def find(viewer: Looks, q: Annotated[str, Query(min_length=1, max_length=200)]) -> Response:
        """Vessels by MMSI, IMO number, call sign, or name in any script."""
        found = search(q, names.of(Reader(node, viewer), viewer), empty(SEGMENTS))
        results = [
            {"mmsi": c.mmsi, "name": c.shipnames[0] if c.shipnames else "", "imo": c.imos[0] if c.imos else None,
             "callsign": names.callsign(c.mmsi), "by": c.by, "likeness": round(c.likeness, 3), "way": c.way,
             "last_t": c.last_ms}
            for c in found[:_FOUND_MOST]
        ]  # fmt: skip
        if not results and q.strip().isdigit():
            results = _unnamed(books, q.strip())
        return answer({"results": results, "more": max(0, len(found) - _FOUND_MOST), "note": imo_note(q)})


class Names:
    """Identities for the search, read again only when a batch has come and a few seconds have passed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[str, int, Table] | None = None
        self._callsigns: dict[int, str] = {}

    def of(self, reader: Reader, viewer: Viewer) -> Table:
        """Identities as this kind of viewer sees them."""
        with self._lock:
            key = viewer.role, reader.versions().newest_ms // 10_000
            if self._held is None or self._held[:2] != key:
                table = reader.identities()
                pairs = zip(table["mmsi"].tolist(), table["callsign"].to_pylist(), strict=True)
                self._callsigns = {m: c for m, c in pairs if c}
                self._held = (*key, table)
            return self._held[2]

    def callsign(self, mmsi: int) -> str:
        """The call sign last sent; empty without one."""
        return self._callsigns.get(mmsi, "")


def _unnamed(books: Books, text: str) -> list[dict[str, Any]]:
    """A number that was heard but never said its name."""
    books.pictures.refresh()
    row = books.pictures.row(int(text)) if len(text) == 9 else None  # noqa: PLR2004  nine digits, M.585
    if row is None:
        return []
    return [{"mmsi": int(text), "name": "", "imo": None, "callsign": "", "by": "mmsi", "likeness": 1.0, "way": "",
             "last_t": row["t"]}]  # fmt: skip


def newest_fix(reader: Reader, mmsi: int) -> dict[str, Any] | None:
    """The newest position of a vessel with where it came from."""
    newest = reader.versions().newest_ms
    if newest == MISSING_TIME_MS:
        return None
    for hours in (1, 24, 24 * 31):
        fixes = reader.track(mmsi, newest - hours * HOUR_MS, newest + HOUR_MS)
        placed = np.flatnonzero(~np.isnan(fixes["lat_deg"]))
        if len(placed):
            k = int(placed[np.argmax(fixes["time_ms"][placed])])
            return {
                "lat": float(fixes["lat_deg"][k]), "lon": float(fixes["lon_deg"][k]), "t": int(fixes["time_ms"][k]),
                "sog_kn": _number(fixes["sog_kn"][k]), "cog_deg": _number(fixes["cog_deg"][k]),
                "heading_deg": _number(fixes["heading_deg"][k]), "nav_status": _code(fixes["nav_status"][k]),
                "source": _word(fixes, "source_id", k), "station": _word(fixes, "station_id", k),
                "ais_class": _word(fixes, "ais_class", k),
            }  # fmt: skip
    return None


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)


def _code(value: Any) -> int | None:
    return None if value < 0 else int(value)


def _word(table: Table, name: str, k: int) -> str:
    code = int(table[name][k])
    return table.codes_of(name)[code] if code >= 0 else ""


def _brief(events: Table, k: int) -> dict[str, Any]:
    row, end = brief(events, k), int(events["end_ms"][k])
    return {**row, "t": int(events["start_ms"][k]), "end": None if end == MISSING_TIME_MS else end,
            "word": row["confidence_word"], "status": _word(events, "status", k)}  # fmt: skip


def _card(mmsi: int, identities: Table, events: Table, fix: dict[str, Any] | None, books: Books,
          viewer: Viewer) -> dict[str, Any]:  # fmt: skip
    order = np.argsort(identities["last_ms"], kind="stable")[::-1]
    rows = identities.take(order)
    said = {n: next((v for v in rows[n].tolist() if v > 0), None) for n in ("imo", "ship_type", "length_m", "width_m")}
    texts = {n: next((v for v in rows[n].to_pylist() if v), "") for n in ("callsign", "destination")}
    recent = np.argsort(events["start_ms"], kind="stable")[::-1][:_EVENTS_MOST]
    watched = [
        {"list": name, "reason": h.entry.reason, "source": h.entry.source, "until": h.entry.until, "by": h.candidate.by,
         "worth": h.worth}
        for name, hits in books.hits.items() for h in hits if h.candidate.mmsi == mmsi
    ] if may(viewer.role, "watchlist.see") else []  # fmt: skip
    ship_type = said["ship_type"]
    known = np.array([-1 if ship_type is None else ship_type])
    spans = zip(rows["shipname"].to_pylist(), rows["first_ms"], rows["last_ms"], rows["count"], strict=True)
    history = History(mmsi, identities, empty(SEGMENTS), events, 0)
    return {
        "mmsi": mmsi,
        "names": [{"name": n or "", "first": int(a), "last": int(z), "count": int(c)} for n, a, z, c in spans],
        "imo": said["imo"], "callsign": texts["callsign"], "destination": texts["destination"], "type": ship_type,
        "kind": int(kinds(known, np.array([-1]))[0]), "type_text": type_text(ship_type or 0),
        "length_m": said["length_m"], "width_m": said["width_m"],
        "flag": flag_names(mid_of(np.array([mmsi])))[0], "fix": fix,
        "cautions": [{"code": c.code, "facts": c.facts, "text": c.text} for c in coded_cautions(history)],

        "events": [_brief(events, int(k)) for k in recent],
        "events_left_out": max(0, len(events) - _EVENTS_MOST), "watch": watched,
        "track_hours": books.node.facts.track_h,
    }  # fmt: skip
