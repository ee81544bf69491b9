"""What strangers and partners wrote, as commands and the log show it."""

import json
import logging

from typer.testing import CliRunner

from kizuna.node.cli.desk_run import words_of
from kizuna.node.cli.main import app
from kizuna.node.desk.desk import Desk
from kizuna.node.service.serving import _Lines

HOSTILE = "\x1b]0;owned\x07\x9b2J\u202elive\n        7  2026-01-01T00:00:00.000Z  chief  rules.approve"


def test_what_a_stranger_types_at_the_door_drives_no_terminal_and_makes_no_line(tmp_path):
    home = tmp_path / "node"
    run = CliRunner()
    assert run.invoke(app, ["node", "init", str(home), "--name", "north"]).exit_code == 0
    desk = Desk(home / "desk", lambda: 1_760_000_000_000)
    desk.audit.refused(HOSTILE, "login", "refused", "192.0.2.1")
    desk.close()
    said = run.invoke(app, ["node", "audit", str(home)])
    assert said.exit_code == 0
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(said.stdout)
    assert len(said.stdout.splitlines()) == 1 and "rules.approve" in said.stdout
    as_json = run.invoke(app, ["node", "audit", str(home), "--json"])
    assert not {"\x1b", "\x9b", "\u202e"} & set(as_json.stdout)
    assert json.loads(as_json.stdout)["lines"][0]["by"] == HOSTILE


def test_an_entry_of_a_case_is_one_line_whatever_a_partner_wrote_in_it():
    entry = {"id": "a" * 32, "at_ms": 0, "author": "inlet", "words": {"en": HOSTILE}, "overtaken": "", "told": []}
    case = {"id": "b" * 32, "kind_words": {"en": "other"}, "title": "x\ny", "state": "open", "coordinator": "north",
            "desks": [], "timeline": [entry]}  # fmt: skip
    said = words_of(case, "en", lambda party: party)
    assert len(said.splitlines()) == 2 and "\x1b" not in said and "rules.approve" in said


def test_a_line_of_the_log_is_one_line_and_drives_no_terminal():
    record = logging.LogRecord("kizuna.node", logging.ERROR, "", 0, "partner %s: %s", ("inlet", HOSTILE), None)
    for as_json in (False, True):
        line = _Lines(as_json=as_json).format(record)
        assert "\n" not in line and not {"\x1b", "\x9b", "\u202e"} & set(line)
