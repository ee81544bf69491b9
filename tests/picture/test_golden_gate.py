"""A gate that a user draws across the Golden Gate, on a real day of San Francisco Bay."""

import numpy as np
import pytest
import shapely

from events.real import bay
from kizuna.picture.presence import Params, Presence
from kizuna.picture.rows import Rows
from kizuna.picture.transits import Transits
from kizuna.places.gates import gates_from_geojson
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.segment import segment

GATE = gates_from_geojson("""{"type": "Feature", "properties": {"gate_id": "golden-gate", "name": "Golden Gate",
    "left_to_right": "inbound", "right_to_left": "outbound"},
    "geometry": {"type": "LineString", "coordinates": [[-122.4783, 37.8106], [-122.4783, 37.8325]]}}""")


@pytest.fixture(scope="module")
def rows(shared):
    tracks = segment(bay(shared))
    good = tracks.segment >= 0
    return Rows(
        tracks.mmsi[good], tracks.segments["seg_id"][tracks.segment[good]], tracks.time_ms[good],
        tracks.fixes["msg_id"][tracks.order[good]], tracks.lat_deg[good], tracks.lon_deg[good],
    )  # fmt: skip


@pytest.fixture(scope="module")
def crossed(rows):
    counter = Transits(GATE)
    counter.feed(rows)
    return counter.finish()


def steps_that_shapely_sees(rows):
    """Rows whose step from the row before crosses the line, and +1 where it goes east."""
    same = rows.segment[1:] == rows.segment[:-1]
    ends = np.stack([np.column_stack([rows.lon_deg[:-1], rows.lat_deg[:-1]]),
                     np.column_stack([rows.lon_deg[1:], rows.lat_deg[1:]])], axis=1)  # fmt: skip
    line = shapely.LineString(GATE[0].lines[0])
    near = same & (ends[:, :, 0].min(axis=1) <= -122.4783) & (ends[:, :, 0].max(axis=1) >= -122.4783)
    at = np.flatnonzero(near)
    at = at[shapely.intersects(shapely.linestrings(ends[at]), line) & (ends[at, 0, 0] != ends[at, 1, 0])]
    return at + 1, np.where(ends[at, 1, 0] > ends[at, 0, 0], 1, -1)


def test_every_track_has_the_net_of_the_crossings_that_shapely_sees(rows, crossed):
    at, way = steps_that_shapely_sees(rows)
    assert len(at) > 30
    want = {}
    for r, w in zip(at.tolist(), way.tolist()):
        want[int(rows.segment[r])] = want.get(int(rows.segment[r]), 0) + w
    ours = dict.fromkeys(want, 0)
    for s, d in zip(crossed["seg_id"].tolist(), crossed["direction"].to_pylist()):
        ours[s] += 1 if d == "inbound" else -1
    assert ours == want


def test_each_transit_rests_on_a_step_that_shapely_sees(rows, crossed):
    at, _ = steps_that_shapely_sees(rows)
    pairs = set(zip(rows.msg_id[at - 1].tolist(), rows.msg_id[at].tolist()))
    ours = list(zip(crossed["before_msg_id"].tolist(), crossed["after_msg_id"].tolist()))
    assert len(ours) == 42
    assert set(ours) <= pairs
    assert np.abs(crossed["lon_deg"] + 122.4783).max() < 1e-6


def test_most_ships_pass_inbound_and_outbound_at_the_speed_of_ships(crossed):
    speed = crossed["speed_kn"]
    assert np.nanmax(speed) < 40
    assert 5 < np.nanmedian(speed) < 20


def test_the_bay_and_the_sea_outside_add_up_to_everything(rows):
    def square(west, east, name):
        return make_zone([[[(west, 30), (east, 30), (east, 45), (west, 45), (west, 30)]]], zone_id=name)

    zones = ZoneIndex.build([square(-140, -122.4783, "outside"), square(-122.4783, -110, "inside")])
    by_zone, everything = Presence(Params(by=("zone",)), zones), Presence(Params())
    for part in (rows.cut(0, 50_000), rows.cut(50_000, len(rows))):
        by_zone.feed(part)
        everything.feed(part)
    a, b = by_zone.finish(), everything.finish()
    assert a.half_ms.sum() == b.half_ms.sum()
    assert a.fixes.sum() == b.fixes.sum() == len(rows)
