"""Matches the detections of one scene with the tracks of vessels, one to one.

For a track i and a detection j the weight of the pair is how many times likelier it is that j is the vessel i than that
i was missed and j is something without a track:

    w_ij = r_i f_ij g_ij / ((1 - r_i s_i) u h_j)

- ``r_i`` the probability that the sensor finds a vessel of that length, ``s_i`` that the vessel was inside the area;
- ``f_ij`` the density of the predicted position (``tracks.predict``), with the errors of the detection, of the AIS
  antenna and, for SAR, of the shift of moving targets added: the Student distribution is taken as a mixture of normal
  ones, each widened by these errors;
- ``g_ij`` the density of the measured length around the length that the vessel sent, ``h_j`` that among what has no
  track (log-normal over the scene); both 1 where a length is missing;
- ``u`` the density of detections without a track: false alarms as the scene states them and vessels without AIS. It is
  not known beforehand and is found from the scene itself (expectation maximisation over the match probabilities), from
  what lies within 10 km, held by the mean of the scene and a weak prior. Near well-known tracks it is higher by what
  keeps them company: partners, tugs, boats in port, ghost echoes.

``assign.best`` gives the verdicts, ``assign.marginals`` the probabilities. The cost reported is ``-ln w``.

Kroodsma et al. (2022) and Paolo et al. (2024) rank pairs by such densities and match one to one with a threshold; here
the unmatched side is written out, so no threshold is needed and the probabilities can be checked against truth.

Limits: two vessels that give one detection, or one that gives two, are not known. Natural logarithms, exponentials and
sines are the platform's, not the house's own: gains are rounded to 1e-6 before they decide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from scipy.spatial import cKDTree

from kizuna.base.table import Array
from kizuna.tracks import assign, predict
from kizuna.tracks.contact_pairs import CERTAIN, WEIGHTS, Pairs, company, mixture, per_degree, unit
from kizuna.tracks.contact_pairs import pairs as found
from kizuna.tracks.contact_terms import ACCURACY_M, Params, Scene, Seen
from kizuna.tracks.predict import Paths, Predictions

_ROUNDS: Final = 8
"""Of the density of the unmatched against the match probabilities; it moves by less than 1 % after five."""
_FEWEST: Final = 0.01
"""Pairs are sought as if at least this share of the detections had no track, which bounds their number."""
_AROUND_M: Final = 10000.0
"""The density of the unmatched is held by what lies within this distance."""
_STEEP: Final = 4.0
_UNKNOWN_LENGTH_M: Final = 25.0


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of the detections and of the tracks of a scene.

    Per detection: ``path`` (number in ``Paths``, -1 for none), ``cost``, ``distance_m`` (of the matched, else of
    the likeliest track), ``probability`` of the match, ``any_probability`` that some track explains it.
    Per track of ``tracks``: ``detection`` (-1 for none), ``inside``, ``recall``, ``radius_90_m``,
    ``found_probability``. ``unmatched_per_1000_km2`` is the density that the scene itself gave.
    """

    path: Array
    cost: Array
    distance_m: Array
    probability: Array
    any_probability: Array
    tracks: Predictions
    detection: Array
    inside: Array
    recall: Array
    radius_90_m: Array
    found_probability: Array
    unmatched_per_1000_km2: float


def match(
    paths: Paths, scene: Scene, seen: Seen, params: Params | None = None, reach: predict.Params | None = None
) -> Matched:
    """Match one scene. Detections of long scenes are compared with the tracks at their own times."""
    p = params or Params()
    tracks = predict.predict(paths, scene.time_ms, reach)
    sigma = _accuracy(scene, seen)
    area_m2 = _area_m2(scene, seen)
    length = paths.length_m[tracks.path]
    recall = _recall(scene, length, p.recall)
    tracks, length, recall = _near(tracks, length, recall, scene, seen, p)
    inside = _inside(tracks, scene.area)
    alarms = scene.false_alarms_per_1000_km2
    prior = max(p.unmatched_per_1000_km2, 0.0 if math.isnan(alarms) else alarms) / 1e9
    least = max(1.0, _FEWEST * len(seen)) / (1.0 / prior + area_m2)
    pairs = found(paths, tracks, length, recall, inside, scene, seen, sigma, least, p, reach)
    n, m = len(tracks), len(seen)
    whole = max(least, m / area_m2)
    back: Array = np.ones(len(pairs.track))
    density = np.full(m, whole)
    one, other = _neighbours(seen)
    near = p.company * company(tracks, seen)
    prob = np.zeros(len(pairs.track))
    for _ in range(_ROUNDS):
        prob, back = assign.marginals(pairs.track, pairs.det, pairs.weight / density[pairs.det], n, m, back)
        alone = np.maximum(1.0 - np.bincount(pairs.det, prob, m), 0.0)
        whole = (1.0 + float(alone.sum())) / (1.0 / prior + area_m2)
        around = np.bincount(one, alone[other], m)
        density = np.maximum((1.0 + around) / (1.0 / whole + np.pi * _AROUND_M**2), least) + near
    return _told(pairs, prob, density, whole, tracks, inside, recall)


def _neighbours(seen: Seen) -> tuple[Array, Array]:
    """Pairs of detections near each other, both ways round, none with itself."""
    if len(seen) < 2:  # noqa: PLR2004  two make a pair
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pairs = cKDTree(unit(seen.lat_deg, seen.lon_deg)).query_pairs(_AROUND_M, output_type="ndarray").astype(np.int64)
    return np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])


def _told(
    pairs: Pairs, prob: Array, density: Array, whole: float, tracks: Predictions, inside: Array, recall: Array
) -> Matched:
    n, m = len(tracks), len(density)
    gain = np.round(np.log(np.maximum(pairs.weight / density[pairs.det], 1e-300)), 6)
    chosen = assign.best(pairs.track, pairs.det, gain, n, m)
    likeliest = np.full(m, -1, np.int64)
    order = np.lexsort((pairs.track, gain))
    likeliest[pairs.det[order]] = order  # the last, greatest one stays
    shown = np.where(chosen >= 0, chosen, likeliest)
    there, hit = shown >= 0, chosen >= 0
    cost, distance, probability = np.full(m, np.nan), np.full(m, np.nan), np.full(m, np.nan)
    cost[there], distance[there] = -gain[shown[there]], pairs.distance_m[shown[there]]
    probability[hit] = prob[chosen[hit]]
    path, detection = np.full(m, -1, np.int64), np.full(n, -1, np.int64)
    path[hit] = tracks.path[pairs.track[chosen[hit]]]
    detection[pairs.track[chosen[hit]]] = np.flatnonzero(hit)
    return Matched(
        path, cost, distance, probability, np.minimum(np.bincount(pairs.det, prob, m), 1.0), tracks, detection, inside,
        recall, predict.radius(0.9, tracks.nu) * np.maximum(tracks.along_m, tracks.across_m),
        np.minimum(np.bincount(pairs.track, prob, n), 1.0), whole * 1e9,
    )  # fmt: skip


def _accuracy(scene: Scene, seen: Seen) -> Array:
    fallback = ACCURACY_M[scene.sensor] if math.isnan(scene.accuracy_m) else scene.accuracy_m
    return np.maximum(np.where(np.isnan(seen.accuracy_m), fallback, seen.accuracy_m), 1.0)


def _recall(scene: Scene, length: Array, assumed: float) -> Array:
    """Probability to find a vessel: falls with the fourth power of the length below ``recall_length_m``."""
    whole = assumed if math.isnan(scene.recall) else scene.recall
    if math.isnan(scene.recall_length_m) or scene.recall_length_m <= 0:
        return np.full(len(length), min(whole, CERTAIN))
    known = np.where(np.isnan(length) | (length <= 0), _UNKNOWN_LENGTH_M, length)
    return np.asarray(min(whole, CERTAIN) / (1.0 + (scene.recall_length_m / known) ** _STEEP))


def _area_m2(scene: Scene, seen: Seen) -> float:
    """Area of the scene, else of the hull of its detections with 5 km around; on a plane at its middle latitude."""
    shape, more_m = scene.area, 0.0
    if shape is None:
        if len(seen) == 0:
            return 1e6
        first = seen.lon_deg[0]
        lon = first + (seen.lon_deg - first + 180.0) % 360.0 - 180.0
        shape, more_m = shapely.multipoints(np.column_stack([lon, seen.lat_deg])).convex_hull, 5_000.0
    bounds = shapely.bounds(shape)
    north, east = per_degree(np.array([0.5 * (bounds[1] + bounds[3])]))
    plane = shapely.transform(shape, lambda xy: xy * np.array([east[0], north[0]]))
    return float(max(shapely.area(shapely.buffer(plane, more_m) if more_m else plane), 1e6))


def _near(
    tracks: Predictions, length: Array, recall: Array, scene: Scene, seen: Seen, p: Params
) -> tuple[Predictions, Array, Array]:
    """Leave out tracks that are neither in reach of a detection nor near the area."""
    reach_m = p.gate_km * 1000.0
    near = np.zeros(len(tracks), np.bool_)
    if len(seen) and len(tracks):
        away, _ = cKDTree(unit(seen.lat_deg, seen.lon_deg)).query(
            unit(tracks.lat_deg, tracks.lon_deg), distance_upper_bound=reach_m
        )
        near = np.isfinite(away)
    if scene.area is not None and len(tracks):
        shapely.prepare(scene.area)
        near |= shapely.dwithin(scene.area, shapely.points(tracks.lon_deg, tracks.lat_deg), reach_m / 111_000.0)
    return tracks.take(near), length[near], recall[near]


def _inside(tracks: Predictions, area: Any) -> Array:
    """Probability that each vessel was inside the area; 1 where no area is stated.

    By points of the distribution: ten strata, three rings (the medians of thirds of a normal one), eight directions.
    """
    n = len(tracks)
    if area is None or n == 0:
        return np.ones(n)
    centre = shapely.contains_xy(area, tracks.lon_deg, tracks.lat_deg)
    north, east = per_degree(tracks.lat_deg)
    far = predict.radius(0.995, tracks.nu) * np.maximum(tracks.along_m, tracks.across_m)
    edge = shapely.distance(shapely.boundary(area), shapely.points(tracks.lon_deg, tracks.lat_deg))
    out: Array = np.asarray(centre, np.float64)
    doubt = np.flatnonzero(edge * east < far)
    if len(doubt) == 0:
        return out
    some = tracks.take(doubt)
    wide = 1.0 / np.sqrt(mixture(some))
    rings = np.sqrt(-2.0 * np.log(1.0 - np.array([1.0, 3.0, 5.0]) / 6.0))
    angle = np.arange(8) * np.pi / 4.0
    offset = np.einsum("nk,r->nkr", wide, rings)[..., None]
    each = (slice(None), None, None, None)
    along, across = offset * np.cos(angle) * some.along_m[each], offset * np.sin(angle) * some.across_m[each]
    ax, ay = some.axis_east[each], some.axis_north[each]
    lat = some.lat_deg[each] + (along * ay + across * ax) / north[doubt][each]
    lon = some.lon_deg[each] + (along * ax - across * ay) / east[doubt][each]
    held = shapely.contains_xy(area, ((lon + 180.0) % 360.0 - 180.0).ravel(), lat.ravel()).reshape(lat.shape)
    out[doubt] = (held.mean(axis=(2, 3)) * WEIGHTS).sum(axis=1)
    return out
