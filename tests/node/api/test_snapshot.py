"""The picture of 100,000 vessels: its size, and that changes give what the whole gives."""

import numpy as np
import pyarrow as pa
from station import NOW

from kizuna.base.table import Table, empty
from kizuna.node.api.books import Books
from kizuna.stores.keep.latest import LATEST

N = 100_000


def crowd(rng, mmsi, version):
    n = len(mmsi)
    columns = dict(empty(LATEST, n).columns)
    columns.update(
        mmsi=np.asarray(mmsi, np.int32), time_ms=np.full(n, NOW - 1000), lat_deg=rng.uniform(-80, 80, n), lon_deg=rng.uniform(-180, 180, n),
        sog_kn=np.where(rng.random(n) < 0.1, np.nan, rng.uniform(0, 130, n)).astype("f4"), cog_deg=rng.uniform(0, 360, n).astype("f4"),
        ship_type=rng.integers(-1, 256, n).astype("i2"), source_id=np.zeros(n, np.int32), ais_class=np.zeros(n, np.int32),
        version=np.full(n, version), shipname=pa.array([f"SHIP {m}" for m in mmsi]),
    )  # fmt: skip
    return Table(LATEST, columns, {"source_id": ("feed",)})


def rows(data):
    table = pa.ipc.open_stream(data).read_all()
    return dict(zip(table["mmsi"].to_pylist(), zip(*(c.to_pylist() for c in table.columns[1:]))))


def test_snapshot_of_100_000_is_below_2_5_mb_and_has_no_missing_values(here):
    here.store.latest = lambda since: (1, crowd(np.random.default_rng(1), range(200_000_000, 200_000_000 + N), 1))
    version, data = Books.over(here.node).pictures.encoded(0)
    assert version == 1 and len(data) <= 2_500_000
    table = pa.ipc.open_stream(data).read_all()
    assert table.num_rows == N and all(c.null_count == 0 for c in table.columns)
    assert pa.compute.min(table["sog_dkn"]).as_py() == -1 and pa.compute.max(table["sog_dkn"]).as_py() == 1022
    assert pa.compute.max(table["cog_ddeg"]).as_py() <= 3599


def test_whole_and_changes_added_up_are_the_same(here):
    rng, held, steps = np.random.default_rng(2), {}, []
    for v in range(1, 8):
        mmsi = np.sort(rng.choice(np.arange(431_000_000, 431_000_300), rng.integers(0, 80), replace=False))
        steps.append(crowd(rng, mmsi.tolist(), v))
    reached = 0

    def latest(since):
        newest = {}
        for step in steps[since:reached]:
            newest.update({m: (step, k) for k, m in enumerate(step["mmsi"].tolist())})
        from kizuna.base.table import concat

        return reached, concat([s.take(np.array([k])) for s, k in newest.values()] or [steps[0].slice(0, 0)])

    here.store.latest = latest
    follower, late = Books.over(here.node).pictures, None
    version = 0
    for reached in range(1, 8):
        version, data = follower.encoded(version)
        held.update(rows(data))
        if reached == 4:
            late = Books.over(here.node).pictures
    assert held == rows(follower.encoded(0)[1]) == rows(late.encoded(0)[1])
