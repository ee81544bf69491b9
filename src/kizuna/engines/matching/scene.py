"""One scene: matched, and told in the columns of the tables."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from scipy.spatial import cKDTree

from kizuna.base.errors import ConfigError
from kizuna.base.table import Array, Table, empty
from kizuna.base.units import HOUR_MS, HOUR_S
from kizuna.engines.matching.tracks import Run
from kizuna.events import dark
from kizuna.events.params import section
from kizuna.fixes.detections import SCENE_TRACKS, SENSORS, TRACK_VERDICTS, VERDICTS
from kizuna.places.coast import load_coast
from kizuna.tracks import contact_terms, predict
from kizuna.tracks.contact_pairs import unit
from kizuna.tracks.contacts import Matched, match

_HEARD_M: Final = 50_000.0
_SURE_M: Final = 2_000.0
_SURE: Final = 0.9
_LEAST_EXPECTED: Final = 3.0
_LOOKS: Final = ("left", "right")


@dataclass(frozen=True, slots=True)
class Rules:
    """All settings of a match; each field is the TOML section of that name."""

    match: contact_terms.Params = field(default_factory=contact_terms.Params)
    predict: predict.Params = field(default_factory=predict.Params)
    dark: dark.Params = field(default_factory=dark.Params)


SECTIONS: Final[dict[str, type[Any]]] = {
    "match": contact_terms.Params, "predict": predict.Params, "dark": dark.Params,
}  # fmt: skip
"""Section of the TOML text to the class that declares its keys."""


def read_rules(text: str, where: str) -> Rules:
    """Settings from a TOML text. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"not TOML: {exc}", where=where) from exc
    for name in document:
        if name not in SECTIONS:
            raise ConfigError(f"unknown section {name!r}", where=where, hint=f"allowed: {', '.join(SECTIONS)}")
    return Rules(**{name: section(SECTIONS[name], name, values, where) for name, values in document.items()})


@dataclass(frozen=True, slots=True)
class Judged:
    """Columns of the detections of one scene, its tracks, and what dark events want to know of it."""

    verdict: Array
    mmsi: Array
    seg_id: Array
    distance_m: Array
    match_cost: Array
    match_probability: Array
    ais_probability: Array
    tracks: Table
    heard: Array
    found_share: float
    unmatched_per_1000_km2: float


def judge_scene(run: Run, scene: Table, seen: Table, rules: Rules) -> Judged:
    """Match the detections of one scene (a table of one row)."""
    time_ms = int(scene["time_ms"][0])
    sensor = SENSORS[int(scene["sensor"][0])]
    area = scene["area"][0].as_py()
    look = int(scene["look"][0])
    terms = contact_terms.Scene(
        time_ms, sensor, None if area is None else shapely.from_wkt(area), float(scene["recall"][0]),
        float(scene["recall_length_m"][0]), float(scene["false_alarms_per_1000_km2"][0]), float(scene["accuracy_m"][0]),
        float(scene["flight_deg"][0]), _LOOKS[look] if look >= 0 else "", float(scene["shift_s"][0]),
    )  # fmt: skip
    given = contact_terms.Seen(*(seen[n].astype(np.float64) if n != "time_ms" else seen[n]
                                 for n in ("time_ms", "lat_deg", "lon_deg", "accuracy_m", "length_m")))  # fmt: skip
    found = match(run.paths, terms, given, rules.match, rules.predict)
    hit = found.path >= 0
    covered = (seen["time_ms"] >= run.start_ms) & (seen["time_ms"] <= run.end_ms)
    alone = np.where(covered, VERDICTS.index("dark"), VERDICTS.index("not_judged"))
    away, cost, sure, any_sure = (
        np.asarray(v, np.float32) for v in (found.distance_m, found.cost, found.probability, found.any_probability)
    )
    mmsi, seg_id = (np.append(v, -1)[found.path] for v in (run.paths.mmsi, run.paths.seg_id))  # -1 picks the last, -1
    return Judged(
        np.where(hit, VERDICTS.index("match"), alone).astype(np.int32), mmsi.astype(np.int32), seg_id.astype(np.int64),
        away, cost, sure, any_sure, _tracks(run, scene, terms, seen, found, rules), _heard(given, found), _share(found),
        found.unmatched_per_1000_km2,
    )  # fmt: skip


def _heard(seen: contact_terms.Seen, found: Matched) -> Array:
    """Vessels with a fix within an hour of the scene, predicted within 50 km of each detection."""
    fresh = found.tracks.take(found.tracks.since_s <= HOUR_S)
    if len(seen) == 0 or len(fresh) == 0:
        return np.zeros(len(seen))
    tree = cKDTree(unit(fresh.lat_deg, fresh.lon_deg))
    count = tree.query_ball_point(unit(seen.lat_deg, seen.lon_deg), _HEARD_M, return_length=True)
    return np.asarray(count, np.float64)


def _share(found: Matched) -> float:
    """Found of the vessels that were surely inside, by what the recall lets expect; NaN where hardly any was sure."""
    sure = (found.inside >= _SURE) & (found.radius_90_m <= _SURE_M) & (found.tracks.since_s <= HOUR_MS / 1000)
    expected = float(found.recall[sure].sum())
    return math.nan if expected < _LEAST_EXPECTED else float(found.found_probability[sure].sum()) / expected


def _tracks(
    run: Run, scene: Table, terms: contact_terms.Scene, seen: Table, found: Matched, rules: Rules
) -> Table:  # fmt: skip
    """Rows of the tracks that were, or may have been, inside the area, or have a match."""
    hit = found.detection >= 0
    stated = terms.area is not None
    keep = np.flatnonzero(hit | (stated & (found.inside >= 0.01)))  # noqa: PLR2004  below, nobody would miss it
    t = found.tracks.take(keep)
    n = len(keep)
    hit, inside, radius = hit[keep], found.inside[keep], found.radius_90_m[keep]
    word = np.full(n, TRACK_VERDICTS.index("not_judged"))
    covered = run.start_ms <= terms.time_ms <= run.end_ms
    judged = (radius <= rules.match.radius_max_m) & (not math.isnan(terms.recall)) & stated & covered
    judged &= found.found_probability[keep] < 0.5  # noqa: PLR2004  likelier not than found, under some other pairing
    if rules.match.shore_min_m > 0 and judged.any():
        judged &= load_coast().distance_to_shore_m(t.lat_deg, t.lon_deg) >= rules.match.shore_min_m
    word[judged & (inside >= rules.match.inside_min)] = TRACK_VERDICTS.index("not_detected")
    word[inside < 1.0 - rules.match.inside_min] = TRACK_VERDICTS.index("outside")
    word[hit] = TRACK_VERDICTS.index("match")
    probability = np.full(n, np.nan)
    own = found.detection[keep]
    probability[hit] = found.probability[own[hit]]
    recall = found.recall[keep] if not math.isnan(terms.recall) else np.full(n, np.nan)
    nothing = np.zeros(n, np.int32)
    columns = {
        "scene_id": pa.repeat(scene["scene_id"][0], n), "mmsi": run.paths.mmsi[t.path],
        "seg_id": run.paths.seg_id[t.path],
        "time_ms": np.full(n, terms.time_ms), "lat_deg": t.lat_deg, "lon_deg": t.lon_deg, "since_s": t.since_s,
        "radius_90_m": radius, "inside": inside, "recall": recall, "verdict": word,
        "det_id": np.where(hit, seen["det_id"][own] if len(seen) else -1, -1), "match_probability": probability,
        "found_probability": found.found_probability[keep], "label": nothing, "context": nothing,
    }  # fmt: skip
    for c in SCENE_TRACKS.columns:
        if c.dtype() is not None:
            columns[c.name] = np.ascontiguousarray(columns[c.name], c.dtype())
    words = {name: scene.codes_of(name) for name in ("label", "context")}
    codes = {name: np.full(n, int(scene[name][0]), np.int32) for name in words}
    return Table(SCENE_TRACKS, dict(empty(SCENE_TRACKS, n).columns) | columns | codes, words)
