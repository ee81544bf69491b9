"""The proof of an event is enough: the detectors, run again on those fixes alone, find the same event.

Same means every column: id, interval, places, measured values of all tests, verdicts, confidence, words, and proof.
"""

import numpy as np
import pyarrow as pa
import pytest
from events.make import HOUR, NM_DEG, Leg, make_tracks, msg_ids, only
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.table import Table
from kizuna.events.detect import count_by_type, detect_all
from kizuna.events.surroundings import Surroundings
from kizuna.places.anchorages import make_anchorages
from kizuna.places.ports import port_points
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex

A = 211_000_000


def box(west, south, east, north, zone_id):
    return make_zone(
        [[[(west, south), (east, south), (east, north), (west, north), (west, south)]]],
        zone_id=zone_id,
        claimant=zone_id,
    )


def world() -> Surroundings:
    """A straight coast at 20 east, one anchorage that is a port, two zones that overlap."""
    return Surroundings(
        shore_m=lambda lat, lon: np.maximum((np.abs(lon) - 20) * 60 * 1852 * 0.98, 0),
        in_anchorage=lambda lat, lon: (np.abs(lat - 10) < 0.05) & (np.abs(lon - 20) < 0.05),
        anchorage_m=lambda lat, lon: np.hypot(lat - 10, lon - 20) * 111_000,
        mask="one test anchorage",
        ports=port_points(make_anchorages([10.0], [20.0], 1000.0, "test", "one test anchorage"), ()),
        zones=ZoneIndex.build([box(20.2, 9, 21.5, 11, "inner"), box(20.9, 9, 22, 12, "outer")]),
    )


def replayed(tracks, events: Table, k: int, surroundings) -> dict | None:
    again = detect_all(only(tracks, msg_ids(events, k)), None, surroundings)
    row = pa.compute.index(again["event_id"], events["event_id"][k]).as_py()
    return None if row < 0 else row_of(again, row)


def row_of(events: Table, k: int) -> dict:
    return events.slice(k, k + 1).to_arrow().to_pylist()[0]


def check_all(tracks, surroundings) -> dict[str, int]:
    events = detect_all(tracks, None, surroundings)
    for k in range(len(events)):
        want, got = row_of(events, k), replayed(tracks, events, k, surroundings)
        assert got is not None, f"{want['event_type']} not found again: {want['summary']}"
        differ = {c: (want[c], got[c]) for c in want if want[c] != got[c]}
        assert not differ, (want["event_type"], differ)
    return count_by_type(events)


def scene(seed: int) -> list[Leg]:
    """Vessels of every habit in one sea: going, waiting, meeting, silent, sharing a number, moored."""
    rng = np.random.default_rng(seed)
    day = 30 * HOUR
    t = np.arange(0, day, 600)
    k = len(t)
    wander = np.cumsum(rng.normal(0, 0.002, (2, k)), axis=1)
    silent = np.concatenate([t[t < 9 * HOUR], t[t > 17 * HOUR]])
    gone = t[t < 15 * HOUR]
    through = Leg(A + 1, t, 10.3, 19.9 + t / HOUR * 0.2, sog=11.0)
    return [
        Leg(A, t, 10.2, 21.0, sog=0.2),  # waits, alone at first
        Leg(
            A + 2, t, np.where((t > 8 * HOUR) & (t < 14 * HOUR), 10.201, 10.6), 21.0, sog=1.0
        ),  # comes to it and leaves
        through,
        Leg(A + 3, silent, 9.5 + silent / HOUR * 0.01, 20.5, sog=6.0),
        Leg(A + 3, t[(t > 10 * HOUR) & (t < 16 * HOUR)], -30, 100, vessel=f"mmsi:{A + 3}/2", noise="good"),
        Leg(A + 4, gone, 9.6, 20.5 + rng.normal(0, 0.001, len(gone)), sog=3.0),
        Leg(A + 5, np.concatenate([t[:20], t[-20:]]), 10.0, 20.0, sog=0.0),  # silent in the anchorage
        Leg(A + 6, t, 9.8 + wander[0], 20.9 + wander[1], status=rng.choice([0, 1], k)),
        *(Leg(A + 10 + j, t + 40 * j, 9.4 + 0.05 * j, 20.3 + rng.normal(0, 0.0005, k), sog=2.0) for j in range(4)),
        Leg(A + 20, t[:12], 10.5, 20.19 + np.arange(12) * 0.004),  # two segments around the western line
        Leg(A + 20, t[-12:], 10.5, 20.25 - np.arange(12) * 0.002),
        Leg(A + 30, t, 11.5 + NM_DEG * np.sin(t / 3000.0), 20.9 + 0.002 * np.sin(t / 700.0)),  # along a line
    ]


def test_every_event_of_every_type_is_found_again_from_its_proof():
    found = check_all(make_tracks(*scene(1)), world())
    assert all(n for kind, n in found.items() if kind != "dark_detection"), found  # those come from scenes


@pytest.mark.big
@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_also_in_other_seas(seed):
    check_all(make_tracks(*scene(seed), shuffle=seed), world())


@pytest.mark.big
@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
@settings(max_examples=12)
def test_also_of_vessels_without_habits(seed):
    rng = np.random.default_rng(seed)
    legs = []
    for j in range(8):
        n = int(rng.integers(1, 80))
        t = np.cumsum(rng.choice([60, 600, 1800, 3000, 4000, 30_000], n, p=[0.3, 0.3, 0.2, 0.1, 0.07, 0.03]))
        way = np.cumsum(rng.normal(0, rng.choice([0.0005, 0.02]), (2, n)), axis=1)
        legs.append(
            Leg(
                A + j // 2,
                t,
                10.2 + way[0],
                20.9 + way[1],
                sog=rng.choice([0.1, 5.0]),
                vessel=f"mmsi:{A + j // 2}/{j % 2}",
            )
        )
    check_all(make_tracks(*legs), world())


@pytest.mark.big
@pytest.mark.slow
def test_every_event_of_a_real_bay_is_found_again_from_its_proof(shared):
    """A day of San Francisco Bay, segmented as in a real run; 320 vessels."""
    from events.real import bay, surroundings_of
    from kizuna.tracks.segment import segment

    tracks = segment(bay(shared))
    around = surroundings_of(tracks, [box(-122.6, 37.7, -122.3, 37.9, "bay"), box(-123.2, 37.5, -122.6, 38.0, "gulf")])
    found = check_all(tracks, around)
    assert found["gap"] > 50 and found["zone_visit"] > 50
