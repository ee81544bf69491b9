"""Detections matched in the node: whatever order and posts they come in, in the end as `kizuna match` says."""

import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from kizuna.base.errors import UnavailableError
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.engines.inputs import Input
from kizuna.engines.inputs import Options as Reading
from kizuna.engines.live.contacts import ContactWatch
from kizuna.engines.live.look import ContactParams
from kizuna.engines.matching.whole import Request, match_into
from kizuna.engines.reading import read
from kizuna.engines.run import Options, detect_into
from kizuna.engines.run import Request as Detect
from kizuna.events.params import Settings
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import STATUSES
from kizuna.exercise import simulate_sensors as sensors
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.fixes.detections import VERDICTS
from kizuna.node.service.clocks import StreamClock
from kizuna.node.service.contacts import Contacts
from kizuna.node.service.health import Health
from kizuna.node.service.matching import Matching, around
from kizuna.places.coast import load_coast
from kizuna.sources.detections.fields import Reading as DetectionReading
from kizuna.sources.detections.files import read_detections
from kizuna.stores.keep import open_keep

pytestmark = pytest.mark.big
SHORE = Surroundings(shore_m=load_coast().distance_to_shore_m)
RETRACTED = STATUSES.index("retracted")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A small exercise with sensors in a store, and what the command says of it; half of its scenes have no name."""
    home = tmp_path_factory.mktemp("live-matching")
    sensed = sensors.sense(simulate(Scenario(vessels=120, hours=6.0), 7), sensors.Plan(3, 2, 3), 7)
    with (home / "ais.nmea").open("wb") as file:
        file.writelines(sensed.simulation.nmea_chunks())
    lines = sensed.detections_csv().decode().splitlines()
    for k, line in enumerate(lines[1:], 1):
        cells = line.split(",")
        cells[4] = cells[4] if "radar" not in cells[3] else ""
        lines[k] = ",".join(cells)
    (home / "sensors").write_text("\n".join(lines) + "\n")
    context = sensed.simulation.scenario.context
    detect_into(Detect([str(home / "ais.nmea")], options=Options(context=context)), home / "run")
    match_into(Request(home / "run", [home / "sensors"]), home / "out")
    keep = open_keep(home / "store", context=context)
    for batch in read(Input(str(home / "ais.nmea"), "ais.nmea"), Reading(context=context)):
        keep.append(batch)
    keep.seal()
    keep.close()
    seen = read_detections((home / "sensors").read_bytes(), DetectionReading("sensors", context=context)).detections
    return home, context, seen


def node(home, context, where, keep):
    contacts = Contacts(where, context)
    watch = ContactWatch(context, params=ContactParams(settle_s=180), surroundings=SHORE)
    return contacts, Matching(keep, contacts, watch, Settings(), StreamClock(1.0), Health(()), context=context)


def plain(table):
    """Events by id without their versions and states."""
    left_out = {"version", "status", "status_reason", "superseded_by"}
    return {r["event_id"]: {k: v for k, v in r.items() if k not in left_out} for r in table}


def batch_events(home):
    return plain(pq.read_table(home / "out" / "events.parquet").to_pylist())


def store_of(tmp_path, home, context):
    shutil.copytree(home / "store", tmp_path / "store")
    return open_keep(tmp_path / "store", context=context)


def told(keep):
    events = keep.events()
    return events.take(events["status"] != RETRACTED)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_and_any_cut_ends_with_the_events_of_the_command(home, tmp_path, seed):
    where, context, seen = home
    rng = np.random.default_rng(seed)
    with store_of(tmp_path, where, context) as keep:
        contacts, matching = node(where, context, tmp_path, keep)
        order = rng.permutation(len(seen)) if seed > 1 else np.argsort(seen["time_ms"], kind="stable")
        cuts = np.sort(rng.choice(len(seen), 12, replace=False))
        now = int(seen["time_ms"].min())
        for part in np.split(order, cuts):
            if len(part):
                contacts.add(seen.take(part))
                contacts.add(seen.take(part[:3]))  # what is sent twice changes nothing
            now += int(rng.integers(1, 60)) * MINUTE_MS
            while matching.step(now):
                pass
            if rng.random() < 0.3:  # the node was killed and goes on
                contacts.close()
                contacts, matching = node(where, context, tmp_path, keep)
        end = int(seen["time_ms"].max()) + 14 * HOUR_MS
        while matching.step(end):
            pass
        events = told(keep)
        assert set(events["status"].tolist()) == {STATUSES.index("closed")}
        arrow = events.to_arrow().to_pylist()
        assert plain(arrow) == batch_events(where) and len(arrow) > 5
        done, final = contacts.judged(0, 1 << 60)
        assert final.all() and len(done) == len(seen)
        batch = {r["det_id"]: r for r in pq.read_table(where / "out" / "detections.parquet").to_pylist()}
        for row in done.to_arrow().to_pylist():
            want = batch[row["det_id"]]
            for name in ("verdict", "mmsi", "seg_id", "match_probability", "ais_probability", "distance_m"):
                assert row[name] == want[name], name
        contacts.close()


def test_the_first_judgement_waits_for_the_settling_time_and_is_open(home, tmp_path):
    where, context, seen = home
    with store_of(tmp_path, where, context) as keep:
        contacts, matching = node(where, context, tmp_path, keep)
        contacts.add(seen)
        first = int(seen["time_ms"].min())
        assert not matching.step(first + 100_000) and not len(keep.events())
        last = int(seen["time_ms"].max())
        while matching.step(last + 4 * MINUTE_MS):
            pass
        found = keep.events()
        assert len(found) and set(found["status"].tolist()) == {STATUSES.index("open")}
        done, final = contacts.judged(0, 1 << 60)
        assert not final.any() and (done["verdict"] == VERDICTS.index("match")).any()
        versions = {i: v for i, v in zip(found["event_id"].to_pylist(), found["version"].tolist(), strict=True)}
        contacts.close()
        contacts, matching = node(where, context, tmp_path, keep)  # a new start tells nothing twice
        while matching.step(last + 4 * MINUTE_MS):
            pass
        again = keep.events()
        assert {i: v for i, v in zip(again["event_id"].to_pylist(), again["version"].tolist(), strict=True)} == versions
        contacts.close()


def test_more_rows_than_may_be_read_narrow_the_box(home, tmp_path, monkeypatch):
    where, context, seen = home
    monkeypatch.setattr("kizuna.node.service.matching.ROWS_MOST", 10)
    asked = []
    with store_of(tmp_path, where, context) as keep:
        contacts, matching = node(where, context, tmp_path, keep)
        box = keep.box
        monkeypatch.setattr(keep, "box", lambda *a, **k: asked.append(a) or box(*a, **k))
        contacts.add(seen.slice(0, 5))
        end = int(seen["time_ms"].max()) + 14 * HOUR_MS
        while matching.step(end):
            pass
        contacts.close()
    assert asked and all(a[3] - a[1] < 40 and a[2] - a[0] < 60 for a in asked)


def test_the_box_around_detections_knows_the_edge_of_the_map(home):
    _, _, seen = home
    near = seen.slice(0, 2).replace(lon_deg=np.array([179.9, 178.0]), lat_deg=np.array([10.0, 10.5]))
    west, south, east, north = around([near])
    assert (west, east) == (-180.0, 180.0) and south == 5.0 and north == 15.5


def test_a_full_disk_is_said_and_tried_again(home, tmp_path):
    where, context, seen = home
    with store_of(tmp_path, where, context) as keep:
        contacts, matching = node(where, context, tmp_path, keep)
        contacts.add(seen.slice(0, 30))
        put, now = keep.put_events, int(seen["time_ms"].max()) + 14 * HOUR_MS
        keep.put_events = lambda events: (_ for _ in ()).throw(UnavailableError("full"))
        with pytest.raises(UnavailableError):
            while matching.step(now):
                pass
        keep.put_events = put
        while matching.step(now):
            pass
        assert len(keep.events())
        assert contacts.judged(0, 1 << 60)[1].sum() == 30
        contacts.close()
