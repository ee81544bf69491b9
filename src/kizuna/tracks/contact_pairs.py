"""Pairs of tracks and detections of one scene and what speaks for each; the formula stands in ``contacts``.

A squared scale of the Student distribution, divided by a mixing variable, is the variance of a normal one; ten strata
of that variable, each widened by the errors of detection and antenna, give the density of a pair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.spatial import cKDTree
from scipy.special import gammaincinv

from kizuna.base.table import Array
from kizuna.base.units import EARTH_MEAN_RADIUS_M, MINUTE_MS, WGS84_A_M, WGS84_F
from kizuna.tracks import predict
from kizuna.tracks.contact_terms import Params, Scene, Seen
from kizuna.tracks.predict import Paths, Predictions

_EDGES: Final = np.array([0.0, 1e-4, 1e-3, 0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 1.0])
"""Strata of the mixing variable of the Student distribution, finest where the tails come from."""
WEIGHTS: Final = np.diff(_EDGES)
_MIDDLES: Final = 0.5 * (_EDGES[1:] + _EDGES[:-1])
_TAILS: Final = 4.0 / gammaincinv(4.0, _MIDDLES)
"""Factors of the squared errors of detection and antenna by stratum: they have tails too (8 degrees of freedom)."""
_LEAST: Final = math.exp(-4.0)
"""Pairs of less weight are left out: together they change a probability by less than their number times this."""
_NOTHING: Final = 1e-4
"""A pair of less than this share of the best weight of its track and of its detection is left out."""
_KNOWN_M: Final = 500.0
_COMPANY_M: Final = 300.0
_COMPANY_REACH_M: Final = 3_000.0
_AT_ONCE: Final = 1 << 18
_BIN_MS: Final = 5 * MINUTE_MS
"""Detections of a scene are predicted for in bins of this length, and moved along by the velocity within one."""
_E2: Final = WGS84_F * (2.0 - WGS84_F)
CERTAIN: Final = 0.99
"""No sensor finds more than this share."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """One entry a pair; ``weight`` lacks the density of the unmatched, per square metre, as its divisor."""

    track: Array
    det: Array
    weight: Array
    distance_m: Array


def per_degree(lat_deg: Array) -> tuple[Array, Array]:
    """Metres in a degree of latitude and of longitude (WGS 84)."""
    sine = np.sin(np.radians(lat_deg))
    w = 1.0 - _E2 * sine * sine
    normal = WGS84_A_M / np.sqrt(w)
    return np.radians(normal * (1.0 - _E2) / w), np.radians(normal * np.cos(np.radians(lat_deg)))


def unit(lat_deg: Array, lon_deg: Array) -> Array:
    """Points on a sphere of the mean radius, in metres."""
    la, lo = np.radians(lat_deg), np.radians(lon_deg)
    return EARTH_MEAN_RADIUS_M * np.stack([np.cos(la) * np.cos(lo), np.cos(la) * np.sin(lo), np.sin(la)], axis=1)


def mixture(tracks: Predictions) -> Array:
    """Factors by which the squared scales are divided in each stratum; shape (tracks, strata)."""
    half = tracks.nu[:, None] / 2.0
    return np.asarray(np.maximum(gammaincinv(half, _MIDDLES[None, :]) / half, 1e-12))


def _reach_m(tracks: Predictions, sigma_m: float, factor: Array, p: Params) -> Array:
    """Distance beyond which no pair of a track has the least weight; ``factor`` turns a density into a weight."""
    steps = np.geomspace(10.0, p.gate_km * 1000.0, 40)
    shrink = mixture(tracks)
    long2 = np.maximum(tracks.along_m, tracks.across_m)[:, None] ** 2 / shrink + sigma_m**2
    short2 = np.minimum(tracks.along_m, tracks.across_m)[:, None] ** 2 / shrink + sigma_m**2
    out = np.zeros(len(tracks))
    for step in steps:
        density = (WEIGHTS / (2 * np.pi * np.sqrt(long2 * short2)) * np.exp(-0.5 * step * step / long2)).sum(axis=1)
        out = np.where(density * factor >= _LEAST, step, out)
    return np.minimum(out * 1.25 + 10.0, p.gate_km * 1000.0)


def pairs(
    paths: Paths, tracks: Predictions, length: Array, recall: Array, inside: Array, scene: Scene, seen: Seen,
    sigma: Array, least: float, p: Params, reach: predict.Params | None,
) -> Pairs:  # fmt: skip
    """All pairs that may matter, whatever density of the unmatched from ``least`` on the scene will give."""
    found: list[Pairs] = []
    if len(tracks) and len(seen):
        number = np.full(len(paths), -1, np.int64)
        number[tracks.path] = np.arange(len(tracks))
        bins = (seen.time_ms - scene.time_ms + _BIN_MS // 2) // _BIN_MS
        for k in np.unique(bins):
            dets = np.flatnonzero(bins == k)
            here = tracks
            if k != 0:
                here = predict.predict(paths, int(scene.time_ms + k * _BIN_MS), reach)
                here = here.take(number[here.path] >= 0)
            at = number[here.path]
            at_ms = int(scene.time_ms + k * _BIN_MS)
            found += _pairs_of(here, at, length[at], recall[at], inside[at], scene, seen, dets, sigma, least, p, at_ms)
    nothing = np.empty(0)
    names = ("track", "det", "weight", "distance_m")
    track, det, weight, distance = (np.concatenate([getattr(f, name) for f in found] + [nothing]) for name in names)
    whole = Pairs(track.astype(np.int64), det.astype(np.int64), weight, distance)
    return _undominated(whole, len(tracks), len(seen))


def _pairs_of(
    tracks: Predictions, number: Array, length: Array, recall: Array, inside: Array, scene: Scene, seen: Seen,
    dets: Array, sigma: Array, least: float, p: Params, at_ms: int,
) -> list[Pairs]:  # fmt: skip
    """Pairs of detections in one bin of time, some tracks at a time to bound the memory."""
    odds = recall / np.maximum(1.0 - recall * inside, 1.0 - CERTAIN)
    lat, lon, extra2 = _appearance(tracks, length, scene, p)
    wide = float(np.sqrt(np.max(sigma[dets]) ** 2 + np.max(extra2, initial=0.0)))
    radius = _reach_m(tracks, wide, 10.0 * odds / least, p)  # a length that fits can add a factor of ten
    tree = cKDTree(unit(seen.lat_deg[dets], seen.lon_deg[dets]))
    places = unit(lat, lon)
    sizes = tree.query_ball_point(places, radius, return_length=True)
    out = []
    for part in np.split(np.arange(len(tracks)), np.flatnonzero(np.diff(np.cumsum(sizes) // _AT_ONCE)) + 1):
        lists = tree.query_ball_point(places[part], radius[part], return_sorted=True)
        i = np.repeat(part, sizes[part])
        if len(i) == 0:
            continue
        j = dets[np.concatenate([np.asarray(x, np.int64) for x in lists])]
        density, distance = _density(tracks, lat, lon, extra2, seen, sigma, at_ms, i, j)
        weight = odds[i] * density * _length_ratio(length[i], seen.length_m[j], seen.length_m, p)
        keep = weight / least >= _LEAST
        out.append(Pairs(number[i[keep]], j[keep], weight[keep], distance[keep]))
    return out


def _density(
    tracks: Predictions, lat: Array, lon: Array, extra2: Array, seen: Seen, sigma: Array, at_ms: int, i: Array, j: Array
) -> tuple[Array, Array]:
    """Density of detection j under track i per square metre, and their distance in metres."""
    north, east = per_degree(0.5 * (lat[i] + seen.lat_deg[j]))
    late_s = (seen.time_ms[j] - at_ms) / 1000.0
    dn = (seen.lat_deg[j] - lat[i]) * north - tracks.north_mps[i] * late_s
    de = ((seen.lon_deg[j] - lon[i] + 180.0) % 360.0 - 180.0) * east - tracks.east_mps[i] * late_s
    along2 = (de * tracks.axis_east[i] + dn * tracks.axis_north[i]) ** 2
    across2 = (dn * tracks.axis_east[i] - de * tracks.axis_north[i]) ** 2
    more2 = sigma[j] ** 2 + extra2[i]
    shrink = mixture(tracks)
    total = np.zeros(len(i))
    for k, share in enumerate(WEIGHTS):
        va = (tracks.along_m**2 / shrink[:, k])[i] + _TAILS[k] * more2
        vc = (tracks.across_m**2 / shrink[:, k])[i] + _TAILS[k] * more2
        total += share / np.sqrt(va * vc) * np.exp(-0.5 * (along2 / va + across2 / vc))
    return total / (2 * np.pi), np.hypot(de, dn)


def company(tracks: Predictions, seen: Seen) -> Array:
    """Density of well-known tracks around each detection, per square metre, by a kernel that falls with the cube.

    The mass of the kernel is 1 a track; half of it lies within 520 m.
    """
    out = np.zeros(len(seen))
    known = tracks.take(np.maximum(tracks.along_m, tracks.across_m) <= _KNOWN_M)
    if len(known) == 0 or len(seen) == 0:
        return out
    near = cKDTree(unit(known.lat_deg, known.lon_deg)).sparse_distance_matrix(
        cKDTree(unit(seen.lat_deg, seen.lon_deg)), _COMPANY_REACH_M, output_type="coo_matrix"
    )
    share = (1.0 + (near.data / _COMPANY_M) ** 2) ** -1.5 / (2 * np.pi * _COMPANY_M**2)
    np.add.at(out, near.col, share)
    return out


def _undominated(pairs: Pairs, tracks: int, dets: int) -> Pairs:
    """Leave out pairs that are nothing beside others of their track and also beside others of their detection."""
    of_track, of_det = np.zeros(tracks), np.zeros(dets)
    np.maximum.at(of_track, pairs.track, pairs.weight)
    np.maximum.at(of_det, pairs.det, pairs.weight)
    keep = (pairs.weight >= _NOTHING * of_track[pairs.track]) | (pairs.weight >= _NOTHING * of_det[pairs.det])
    return Pairs(pairs.track[keep], pairs.det[keep], pairs.weight[keep], pairs.distance_m[keep])


def _appearance(tracks: Predictions, length: Array, scene: Scene, p: Params) -> tuple[Array, Array, Array]:
    """Where the sensor shows the predicted vessels, and the variance that this and the AIS antenna add.

    A SAR image shows what moves away from the radar shifted back along the flight, by ``shift_s`` metres for each m/s
    (the Doppler frequency is read as a place). The antenna may stand a quarter of the length from the middle.
    """
    quarter = np.where(np.isnan(length), 0.0, length / 4.0)
    extra2 = p.ais_error_m**2 + quarter**2
    if scene.sensor != "sar":
        return tracks.lat_deg, tracks.lon_deg, extra2
    speed = np.hypot(tracks.east_mps, tracks.north_mps)
    if math.isnan(scene.flight_deg) or not scene.look or math.isnan(scene.shift_s):
        shift = p.shift_s if math.isnan(scene.shift_s) else scene.shift_s
        return tracks.lat_deg, tracks.lon_deg, extra2 + (shift * speed / 2.0) ** 2
    angle = math.radians(scene.flight_deg)
    side = 1.0 if scene.look == "right" else -1.0
    away = side * (tracks.east_mps * math.cos(angle) - tracks.north_mps * math.sin(angle))
    back = -scene.shift_s * away
    north, east = per_degree(tracks.lat_deg)
    lon = tracks.lon_deg + back * math.sin(angle) / east
    return (
        tracks.lat_deg + back * math.cos(angle) / north, (lon + 180.0) % 360.0 - 180.0,
        extra2 + (0.1 * scene.shift_s * speed) ** 2,
    )  # fmt: skip


def _length_ratio(sent: Array, measured: Array, all_measured: Array, p: Params) -> Array:
    """How much better the measured length fits the vessel than anything else; 1 where one is missing.

    At most 10, at least 0.05: a tenth of the lengths sent are held to be wrong.
    """
    known = np.log(all_measured[(all_measured > 0)])
    centre = float(known.mean()) if len(known) else math.log(50.0)
    spread = max(float(known.std()) if len(known) > 1 else 0.8, 0.3)
    there = (sent > 0) & (measured > 0)
    m, s = np.where(there, measured, 1.0), np.where(there, sent, 1.0)
    sd = np.hypot(p.length_error_m, p.length_error_share * s)
    fits = np.exp(-0.5 * ((m - s) / sd) ** 2) / sd
    anyone = np.exp(-0.5 * ((np.log(m) - centre) / spread) ** 2) / (spread * m)
    return np.where(there, np.clip(0.9 * fits / anyone + 0.1, 0.05, 10.0), 1.0)
