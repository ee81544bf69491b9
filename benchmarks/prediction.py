"""How far predicted positions are from true ones on a real day: fixes are hidden, predicted, and compared.

    python benchmarks/prediction.py          # coverage of the 50, 90 and 95 % ellipses on the MMSIs kept for checking
    python benchmarks/prediction.py --fit    # fit the coefficients of tracks/predict.py on the other half and print them

MMSIs fall into two halves by a hash; one is for fitting, the other only for checking. Of every segment with at least 20
fixes some are hidden together with all fixes within drawn times before and after (log-uniform, 30 s to 12 h each); a
third of them is predicted from the fixes before alone, a sixth from the fixes after alone. The error includes that of
the hidden fix itself.
"""

from __future__ import annotations

import argparse
import json

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import tracks as day  # noqa: E402

from kizuna.base.ids import hash63_rows  # noqa: E402
from kizuna.tracks import predict as rules  # noqa: E402
from kizuna.tracks.kernels import predict as kernels  # noqa: E402
from kizuna.tracks.segment import segment  # noqa: E402

SEED = 20_200_101
TIMES = (30.0, 12 * 3600.0)
BINS = ((0, 120), (120, 600), (600, 1800), (1800, 3600), (3600, 10_800), (10_800, 43_200))


def half(mmsi):
    """0 for fitting, 1 for checking."""
    return hash63_rows("halves of the day", np.asarray(mmsi, np.int64)) % 2


def hidden(tracks, which, per_segment, rng):
    """Rows (target, a, b, kind): kind 0 between a and b, 1 beyond, predicted from a, with b before it for velocity."""
    seg = np.flatnonzero((half(tracks.segments["mmsi"]) == which) & (tracks.seg_end - tracks.seg_start >= 20))
    out = []
    for s in seg:
        start, end = int(tracks.seg_start[s]), int(tracks.seg_end[s])
        times = tracks.time_ms[start:end]
        for row in rng.integers(1, end - start - 1, per_segment):
            kind = rng.choice(4, p=(0.5, 0.25, 0.085, 0.165))
            g1, g2 = np.exp(rng.uniform(*np.log(TIMES), 2)) * 1000
            a = int(np.searchsorted(times, times[row] - g1, side="right")) - 1
            b = int(np.searchsorted(times, times[row] + g2))
            if kind == 0 and a >= 0 and b < end - start:
                out.append((start + row, start + a, start + b, 0))
            elif kind in (1, 2) and a >= 1:
                out.append((start + row, start + a - 1, start + a, 1))
            elif kind == 3 and b + 1 < end - start:
                out.append((start + row, start + b, start + b + 1, 1))
    return np.array(out, np.int64)


def errors(tracks, rows, forget, believe):
    """Mode, state, time, and error along and across in metres of every hidden fix."""
    n = len(rows)
    flat = rows[:, 1:3].ravel()
    start = np.arange(n, dtype=np.int64) * 2
    mode, state = np.empty(n, np.int64), np.zeros(n, np.int64)
    lat, lon, east, north, before, after = (np.zeros(n) for _ in range(6))
    kernels.predict(
        start,
        start + 2,
        tracks.time_ms[flat],
        tracks.lat_deg[flat],
        tracks.lon_deg[flat],
        tracks.sog_kn[flat],
        tracks.cog_deg[flat],
        tracks.time_ms[rows[:, 0]],
        48 * 3_600_000,
        np.array([forget, believe], float).T.copy(),
        mode,
        lat,
        lon,
        east,
        north,
        before,
        after,
        state,
    )
    p = rules.spread(np.arange(n), lat, lon, east, north, mode, state, before, after)
    t_lat, t_lon = tracks.lat_deg[rows[:, 0]], tracks.lon_deg[rows[:, 0]]
    scale = np.cos(np.radians((lat + t_lat) / 2))
    dn = (t_lat - lat) * 110_900.0
    de = ((t_lon - lon + 540) % 360 - 180) * 111_320.0 * scale
    along = de * p.axis_east + dn * p.axis_north
    across = de * -p.axis_north + dn * p.axis_east
    t = np.where(mode == 0, before * after / np.maximum(before + after, 1e-9), before + after)
    return {
        "mode": mode,
        "state": state,
        "t": t,
        "along": along,
        "across": across,
        "since": p.since_s,
        "a_m": p.along_m,
        "c_m": p.across_m,
        "nu": p.nu,
    }


def fit_one(t, along, across, same):
    """Scales and degrees of freedom at the knots by maximum likelihood; ``same`` ties along and across (no direction
    at rest). A weak pull towards equal steps keeps knots without data in order."""
    from scipy.optimize import minimize

    k = len(rules.KNOTS_S)
    x, knots = np.log(np.maximum(t, rules.KNOTS_S[0])), np.log(rules.KNOTS_S)
    at = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, k - 2)
    part = np.clip((x - knots[at]) / (knots[at + 1] - knots[at]), 0, 1)

    def values(v):
        return v[at] + part * (v[at + 1] - v[at])

    def cost(p):
        la, lc, ln = p[:k], p[:k] if same else p[k : 2 * k], p[-k:]
        a, c, n = values(la), values(lc), np.exp(values(ln))
        q = (along * np.exp(-a)) ** 2 + (across * np.exp(-c)) ** 2
        bend = sum((np.diff(v, 2) ** 2).sum() for v in (la, lc, ln))
        return np.mean(a + c + (n + 2) / 2 * np.log1p(q / n)) + 3e-4 * bend

    guess = np.linspace(1.0, 8.0, k)
    x0 = np.concatenate([guess, *([] if same else [guess]), np.zeros(k)])
    limits = [(-3, 14)] * (len(x0) - k) + [(-1.2, 3.4)] * k
    best = minimize(cost, x0, method="L-BFGS-B", bounds=limits, options={"maxiter": 300, "maxfun": 40_000})
    p = best.x
    shown = lambda v: tuple(float(f"{y:.3g}") for y in np.exp(v))  # noqa: E731
    return shown(p[:k]), shown(p[:k] if same else p[k : 2 * k]), shown(p[-k:]), best.fun


def fit(tracks):
    rows = hidden(tracks, 0, 24, np.random.default_rng(SEED))
    print(f"{len(rows):,} hidden fixes for fitting")
    constants = [list(rules.FORGET_S), list(rules.BELIEVE_S)]
    for which, mode in ((0, 1), (1, 0)):
        for k in range(mode == 0, 3):
            tried = []
            for seconds in (150.0, 300.0, 600.0, 1200.0, 2400.0, 4800.0, 9600.0, 19_200.0, 38_400.0):
                trial = [list(c) for c in constants]
                trial[which][k] = seconds
                e = errors(tracks, rows, *trial)
                use = (e["mode"] == mode) & (e["state"] == k)
                tried.append((np.mean(np.log(30 + np.hypot(e["along"][use], e["across"][use]))), seconds))
            constants[which][k] = min(tried)[1]
    print("FORGET_S =", tuple(constants[0]), " BELIEVE_S =", tuple(constants[1]))
    e = errors(tracks, rows, *constants)
    for mode in (0, 1):
        for state in range(3):
            use = (e["mode"] == mode) & (e["state"] == state)
            ca, cc, nu, cost = fit_one(e["t"][use], e["along"][use], e["across"][use], state == 0)
            print(
                f"{rules.MODES[mode]:8} {rules.STATES[state]:10} n {use.sum():7,}  Spread({ca}, {cc}, {nu}),  # {cost:.3f}"
            )


def check(tracks):
    rows = hidden(tracks, 1, 24, np.random.default_rng(SEED + 1))
    e = errors(tracks, rows, rules.FORGET_S, rules.BELIEVE_S)
    inside = rules.within((e["along"] / e["a_m"]) ** 2 + (e["across"] / e["c_m"]) ** 2, e["nu"])
    off = np.hypot(e["along"], e["across"])
    table = []
    print(f"{len(rows):,} hidden fixes of {len(np.unique(tracks.mmsi[rows[:, 0]])):,} MMSIs kept for checking\n")
    print(
        "| predicted | vessel | time to nearest fix | n | median error m | within 50 % | within 90 % | within 95 % | median radius of 90 % m |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    r90 = rules.radius(0.9, e["nu"]) * np.maximum(e["a_m"], e["c_m"])
    for mode in (0, 1):
        for state in range(3):
            for low, high in (*BINS, (0, 1e9)):
                use = (e["mode"] == mode) & (e["state"] == state) & (e["since"] >= low) & (e["since"] < high)
                if use.sum() < 100:
                    continue
                share = [float((inside[use] <= p).mean()) for p in (0.5, 0.9, 0.95)]
                name = "all" if high == 1e9 else f"{low / 60:g} to {high / 60:g} min"
                table.append(
                    {
                        "mode": rules.MODES[mode],
                        "state": rules.STATES[state],
                        "since": name,
                        "n": int(use.sum()),
                        "median_error_m": float(np.median(off[use])),
                        "within_50": share[0],
                        "within_90": share[1],
                        "within_95": share[2],
                        "median_radius_90_m": float(np.median(r90[use])),
                    }
                )
                print(
                    f"| {rules.MODES[mode]} | {rules.STATES[state]} | {name} | {use.sum():,} | {np.median(off[use]):,.0f} | "
                    + " | ".join(f"{100 * s:.1f}" for s in share)
                    + f" | {np.median(r90[use]):,.0f} |"
                )
    out = harness.RESULTS / "prediction.json"
    out.write_text(
        json.dumps(
            {
                "title": "Coverage of predicted positions, real day, MMSIs not used for fitting",
                "seed": SEED,
                "rows": table,
            },
            indent=1,
        )
        + "\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    made = segment(day.fixes())
    (fit if options.fit else check)(made)
