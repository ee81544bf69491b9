"""Rules and agreements from a terminal: what is found before, who puts in force, and by which clock."""

import json
from pathlib import Path

import pytest

from kizuna.base.utc import iso
from kizuna.node.desk import secrets
from node.command_pair import NOW_MS, Pair, copied, make, run
from node.share.standin import MEMO

RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { kind = ["track.position"] }
to = ["south"]
then = "release"
"""


def written(pair: Pair, text: str, name: str = "rules.toml") -> Path:
    path = pair.at / name
    path.write_text(text)
    return path


def steps(pair: Pair) -> list[tuple[str, str]]:
    row = json.loads(run("rules", "show", pair.north, "--json").stdout)
    return [(s["deed"], s["by"]) for s in row["steps"]]


def test_a_clause_of_an_unknown_agreement_is_found(pair: Pair) -> None:
    found = run("rules", "check", pair.north, written(pair, RULES), code=3).stdout
    assert "unknown clause: no agreement here has memo/1" in found and "rule positions" in found
    memo = written(pair, MEMO, "memo.toml")
    run("agreement", "sign", pair.north, memo, *pair.by("olga"))
    again = run("rules", "check", pair.north, written(pair, RULES), "--json", code=3).stdout
    [finding] = json.loads(again)["findings"]
    assert "releases nothing now" in finding["text"] and finding["line"] == 4


def test_the_other_agreements_of_a_node_are_known_when_one_is_checked(pair: Pair) -> None:
    run("rules", "activate", pair.north, written(pair, RULES), "--agreement", written(pair, MEMO, "memo.toml"),
        *pair.by("olga", "per"))  # fmt: skip
    other = written(pair, MEMO.replace('id = "memo"', 'id = "second"'), "second.toml")
    alone = json.loads(run("agreement", "check", other, "--rules", pair.at / "rules.toml", "--json", code=3).stdout)
    assert "unknown clause" in {f["test"] for f in alone["findings"]}
    found = json.loads(run("agreement", "check", other, "--node", pair.north, "--json", code=3).stdout)["findings"]
    assert {(f["test"], f["where"]) for f in found} == {
        ("clause without rule", "second/1"),
        ("clause without rule", "second/2"),
    }


def test_a_second_officer_puts_in_force_what_the_first_proposed(pair: Pair) -> None:
    file = written(pair, RULES)
    said = run("rules", "propose", pair.north, file, *pair.by("olga")).stdout
    assert "kizuna rules approve" in said
    refused = run("rules", "activate", pair.north, "1", *pair.by("olga"), code=4).stderr
    assert "refused by second-person" in refused and "another person" in refused
    run("rules", "activate", pair.north, "1", *pair.by("per"))
    assert steps(pair) == [("propose", "olga"), ("approve", "per"), ("activate", "per")]


def test_approving_puts_in_force_as_the_page_does(pair: Pair) -> None:
    run("rules", "propose", pair.north, written(pair, RULES), *pair.by("olga"))
    assert "in force" in run("rules", "approve", pair.north, "1", *pair.by("per")).stdout
    assert steps(pair)[-1] == ("activate", "per")


def test_one_officer_alone_is_told_to_name_another_and_leaves_nothing_behind(pair: Pair) -> None:
    file = written(pair, RULES)
    assert "--second" in run("rules", "activate", pair.north, file, *pair.by("olga"), code=4).stderr
    assert "one person" in run("rules", "activate", pair.north, file, *pair.by("olga", "olga"), code=4).stderr
    assert steps(pair) == []
    run("rules", "activate", pair.north, pair.at / "nothing.toml", *pair.by("olga"), code=2)


def test_rules_with_an_error_are_not_proposed(pair: Pair) -> None:
    file = written(pair, RULES.replace('["south"]', '["nobody-here"]'))
    assert "nobody-here is not known here" in run("rules", "propose", pair.north, file, *pair.by("olga"), code=4).stderr
    run("rules", "activate", pair.north, file, *pair.by("olga", "per"), code=4)
    assert steps(pair) == []


def test_rules_are_shown_under_either_name_of_a_language(pair: Pair) -> None:
    run("rules", "activate", pair.north, written(pair, RULES), *pair.by("olga", "per"))
    shown = [run("rules", "show", pair.north, "--language", word).stdout for word in ("zh-TW", "zh-Hant")]
    assert shown[0] == shown[1] and "釋出" in shown[0]
    run("rules", "show", pair.north, "--language", "fr", code=2)


def test_a_command_beside_a_played_clock_takes_its_time(pair: Pair) -> None:
    home = pair.north
    settings = (home / "node.toml").read_text()
    (home / "node.toml").write_text(settings.replace('#kind = "wall"', 'kind = "stream"'))
    assert 'kind = "stream"' in (home / "node.toml").read_text()
    from kizuna.node.service.rooms import Rooms

    Rooms(home).status.write_text(json.dumps({"running": False, "now": iso(NOW_MS), "written": iso(NOW_MS + 99)}))
    run("incident", "open", home, "--kind", "drifting", "--lat", 1, "--lon", 2, *pair.by("ana"))
    [case] = json.loads(run("incident", "list", home, "--json").stdout)["incidents"]
    assert (case["opened_ms"], case["at_ms"]) == (NOW_MS, NOW_MS)
