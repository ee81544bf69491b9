"""kizuna match end to end on simulated traffic with simulated sensors: files, verdicts, events, refusals."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from kizuna.base.errors import ConfigError, ContextError, InputError
from kizuna.engines.describe import describe
from kizuna.engines.matching.tracks import _ranges
from kizuna.engines.matching.whole import FILES, Request, match_into, rules_of
from kizuna.engines.run import Options, detect_into
from kizuna.engines.run import Request as Detect
from kizuna.events import dark
from kizuna.exercise import simulate_sensors as sensors
from kizuna.exercise.simulate import Scenario, simulate

pytestmark = pytest.mark.big


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A small exercise, detected; the sensors' files beside it."""
    home = tmp_path_factory.mktemp("matching")
    sensed = sensors.sense(simulate(Scenario(vessels=120, hours=6.0), 7), sensors.Plan(3, 2, 2), 7)
    with (home / "ais.nmea").open("wb") as file:
        file.writelines(sensed.simulation.nmea_chunks())
    (home / "detections.csv").write_bytes(sensed.detections_csv())
    (home / "scenes.geojson").write_bytes(sensed.scenes_geojson())
    (home / "truth.json").write_text(json.dumps(sensed.truth()))
    context = sensed.simulation.scenario.context
    detect_into(Detect([str(home / "ais.nmea")], options=Options(context=context)), home / "run")
    match_into(Request(home / "run", [home / "detections.csv"], [home / "scenes.geojson"]), home / "out")
    return home


def rows(home, name, out="out"):
    return pq.read_table(home / out / f"{name}.parquet").to_pylist()


def test_everything_is_written(home):
    assert sorted(p.name for p in (home / "out").iterdir()) == sorted(FILES)
    told = json.loads((home / "out" / "match.json").read_text())
    assert told["context"].startswith("exercise:") and told["marking"] and told["run"]["digest"]
    assert told["counts"]["detections"] == len(rows(home, "detections")) > 20


def test_most_vessels_are_known_and_nothing_stands_twice(home):
    truth, found = json.loads((home / "truth.json").read_text()), rows(home, "detections")
    matched = [d for d in found if d["verdict"] == "match"]
    assert len(matched) >= 5
    assert sum(d["mmsi"] == truth[d["ref"]] for d in matched) >= 0.8 * len(matched)
    assert len({(d["scene_id"], d["seg_id"]) for d in matched}) == len(matched)
    tracks = {t["det_id"]: t for t in rows(home, "scene_tracks") if t["verdict"] == "match"}
    assert {d["det_id"] for d in matched} == set(tracks)
    assert all(tracks[d["det_id"]]["mmsi"] == d["mmsi"] for d in matched)


def test_every_dark_detection_has_a_whole_event(home):
    alone = {d["det_id"] for d in rows(home, "detections") if d["verdict"] == "dark"}
    events = rows(home, "events")
    assert {json.loads(e["event_info"])["det_id"] for e in events} == alone and alone
    for e in events:
        assert e["event_type"] == e["rule_id"] == "dark_detection" and e["status"] == "closed" and not e["mmsis"]
        assert "without a matching AIS report" in e["summary"] and "hid" not in e["summary"]
        assert e["proof"] == [{"table": "detections", "msg_ids": [json.loads(e["event_info"])["det_id"]]}]
        assert (
            len(e["evidence"]) == 8 and e["alternatives"] and e["would_settle"] and e["sources"][1] == "AIS: none found"
        )
        assert 0 < e["confidence"] < 1 and e["context"].startswith("exercise:")
        failed = {t["test"] for t in e["evidence"] if t["passed"] is False}
        if failed & {"vessels_heard_around", "same_place_in_other_scenes", "probability_without_track"}:
            assert e["confidence_word"] == "low"


def test_absence_is_said_only_inside_a_scene_with_recall(home):
    gone = [t for t in rows(home, "scene_tracks") if t["verdict"] == "not_detected"]
    assert all(t["inside"] >= 0.9 and t["recall"] > 0 and t["det_id"] is None for t in gone)
    match_into(Request(home / "run", [home / "detections.csv"]), home / "no-scenes")
    assert not [t for t in rows(home, "scene_tracks", "no-scenes") if t["verdict"] == "not_detected"]
    bare = json.loads((home / "scenes.geojson").read_text())
    for f in bare["features"]:
        del f["properties"]["recall"]
    (home / "bare.geojson").write_text(json.dumps(bare))
    match_into(Request(home / "run", [home / "detections.csv"], [home / "bare.geojson"]), home / "bare")
    assert not [t for t in rows(home, "scene_tracks", "bare") if t["verdict"] == "not_detected"]


def test_twice_gives_the_same_bytes_of_tables(home):
    match_into(Request(home / "run", [home / "detections.csv"], [home / "scenes.geojson"]), home / "again")
    for name in ("detections", "scene_tracks", "events"):
        assert (home / "again" / f"{name}.parquet").read_bytes() == (home / "out" / f"{name}.parquet").read_bytes()


def test_known_fixed_objects_keep_events_low(home):
    events = rows(home, "events")
    lines = "".join(f"{e['start_lat']},{e['start_lon']}\n" for e in events)
    (home / "rigs.csv").write_text("lat,lon\n" + lines)
    match_into(
        Request(home / "run", [home / "detections.csv"], [home / "scenes.geojson"], [home / "rigs.csv"]), home / "rigs"
    )
    assert {e["confidence_word"] for e in rows(home, "events", "rigs")} == {"low"}


def test_refusals(home, tmp_path):
    good = [home / "detections.csv"]
    with pytest.raises(ConfigError, match="detect"):
        match_into(Request(tmp_path, good), tmp_path / "out")
    with pytest.raises(ConfigError, match="result of detect"):
        match_into(Request(home / "run", good), home / "run")
    with pytest.raises(ConfigError, match="never mix"):
        match_into(Request(home / "run", good, context="real"), tmp_path / "out")
    with pytest.raises(ConfigError):
        match_into(Request(home / "run", [tmp_path / "none.csv"]), tmp_path / "out")
    with pytest.raises(ConfigError, match="'foo' is no kind of sensor .one of radar"):
        match_into(Request(home / "run", good, sensor="foo"), tmp_path / "out")
    with pytest.raises(InputError, match="ais.nmea"):
        match_into(Request(home / "run", [home / "ais.nmea"]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("where", ["row", "document", "scene"])
def test_contacts_of_an_exercise_do_not_come_into_another_context(home, tmp_path, where):
    contacts, scenes = tmp_path / "c.csv", home / "scenes.geojson"
    contacts.write_bytes((home / "detections.csv").read_bytes())
    if where == "row":
        contacts.write_text(contacts.read_text().replace("exercise:kizuna-demo", "exercise:other"))
    else:
        document = json.loads(scenes.read_text())
        holder = document if where == "document" else document["features"][0]["properties"]
        holder["context"] = "real"
        scenes = tmp_path / "s.geojson"
        scenes.write_text(json.dumps(document))
    with pytest.raises(ContextError, match="never mix"):
        match_into(Request(home / "run", [contacts], [scenes]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_segments_are_found_whether_rows_are_in_order_or_not():
    known = np.array([50, 10, 30])
    number, start, end, rows = _ranges(np.array([10, 10, -1, 50, 30]), known)
    assert (number.tolist(), start.tolist(), end.tolist(), rows.tolist()) == (
        [1, 0, 2],
        [0, 2, 3],
        [2, 3, 4],
        [0, 1, 3, 4],
    )
    number, start, end, rows = _ranges(np.array([10, 50, 10]), known)
    assert (number.tolist(), rows.tolist()) == ([1, 0], [0, 2, 1])
    with pytest.raises(InputError):
        _ranges(np.array([11]), known)


def test_settings_come_from_a_file(tmp_path):
    file = tmp_path / "match.toml"
    file.write_text("[match]\ncompany = 0\n[dark]\nheard_min = 5\n[predict]\nreach_h = 6\n")
    rules = rules_of(file)
    assert (rules.match.company, rules.dark.heard_min, rules.predict.reach_h) == (0.0, 5, 6.0) and rules_of(
        None
    ).match.company > 0
    for text in (
        "[gaps]\n",
        "[match]\ncompany = 9\n",
        "[match]\nodd = 1\n",
        "match = 3\n",
        "[",
        "[dark]\nheard_min = 0.5\n",
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match="match.toml"):
            rules_of(file)


def test_info_knows_detections(home):
    told = describe(str(home / "detections.csv"))
    assert told["format"] == "detections" and told["rows"] > 20 and set(told["sensors"]) <= {"sar", "radar"}
    assert told["contexts"] == ["exercise:kizuna-demo"]
    assert describe(str(home / "ais.nmea"))["format"] != "detections"
    assert describe(str(home / "scenes.geojson"))["format"] == "zones"


def test_dark_settings_have_ranges():
    with pytest.raises(ConfigError):
        dark.Params(alone_min=0.1)
