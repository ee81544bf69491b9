"""Alerts: which events an officer is told of, and when."""

import json

import numpy as np
import pytest
from events.make import HOUR, T0_S, Leg, make_tracks
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.table import Table, empty
from kizuna.events import alerts, gaps
from kizuna.events.alerts import Params, flagged, per_watch, raised_ms, select, sentences
from kizuna.events.params import read
from kizuna.events.table import EVENT_TYPES, EVENTS, LEVEL_WORDS, STATUSES

import pyarrow as pa

HOUR_MS = HOUR * 1000
T0_MS = T0_S * 1000
REGIONS = EVENTS["regions"].arrow
ZONE = ("zone_id", "view", "relation")
LEAST = {"gap": '{"threshold_h":6.0}', "encounter": '{"duration_min_h":2.0}', "loitering": '{"duration_min_h":4.0}'}


def table(*events) -> Table:
    """Events as (type, mmsis, start in hours) and more columns by name."""
    n = len(events)
    more = [dict(e[3]) if len(e) > 3 else {} for e in events]
    columns = dict(empty(EVENTS, n).columns) | {
        "event_id": pa.array([f"{k:04d}" for k in range(n)], pa.string()),
        "event_type": np.array([EVENT_TYPES.index(e[0]) for e in events], np.int32),
        "mmsis": pa.array([list(e[1]) for e in events], pa.list_(pa.int32())),
        "start_ms": np.array([T0_MS + round(e[2] * HOUR_MS) for e in events], np.int64),
        "params": pa.array([LEAST.get(e[0], "{}") for e in events], pa.string()),
        "status": np.array([STATUSES.index(m.get("status", "closed")) for m in more], np.int32),
        "confidence_word": np.array([LEVEL_WORDS.index(m.get("word", "high")) for m in more], np.int32),
        "confidence": np.array([m.get("sure", 0.9) for m in more], np.float32),
        "regions": pa.array(
            [
                [dict.fromkeys(ZONE, m["zone"]) | {"claimant": m.get("claimant", "")}] if "zone" in m else []
                for m in more
            ],
            REGIONS,
        ),
        "event_info": pa.array([json.dumps(m.get("info", {})) for m in more], pa.string()),
        "summary": pa.array([m.get("summary", "") for m in more], pa.string()),
        "duration_h": np.array([m.get("hours", 0.0) for m in more], np.float64),
        "start_distance_from_shore_m": np.array([m.get("shore_m", 50_000.0) for m in more], np.float64),
    }
    return Table(EVENTS, columns, dict(empty(EVENTS).words))


def rows_of(*events, **params):
    return select(table(*events), Params(**params)).row.tolist()


def test_event_below_the_level_raises_nothing():
    events = [("encounter", [1, 2], 0, {"word": w}) for w in LEVEL_WORDS]
    assert [rows_of(*events, level=w, repeat_h=0) for w in LEVEL_WORDS] == [[0, 1, 2], [1, 2], [2]]


def test_gap_is_measured_by_its_probability_whatever_its_word():
    events = [("gap", [k], 0, {"sure": c, "word": "low"}) for k, c in enumerate((0.40, 0.45, 0.5))]
    assert rows_of(*events) == [2] and rows_of(*events, gap_confidence_min=0.41) == [1, 2]
    assert rows_of(*events, level="high") == [2]


def test_superseded_and_retracted_versions_raise_nothing():
    assert rows_of(*[("gap", [k], 0, {"status": s}) for k, s in enumerate(STATUSES)]) == [0, 1]


def test_types_left_out_raise_nothing():
    assert rows_of(("port_visit", [1], 0), ("gap", [2], 0)) == [1]
    assert rows_of(("port_visit", [1], 0), ("gap", [2], 0), leave_out="gap loitering") == [0]


def test_gap_close_to_shore_raises_nothing_and_other_types_do():
    close = {"shore_m": 1851.0}
    assert rows_of(("gap", [1], 0, close), ("encounter", [2, 3], 0, close), ("gap", [4], 0, {"shore_m": 1852.0})) == [
        1,
        2,
    ]
    assert rows_of(("gap", [1], 0, {"shore_m": np.nan})) == [0]  # an unknown distance is not close


def test_alert_is_raised_when_the_definition_first_holds():
    events = table(("gap", [1], 0), ("encounter", [2, 3], 0), ("loitering", [4], 0), ("zone_visit", [5], 0))
    assert ((raised_ms(events) - T0_MS) / HOUR_MS).tolist() == [6, 2, 4, 0]
    assert select(events).row.tolist() == [3, 1, 2, 0]


def test_one_vessel_is_told_of_once_within_the_time_of_repeats():
    events = [("loitering", [1], h) for h in (0, 10, 23.9, 24, 40)]
    assert rows_of(*events) == [0, 3]
    assert select(table(*events)).events.tolist() == [3, 2]
    assert rows_of(*events, repeat_h=0) == [0, 1, 2, 3, 4]
    assert rows_of(("loitering", [1], 0), ("gap", [1], 0)) == [0, 1]  # another type is another case


def test_visits_to_other_zones_are_other_cases():
    events = [("zone_visit", [1], h, {"zone": z}) for h, z in ((0, "a"), (1, "b"), (2, "a"))]
    assert rows_of(*events) == [0, 1]


def claimed(mmsi, start_h, hours, claimant, limit="12", basis="computed: 12 nm from the coast", depth=3):
    computed = "computed " if basis.startswith("computed") else ""
    summary = f"MMSI {mmsi} was inside Rock ({computed}line of {claimant}) for {hours:.1f} h, up to {depth:.2f} nm."
    more = {"zone": f"{claimant}-{limit}", "claimant": claimant, "hours": hours, "summary": summary}
    return ("zone_visit", [mmsi], start_h, more | {"info": {"basis": basis} | ({"limit_nm": limit} if limit else {})})


@pytest.mark.parametrize("repeat_h", [0.0, 24.0])
def test_one_visit_to_rival_claims_is_told_once_and_names_every_claimant(repeat_h):
    events = table(claimed(1, 0, 3, "JP"), claimed(1, 0, 3, "CN"), claimed(1, 0, 3, "TW"), claimed(2, 0, 3, "JP"))
    found = select(events, Params(repeat_h=repeat_h))
    assert found.row.tolist() == [0, 3] and found.events.tolist() == [3, 1] and found.rivals == ((1, 2), ())
    assert sentences(events, found) == [
        "MMSI 1 was inside Rock (computed lines of CN, JP and TW) for 3.0 h, up to 3.00 nm.",
        "MMSI 2 was inside Rock (computed line of JP) for 3.0 h, up to 3.00 nm.",
    ]


def test_rival_zones_of_files_that_differ_tell_whose_line_the_figures_are_of():
    mine = {"limit": "", "basis": "assertion"}
    events = table(claimed(1, 0, 3.5, "Party A", **mine), claimed(1, 0.2, 3.1, "Party B", **mine))
    (said,) = sentences(events, select(events))
    assert said == (
        "MMSI 1 was inside Rock (line of Party A; in the same hours also inside the line of Party B) for 3.5 h, up to 3.00 nm."
    )


def test_lines_that_differ_are_told_with_those_of_the_others_together():
    events = table(claimed(1, 0, 3, "CN"), claimed(1, 0, 3, "JP", depth=2), claimed(1, 0, 3, "TW", depth=2))
    (said,) = sentences(events, select(events))
    assert "(computed line of CN; in the same hours also inside the computed lines of JP and TW) for" in said


def test_other_limits_claimants_met_later_and_a_claimants_own_zones_are_told_apart():
    assert rows_of(claimed(1, 0, 5, "JP"), claimed(1, 0, 5, "CN", limit="24")) == [0, 1]
    assert rows_of(claimed(1, 0, 100, "JP"), claimed(1, 70, 3, "CN")) == [0, 1]
    own = ("zone_visit", [1], 0, claimed(1, 0, 3, "JP")[3] | {"zone": "another"})
    assert rows_of(claimed(1, 0, 3, "JP"), own) == [0, 1]


def test_a_rival_visit_again_within_the_time_of_repeats_joins_the_case():
    events = [claimed(1, 0, 3, "JP"), claimed(1, 0, 3, "CN"), claimed(1, 6, 1, "CN")]
    assert rows_of(*events) == [0] and rows_of(*events, repeat_h=5) == [0, 2]


def test_raft_is_one_case_though_its_first_and_last_vessel_never_met():
    events = table(
        ("encounter", [1, 2], 0), ("encounter", [2, 3], 1), ("encounter", [3, 4], 2), ("encounter", [8, 9], 2)
    )
    found = select(events)
    assert found.row.tolist() == [0, 3] and found.events.tolist() == [3, 1]


def test_alerts_are_counted_by_watch_from_midnight():
    events = table(("zone_visit", [1], 7.99), ("zone_visit", [2], 8), ("gap", [3], 1.9), ("zone_visit", [4], 30))
    found = select(events)
    counts = per_watch(found, events, T0_MS, T0_MS + 24 * HOUR_MS - 1)
    zone, gap = EVENT_TYPES.index("zone_visit"), EVENT_TYPES.index("gap")
    assert counts[:, zone].tolist() == [1, 1, 0] and counts[:, gap].tolist() == [1, 0, 0]
    assert counts.sum() == 3


def test_flags_name_the_selected_rows_and_nothing_comes_of_nothing():
    events = table(("gap", [1], 0), ("gap", [1], 1), ("gap", [2], 1))
    assert flagged(events).tolist() == [True, False, True]
    assert len(select(empty(EVENTS)).row) == 0 and flagged(empty(EVENTS)).tolist() == []


def test_events_of_a_detector_can_be_selected():
    t = np.concatenate([np.arange(20) * 60, 19 * 60 + 30 * HOUR + np.arange(20) * 60])
    found = gaps.detect(make_tracks(Leg(211_000_000, t, 10.0, 20.0, sog=5.0)))
    assert raised_ms(found).tolist() == [T0_MS + 19 * 60_000 + 6 * HOUR_MS]
    assert select(found, Params(gap_confidence_min=0.1)).row.tolist() == [0]


@pytest.mark.parametrize(
    ("key", "value"),
    [("level", "certain"), ("leave_out", "gap dark"), ("repeat_h", -1), ("gap_confidence_min", 2), ("watch_h", 0.5)],
)
def test_wrong_settings_are_refused_by_name(key, value):
    with pytest.raises(ConfigError, match=rf"\[alerts\] {key}"):
        Params(**{key: value})
    assert read('[alerts]\nlevel = "high"').alerts.level == "high"


event = st.tuples(
    st.sampled_from(["gap", "encounter", "zone_visit", "port_visit"]),
    st.sets(st.integers(1, 6), min_size=1, max_size=2),
    st.integers(0, 60),
    st.fixed_dictionaries(
        {
            "word": st.sampled_from(LEVEL_WORDS),
            "sure": st.sampled_from([0.4, 0.6]),
            "shore_m": st.sampled_from([0.0, 9e4]),
        }
    ),
)


@given(st.lists(event, max_size=12), st.sampled_from([0.0, 5.0, 24.0]))
@settings(max_examples=100, deadline=None)
def test_alerts_agree_with_a_plain_walk(events, repeat_h):
    params = Params(repeat_h=repeat_h)
    found = select(table(*events), params)
    wait = {"gap": 6, "encounter": 2}
    told, want = {}, []
    for at, k in sorted((e[2] + wait.get(e[0], 0), k) for k, e in enumerate(events)):
        kind, ships, _, more = events[k]
        if kind == "port_visit" or (kind == "gap" and (more["shore_m"] == 0 or more["sure"] < 0.5)):
            continue
        if kind != "gap" and more["word"] == "low":
            continue
        standing = [told[kind, s] for s in ships if (kind, s) in told and at - told[kind, s][0] < repeat_h]
        if not standing:
            want.append(k)
        told |= {(kind, s): min(standing, default=(at, k)) for s in ships}
    assert found.row.tolist() == want
    assert (np.diff(found.raised_ms) >= 0).all()


@given(st.lists(event, max_size=12))
@settings(max_examples=50, deadline=None)
def test_stricter_settings_look_at_no_more_events(events):
    t = table(*events)
    for loose, strict in ((Params(level="low"), Params()), (Params(gap_shore_min_nm=0), Params()), (Params(), Params(level="high"))):  # fmt: skip
        assert (alerts.worth_a_look(t, strict) <= alerts.worth_a_look(t, loose)).all()
