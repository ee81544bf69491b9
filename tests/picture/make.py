"""Rows of tracks for tests of the picture."""

import numpy as np

from kizuna.picture.rows import Rows


def track(lat, lon, time_s=None, mmsi=431_000_001, segment=7, first_id=0):
    """One segment; a fix a minute unless times are given."""
    n = len(lat)
    time_s = np.arange(n) * 60 if time_s is None else time_s
    return Rows(
        np.full(n, mmsi, np.int32), np.full(n, segment, np.int64), np.asarray(time_s, np.int64) * 1000,
        np.arange(first_id, first_id + n, dtype=np.int64), np.asarray(lat, np.float64), np.asarray(lon, np.float64),
    )  # fmt: skip


def joined(several):
    out = several[0]
    for one in several[1:]:
        out = one.after(out)
    return out


def pieces(rows, cuts):
    """The same rows in batches cut at these places."""
    edges = [0, *sorted(c for c in cuts if 0 < c < len(rows)), len(rows)]
    return [rows.cut(a, b) for a, b in zip(edges, edges[1:])]
