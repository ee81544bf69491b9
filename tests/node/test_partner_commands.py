"""What officers change about partners from a terminal: who may, how many, and what an end shows and does."""

import json
import os
from pathlib import Path

import pytest

from kizuna.base.errors import InputError, UnavailableError
from kizuna.node.cli import sync_run
from kizuna.node.desk import secrets
from kizuna.node.share import introduction
from node.command_pair import Pair, copied, make, run


def listed(pair: Pair) -> dict:
    return json.loads(run("partner", "list", pair.north, "--json").stdout)["partners"][0]


def test_widening_takes_two_officers_who_log_in(pair: Pair) -> None:
    raise_it = ("partner", "set", pair.north, "south", "--tlp-max", "RED")
    run(*raise_it, code=2)
    assert "raising south from AMBER to RED takes two persons" in run(*raise_it, *pair.by("olga"), code=4).stderr
    assert "one person" in run(*raise_it, *pair.by("olga", "olga"), code=4).stderr
    assert "analyst" in run(*raise_it, *pair.by("olga", "ana"), code=4).stderr
    wrong = pair.at / "wrong"
    wrong.write_text("not the password")
    alone = run(*raise_it, "--by", "olga", "--second", "per", "--password-file", pair.at / "secret", "--password-file",
                wrong, code=4)  # fmt: skip
    assert "per: wrong name or password" in alone.stderr
    assert listed(pair)["tlp_max"] == "AMBER"
    run(*raise_it, *pair.by("olga", "per"))
    assert listed(pair)["tlp_max"] == "RED"


@pytest.mark.parametrize("wider", [("--caveat", "NOFORN"), ("--community", "c:sea"), ("--purpose", "SAR")])
def test_every_bound_widens_by_two_and_narrows_by_one(pair: Pair, wider: tuple[str, str]) -> None:
    assert "takes two persons" in run("partner", "set", pair.north, "south", *wider, *pair.by("olga"), code=4).stderr
    run("partner", "set", pair.north, "south", *wider, *pair.by("olga", "per"))
    run("partner", "set", pair.north, "south", wider[0], "", *pair.by("olga"))
    assert not [w for k in ("caveats", "communities", "purposes") for w in listed(pair)[k]]
    assert "analyst" in run("partner", "set", pair.north, "south", wider[0], "", *pair.by("ana"), code=4).stderr


@pytest.mark.parametrize("word", ["AMBER_STRICT", "amber+strict", "TLP:AMBER+STRICT"])
def test_the_level_has_one_name_and_both_spellings_are_understood(pair: Pair, word: str) -> None:
    run("partner", "set", pair.north, "south", "--tlp-max", word, *pair.by("olga", "per"))
    assert listed(pair)["tlp_max"] == "AMBER+STRICT"
    run("partner", "set", pair.north, "south", "--tlp-max", "PINK", *pair.by("olga", "per"), code=2)
    run("partner", "set", pair.north, "south", "--purpose", "fun", *pair.by("olga", "per"), code=2)


def test_pausing_and_resuming_ask_an_officer_to_log_in(pair: Pair) -> None:
    run("partner", "pause", pair.north, "south", code=2)
    assert "viewer" in run("partner", "pause", pair.north, "south", *pair.by("vic"), code=4).stderr
    run("partner", "pause", pair.north, "south", "--why", "a look", *pair.by("olga"))
    assert listed(pair)["state"] == "paused"
    run("partner", "resume", pair.north, "south", *pair.by("per"))
    assert listed(pair)["state"] == "active"


def test_a_halted_log_is_taken_up_by_an_officer_who_logs_in(pair: Pair) -> None:
    log = "south/1/north/exercise:drill/routine"
    run("sync", "resume", pair.north, log, code=2)
    assert "partner.act" in run("sync", "resume", pair.north, log, *pair.by("ana"), code=4).stderr
    assert "is not halted" in run("sync", "resume", pair.north, log, *pair.by("olga"), code=1).stderr


def papers(pair: Pair) -> list[tuple]:
    """Commands that make a partner known, take in what it sealed, or end and begin keys and logs."""
    keys = [("partner", "keys", word, pair.north) for word in ("rotate", "retire", "revoke", "announce")]
    return [
        ("partner", "confirm", pair.north, "south", "--code", "1"),
        ("partner", "open", pair.north, pair.at / "none.json", "-o", pair.at / "o.json"),
        ("partner", "new-epoch", pair.north), ("bundle", "read", pair.north, pair.at / "none.kzb"), *keys,
    ]  # fmt: skip


def test_what_makes_trust_or_ends_it_asks_an_officer_to_log_in(pair: Pair) -> None:
    wrong = pair.at / "wrong"
    wrong.write_text("not the password")
    for words in papers(pair):
        run(*words, code=2)
        assert "ana is analyst" in run(*words, *pair.by("ana"), code=4).stderr, words
        nobody = run(*words, "--by", "nobody", "--password-file", pair.at / "secret", code=4)
        assert "wrong name or password" in nobody.stderr, words
    refused = run("partner", "confirm", pair.north, "south", "--by", "olga", "--password-file", wrong, code=4)
    assert "olga: wrong name or password" in refused.stderr


def test_the_audit_says_who_took_a_bundle_in(pair: Pair) -> None:
    told(pair)
    run("bundle", "write", pair.north, "south", pair.at / "s.kzb")
    run("bundle", "read", pair.south, pair.at / "s.kzb", *pair.by("per"))
    assert "per (command line)" in run("node", "audit", pair.south).stdout


def test_communities_take_officers_who_log_in(pair: Pair) -> None:
    found = ("partner", "community", "found", pair.north, "c:sea", "--member", "south")
    assert "takes two persons" in run(*found, *pair.by("olga"), code=4).stderr
    run(*found, *pair.by("olga", "per"))
    run("partner", "community", "remove", pair.north, "c:sea", "south", code=2)
    run("partner", "community", "remove", pair.north, "c:sea", "south", *pair.by("olga"))
    add = ("partner", "community", "add", pair.north, "c:sea", "south")
    assert "takes two persons" in run(*add, *pair.by("olga"), code=4).stderr
    run("partner", "community", "follow", pair.south, "c:sea", "north", *pair.by("ana"), code=4)


def told(pair: Pair) -> None:
    """Two records of north stand in its log to south."""
    from kizuna.records.label import Label, Tlp
    from kizuna.records.record import Record, encode
    from kizuna.share.decide import Decision

    with pair.opened(pair.north) as sharing:
        for n in range(2):
            body = b'{"t":"x","n":%d}' % n
            label = Label(tlp=Tlp.AMBER, rel_to=frozenset(("south",)))
            data = encode(Record(kind="note.test", origin="north", observed_ms=sharing.now_ms(), body=body, label=label,
                                 context=sharing.context))  # fmt: skip
            sharing.door.pass_on(data, Decision("release", "", ("test",), label=label, lane="routine"), "south")


def test_an_end_shows_what_ends_asks_for_the_id_and_does_it(pair: Pair) -> None:
    told(pair)
    shown = run("partner", "exposure", pair.north, "south").stdout
    for words in (
        "What it holds",
        "2  note.test",
        "through others",
        "pass on",
        "key revoked",
        "lane stops",
        "asks back",
    ):
        assert words in shown, words
    row = json.loads(run("partner", "exposure", pair.north, "south", "--json").stdout)
    assert row["released"] == 2 and {e["what"] for e in row["ends"]} >= {"stop_lane", "revoke_key", "propose_recall"}
    run("partner", "end", pair.north, "south", *pair.by("ana"), code=4)
    assert (
        "nothing was ended" in run("partner", "end", pair.north, "south", *pair.by("olga"), code=2, typed="no\n").stderr
    )
    assert listed(pair)["state"] == "active"
    done = run(
        "partner", "revoke", pair.north, "south", "--why", "turned", "--recall", "--yes", "south", *pair.by("olga")
    )
    assert "revoke_key" in done.stdout and "south is revoked" in done.stdout
    assert (listed(pair)["state"], listed(pair)["told"]) == ("revoked", 2)
    assert "2 records" in run("recall", pair.north).stdout
    assert (
        "was revoked" in run("partner", "end", pair.north, "south", "--yes", "south", *pair.by("olga"), code=4).stderr
    )


def test_a_partner_that_cannot_be_reached_keeps_nobody_else_waiting(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled(_sharing: object, party: str) -> dict:
        if party == "gone":
            raise UnavailableError("does not answer", where="https://gone.example")
        return {"partner": party, "new": 3, "wrong": []}

    monkeypatch.setattr(sync_run, "_some", lambda _sharing, _party: ["gone", "south"])
    monkeypatch.setattr(sync_run, "_pulled", pulled)
    told = run("sync", "pull", pair.north, code=1)
    assert told.stdout.splitlines() == [
        "gone: not reached",
        "! https://gone.example: does not answer",
        "south: 3 records new",
    ]
    assert "not every partner was reached" in told.stderr
    rows = json.loads(run("sync", "pull", pair.north, "--json", code=1).stdout)["partners"]
    assert [(r["partner"], r["reached"]) for r in rows] == [("gone", False), ("south", True)]


def test_nothing_typed_says_what_to_give(pair: Pair) -> None:
    asked = run("partner", "pause", pair.north, "south", "--by", "olga", code=2)
    assert "Password of olga: nothing was typed (--password-file names a file that holds it)" in asked.stderr
    assert (
        "--by NAME says who does it"
        in run("recall", pair.north, "--record", "ab" * 32, "--reason", "error", code=2).stderr
    )
    assert "no logs with nobody-here" in run("ledger", "show", pair.north, "--partner", "nobody-here").stdout


def test_an_empty_line_is_none_of_the_three_tries(tmp_path: Path) -> None:
    pair = make(tmp_path)
    with pair.opened(pair.north) as north, pair.opened(pair.south) as south:
        first = introduction.begin(north.places, north.identity, [], os.urandom)
        party, _ = introduction.accept(south.places, south.identity, [], first, os.urandom)
        places = south.places
        for _ in range(introduction.TRIES + 1):
            with pytest.raises(InputError):
                introduction.confirm(places, south.partners, party, " ", at_ms=0, by="")
        assert introduction.waiting(places) == ["north"]
