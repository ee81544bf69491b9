"""Dark detections: a sensor saw something, and no AIS track explains it.

Definition. A detection is an event when ``tracks.contacts`` found no track for it (verdict ``dark``): under its costs
it is likelier that the contact is something without AIS than any vessel that was heard. The event says *detected
without a matching AIS report*; it never says that anybody hides, because most vessels need no AIS, receivers do not
hear all that is sent, and detectors see things that are no vessels.

What is measured of each: the probability that no track explains it; how many vessels were heard around it within the
hour (where nobody is heard, a missing signal says nothing); whether the scene finds the vessels that are surely in it
(a scene with a wrong clock makes everything dark); whether something was seen at the same place in other scenes, or a
known fixed object stands there; length, score, distance from shore.

Limits: the matcher's own; a vessel moored for days looks like a fixed structure; two vessels side by side give one
contact. The probability is calibrated on simulated truth (``docs/explanation/detections.md``), the confidence is not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from scipy.spatial import cKDTree

from kizuna.base.table import Array, Kind, Table, empty
from kizuna.base.units import HOUR_MS, NM_M
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.confidence import LOW_CAP, Support, confidence, level
from kizuna.events.account.draft import constant, ends, rule
from kizuna.events.account.evidence import Test, chosen, evidence, listed
from kizuna.events.account.limits import within
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENT_TYPES, EVENTS, PROOF_TYPE, STATUSES, dark_ids
from kizuna.fixes.detections import SENSORS, VERDICTS
from kizuna.tracks.contact_pairs import unit

RULE_VERSION: Final = "1"
KIND: Final = "dark_detection"
_SENSOR_NAMES: Final = {
    "radar": "A radar contact", "sar": "A satellite radar contact", "rf": "A radio source",
    "uav": "A contact of an uncrewed aircraft", "visual": "A contact in an image or by eye",
    "report": "A contact reported by a partner",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the tests.

    Attributes:
        alone_min: least probability that no track explains the contact, for more than low confidence; 0.5 to 1.
            Default 0.8; the probabilities are calibrated, see the documentation.
        heard_min: vessels heard within an hour and 50 km; fewer than this and the place may lie outside reception;
            1 to 1,000. Default 3.
        found_min: share of the vessels surely inside the scene that were found, of what its recall lets expect; 0 to 1.
            Default 0.5: below, time or place of the scene may be wrong.
        fixed_m: contacts of other scenes within this distance are at the same place, m; 10 to 5,000. Default 200,
            three standard errors of a satellite radar.
        fixed_apart_h: only scenes this far apart in time count, h; 0.1 to 720. Default 6.
        length_min_m: shorter ones are mostly craft that need no AIS, m; 0 to 300. Default 24: the Torremolinos length
            from which rules for fishing vessels begin to bite in most places.
        score_min: least score of the detector, where it gives one; 0 to 1. Default 0.5.
        shore_min_nm: nearer to the shore, rocks, piers and small craft are the rule, nm; 0 to 200. Default 1.
    """

    alone_min: float = 0.8
    heard_min: int = 3
    found_min: float = 0.5
    fixed_m: float = 200.0
    fixed_apart_h: float = 6.0
    length_min_m: float = 24.0
    score_min: float = 0.5
    shore_min_nm: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("dark", "alone_min", self.alone_min, 0.5, 1)
        within("dark", "heard_min", self.heard_min, 1, 1_000)
        within("dark", "found_min", self.found_min, 0, 1)
        within("dark", "fixed_m", self.fixed_m, 10, 5_000, "m")
        within("dark", "fixed_apart_h", self.fixed_apart_h, 0.1, 720, "h")
        within("dark", "length_min_m", self.length_min_m, 0, 300, "m")
        within("dark", "score_min", self.score_min, 0, 1)
        within("dark", "shore_min_nm", self.shore_min_nm, 0, 200, "nm")


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around each detection: float arrays of one entry each, NaN where not known.

    ``heard`` vessels heard within an hour and 50 km; ``found_share`` of what the scene should have found, NaN where
    fewer than three vessels were sure; ``repeats`` other scenes, far enough apart in time, with a contact at the place;
    ``fixed_m`` distance to the nearest known fixed object.
    """

    heard: Array
    found_share: Array
    repeats: Array
    fixed_m: Array


def detect(
    detections: Table, around: Around, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN
) -> Table:
    """Events of the detections whose verdict is ``dark``, in their order."""
    params = params or Params()
    rows = np.flatnonzero(detections["verdict"] == VERDICTS.index("dark"))
    seen = detections.take(rows)
    near = Around(*(getattr(around, n)[rows] for n in ("heard", "found_share", "repeats", "fixed_m")))
    f = _facts(seen, near, surroundings)
    n = len(rows)
    lat, lon = seen["lat_deg"], seen["lon_deg"]
    alone = np.arange(n + 1)
    place = (lat, lon)
    sure = _confidence(f, params)
    columns = {
        "event_id": pa.array(dark_ids(seen["det_id"]), pa.string()),
        "version": np.ones(n, np.int32), "status": np.full(n, STATUSES.index("closed"), np.int32),
        "event_type": np.full(n, EVENT_TYPES.index(KIND), np.int32),
        "vessel_ids": listed(pa.array([], pa.string()), np.zeros(n + 1)),
        "mmsis": listed(pa.array([], pa.int32()), np.zeros(n + 1)),
        "seg_ids": listed(pa.array([], pa.int64()), np.zeros(n + 1)),
        "start_ms": seen["time_ms"], "end_ms": seen["time_ms"], **ends(surroundings, place, place),
        "lat_mean_deg": lat, "lon_mean_deg": lon, "lat_min_deg": lat, "lat_max_deg": lat, "lon_min_deg": lon,
        "lon_max_deg": lon, "duration_h": np.zeros(n), "median_speed_kn": seen["speed_kn"],
        "confidence": sure, "confidence_word": level(sure),
        "sources": pa.array([[SENSORS[s], "AIS: none found"] for s in seen["sensor"].tolist()], pa.list_(pa.string())),
        "rule_id": constant(KIND, n), **rule(params, RULE_VERSION, surroundings, n),
        "evidence": evidence(n, _tests(f, params)), "proof": _proof(seen, alone), **_words(f, params),
        "summary": _summaries(seen, f, params), "event_info": _info(seen, f),
        "label": seen["label"], "context": seen["context"],
    }  # fmt: skip
    done = dict(empty(EVENTS, n).columns) | columns
    for c in EVENTS.columns:
        if c.dtype() is not None:
            done[c.name] = np.ascontiguousarray(done[c.name], c.dtype())
    words: dict[str, tuple[str, ...]] = {c.name: () for c in EVENTS.columns if c.kind is Kind.CODE and c.codes is None}
    return Table(EVENTS, done, words | {n: seen.codes_of(n) for n in ("label", "context")})


@dataclass(frozen=True, slots=True)
class _Facts:
    """Measured values per event; NaN where unknown."""

    alone: Array
    nearest_m: Array
    length_m: Array
    score: Array
    shore_m: Array
    near: Around


def _facts(seen: Table, near: Around, surroundings: Surroundings) -> _Facts:
    return _Facts(
        1.0 - seen["ais_probability"].astype(np.float64), seen["distance_m"].astype(np.float64),
        seen["length_m"].astype(np.float64), seen["score"].astype(np.float64),
        surroundings.shore(seen["lat_deg"], seen["lon_deg"]), near,
    )  # fmt: skip


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("probability_without_track", f.alone, ">=", p.alone_min),
        Test("vessels_heard_around", f.near.heard, ">=", p.heard_min),
        Test("found_of_expected_in_scene", f.near.found_share, ">=", p.found_min),
        Test("same_place_in_other_scenes", f.near.repeats, "<", 1),
        Test("distance_to_known_fixed_object", f.near.fixed_m, ">", p.fixed_m, "m"),
        Test("length", f.length_m, ">=", p.length_min_m, "m"),
        Test("score", f.score, ">=", p.score_min),
        Test("distance_from_shore", f.shore_m / NM_M, ">=", p.shore_min_nm, "nm"),
    ]


def _fixed(f: _Facts, p: Params) -> Array:
    return (f.near.repeats >= 1) | (f.near.fixed_m <= p.fixed_m)


def _confidence(f: _Facts, p: Params) -> Array:
    """Confidence that a vessel without a matching AIS report was there.

    The probability that no track explains it counts most (full at 0.99), then how many vessels were heard around
    (full at ten times the least), length (full at 60 m), score and distance from shore (full at ten times the
    least). Low where a better explanation is known: a fixed object, a place where nobody is heard, a scene that does
    not find what is surely there, a likely track.
    """
    supports = [
        Support(3, f.alone, 0.5, 0.99),
        Support(2, f.near.heard, 0, 10 * p.heard_min),
        Support(1, f.length_m, 10, 60),
        Support(1, f.score, p.score_min - 0.01, 1.0),
        Support(1, f.shore_m, 0, 10 * p.shore_min_nm * NM_M + 1),
    ]
    caps = [
        (_fixed(f, p), LOW_CAP), (~(f.near.heard >= p.heard_min), LOW_CAP), (f.near.found_share < p.found_min, LOW_CAP),
        (f.alone < p.alone_min, LOW_CAP),
    ]  # fmt: skip
    return confidence(len(f.alone), supports, caps)


def _words(f: _Facts, p: Params) -> dict[str, pa.Array]:
    n = len(f.alone)
    could_be: dict[str, Array | bool] = {
        explain.FIXED_OBJECT: _fixed(f, p),
        explain.SCENE_OFF: f.near.found_share < p.found_min,
        explain.NOBODY_HEARD: ~(f.near.heard >= p.heard_min),
        explain.OTHER_TRACK: f.alone < p.alone_min,
        explain.NEEDS_NO_AIS: True,
        explain.NOT_RECEIVED: True,
        explain.NO_VESSEL: True,
    }
    settle = (explain.SETTLE_AGAIN, explain.SETTLE_OTHER_RECEIVER, explain.SETTLE_PATROL, explain.SETTLE_CHARTS)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def _proof(seen: Table, offsets: Array) -> pa.Array:
    n = len(seen)
    structs = pa.StructArray.from_arrays(
        [constant("detections", n), listed(pa.array(seen["det_id"]), offsets)], fields=list(PROOF_TYPE)
    )
    return listed(structs, offsets)


def _summaries(seen: Table, f: _Facts, p: Params) -> pa.Array:
    out = []
    fixed = _fixed(f, p).tolist()
    rows = zip(seen["sensor"].tolist(), seen["time_ms"].tolist(), f.length_m.tolist(), f.nearest_m.tolist(),
               f.alone.tolist(), fixed, strict=True)  # fmt: skip
    for sensor, time_ms, length, nearest, alone, still in rows:
        size = f" of about {length:.0f} m" if length > 0 else ""
        track = f"the likeliest track passed {nearest / 1000:.1f} km away" if nearest >= 0 else "no track was in reach"
        also = " A fixed object is likely: something stands or was seen at this place." if still else ""
        out.append(
            f"{_SENSOR_NAMES[SENSORS[sensor]]}{size} at {iso_s(time_ms)} was detected without a matching AIS report: "
            f"{track}; probability that no track explains it {alone:.2f}.{also}"
        )
    return pa.array(out, pa.string())


def _info(seen: Table, f: _Facts) -> pa.Array:
    scenes, refs, images = (seen[n].to_pylist() for n in ("scene_id", "ref", "image_ref"))
    repeats: Sequence[float] = f.near.repeats.tolist()
    rows = zip(seen["det_id"].tolist(), scenes, refs, images, repeats, strict=True)
    return pa.array([
        json.dumps({"det_id": d, "scene_id": s, "ref": r, "image_ref": i, "same_place": int(k)}, ensure_ascii=False)
        for d, s, r, i, k in rows
    ], pa.string())  # fmt: skip


def same_place(detections: Table, scene: Array, scene_ms: Array, params: Params) -> Array:
    """Per detection: other scenes, far enough apart in time, with a contact within ``fixed_m``."""
    n = len(detections)
    if n < 2:  # noqa: PLR2004  two make a pair
        return np.zeros(n)
    pairs = cKDTree(unit(detections["lat_deg"], detections["lon_deg"])).query_pairs(
        params.fixed_m, output_type="ndarray"
    )
    apart = np.abs(scene_ms[scene[pairs[:, 0]]] - scene_ms[scene[pairs[:, 1]]]) >= params.fixed_apart_h * HOUR_MS
    pairs = pairs[apart]
    both = np.concatenate([pairs, pairs[:, ::-1]])
    met = np.unique(np.column_stack([both[:, 0], scene[both[:, 1]]]), axis=0)
    return np.bincount(met[:, 0], minlength=n).astype(np.float64)


def nearest_m(detections: Table, lat_deg: Array, lon_deg: Array) -> Array:
    """Distance of each detection to the nearest of some points, NaN without points."""
    n = len(detections)
    if len(lat_deg) == 0 or n == 0:
        return np.full(n, np.nan)
    away, _ = cKDTree(unit(lat_deg, lon_deg)).query(unit(detections["lat_deg"], detections["lon_deg"]))
    return np.asarray(away)
