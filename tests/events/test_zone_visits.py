"""Zone visits: edges of the definition, jitter along the line, rival claims, 180 degrees and the pole."""

import json

import numpy as np
import pytest
from events.make import HOUR, NM_DEG, T0_S, Leg, make_tracks, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events import zone_visits
from kizuna.events.surroundings import Surroundings
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex

A = 211_000_000


def box(west, south, east, north, zone_id="box", **more):
    return make_zone(
        [[[(west, south), (east, south), (east, north), (west, north), (west, south)]]], zone_id=zone_id, **more
    )


BOX = box(20.0, 10.0, 21.0, 11.0, name="Box", claimant="north")


def found(*legs, zones=(BOX,), params=None, **more):
    surroundings = Surroundings(zones=ZoneIndex.build(list(zones)))
    return rows(zone_visits.detect(make_tracks(*legs, **more), params, surroundings))


def along(nm_inside, step_s=60, mmsi=A, lat=10.5, t0=0, **more):
    """A vessel at these distances east of the western line of the box, one report a minute."""
    x = np.asarray(nm_inside, float)
    return Leg(mmsi, t0 + np.arange(len(x)) * step_s, lat, 20.0 + x * NM_DEG / np.cos(np.radians(lat)), **more)


def minute(event, key):
    return (event[key] - T0_S * 1000) / 60_000


def test_visit_from_first_inside_report_to_first_report_of_the_exit():
    (visit,) = found(along([-2, -1, 1, 2, 1, -1, -2, -3]))
    assert (minute(visit, "start_ms"), minute(visit, "end_ms")) == (2, 5)
    assert visit["status"] == "closed"
    assert visit["tests"]["entry_seen"]["passed"] and visit["tests"]["exit_seen"]["passed"]
    info = json.loads(visit["event_info"])
    assert info["outside_before"].endswith("00:01:00Z") and info["last_inside"].endswith("00:04:00Z")
    assert info["deepest_distance_to_line_m"] == pytest.approx(2 * 1852, rel=0.01)
    assert info["entry_distance_to_line_m"] == pytest.approx(1852, rel=0.01)
    assert info["claimant"] == "north" and "line of north" in visit["summary"]
    assert visit["regions"] == [{"zone_id": "box", "claimant": "north", "view": "", "relation": "passage"}]


def test_one_inside_report_is_no_visit():
    assert found(along([-2, -1, 1, -1, -2])) == []
    assert len(found(along([-2, -1, 1, -1, -2]), params=zone_visits.Params(reports=1))) == 1


def test_one_report_outside_is_no_exit():
    (visit,) = found(along([-1, 1, 1, -1, 1, 1, -1, -1, -1]))
    assert minute(visit, "end_ms") == 6


def test_reports_within_the_hysteresis_are_no_exit():
    (visit,) = found(along([-1, 1, 1, -0.05, -0.09, -0.05, -0.09, 1, -1, -1]))
    assert (minute(visit, "start_ms"), minute(visit, "end_ms")) == (1, 8)
    assert found(along([-1, 1, -0.05, -0.05])) == []  # but they make no entry either


def test_vessel_that_runs_along_the_line_makes_one_visit():
    jitter = np.where(np.arange(600) % 3 == 0, -0.08, 0.02)
    (visit,) = found(along([-1, -1, *jitter, -1, -1]))
    assert visit["duration_h"] == pytest.approx(599 / 60 + 2 / 60, abs=0.05)
    assert visit["confidence_word"] == "low"  # never deeper inside than the error of a position
    assert visit["tests"]["deepest_inside_the_line"]["passed"] is False
    assert "position error near the line" in visit["alternatives"]


def test_far_reports_in_a_row_must_follow_each_other():
    (visit,) = found(along([-1, 1, 1, -1, -0.05, -1, -0.05, 1, -1, -1]))
    assert minute(visit, "end_ms") == 8


def test_track_first_heard_inside_has_no_seen_entry():
    (visit,) = found(along([1, 1, -1, -1]))
    assert visit["tests"]["entry_seen"]["passed"] is False
    assert (
        json.loads(visit["event_info"])["outside_before"] is None
        and "was already inside" in visit["summary"]
        and "when first heard at" in visit["summary"]
    )


def test_vessel_last_heard_inside_is_still_there():
    (visit,) = found(along([-1, 1, 1]))
    assert visit["status"] == "open" and visit["end_ms"] == MISSING_TIME_MS and np.isnan(visit["end_lat_deg"])
    assert visit["tests"]["exit_seen"]["passed"] is False and visit["duration_h"] == pytest.approx(1 / 60)


def test_vessel_heard_again_after_a_silence_inside_is_not_still_there():
    one, two = sorted(found(along([-1, 1, 1]), along([1, 1, -1, -1], t0=40 * HOUR)), key=lambda e: e["start_ms"])
    assert one["status"] == "closed" and one["tests"]["exit_seen"]["passed"] is False
    assert two["status"] == "closed" and two["tests"]["entry_seen"]["passed"] is False
    assert one["event_id"] != two["event_id"]


def test_each_claim_has_its_own_visit():
    rivals = [box(20, 10, 21, 11, "a", claimant="north"), box(20.5, 10, 22, 11, "b", claimant="south")]
    t = np.arange(0, 8 * HOUR, 600)
    visits = found(Leg(A, t, 10.5, 19.8 + t / HOUR * 0.3), zones=rivals)
    assert [
        (v["regions"][0]["zone_id"], v["regions"][0]["claimant"]) for v in sorted(visits, key=lambda v: v["start_ms"])
    ] == [
        ("a", "north"),
        ("b", "south"),
    ]
    assert len({v["event_id"] for v in visits}) == 2


@pytest.mark.parametrize(
    ("basis", "words"), [("our own decree", " (line of north) "), ("computed: 12 nm", " (computed line of north) ")]
)
def test_only_a_line_computed_here_is_called_computed(basis, words):
    zone = box(20, 10, 21, 11, kind="claim", claimant="north", basis=basis)
    (visit,) = found(along([-1, 1, 1, -1, -1]), zones=[zone])
    assert words in visit["summary"]


def test_passage_is_continuous_and_expeditious():
    through = np.arange(-2, 30, 0.2)  # 12 kn
    (passage,) = found(along(through))
    assert json.loads(passage["event_info"])["class"] == "passage"
    assert passage["tests"]["least_progress_in_half_an_hour"]["measured"] == pytest.approx(12, rel=0.02)
    stop = np.concatenate([np.arange(-2, 15, 0.2), np.full(90, 15.0), np.arange(15, 30, 0.2)])
    (stay,) = found(along(stop))
    assert json.loads(stay["event_info"])["class"] == "stopped"
    assert stay["tests"]["least_progress_in_half_an_hour"]["passed"] is False
    circles = 10 + np.sin(np.arange(240) / 4)  # fast, but getting nowhere
    (about,) = found(along(np.concatenate([np.arange(-2, 10, 0.2), circles, np.arange(10, -3, -0.2)]), sog=11.0))
    assert json.loads(about["event_info"])["class"] == "slow"


def test_drift_inside_is_slow_and_no_stop():
    (visit,) = found(along(np.concatenate([[-2, -1], np.arange(0, 6, 2 / 60), [-1, -2]]), sog=2.0))  # 2 kn
    assert json.loads(visit["event_info"])["class"] == "slow" and "slow stay" in visit["summary"]


def claim_box(view="neutral", **more):
    words = {"claim_view": view, "line_error_m": "20", "limit_nm": "12", "label": "computed", "objections": "south"}
    return box(20.0, 10.0, 21.0, 11.0, "claim-12nm-x-north", name="12 nm of feature 10.50N 20.50E", claimant="north",
               kind="claim", basis="computed: 12 nm from the coast", attributes=words | more)  # fmt: skip


def test_visit_to_a_computed_claim_says_whose_line_in_whose_words_and_how_far():
    (visit,) = found(along([-2, -1, 1, 2, 1, -1, -2, -3]), zones=[claim_box()])
    info = json.loads(visit["event_info"])
    assert (info["claimant"], info["view"], info["label"], info["limit_nm"]) == ("north", "neutral", "computed", "12")
    assert info["line_error_m"] == 20 and info["near_line"] is False and info["objections"] == "south"
    assert "computed line of north" in visit["summary"]
    assert visit["regions"][0] == {
        "zone_id": "claim-12nm-x-north", "claimant": "north", "view": "neutral", "relation": info["class"]
    }  # fmt: skip


def test_visit_within_the_errors_of_line_and_position_is_flagged():
    depth = 110 / 1852  # beyond the error of positions (100 m), within that and the line's (20 m)
    (visit,) = found(along([-1, -1, depth, depth, depth, -1, -1]), zones=[claim_box()])
    assert json.loads(visit["event_info"])["near_line"] is True and visit["confidence_word"] == "low"
    (plain,) = found(along([-1, -1, depth, depth, depth, -1, -1]))
    assert json.loads(plain["event_info"])["near_line"] is False and plain["regions"][0]["view"] == ""


def test_view_changes_words_and_nothing_else():
    one, two = (found(along([-2, -1, 1, 2, 1, -1, -2, -3]), zones=[claim_box(v)])[0] for v in ("neutral", "JP"))
    assert {k for k in one if str(one[k]) != str(two[k])} <= {"regions", "event_info", "evidence", "tests"}
    assert one["event_id"] == two["event_id"]


def test_silence_inside_is_no_shown_passage():
    (visit,) = found(along(np.arange(-10, 40, 10.0), step_s=2 * HOUR))
    assert json.loads(visit["event_info"])["class"] == "not_shown"
    assert visit["tests"]["longest_time_between_reports_kept"]["passed"] is False


def test_moored_for_days_is_proved_by_few_reports():
    (visit,) = found(along(np.concatenate([[-1, -1], np.full(3 * 24 * 60, 3.0), [-1, -1]])))
    assert len(visit["proof"][0]["msg_ids"]) < 160


def test_zone_over_180_degrees_and_around_the_pole():
    over = box(179.0, -1.0, 181.0, 1.0, "over")
    t = np.arange(0, 4 * HOUR, 600)
    (visit,) = found(Leg(A, t, 0, 178.8 + t / HOUR), zones=[over])
    assert visit["lon_min_deg"] > 178 and visit["lon_max_deg"] < -178
    assert visit["duration_h"] == pytest.approx(2, abs=0.4)
    ring = [(lon, 80.0) for lon in range(-180, 181, 10)]
    pole = make_zone([[[*ring, (180, 90), (-180, 90), (-180, 80)]]], zone_id="pole")
    (visit,) = found(Leg(A, t, 90 - abs(t - 2 * HOUR) / HOUR * 8, np.where(t < 2 * HOUR, 0, 180)), zones=[pole])
    assert visit["start_lat_deg"] > 80


def test_without_zones_there_is_nothing():
    assert len(zone_visits.detect(make_tracks(along([1, 1, 1])))) == 0
    assert found(along([1, 1, 1]), zones=()) == []
    assert found() == [] and found(Leg(A, [0], 10.5, 20.5)) == []


def test_noise_and_aids_to_navigation_visit_nothing():
    assert found(along([-1, 1, 1, 1], noise="overlapping_short")) == []
    assert found(along([-1, 1, 1, 1], mmsi=992_000_000)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("reports", 0), ("hysteresis_nm", -1), ("passage_speed_kn", 99), ("silence_max_h", 0), ("stopped_speed_kn", 9)],
)
def test_wrong_parameters_are_refused_by_name(key, value):
    with pytest.raises(ConfigError, match=rf"\[zone_visits\] {key}"):
        zone_visits.Params(**{key: value})


def test_texts_are_plain_and_careful():
    for visit in found(along([-1, 1, 1]), along([-1, 1, 1, -1, -1], mmsi=A + 1)):
        text = " ".join([visit["summary"], *visit["alternatives"], *visit["would_settle"]]).lower()
        assert "dark" not in text and "hid" not in text and "consistent with" in visit["summary"]


# ------------------------------------------------------------------ the state machine, one report after the other


def twin(tracks, zones, reports, beyond_m):
    """Entry and exit rows by the definition read aloud."""
    out = []
    for z in range(len(zones.zones)):
        inside = zones.contains(z, tracks.lat_deg, tracks.lon_deg)
        far = ~inside & ~(zones.distance_to_line_m(z, tracks.lat_deg, tracks.lon_deg) <= beyond_m)
        for a, b in zip(tracks.seg_start.tolist(), tracks.seg_end.tolist()):
            entry, i = -1, a
            while i < b:
                if entry < 0 and i + reports <= b and inside[i : i + reports].all():
                    entry = i
                elif entry >= 0 and i + reports <= b and far[i : i + reports].all():
                    out.append((z, entry, i))
                    entry = -1
                i += 1
            if entry >= 0:
                out.append((z, entry, -1))
    return out


@given(
    st.lists(
        st.lists(st.sampled_from([-0.3, -0.12, -0.05, 0.05, 0.3, 1.0]), min_size=1, max_size=40), min_size=1, max_size=3
    ),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.1]),
)
def test_visits_are_those_of_the_twin(walks, reports, hysteresis):
    tracks = make_tracks(*(along(w, mmsi=A + k) for k, w in enumerate(walks)))
    index = ZoneIndex.build([BOX, box(20.0, 10.0, 20.01, 11.0, "thin")])
    from kizuna.events.runs.crossings import visits

    got = visits(tracks, np.ones(len(walks), np.bool_), index, reports, hysteresis * 1852.0, 1_800_000)
    assert list(zip(got.zone.tolist(), got.entry.tolist(), got.exit.tolist())) == twin(
        tracks, index, reports, hysteresis * 1852.0
    )


@given(
    st.lists(st.sampled_from([-0.3, -0.05, 0.05, 1.0]), min_size=1, max_size=40),
    st.integers(-(10**6), 10**6),
    st.integers(0, 99),
)
@settings(max_examples=30)
def test_shift_of_time_mirror_and_order_of_arrival_change_nothing(walk, shift_s, seed):
    plain = [(v["start_ms"], v["duration_h"]) for v in found(along(walk))]
    shifted = [(v["start_ms"] - shift_s * 1000, v["duration_h"]) for v in found(along(walk, t0=shift_s), shuffle=seed)]
    south = along(walk)
    south.lat = -south.lat
    mirrored = [(v["start_ms"], v["duration_h"]) for v in found(south, zones=[box(20.0, -11.0, 21.0, -10.0)])]
    assert shifted == plain and mirrored == plain
