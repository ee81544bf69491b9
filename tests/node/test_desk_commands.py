"""Incidents, recalls and agreements from a terminal, on a node's own directory."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kizuna.node.cli.main import app
from kizuna.node.desk import secrets

EXAMPLES = Path(__file__).parents[2] / "examples" / "agreements"
PASSWORD = "four words of no kin"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch):
    monkeypatch.setattr(secrets, "_N", 2**4)
    monkeypatch.setattr(secrets, "_NOBODY", secrets._NOBODY.replace("32768", "16"))


def run(*words, code=0):
    done = CliRunner().invoke(app, [str(w) for w in words])
    assert done.exit_code == code, (words, done.output, done.stderr, done.exception)
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    home = tmp_path_factory.mktemp("nodes") / "north"
    secret = home.parent / "secret"
    secret.write_text(PASSWORD + "\n")
    run("node", "init", home, "--name", "north", "--title", "North")
    run("partner", "init", home, "--party", "harbour", "--passphrase-file", secret)
    for name, role in (("ana", "analyst"), ("vic", "viewer"), ("olga", "release_officer")):
        run("node", "user", "add", home, name, "--role", role, "--password-file", secret)
    return home, secret


def test_an_incident_is_opened_said_in_and_reported_in_another_language(made):
    home, secret = made
    who = ("--by", "ana", "--password-file", secret)
    opened = run("incident", "open", home, *who, "--kind", "missing", "--lat", "24.5", "--lon", "-123.3", "--title",
                 "Boat overdue", "--persons", "5", "--json")  # fmt: skip
    case = json.loads(opened.stdout)["id"]
    run("incident", "say", home, case[:12], "de.received", *who)
    run("incident", "say", home, case[:12], "se.raft", "--param", "pos=123.5,24.5", *who)
    shown = run("incident", "show", home, case[:12], "--language", "ja").stdout
    assert "行方不明船" in shown and "Boat overdue" in shown
    assert json.loads(run("incident", "list", home, "--json").stdout)["incidents"][0]["entries"] == 3
    assert "遇險人數: 5" in run("incident", "sitrep", home, case[:12], "--language", "zh-TW").stdout


def test_refusals_name_the_rule_and_exit_with_4(made):
    home, secret = made
    viewer = run("incident", "open", home, "--by", "vic", "--password-file", secret, "--kind", "missing", code=4)
    assert "incident.handle" in viewer.stderr
    alone = run("incident", "break-glass", home, "cape", "--by", "ana", "--password-file", secret, "--lat", 1, "--lon", 2,
                code=4)  # fmt: skip
    assert "refused by partner" in alone.stderr
    ask = run("request", home, "--to", "cape", "--text", "?", "--by", "ana", "--password-file", secret, code=4)
    assert "refused by partner" in ask.stderr
    theirs = run(
        "recall", home, "--record", "0" * 64, "--reason", "error", "--by", "olga", "--password-file", secret, code=4
    )
    assert "refused by originator" in theirs.stderr
    run("recall", home, "--record", "0" * 64, "--by", "olga", "--password-file", secret, code=2)
    analyst = run(
        "recall", home, "--record", "0" * 64, "--reason", "error", "--by", "ana", "--password-file", secret, code=4
    )
    assert "release.act" in analyst.stderr


def test_agreements_are_checked_signed_and_listed(made):
    home, secret = made
    memo = EXAMPLES / "coast-rescue.toml"
    found = run("agreement", "check", memo, "--rules", EXAMPLES / "rules.toml", "--json")
    assert json.loads(found.stdout)["findings"] == []
    bare = json.loads(run("agreement", "check", memo, "--json", code=3).stdout)["findings"]
    assert {f["test"] for f in bare} == {"clause without rule"}
    signed = run("agreement", "sign", home, memo, "--by", "olga", "--password-file", secret, "--json")
    assert json.loads(signed.stdout)["waiting_for"] == ["cape"]
    [row] = json.loads(run("agreement", "list", home, "--json").stdout)["agreements"]
    assert (row["state"], row["mine_to_sign"]) == ("unsigned", False)
    out = home.parent / "report.html"
    run("agreement", "report", home, "coast-rescue", "--year", 2026, "-o", out, "--language", "ja")
    assert 'lang="ja"' in out.read_text() and json.loads(out.with_suffix(".json").read_text())["total"]["releases"] == 0
    run("agreement", "sign", home, "nothing", "--by", "olga", "--password-file", secret, code=1)


def test_looking_needs_no_login(made):
    home, _ = made
    assert "no recalls" in run("recall", home).stdout
    assert "no requests" in run("request", home).stdout
    assert "no grants" in run("grant", "list", home).stdout
    run("release", "preview", home, "--as", "cape", code=1)


def test_what_cannot_be_read_is_said_in_a_line(made, tmp_path):
    home, secret = made
    torn = tmp_path / "torn.toml"
    torn.write_bytes(b"\xff\xfe")
    gone = tmp_path / "gone.toml"
    for words in (
        ("agreement", "check", gone),
        ("agreement", "check", EXAMPLES / "coast-rescue.toml", "--rules", gone),
    ):
        assert f"kizuna: {gone}: cannot be read" in run(*words, code=2).stderr
    who = ("--by", "olga", "--password-file", secret)
    assert "UTF-8" in run("agreement", "sign", home, torn, *who, code=2).stderr


def test_a_directory_that_is_no_node_stays_as_it_was(made, tmp_path):
    away = tmp_path / "mistyped"
    said = run("partner", "pause", away, "cape", "--by", "olga", "--password-file", made[1], code=2).stderr
    assert "node.toml: no such file" in said and not away.exists()


def test_an_id_that_names_nothing_or_too_much_is_told_apart(made):
    home, _ = made
    assert "too short" in run("incident", "show", home, "1234", code=2).stderr
    assert "nothing here begins with '12345678'" in run("incident", "show", home, "12345678", code=1).stderr


def test_a_role_or_id_that_cannot_be_one_is_wrong_usage_and_what_is_allowed_is_said(made):
    home, secret = made
    role = run("node", "user", "add", home, "eve", "--role", "bogus", "--password-file", secret, code=2).stderr
    assert all(word in role for word in ("viewer", "analyst", "administrator", "release_officer"))
    for words in (
        ("ledger", "prove", home, "12345678"),
        ("rules", "explain", home, "XY" * 32),
        ("recall", home, "--record", "0" * 63, "--reason", "error"),
        ("grant", "give", home, "--record", "x", "--to", "cape"),
    ):
        assert "64 digits" in " ".join(run(*words, code=2).stderr.replace("│", " ").split()), words
