"""All detectors together: one table, in order, the same for the same fixes."""

import numpy as np
import pyarrow as pa
import pytest
from events.make import HOUR, Leg, make_tracks
from events.test_replay import scene, world

from kizuna.base.table import Table, from_arrow
from kizuna.events.detect import count_by_type, detect_all
from kizuna.events.subjects import subjects, vessel_like
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.base.errors import InputError

A = 211_000_000


def test_events_are_sorted_by_start_then_id():
    events = detect_all(make_tracks(*scene(1)), None, world())
    keys = list(zip(events["start_ms"].tolist(), events["event_id"].to_pylist()))
    assert keys == sorted(keys) and len(set(keys)) == len(keys)
    assert all(count_by_type(events)[kind] > 0 for kind in EVENT_TYPES if kind != "dark_detection")


def test_order_of_arrival_does_not_matter():
    straight = detect_all(make_tracks(*scene(2)), None, world())
    mixed = detect_all(make_tracks(*scene(2), shuffle=7), None, world())
    assert straight.to_arrow().equals(mixed.to_arrow())


def test_table_survives_a_file():
    events = detect_all(make_tracks(*scene(3)), None, world())
    again = from_arrow(EVENTS, events.to_arrow())
    assert again.to_arrow().equals(events.to_arrow())


def test_every_event_is_complete():
    for e in detect_all(make_tracks(*scene(4)), None, world()).to_arrow().to_pylist():
        assert len(e["event_id"]) == 32 and e["version"] == 1 and e["status"] in ("open", "closed")
        assert e["rule_id"] == e["event_type"] and e["rule_version"] and e["params"].startswith("{")
        assert e["evidence"] and e["proof"][0]["msg_ids"] and e["alternatives"] and e["would_settle"]
        assert e["sources"] == ["AIS only"] and e["summary"]
        in_port = e["event_type"] == "port_visit"
        assert e["mask"].startswith("port points: test 1;") if in_port else e["mask"] == "one test anchorage"
        assert (e["level"] in (1, 2, 3, 4)) if in_port else e["level"] is None
        assert 0 < e["confidence"] < 1 and e["confidence_word"] in ("low", "moderate", "high")
        assert e["label"] == "nobody" and e["context"] == "real"
        assert len(e["mmsis"]) == len(e["vessel_ids"]) and e["mmsis"] == sorted(e["mmsis"])
        assert e["lat_min"] <= e["lat_mean"] <= e["lat_max"]


@pytest.mark.parametrize("legs", [[], [Leg(A, [0], 1, 1)], [Leg(A, [0, 0], 1, 1)]])
def test_little_input_gives_an_empty_table(legs):
    events = detect_all(make_tracks(*legs), None, world())
    assert isinstance(events, Table) and len(events) == 0 and count_by_type(events) == dict.fromkeys(EVENT_TYPES, 0)
    assert events.to_arrow().schema.equals(EVENTS.arrow())


def test_nothing_known_around_gives_events_that_say_so():
    events = detect_all(make_tracks(*scene(5)))
    assert set(events["mask"].to_pylist()) == {""}
    assert (
        np.isnan(events["start_distance_from_port_m"]).all() and np.isnan(events["start_distance_from_shore_m"]).all()
    )
    assert count_by_type(events)["zone_visit"] == 0
    assert pa.compute.sum(pa.compute.list_value_length(events["regions"])).as_py() == 0


@pytest.mark.parametrize(
    ("one", "two", "joined"),
    [
        ("x", "x", "x"),
        ("x", "y", "RED;policy=unreadable"),
        ("AMBER;rel=west", "GREEN;rel=south,west", "AMBER;rel=west"),
        ("AMBER;rel=west", "GREEN;rel=south", "AMBER;policy=mixed"),
        ("nobody", "GREEN;rel=south", "RED;policy=mixed"),
        ("nobody", "nobody", "nobody"),
    ],
)
def test_label_of_an_event_is_the_join_of_those_of_its_fixes(one, two, joined):
    t = np.arange(0, 3 * HOUR, 600)
    found = detect_all(make_tracks(Leg(A, t, 10, 20, label=one), Leg(A + 1, t, 10.001, 20, label=two)))
    assert found.to_arrow()["label"].to_pylist() == [joined]


def test_context_goes_with_the_events():
    t = np.arange(0, 3 * HOUR, 600)
    events = detect_all(make_tracks(Leg(A, t, 10, 20), Leg(A + 1, t, 10.001, 20), context="exercise:x"))
    assert events.to_arrow()["context"].to_pylist() == ["exercise:x"]


def test_a_mask_needs_a_name():
    with pytest.raises(InputError, match="description"):
        Surroundings(in_anchorage=lambda lat, lon: lat > 0)


def test_progress_is_told():
    told = []
    detect_all(make_tracks(*scene(1)), None, world(), lambda share, what: told.append((share, what)))
    assert (
        [s for s, _ in told] == sorted(s for s, _ in told)
        and told[-1][0] == 1.0
        and {"encounters", "events of single vessels"} <= {w for _, w in told}
    )


def test_vessels_are_numbered_by_mmsi_then_id():
    t = np.arange(2) * 60
    who = subjects(
        make_tracks(
            Leg(A + 1, t, 1, 1),
            Leg(A, t, 1, 1, vessel="b"),
            Leg(A, t + 99, 1, 1, vessel="a"),
            Leg(A, t + 999, 1, 1, vessel="b"),
        )
    )
    assert who.mmsi.tolist() == [A, A, A + 1] and len(set(who.vessel_id.to_pylist())) == 3
    assert who.vessel[0] == who.vessel[2] != who.vessel[1]
    assert who.segments_by_vessel.tolist() in ([0, 2, 1, 3], [1, 0, 2, 3])


def test_numbers_of_stations_are_no_vessels():
    yes = [211_000_000, 1_193_046, 123_456_789, 982_111_222, 1, 999_999_99, 800_000_000, 970_000_000 - 1]
    no = [2_191_000, 21_910_000, 111_232_500, 970_011_111, 972_011_111, 974_011_111, 992_191_234]
    assert vessel_like(np.array(yes)).all() and not vessel_like(np.array(no)).any()
