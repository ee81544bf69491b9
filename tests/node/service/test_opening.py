"""A node's name: what a person calls it, and the short one in file names and logs."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kizuna.base.utc import iso
from kizuna.node.cli.main import app
from kizuna.node.service.clocks import wall_ms
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.opening import RETAIN_DAYS, names_of
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.settings import ClockSettings
from kizuna.node.service.status import clock_of


@pytest.mark.parametrize(
    ("given", "title", "named"),
    [
        ("harbour", "", ("harbour", "harbour")),
        ("harbour", "Port A", ("harbour", "Port A")),
        ("Our desk", "", ("our-desk", "Our desk")),
        ("  Poste d'Été ", "", ("poste-d-ete", "Poste d'Été")),
        ("第十一管区", "", ("node", "第十一管区")),
        ("x " * 60, "t", ("x-" * 23 + "x", "t")),
    ],
)
def test_a_short_name_is_made_of_what_people_call_a_node(given: str, title: str, named: tuple[str, str]) -> None:
    assert names_of(given, title) == named


def test_a_node_is_made_under_a_name_with_spaces(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["node", "init", str(tmp_path / "n"), "--name", "Our desk"])
    assert done.exit_code == 0, done.stderr
    made = read_node_file(tmp_path / "n" / "node.toml")
    assert (made.node.name, made.node.title) == ("our-desk", "Our desk")
    assert made.upkeep.retain_days == RETAIN_DAYS  # nothing is kept for ever unless somebody says so
    assert f"after {RETAIN_DAYS} days" in done.stdout


def test_beside_a_node_that_plays_an_exercise_the_time_goes_on_at_its_speed(tmp_path: Path) -> None:
    home = tmp_path / "n"
    words = ["node", "init", str(home), "--name", "drill", "--context", "exercise:drill"]
    assert CliRunner().invoke(app, words).exit_code == 0
    settings = home / "node.toml"
    settings.write_text(
        settings.read_text().replace('#kind = "wall"', 'kind = "stream"').replace("#speed = 1.0", "speed = 60.0")
    )
    config = read_node_file(settings)
    assert (config.clock.kind, config.clock.speed) == ("stream", 60.0)
    now_ms = clock_of(config)
    assert abs(now_ms() - wall_ms()) < 60_000  # nothing was played yet
    played = 1_796_000_000_000
    for running, pid, least_ms in ((True, os.getpid(), 5 * 60_000), (False, os.getpid(), 0)):
        found = {"running": running, "pid": pid, "now": iso(played), "written": iso(wall_ms() - 5_000)}
        Rooms(home).status.write_text(json.dumps(found))
        assert played + least_ms <= now_ms() <= played + (least_ms + 9 * 60_000 if running else 0)
    assert clock_of(replace(config, clock=ClockSettings())) is wall_ms
