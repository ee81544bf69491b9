"""Tables of fixes and static messages for the tests of this room."""

from __future__ import annotations

import datetime
import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from kizuna.base.table import Kind, Table, empty
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ais"
MISSING = -(2**63)
T0 = 1_577_836_800_000  # 2020-01-01T00:00:00Z


def table(schema, rows, **defaults):
    """A table from dicts; what a row lacks is the default, else missing. Codes are given as words."""
    n = len(rows)
    columns = dict(empty(schema, n).columns)
    words = {c.name: () for c in schema.columns if c.kind is Kind.CODE and c.codes is None}
    for c in schema.columns:
        given = [r.get(c.name, defaults.get(c.name)) for r in rows]
        if all(g is None for g in given):
            continue
        if c.kind is Kind.CODE:
            if c.codes is None:
                words[c.name] = tuple(dict.fromkeys(g for g in given if g is not None))
            known = c.codes if c.codes is not None else words[c.name]
            columns[c.name] = np.array([-1 if g is None else known.index(g) for g in given], np.int32)
        elif c.kind in (Kind.TEXT, Kind.ARROW):
            columns[c.name] = pa.array(given, c.file_type)
        else:
            values = columns[c.name].copy()
            for k, g in enumerate(given):
                if g is not None:
                    values[k] = g
            columns[c.name] = values
    return Table(schema, columns, words)


def fixes(rows, **defaults):
    """Fixes; ``msg_id`` and ``byte_offset`` count the rows, label and context are the defaults of the house."""
    rows = [{"msg_id": k, "byte_offset": 100 * k, **r} for k, r in enumerate(rows)]
    return table(FIXES, rows, **{"mmsi": 1, "label": "nobody", "context": "real", "flags": 0, **defaults})


def statics(rows, **defaults):
    rows = [{"msg_id": k, "byte_offset": 100 * k, **r} for k, r in enumerate(rows)]
    return table(STATICS, rows, **{"mmsi": 1, "label": "nobody", "context": "real", "flags": 0, **defaults})


def columns(**given):
    """Fixes from arrays of one length."""
    n = len(given["mmsi"])
    t = empty(FIXES, n)
    full = dict(t.columns)
    full.update(
        msg_id=np.arange(n),
        byte_offset=100 * np.arange(n),
        flags=np.zeros(n, np.int32),
        label=np.zeros(n, np.int32),
        context=np.zeros(n, np.int32),
    )
    for name, values in given.items():
        full[name] = np.ascontiguousarray(values, full[name].dtype)
    return Table(FIXES, full, {**t.words, "label": ("nobody",), "context": ("real",)})


def noaa(limit=None, mmsis=None, every=1):
    """The real US day as fixes in order of time, or None where the file is not there."""
    import pyarrow.parquet as pq

    path = SHARED / "noaa_us_2020-01-01.parquet"
    if not path.exists():
        return None
    t = pq.read_table(
        path,
        columns=["MMSI", "BaseDateTime", "LAT", "LON", "SOG", "COG", "Heading"],
        filters=None if mmsis is None else [("MMSI", "in", list(mmsis))],
    )
    t = t if limit is None else t.slice(0, limit)
    time_ms = t.column("BaseDateTime").cast(pa.timestamp("ms")).cast(pa.int64()).to_numpy()
    by = np.argsort(time_ms, kind="stable")[::every]

    def pick(name, bad):
        values = t.column(name).to_numpy().astype(np.float32)[by]
        values[bad(values)] = np.nan
        return values

    return columns(
        mmsi=t.column("MMSI").to_numpy()[by],
        time_ms=time_ms[by],
        lat_deg=t.column("LAT").to_numpy()[by],
        lon_deg=t.column("LON").to_numpy()[by],
        sog_kn=pick("SOG", lambda v: (v < 0) | (v > 102.2)),
        cog_deg=pick("COG", lambda v: (v < 0) | (v >= 360)),
        heading_deg=pick("Heading", lambda v: v >= 360),
    )


def gfw(name):
    """Rows of one of the files of Global Fishing Watch, or None where it is not there."""
    path = SHARED / "gfw_identity" / name
    if not path.exists():
        return None
    rows = [json.loads(line) for line in gzip.open(path)]
    for r in rows:
        text = r["timestamp"].replace(" ", "T")
        r["time_ms"] = round(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC).timestamp() * 1000)
    return rows
