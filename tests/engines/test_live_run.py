"""The command's run: lines as events change, a stop that loses nothing, the tables of detect at the end."""

from __future__ import annotations

import json
import os
import signal

import numpy as np
import pytest

from engines import live_traffic as traffic
from kizuna.base.errors import ConfigError
from kizuna.engines.decode import Options, load
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.run import LINES, LiveRequest, live_into, surroundings_of
from kizuna.engines.results import FILES
from kizuna.engines.run import Request
from kizuna.exercise.simulate import Scenario, simulate, zones_geojson
from kizuna.formats.event_lines import event_lines
from kizuna.links.gis_files import read_zones
from kizuna.records.context import marking
from kizuna.stores.parquet import write_table

pytestmark = pytest.mark.big
OPTIONS = Options(context="exercise:kizuna-demo")


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    home = tmp_path_factory.mktemp("day")
    made = simulate(Scenario(vessels=24, hours=9.0, thin_s=180.0), 2)
    lines = b"".join(made.nmea_chunks()).splitlines(keepends=True)
    half = len(lines) // 2
    for name, part in (("a.nmea", lines[:half]), ("b.nmea", lines[half:])):
        (home / name).write_bytes(b"".join(part))
    (home / "zones.geojson").write_bytes(zones_geojson())
    return home


def request(day, **more) -> LiveRequest:
    names = [str(day / "a.nmea"), str(day / "b.nmea")]
    return LiveRequest(Request(names, OPTIONS, zones=[day / "zones.geojson"], title="t"), LiveParams(), **more)


@pytest.fixture(scope="module")
def through(day, tmp_path_factory):
    out = tmp_path_factory.mktemp("through")
    told = []
    return out, live_into(request(day), out, told.append), told


def test_the_directory_holds_what_detect_leaves_and_the_story(through):
    out, outcome, _ = through
    assert outcome.summary is not None
    assert {p.name for p in out.iterdir() if p.is_file()} >= {*FILES, LINES, "history.parquet"}


def test_events_are_those_of_a_run_over_the_files(day, through, tmp_path):
    out, _, _ = through
    batch = load([str(day / "a.nmea"), str(day / "b.nmea")], options=OPTIONS).batch
    around, _ = surroundings_of([], read_zones(day / "zones.geojson"))
    wanted = traffic.as_run(batch.fixes, batch.statics, around)
    assert len(wanted) > 5
    write_table(wanted, tmp_path / "wanted.parquet", context=OPTIONS.context)
    assert (out / "events.parquet").read_bytes() == (tmp_path / "wanted.parquet").read_bytes()


def test_every_change_is_one_line(through):
    out, _, told = through
    lines = [json.loads(line) for line in (out / LINES).read_bytes().splitlines()]
    assert len(lines) == sum(len(t) for t in told)
    ids = [i for t in told for i in t["event_id"].to_pylist()]
    assert [line["id"] for line in lines] == ids
    assert {line["properties"]["marking"] for line in lines} == {marking(OPTIONS.context)}


def test_no_event_makes_no_line():
    assert event_lines(traffic.as_run(traffic.fixes_of([]), traffic.statics_of([]))) == b""


def test_stop_and_start_again_gives_the_same_events(day, through, tmp_path):
    out = tmp_path / "out"
    stopped = []

    def stop_once(_changed):
        if not stopped:
            stopped.append(True)
            os.kill(os.getpid(), signal.SIGTERM)

    first = live_into(request(day), out, stop_once)
    assert first.summary is None
    assert not (out / "events.parquet").exists()
    second = live_into(request(day), out, lambda _c: None)
    assert second.resumed
    assert second.summary is not None
    for name in ("events.parquet", "segments.parquet", "fixes.parquet"):
        assert (out / name).read_bytes() == (through[0] / name).read_bytes(), name


def told_in(out):
    lines = [json.loads(line)["properties"] for line in (out / LINES).read_bytes().splitlines()]
    return [(p["event_id"], p["version"]) for p in lines]


def test_a_start_after_the_end_tells_nothing_twice(day, through, tmp_path):
    out = tmp_path / "out"
    live_into(request(day), out, lambda _c: None)
    first = told_in(out)
    again = []
    outcome = live_into(request(day), out, again.append)
    assert outcome.resumed
    assert not again
    assert told_in(out) == first
    assert len(set(first)) == len(first)
    for name in ("events.parquet", "history.parquet"):
        assert (out / name).read_bytes() == (through[0] / name).read_bytes(), name


def test_a_stream_that_goes_on_after_its_end_tells_each_version_once(day, tmp_path):
    out = tmp_path / "out"
    lines = [x for name in ("a", "b") for x in (day / f"{name}.nmea").read_bytes().splitlines(keepends=True)]
    cut = len(lines) * 9 // 10
    for name, part in (("first", lines[:cut]), ("rest", lines[cut:])):
        (tmp_path / f"{name}.nmea").write_bytes(b"".join(part))

    def run(out, *names):
        request = Request([str(tmp_path / f"{n}.nmea") for n in names], OPTIONS, zones=[day / "zones.geojson"])
        live_into(LiveRequest(request), out, lambda _c: None)

    run(out, "first")
    closed = {
        pair for pair, line in zip(told_in(out), (out / LINES).read_bytes().splitlines(), strict=True) if b'"closed"' in line
    }  # fmt: skip
    assert closed
    run(out, "first", "rest")
    told = told_in(out)
    assert len(set(told)) == len(told)
    last = dict(told)
    assert any(last[event_id] == version for event_id, version in closed)  # what did not change was not told anew
    run(tmp_path / "at_once", "first", "rest")
    assert (out / "events.parquet").read_bytes() == (tmp_path / "at_once" / "events.parquet").read_bytes()


def test_state_of_other_settings_is_refused_and_fresh_begins_anew(day, through, tmp_path):
    out = through[0]
    other = LiveRequest(request(day).request, LiveParams(lateness_h=3.0))
    with pytest.raises(ConfigError, match="other settings"):
        live_into(other, out, lambda _c: None)
    anew = tmp_path / "anew"
    live_into(request(day), anew, lambda _c: None)
    again = live_into(LiveRequest(request(day).request, LiveParams(lateness_h=3.0), fresh=True), anew, lambda _c: None)
    assert not again.resumed


def test_late_rows_are_written_and_said(day, tmp_path):
    swapped = [str(day / "b.nmea"), str(day / "a.nmea")]
    what = LiveRequest(Request(swapped, OPTIONS), LiveParams(lateness_h=1.0))
    outcome = live_into(what, tmp_path / "late", lambda _c: None)
    assert outcome.counts["late"] > 0
    assert any("set aside in late.parquet" in w for w in outcome.warnings)
    assert (tmp_path / "late" / "late.parquet").exists()
    lines = np.array([outcome.counts["fixes"], outcome.counts["late"]])
    assert lines.sum() == len(load(swapped, options=OPTIONS).batch.fixes)
