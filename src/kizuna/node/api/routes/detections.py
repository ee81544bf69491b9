"""Detections of other sensors: what they saw, and what matching with the tracks says of it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

import numpy as np
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from kizuna.base.units import DAY_MS
from kizuna.events.table import dark_ids
from kizuna.fixes.detections import SENSORS, VERDICTS
from kizuna.node.api.answers import Problem, answer
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.times import Moment, period
from kizuna.node.api.view import Reader, Seen

WAITS: Final = "waits"
MOST: Final = 5_000
POST: Final[dict[str, Any]] = {
    "summary": "Hand in detections", "operationId": "post_detections", "x-kizuna-action": "detection.post",
    "description": "For sensors: the token of a source of kind http-detections as Bearer; no session and no other"
    " token. Answered when the rows are durable; what is sent twice is stored once.",
    "requestBody": {"required": True, "content": {
        "text/csv": {"schema": {"type": "string"}}, "application/geo+json": {"schema": {"type": "object"}},
    }},
    "responses": {
        "201": {"description": "stored: {source, stored, known, rejected, notes}"},
        "200": {"description": "nothing new: the same"}, "400": {"description": "cannot be read"},
        "401": {"description": "no source has this token"}, "408": {"description": "did not come in time"},
        "413": {"description": "more than 16 MiB"}, "429": {"description": "8 posts of this source are under way"},
        "503": {"description": "cannot be stored now"},
    },
}  # fmt: skip
"""Description of the door for sensors, which stands before the app (``node.service.detections_door``)."""
_SPAN_MOST_MS: Final = 31 * DAY_MS
_DARK: Final = VERDICTS.index("dark")
_MEASURED: Final = {
    "accuracy_m": ("accuracy_m", 1), "length_m": ("length_m", 1), "course_deg": ("course_deg", 1),
    "speed_kn": ("speed_kn", 2), "score": ("score", 3), "probability": ("match_probability", 4),
    "ais_probability": ("ais_probability", 4), "distance_m": ("distance_m", 1),
}  # fmt: skip


def add_to(router: APIRouter, books: Books) -> None:
    """Add the routes."""
    node = books.node

    @router.get("/api/detections", **needs("detection.see"))
    def listed(viewer: Looks, start: Annotated[Moment, Query(alias="from")] = None,
               end: Annotated[Moment, Query(alias="to")] = None) -> Response:  # fmt: skip
        """Detections of a period by time, the newest where there are too many; a day up to now without one."""
        start_ms, end_ms = period(start, end, node, DAY_MS, _SPAN_MOST_MS)
        version = 0 if node.contacts is None else node.contacts.version
        rows, final = Reader(node, viewer).detections(start_ms, end_ms)
        left_out = max(0, len(rows) - MOST)
        node.desk.audit.saw(viewer.name, "detection.see", "", viewer.address)
        told = as_dicts(Seen(rows.take(np.arange(left_out, len(rows)))), final[left_out:], books)
        return answer({"version": version, "detections": told, "left_out": left_out, "from": start_ms, "to": end_ms})

    @router.get("/api/detections/{det_id}", **needs("detection.see"))
    def one(viewer: Looks, det_id: Annotated[int, Path(ge=0, lt=1 << 63)]) -> Response:
        """One detection."""
        time_ms = None if node.contacts is None else node.contacts.time_of(det_id)
        if time_ms is not None:
            rows, final = Reader(node, viewer).detections(time_ms, time_ms + 1)
            at = np.flatnonzero(rows["det_id"] == det_id)
            if len(at):
                node.desk.audit.saw(viewer.name, "detection.see", str(det_id), viewer.address)
                return answer(as_dicts(Seen(rows.take(at)), final[at], books)[0])
        raise Problem(404, "there is no such detection")


def as_dicts(rows: Seen, final: Any, books: Books) -> list[dict[str, Any]]:
    """Detections as the API gives them; ids as text, because a browser has no 63 bits."""
    books.pictures.refresh()  # for the names
    sources, events = rows.codes_of("source_id"), dark_ids(rows["det_id"])
    text = {n: rows[n].to_pylist() for n in ("ref", "scene_id", "image_ref")}
    out = []
    for k, verdict in enumerate(rows["verdict"].tolist()):
        mmsi = int(rows["mmsi"][k])
        source = int(rows["source_id"][k])
        out.append({
            "id": str(int(rows["det_id"][k])), "t": int(rows["time_ms"][k]), "lat": float(rows["lat_deg"][k]),
            "lon": float(rows["lon_deg"][k]), "sensor": SENSORS[int(rows["sensor"][k])],
            "source": sources[source] if source >= 0 else "", "ref": text["ref"][k] or "",
            "scene": text["scene_id"][k] or "", "image_ref": text["image_ref"][k] or "",
            "verdict": VERDICTS[verdict] if verdict >= 0 else WAITS, "final": bool(final[k]),
            "mmsi": mmsi if mmsi >= 0 else None, "name": books.pictures.name(mmsi) if mmsi >= 0 else "",
            "event_id": events[k] if verdict == _DARK else None,
            **{said: _number(float(rows[name][k]), places) for said, (name, places) in _MEASURED.items()},
        })  # fmt: skip
    return out


def _number(value: float, places: int) -> float | None:
    return None if math.isnan(value) else round(value, places)
