"""Fits and checks the model behind gaps: how likely is it that a silence is the vessel's own?

    python benchmarks/reception.py fit      # writes src/kizuna/events/account/silence_weights.py
    python benchmarks/reception.py time     # what counting and judging cost
    python benchmarks/reception.py check    # writes benchmarks/results/reception.json, prints reliability tables

Both take the day of US waters in ../shared/data/ais. Silences of more than two hours of three kinds are judged:

- **natural**: as they came, closed by a later fix or open at the end of the day;
- **own**: one vessel's messages deleted, while she was heard in at least half of the hours of that time;
- **outage**: all messages deleted inside a disc of 15 to 90 nm.

Lengths of deleted times are drawn from those of natural silences, and own silences are weighted so that as large a part
of them begins under way as of natural ones, so that neither length nor speed says anything. Each kind weighs a third.
Fitting takes MMSIs of one half (by a hash) and seed 1, checking the other half and seed 2. Vessels around may belong to
either. MMSIs under which two ships were heard at once are left out. Intervals: bootstrap over vessels and outages.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from kizuna.base.ids import hash63  # noqa: E402
from kizuna.base.units import HOUR_MS, NM_M  # noqa: E402
from kizuna.events.account import silence as model  # noqa: E402
from kizuna.events.account.evidence import Groups  # noqa: E402
from kizuna.events.reception import Heard, Silence, circumstances  # noqa: E402
from kizuna.events.subjects import vessel_like  # noqa: E402
from kizuna.places.coast import load_coast  # noqa: E402
from kizuna.tracks.reception import count, presence  # noqa: E402

DAY = harness.SHARED / "ais" / "noaa_us_2020-01-01.parquet"
WEIGHTS_FILE = Path(model.__file__).with_name("silence_weights.py")
LEAST_H, BACK_H, LONGEST_CLOSED_H, MOVING_KN, CLASH_KN = 2.0, 12.0, 16.0, 0.5, 60.0
KINDS = ("natural", "own", "outage")
SHIPS, ROUNDS_SHIP, ROUNDS_AREA, AREAS, PER_AREA = 250, 25, 90, 3, 40
BINS = np.linspace(0, 1, 11)
CUTS = (0.3, 0.5, 0.8)
"""Probabilities from which a silence is held to be the vessel's own, to show what is kept and what is let through."""


@dataclass
class Day:
    """Fixes by MMSI and time; the columns of tracks that reception reads."""

    mmsi: np.ndarray
    time_ms: np.ndarray
    lat_deg: np.ndarray
    lon_deg: np.ndarray
    sog_kn: np.ndarray
    end_ms: int

    def kept(self, keep):
        return Day(*(getattr(self, c)[keep] for c in COLUMNS), self.end_ms)

    def reception(self):
        return count(presence(self.mmsi, self.time_ms, self.lat_deg, self.lon_deg), self.end_ms)

    def silences(self):
        """Last rows before silences, their ends, and whether these are the end of the day."""
        same = self.mmsi[1:] == self.mmsi[:-1]
        closed = np.flatnonzero(same & (np.diff(self.time_ms) > LEAST_H * HOUR_MS))
        last = np.flatnonzero(np.append(~same, True))
        still = last[self.end_ms - self.time_ms[last] > LEAST_H * HOUR_MS]
        ends = np.concatenate([self.time_ms[closed + 1], np.full(len(still), self.end_ms)])
        return np.concatenate([closed, still]), ends, np.arange(len(ends)) >= len(closed)


COLUMNS = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn")


def load():
    t = pq.read_table(DAY, columns=["MMSI", "BaseDateTime", "LAT", "LON", "SOG"])
    mmsi, time_ms, lat, lon, sog = (c.combine_chunks().to_numpy(zero_copy_only=False) for c in t.columns)
    time_ms = time_ms.astype("datetime64[ms]").astype(np.int64)
    order = np.lexsort((time_ms, mmsi))
    day = Day(mmsi[order].astype(np.int32), time_ms[order], lat[order], lon[order], sog[order], int(time_ms.max()))
    step_nm = np.hypot(np.diff(day.lat_deg), np.diff(day.lon_deg) * np.cos(np.radians(day.lat_deg[1:]))) * 60
    hours = np.maximum(np.diff(day.time_ms), 60_000) / HOUR_MS
    clash = (day.mmsi[1:] == day.mmsi[:-1]) & (step_nm / hours > CLASH_KN) & (step_nm > 3)
    return day.kept(vessel_like(day.mmsi) & ~np.isin(day.mmsi, day.mmsi[1:][clash]))


def judged(day, rows, ends, **more):
    """Circumstances and facts of silences."""
    first = np.maximum(
        np.searchsorted(day.mmsi, day.mmsi[rows]),
        [max(0, r - 9000) + np.searchsorted(day.time_ms[max(0, r - 9000) : r + 1], t, "right")
         for r, t in zip(rows.tolist(), (day.time_ms[rows] - BACK_H * HOUR_MS).tolist())],
    )  # fmt: skip
    size = rows + 1 - first
    at = np.concatenate([[0], np.cumsum(size)])
    flat = np.arange(at[-1]) - np.repeat(at[:-1] - first, size)
    around = Heard(Groups(flat, at), Groups(np.empty(0, np.int64), np.zeros(len(rows) + 1, np.int64)))
    c = circumstances(day.reception(), day, Silence(rows, ends, round(BACK_H * HOUR_MS)), around)
    shore_nm = load_coast().distance_to_shore_m(day.lat_deg[rows], day.lon_deg[rows]) / NM_M
    facts = {"mmsi": day.mmsi[rows], "moving": np.nan_to_num(day.sog_kn[rows]) >= MOVING_KN, "shore_nm": shore_nm,
             "lon": day.lon_deg[rows], "hours": (ends - day.time_ms[rows]) / HOUR_MS}  # fmt: skip
    full = {k: np.full(len(rows), v) for k, v in more.items()}
    return {"x": model.features(c), **facts, **full}


def sample(day, seed):
    """Silences of the three kinds."""
    rng = np.random.default_rng(seed)
    rows, ends, still = day.silences()
    hours = (ends - day.time_ms[rows]) / HOUR_MS
    closed_h = hours[~still & (hours < LONGEST_CLOSED_H)]
    out = [judged(day, rows, ends, kind=0, group=0, still=0) | {"still": still, "group": day.mmsi[rows]}]

    def window():
        if rng.random() < 0.5:
            length = rng.choice(closed_h)
            begin = day.end_ms - 24 * HOUR_MS + rng.uniform(0, 24 - length) * HOUR_MS
            return int(begin), int(begin + length * HOUR_MS), False
        return int(day.end_ms - rng.choice(hours[still]) * HOUR_MS), day.end_ms + 1, True

    for _ in range(ROUNDS_SHIP):
        out.append(_ships_off(day, rng, window))
    places = presence(day.mmsi, day.time_ms, day.lat_deg, day.lon_deg)
    for number in range(ROUNDS_AREA):
        found = _receivers_out(day, rng, window, places, number)
        out += [found] if found else []
    return {k: np.concatenate([o[k] for o in out]) for k in out[0]}


def _ships_off(day, rng, window):
    keep, starts, ends, open_ = np.ones(len(day.mmsi), bool), [], [], []
    for m in rng.choice(np.unique(day.mmsi), SHIPS, replace=False).tolist():
        begin, end, is_open = window()
        i, j = np.searchsorted(day.mmsi, m), np.searchsorted(day.mmsi, m, "right")
        p, q = i + np.searchsorted(day.time_ms[i:j], begin, "right"), i + np.searchsorted(day.time_ms[i:j], end)
        on_air = len(np.unique(day.time_ms[p:q] // HOUR_MS)) >= 0.5 * (min(end, day.end_ms) - begin) / HOUR_MS
        if p == i or q == p or (q == j) != is_open or begin - day.time_ms[p - 1] > HOUR_MS or not on_air:
            continue
        keep[p:q] = False
        starts.append(p - 1)
        ends.append(day.end_ms if is_open else day.time_ms[q])
        open_.append(is_open)
    less = day.kept(keep)
    rows, ends, open_ = (np.cumsum(keep) - 1)[starts], np.array(ends), np.array(open_)
    long = ends - less.time_ms[rows] > LEAST_H * HOUR_MS
    got = judged(less, rows[long], ends[long], kind=1)
    return got | {"still": open_[long], "group": got["mmsi"]}


def _receivers_out(day, rng, window, places, number):
    keep, area = np.ones(len(day.mmsi), bool), np.full(len(day.mmsi), -1, np.int16)
    for k in range(AREAS):
        begin, end, _ = window()
        home = int(np.searchsorted(day.mmsi, places.mmsi[rng.integers(len(places))]))
        home += int(rng.integers(np.searchsorted(day.mmsi, day.mmsi[home], "right") - home))
        lat, lon = day.lat_deg[home] + rng.normal(0, 0.2), day.lon_deg[home] + rng.normal(0, 0.2)
        reach = np.exp(rng.uniform(np.log(15), np.log(90))) / 60
        near = np.flatnonzero((np.abs(day.lat_deg - lat) < reach) & (day.time_ms > begin) & (day.time_ms < end))
        east = ((day.lon_deg[near] - lon + 180) % 360 - 180) * np.cos(np.radians(lat))
        near = near[np.hypot(day.lat_deg[near] - lat, east) < reach]
        keep[near], area[near] = False, k
    less = day.kept(keep)
    rows, ends, open_ = less.silences()
    original = np.flatnonzero(keep)[rows]
    follows = np.minimum(original + 1, len(day.mmsi) - 1)
    cut = (day.mmsi[follows] == day.mmsi[original]) & ~keep[follows]
    rows, ends, open_, of = rows[cut], ends[cut], open_[cut], area[follows[cut]]
    chosen = np.concatenate([rng.permutation(np.flatnonzero(of == k))[:PER_AREA] for k in range(AREAS)])
    if len(chosen) == 0:
        return None
    got = judged(less, rows[chosen], ends[chosen], kind=2)
    return got | {"still": open_[chosen], "group": -1 - (number * AREAS + of[chosen].astype(np.int64))}


def half(mmsi):
    return np.array([hash63("half", int(m)) & 1 for m in mmsi])


def weights_of(s):
    """Each kind a third; own silences begin under way as often as natural ones."""
    w = np.zeros(len(s["kind"]))
    for k in range(3):
        w[s["kind"] == k] = 1 / 3 / max(np.count_nonzero(s["kind"] == k), 1)
    target = s["moving"][s["kind"] == 0].mean()
    own = s["kind"] == 1
    have = s["moving"][own].mean()
    w[own] *= np.where(s["moving"][own], target / have, (1 - target) / (1 - have))
    return w


def fitted(x, y, w):
    """Weighted logistic regression by Newton's method: intercept, then a weight a feature."""
    x = np.column_stack([np.ones(len(x)), x])
    b = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ b))
        step = np.linalg.solve((x * (w * p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(len(b)), x.T @ (w * (y - p)))
        b += step
        if np.abs(step).max() < 1e-10:
            break
    return b


def predicted(x, b):
    return 1 / (1 + np.exp(-(b[0] + x @ b[1:])))


def area_under_curve(p, y, w):
    """Chance that an own silence gets the higher value, half for ties."""
    order = np.argsort(p, kind="stable")
    p, y, w = p[order], y[order], w[order]
    _, at = np.unique(p, return_index=True)
    ours, others = np.add.reduceat(w * y, at), np.add.reduceat(w * (1 - y), at)
    below = np.cumsum(others) - others
    return float((ours * (below + others / 2)).sum() / (ours.sum() * others.sum()))


def measured(p, y, w, kind):
    bins = np.clip(np.digitize(p, BINS) - 1, 0, len(BINS) - 2)
    mass, says, is_ = (np.bincount(bins, v, len(BINS) - 1) for v in (w, w * p, w * y))
    with np.errstate(invalid="ignore"):
        says, is_ = says / mass, is_ / mass
    some = mass > 0
    return {
        "brier": float((w * (p - y) ** 2).sum() / w.sum()),
        "ece": float((mass * np.abs(np.where(some, says - is_, 0)))[some].sum() / mass.sum()),
        "auc_own_against_outage": area_under_curve(p[kind != 0], y[kind != 0], w[kind != 0]),
        "auc_own_against_natural": area_under_curve(p[kind != 2], y[kind != 2], w[kind != 2]),
        "mean_predicted": float((w * p).sum() / w.sum()), "mean_observed": float((w * y).sum() / w.sum()),
        "predicted": says.tolist(), "observed": is_.tolist(),
    }  # fmt: skip


def with_intervals(p, s, w, rounds=300):
    """What was measured, with bootstrap intervals over vessels and outages."""
    y, kind = (s["kind"] == 1).astype(float), s["kind"]
    point = measured(p, y, w, kind)
    _, group = np.unique(s["group"], return_inverse=True)
    rng = np.random.default_rng(5)
    n = group.max() + 1
    draws = []
    for _ in range(rounds):
        times = np.bincount(rng.integers(0, n, n), minlength=n)[group]
        draws.append(measured(p, y, w * times, kind))
    out = {"n": {k: int((kind == i).sum()) for i, k in enumerate(KINDS)}}
    for name, value in point.items():
        drawn = np.array([d[name] for d in draws])
        low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0)
        out[name] = {"value": value, "low": low.tolist(), "high": high.tolist()}
    out["bins_n"] = np.histogram(p, BINS)[0].tolist()
    out["held_to_be_own"] = {
        f"{at:g}": {k: float((w * (p >= at))[kind == i].sum() / w[kind == i].sum()) for i, k in enumerate(KINDS)}
        for at in CUTS
    }
    return out


def table(found, title):
    n = ", ".join(f"{v:,} {k}" for k, v in found["n"].items())
    lines = [f"{title} ({n})", "  predicted     n   mean predicted   observed own   95 %"]
    for k, count_ in enumerate(found["bins_n"]):
        if count_:
            o = found["observed"]
            lines.append(f"  {BINS[k]:.1f}-{BINS[k + 1]:.1f} {count_:7d} {found['predicted']['value'][k]:16.3f}"
                         f" {o['value'][k]:14.3f}   {o['low'][k]:.3f}-{o['high'][k]:.3f}")  # fmt: skip
    for name in ("brier", "ece", "auc_own_against_outage", "auc_own_against_natural"):
        v = found[name]
        lines.append(f"  {name:24} {v['value']:.4f}  {v['low']:.4f}-{v['high']:.4f}")
    for at, shares in found["held_to_be_own"].items():
        lines.append(f"  held to be own from {at}: " + ", ".join(f"{v:.1%} of {k}" for k, v in shares.items()))
    return "\n".join(lines)


def only(s, keep):
    return {k: v[keep] for k, v in s.items()}


def fit():
    s = sample(load(), 1)
    s = only(s, half(s["mmsi"]) == 0)
    b = fitted(s["x"], (s["kind"] == 1).astype(float), weights_of(s))
    names = ("neighbours_heard", "neighbours_heard_before", "longest_own_interval")
    rows = "".join(f'    "{n}": {v:.4f},\n' for n, v in zip(names, b[1:]))
    digest = hashlib.sha256(DAY.read_bytes()).hexdigest()
    kinds = ", ".join(f"{int((s['kind'] == i).sum()):,} {k}" for i, k in enumerate(KINDS))
    WEIGHTS_FILE.write_text(f'''"""Weights of ``silence``, written by ``benchmarks/reception.py fit``; do not edit by hand.

Fitted to {DAY.name} (sha256 {digest[:16]}...):
{kinds} silences of more than {LEAST_H:g} hours,
of the half of the MMSIs that is not used to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INTERCEPT: Final = {b[0]:.4f}
WEIGHTS: Final[Mapping[str, float]] = MappingProxyType({{
{rows}}})  # fmt: skip
''')
    print(f"intercept {b[0]:.4f}", *(f"{n} {v:.4f}" for n, v in zip(names, b[1:])), sep="\n")


def check():
    whole = sample(load(), 2)
    s = only(whole, half(whole["mmsi"]) == 1)
    b = np.array([model.INTERCEPT, *model.WEIGHTS.values()])
    parts = {
        "all": np.ones(len(s["kind"]), bool), "longer than 6 h": s["hours"] > 6, "closed": ~s["still"].astype(bool),
        "open at the end": s["still"].astype(bool), "begun under way": s["moving"], "begun at rest": ~s["moving"],
        "more than 3 nm from shore": s["shore_nm"] > 3,
    }  # fmt: skip
    found = {}
    for name, keep in parts.items():
        part = only(s, keep)
        found[name] = with_intervals(predicted(part["x"], b), part, weights_of(s)[keep])
        print(table(found[name], name), "\n")
    west = whole["lon"] < -100
    for name, here in (("fitted east of 100 W, checked west of it", ~west), ("fitted west, checked east", west)):
        mine = here & (half(whole["mmsi"]) == 0)
        part = only(whole, mine)
        other = only(whole, ~here & (half(whole["mmsi"]) == 1))
        other_b = fitted(part["x"], (part["kind"] == 1).astype(float), weights_of(part))
        found[name] = with_intervals(predicted(other["x"], other_b), other, weights_of(other))
        found[name]["weights"] = other_b.tolist()
        print(table(found[name], name), "\n")
    harness.RESULTS.joinpath("reception.json").write_text(json.dumps(found, indent=1) + "\n")


def cost():
    """CPU time of counting who was heard, and of finding and judging gaps, on the day; one core."""
    import dataclasses  # noqa: PLC0415

    import tracks as day_of_tracks  # noqa: PLC0415

    from kizuna.engines.surround import around  # noqa: PLC0415
    from kizuna.events import gaps  # noqa: PLC0415
    from kizuna.events.params import Settings  # noqa: PLC0415
    from kizuna.events.reception import listened  # noqa: PLC0415
    from kizuna.tracks import stops  # noqa: PLC0415
    from kizuna.tracks.segment import segment  # noqa: PLC0415

    harness.pin()
    tracks = segment(day_of_tracks.fixes())
    known = around(tracks, stops.find(tracks), Settings().anchorages, (), ()).surroundings
    cases = [
        harness.Case("count who was heard", lambda: len(listened(tracks)), len(tracks)),
        harness.Case("gaps, with counts", lambda: len(gaps.detect(tracks, None, known)), len(tracks)),
        harness.Case("gaps, without", lambda: len(gaps.detect(tracks, None, dataclasses.replace(known, reception=None))),
                     len(tracks)),
    ]  # fmt: skip
    for name, r in harness.compare(cases, 9).items():
        print(
            f"{name:22} {r['cpu_s']:.3f} CPU-s ({r['min']:.3f} to {r['max']:.3f}), {r['per_cpu_s'] / 1e6:.0f} M fixes a second"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["fit", "check", "time"])
    if not DAY.exists():
        sys.exit(f"the day is not here: {DAY.name}")
    {"fit": fit, "check": check, "time": cost}[parser.parse_args().what]()
