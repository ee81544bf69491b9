"""Coverage and presence of a node: the same numbers as over all fixes at once, in bounded steps, with their date."""

import json
import threading

import numpy as np
import pytest
from node.service.node_make import START_S

from kizuna.base.units import HOUR_MS
from kizuna.fixes.table import FIXES
from kizuna.node.service.health import Health
from kizuna.node.service.heard_layers import BUSY_LOOKS, FIRST_S, HeardLayers
from kizuna.node.service.settings import LayerSettings
from kizuna.picture import presence as hours
from kizuna.picture.rows import Rows
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.keep import open_keep
from kizuna.tracks import reception

T0 = START_S * 1000


def fixes_of(rows):
    """Fixes of (mmsi, time_ms, lat, lon)."""
    from kizuna.base.table import Table, empty

    out = empty(FIXES, len(rows))
    mmsi, time_ms, lat, lon = (np.array(c) for c in zip(*rows, strict=True))
    columns = dict(out.columns) | {
        "msg_id": np.arange(len(rows), dtype=np.int64), "mmsi": mmsi.astype(np.int32),
        "time_ms": time_ms.astype(np.int64), "lat_deg": lat.astype(np.float64), "lon_deg": lon.astype(np.float64),
        **{n: np.zeros(len(rows), np.int32) for n in ("source_id", "label", "context")},
    }  # fmt: skip
    return Table(FIXES, columns, {**out.words, "source_id": ("s",), "label": ("nobody",), "context": ("test",)})


@pytest.fixture
def sea(tmp_path):
    """Two days of twenty ships that drift along, one of them silent on the second day, and a buoy."""
    rng = np.random.default_rng(3)
    rows = []
    for v in range(20):
        lat, lon = 24 + rng.random(), 122 + 3 * rng.random()
        for k in range(0, 48 * 60, 7):
            if v == 7 and k > 24 * 60:
                break
            rows.append((201_000_001 + v, T0 + k * 60_000 + v * 1000, lat + k * 2e-5 * v, lon + k * 1e-4))
    rows += [(992_000_001, T0 + k * 180_000, 25.0, 123.0) for k in range(900)]
    rows.sort(key=lambda r: r[1])
    keep = open_keep(tmp_path / "store", context="test")
    fixes = fixes_of(rows)
    for a in range(0, len(fixes), 700):
        part = fixes.slice(a, min(a + 700, len(fixes)))
        keep.append(Batch(part, nothing().statics, nothing().others, nothing().rejects, {}))
    yield keep, fixes.take(fixes["mmsi"] < 900_000_000)
    keep.close()


def layers(keep, tmp_path, **settings):
    return HeardLayers(keep, LayerSettings(**settings), tmp_path, Health(()))


def features(made, name):
    return [
        f["properties"] | {"at": f["geometry"]["coordinates"][0][0]} for f in json.loads(made.layer(name))["features"]
    ]


def test_before_it_is_worked_out_there_is_nothing_and_that_is_said(sea, tmp_path):
    made = layers(sea[0], tmp_path)
    assert made.layer("coverage") is None and made.about("coverage") == {"calculated": None}
    assert made.about("zones") is None and layers(sea[0], tmp_path, every_min=0).about("presence") is None
    with open_keep(tmp_path / "none", context="test") as none:
        assert not layers(none, tmp_path).work(T0)


def test_coverage_is_that_of_the_reception_over_all_fixes(sea, tmp_path):
    keep, fixes = sea
    made = layers(keep, tmp_path)
    assert made.work(T0 + 48 * HOUR_MS)
    behind = made.about("coverage")["to"] // HOUR_MS
    assert behind == (int(fixes["time_ms"].max()) - 600_000) // HOUR_MS
    present = reception.presence(*(fixes[n] for n in ("mmsi", "time_ms", "lat_deg", "lon_deg")))
    want = reception.count(present, behind * HOUR_MS, (behind - 24) * HOUR_MS)
    got = features(made, "coverage")
    assert sum(f["heard"] for f in got) == sum(
        int(want.heard[want.cell == c].sum()) for c in np.unique(want.cell)
        if (want.heard + want.missing)[want.cell == c].sum() >= 3
    )  # fmt: skip
    assert any(f["share"] < 1 for f in got) and all(0 <= f["share"] <= 1 and f["expected"] >= f["heard"] for f in got)


def test_presence_is_that_of_all_fixes_of_its_hours(sea, tmp_path):
    keep, fixes = sea
    made = layers(keep, tmp_path, presence_h=24)
    made.work(T0 + 30 * HOUR_MS)  # half a day earlier, so that hours are added to those known
    made.work(T0 + 48 * HOUR_MS)
    about = made.about("presence")
    before = fixes["time_ms"] < about["to"]
    order = np.lexsort((fixes["time_ms"], fixes["mmsi"]))
    order = order[before[order]]
    columns = [fixes[n][order] for n in ("mmsi", "mmsi", "time_ms", "msg_id", "lat_deg", "lon_deg")]
    columns[1] = columns[1].astype(np.int64)
    whole = hours.Presence(hours.Params(("cell",), 0.1))
    whole.feed(Rows(*columns))
    older = hours.Presence(hours.Params(("cell",), 0.1))
    rows = Rows(*columns)
    keep_rows = np.flatnonzero(rows.time_ms < about["from"])
    older.feed(Rows(*(c[keep_rows] for c in rows.columns())))
    total = whole.finish().hours.sum() - older.finish().hours.sum()
    got = features(made, "presence")
    assert abs(sum(f["vessel_hours"] for f in got) - total) < 0.5  # rounding, and the step over the first hour
    assert 400 < total < 480 and max(f["share"] for f in got) == 1.0


def test_each_hour_is_read_once_and_a_new_start_shows_the_last_answer(sea, tmp_path):
    keep, _ = sea
    asked = []
    box = keep.box
    keep.box = lambda *a, **k: asked.append(a[4:6]) or box(*a, **k)
    made = layers(keep, tmp_path)
    made.work(T0 + 40 * HOUR_MS)
    n = len(asked)
    made.work(T0 + 40 * HOUR_MS)
    assert n == 30 and len(asked) == n and all(b - a == HOUR_MS for a, b in asked)
    made.work(T0 + 42 * HOUR_MS)
    assert len(asked) == n + 2
    again = layers(keep, tmp_path)
    assert again.layer("presence") == made.layer("presence") and again.about("coverage") == made.about("coverage")
    (tmp_path / "coverage.geojson").write_text("{")
    assert layers(keep, tmp_path).about("coverage") == {"calculated": None}


class Waits(threading.Event):
    """A stop that comes after so many waits, and what was waited for, s."""

    def __init__(self, most):
        super().__init__()
        self.most, self.told = most, []

    def wait(self, timeout=None):
        if timeout in (FIRST_S, 600.0):
            self.told.append(timeout)
        return len(self.told) >= self.most


def test_what_is_behind_goes_first_and_a_past_that_still_comes_in_is_looked_at_again(sea, tmp_path):
    made, behind, stopping = layers(sea[0], tmp_path, every_min=10), iter([True, True, False]), Waits(6)
    now = iter(T0 + h * HOUR_MS for h in (20, 30, 31, 31))
    made.run(stopping, lambda: next(now), lambda: next(behind))
    assert stopping.told == [FIRST_S, FIRST_S, FIRST_S, FIRST_S, FIRST_S, 600.0]
    assert made.about("coverage")["to"] == T0 + 30 * HOUR_MS
    endless = Waits(BUSY_LOOKS + 2)
    layers(sea[0], tmp_path / "b", every_min=10).run(endless, lambda: T0, lambda: True)
    assert endless.told == [FIRST_S] * (BUSY_LOOKS + 2)
