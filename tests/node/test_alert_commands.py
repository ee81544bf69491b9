"""The command ``kizuna alerts``: what it lists, its exit codes, its settings."""

import json

import numpy as np
import pytest
from events.make import HOUR, Leg, make_tracks
from typer.testing import CliRunner

from kizuna.events import gaps
from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings
from kizuna.node.cli.main import app
from kizuna.stores.parquet import write_table


@pytest.fixture
def run(tmp_path):
    """A run with one gap amid neighbours that are heard, and one of a vessel that nobody is near."""
    t = np.concatenate([np.arange(20) * 60, 19 * 60 + 8 * HOUR + np.arange(20) * 60])
    near = [Leg(300_000_000 + k, np.arange(0, 12 * HOUR, 600), 10.2, 20.2) for k in range(5)]
    tracks = make_tracks(Leg(211_000_000, t, 10.0, 20.0, sog=5.0), Leg(212_000_000, t[::9], -40.0, 20.0), *near)
    write_table(gaps.detect(tracks, None, Surroundings(reception=listened(tracks))), tmp_path / "events.parquet")
    return tmp_path


def called(*arguments):
    return CliRunner().invoke(app, ["alerts", *map(str, arguments)])


def test_alerts_are_listed_by_watch_and_exit_code_says_that_there_are_some(run):
    done = called(run)
    assert done.exit_code == 3, done.output
    assert "watch from 2020-01-01T00:00:00Z" in done.output and "MMSI 211000000 was not heard" in done.output
    assert "1 alerts among 2 events" in done.output


def test_document_tells_the_same(run):
    (alert,) = json.loads(called(run / "events.parquet", "--json").output)["alerts"]
    assert alert["mmsis"] == [211_000_000] and alert["raised"] == "2020-01-01T06:19:00Z"
    assert alert["event_type"] == "gap" and alert["events_in_case"] == 1


def test_settings_decide(run, tmp_path):
    strict = tmp_path / "strict.toml"
    strict.write_text('[alerts]\nleave_out = "gap"')
    done = called(run, "--params", strict)
    assert done.exit_code == 0 and "0 alerts among 2 events" in done.output
    strict.write_text("[alerts]\nloud = 1")
    assert called(run, "--params", strict).exit_code == 2
    assert called(run, "--params", tmp_path / "none.toml").exit_code == 2
    assert called(tmp_path / "nowhere").exit_code == 2
