"""The store in memory of these tests answers as the real one does, so that what they hold holds for a node."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from fake_keep import FakeKeep, fix, table
from happen import HOUR, gap
from station import NOW, Station

from kizuna.events.table import EVENTS
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.keep import open_keep

sys.path.insert(0, str(Path(__file__).parents[2] / "formats"))
import read_mvt  # noqa: E402

SHIPS = (431000001, 412000002, 440000003)
TRIES = (NOW - 2 * HOUR, NOW + 1)


@pytest.fixture
def both(tmp_path):
    fake, real = FakeKeep(), open_keep(tmp_path / "keep")
    rows = [fix(m, NOW - (9 - k) * 700_000, 24.0 + k / 100, 179.97 + k / 100 - (360 if k > 3 else 0), sog_kn=9.5, nav_status=5 * (k % 2))
            for k in range(10) for m in SHIPS]  # fmt: skip
    fake.add(*rows)
    rows = [{**r, "msg_id": i, "context": "real"} for i, r in enumerate(rows)]
    said = [{"mmsi": m, "time_ms": NOW - 1000, "shipname": f"SHIP {m % 10}", "callsign": "7JXX", "imo": -1, "ship_type": 70, "msg_id": 1000 + m % 10,
             "source_id": "feed", "context": "real", "label": "nobody", "msg_type": 5} for m in SHIPS]  # fmt: skip
    for s in said:
        fake.say(s["mmsi"], shipname=s["shipname"], callsign="7JXX", ship_type=70)
    none = nothing()
    real.append(Batch(table(FIXES, rows), table(STATICS, said), none.others, none.rejects, {}))
    fake.put_events(gap(), gap("gap2", mmsi=SHIPS[1], start=NOW - 60 * HOUR))
    real.put_events(table(EVENTS, [{"context": "real", "label": "nobody", "version": 1, "status": "closed", **e}
                                   for e in (gap(), gap("gap2", mmsi=SHIPS[1], start=NOW - 60 * HOUR))]))  # fmt: skip
    yield fake, real
    real.close()


def same(a, b, names, keys=("mmsi", "time_ms")):
    order = [np.lexsort([t[k] for k in reversed(keys)]) for t in (a, b)]
    for n in names:
        x, y = (t[n].to_pylist() if isinstance(t[n], pa.Array) else t[n][o].tolist() for t, o in zip((a, b), order))
        if isinstance(a[n], pa.Array):
            x, y = [x[i] for i in order[0]], [y[i] for i in order[1]]
        assert x == y, n


def test_both_stores_answer_the_same(both):
    fake, real = both
    same(
        fake.latest()[1],
        real.latest()[1],
        ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "nav_status", "ship_type", "shipname", "ais_class"),
    )
    same(fake.track(SHIPS[0], *TRIES), real.track(SHIPS[0], *TRIES), ("mmsi", "time_ms", "lat_deg", "lon_deg"))
    for box in (
        (170.0, 20.0, -170.0, 24.055),
        (179.0, 0.0, 180.0, 90.0),
        (-180.0, 0.0, -179.0, 90.0),
        (-180.0, -90.0, 180.0, 90.0),
    ):
        same(fake.box(*box, *TRIES), real.box(*box, *TRIES), ("mmsi", "time_ms", "lon_deg"))
    for ask in (
        {},
        {"start_ms": NOW - 24 * HOUR},
        {"end_ms": NOW - 24 * HOUR},
        {"mmsi": SHIPS[1]},
        {"event_id": "gap1"},
    ):
        assert sorted(fake.events(**ask)["event_id"].to_pylist()) == sorted(
            real.events(**ask)["event_id"].to_pylist()
        ), ask
    same(fake.identities(), real.identities(), ("mmsi", "shipname", "callsign", "ship_type"), ("mmsi",))
    assert fake.history(*TRIES) == real.history(*TRIES)
    start = fake.history(*TRIES)[0][0]
    same(fake.block(start), real.block(start), ("mmsi", "time_ms", "lat_deg"))
    assert (
        fake.versions().newest_ms == real.versions().newest_ms
        and fake.versions().oldest_ms == real.versions().oldest_ms
    )
    assert real.latest(real.versions().picture)[1].columns["mmsi"].size == 0


def test_the_api_answers_over_the_real_store(both, tmp_path):
    fake, real = both
    answers = []
    for n, store in enumerate((fake, real)):
        one = Station(tmp_path / f"n{n}")
        one.node.store = store
        ana = one.user("analyst")
        told = [ana.get(p) for p in (
            "/api/picture", f"/api/vessels/{SHIPS[0]}/track?from={TRIES[0]}&to={TRIES[1]}", "/api/alerts", "/api/search?q=ship",
            f"/ogc/collections/vessels/items?bbox=170,0,-170,40", "/ogc/collections/events/items", f"/ogc/collections/tracks/items?mmsi={SHIPS[0]}",
            f"/api/history?from={TRIES[0]}&to={TRIES[1]}", f"/feeds/fixes.geojson?mmsi={SHIPS[0]}", "/tiles/vessels/3/7/3.mvt", "/metrics",
        )]  # fmt: skip
        assert all(t.status_code in (200, 403) for t in told), [t.text for t in told if t.status_code not in (200, 403)]
        card = ana.get(f"/api/vessels/{SHIPS[0]}").json()
        answers.append((pa.ipc.open_stream(told[0].content).read_all().to_pylist(), told[1].content, told[2].json()["counts"],
                        [r["mmsi"] for r in told[3].json()["results"]], told[4].json()["features"], len(told[5].json()["features"]),
                        told[6].json()["features"], told[7].json()["counts"], told[8].json()["features"], sorted(str(f) for f in read_mvt.read(told[9].content)["vessels"]["features"]),
                        card["fix"]["t"], [n["name"] for n in card["names"]]))  # fmt: skip
        one.close()
    for a, b in zip(*answers):
        assert a == b
