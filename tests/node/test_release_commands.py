"""Papers that travel from a terminal: introductions, proofs with their keys, recalls of others, words of lists."""

import json
from pathlib import Path

import pytest

from kizuna.node.desk import secrets
from kizuna.node.share.desk import requests
from kizuna.share.ledger.note import read_note, read_vkey
from kizuna.share.recall import Holding, Recalls
from node.command_pair import Pair, copied, make, run
from node.test_partner_commands import told


def test_what_was_handed_over_is_not_written_over(pair: Pair) -> None:
    begun, again, answer = pair.at / "n.json", pair.at / "n2.json", pair.at / "s.json"
    run("partner", "introduce", pair.north, "-o", begun)
    refused = run("partner", "introduce", pair.north, "-o", begun, code=2).stderr
    assert "handed over" in refused and "--out" in refused
    run("partner", "accept", pair.south, begun, "-o", answer)
    first = answer.read_bytes()
    run("partner", "accept", pair.south, begun, "-o", answer)
    assert answer.read_bytes() == first
    run("partner", "introduce", pair.north, "-o", again)
    assert "handed over" in run("partner", "accept", pair.south, again, "-o", answer, code=2).stderr
    assert answer.read_bytes() == first
    opened = pair.at / "o.json"
    opened.write_text("for somebody else")
    run("partner", "open", pair.north, answer, "-o", opened, "--later", code=2)
    assert opened.read_text() == "for somebody else"


def test_a_proof_comes_with_the_keys_that_check_it(pair: Pair) -> None:
    told(pair)
    with pair.opened(pair.north) as sharing:
        [state] = [s for s in sharing.shared.logs.all("out") if s.peer == "south"]
        record = sharing.shared.logs.entries(state.name, 0, most=1, max_bytes=1 << 20)[0].id
        sharing.door.sign_rest()
    made = json.loads(run("ledger", "prove", pair.north, record, "-o", pair.at, "--json").stdout)
    [proof], [keys] = ([Path(f) for f in made["files"] if f.endswith(e)] for e in (".tlog-proof", ".vkey"))
    names = [read_vkey(line).name for line in keys.read_text().splitlines()]
    assert names == [state.name, "north/node"] and made["keys"][state.name] == keys.read_text().splitlines()
    head = proof.read_bytes().partition(b"\n\n")[2]
    assert {s.name for s in read_note(head).signatures} == set(names)


def test_a_recall_of_another_is_refused_with_a_reason_and_says_so(pair: Pair) -> None:
    from kizuna.node.share.desk.office import Office

    with pair.opened(pair.north) as sharing:
        office = Office(sharing)
        office.open()
        data, _ = Recalls("south", office.context).ask(["a" * 64], "error", lambda _: Holding("south"), office.now_ms())
        office.take(data, "south")
        office.close()
    [row] = json.loads(run("recall", pair.north, "--json").stdout)["recalls"]
    assert (row["state"], row["mine"]) == ("done", False)
    run("recall", pair.north, "--refuse", row["id"][:12], *pair.by("olga"), code=2)
    refuse = ("recall", pair.north, "--refuse", row["id"][:12], "--text", "evidence")
    assert "release.act" in run(*refuse, *pair.by("ana"), code=4).stderr
    run(*refuse, *pair.by("olga"))
    [row] = json.loads(run("recall", pair.north, "--json").stdout)["recalls"]
    assert (row["state"], row["why"]) == ("refused", "evidence")
    assert "refused: evidence" in run("recall", pair.north).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("release", "export", "DIR", "--as", "south", "--format", "banana"),
        ("release", "import", "DIR", "DIR", "--of", "south", "--format", "banana"),
        ("request", "DIR", "--answer", "00000000", "--verdict", "banana"),
        ("request", "DIR", "--to", "south", "--text", "?", "--kind", "banana"),
    ],
)  # fmt: skip
def test_a_word_that_is_in_no_list_is_wrong_usage(pair: Pair, words: tuple[str, ...]) -> None:
    given = [pair.north if w == "DIR" else w for w in words]
    said = run(*given, *pair.by("olga"), code=2).stderr
    assert "one of" in said or "no kind of record 'banana'" in said


def test_an_own_request_is_taken_back(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "RULE", requests.DUTY)  # no rules here: asking may do without
    asked = run("request", pair.north, "--to", "south", "--text", "which boats?", *pair.by("ana"), "--json").stdout
    [row] = json.loads(asked)["requests"]
    assert row["state"] == "asked"
    assert "withdrawn" in run("request", pair.north, "--withdraw", row["id"][:12], *pair.by("ana")).stdout
    [row] = json.loads(run("request", pair.north, "--json").stdout)["requests"]
    assert row["state"] == "withdrawn"
    assert (
        "nothing here begins"
        in run("request", pair.south, "--withdraw", row["id"][:12], *pair.by("ana"), code=1).stderr
    )


def test_a_row_of_a_dry_run_tells_what_changes_and_by_which_rule() -> None:
    from kizuna.node.cli.desk_run import _sample

    row = {"change": "gains", "kind": "track.position", "subject": ["mmsi:431000001"], "at_ms": 1_796_000_000_000,
           "lat": 24.5, "lon": 123.5, "rule": "positions", "before": {"told_ms": None, "transforms": []},
           "after": {"told_ms": 1_796_000_300_000, "transforms": ["coarsen_position cell_m=1000"]}}  # fmt: skip
    said = _sample(row)
    assert (
        "gains" in said
        and "now not told, then coarsen_position cell_m=1000 (2026-" in said
        and "rule positions" in said
    )


def test_a_correction_is_tried_made_and_listed_and_another_partys_is_refused(pair: Pair) -> None:
    from kizuna.records.label import Label, Tlp
    from kizuna.records.record import Record, encode, record_id

    told(pair)
    with pair.opened(pair.north) as sharing:
        names = [
            e.id
            for s in sharing.shared.logs.all("out")
            for e in sharing.shared.logs.entries(s.name, 0, most=9, max_bytes=1 << 20)
        ]
        label = Label(tlp=Tlp.AMBER, rel_to=frozenset(("north",)))
        theirs = encode(Record(kind="note.test", origin="south", observed_ms=1, body=b"{}", label=label, context=sharing.context))  # fmt: skip
        sharing.shared.records.put([theirs])
    wish = ("correct", pair.north, *names, "--text", "off by a mile", "--field", "geo", "--instead", names[0])
    assert "release.act" in run(*wish, *pair.by("ana"), code=4).stderr
    run("correct", pair.north, names[0], *pair.by("olga"), code=2)
    run("correct", pair.north, "--text", "of what?", *pair.by("olga"), code=2)
    [would] = json.loads(run(*wish, "--dry-run", "--json", *pair.by("olga")).stdout)["would"]
    assert (would["parties"], sorted(would["records"])) == (["south"], sorted(names))
    assert "south: 2 records" in run(*wish, "--dry-run", *pair.by("olga")).stdout
    assert run("correct", pair.north).stdout == "no corrections\n"
    run(*wish, *pair.by("olga"))
    [row] = json.loads(run("correct", pair.north, "--json").stdout)["corrections"]
    assert (row["officer"], row["text"], row["fields"], row["state"]) == ("olga", "off by a mile", ["geo"], "open")
    assert [(p["party"], p["state"]) for p in row["parties"]] == [("south", "pending")]
    assert "south: pending" in run("correct", pair.north).stdout
    refused = run("correct", pair.north, record_id(theirs), "--text", "no", *pair.by("olga"), code=4).stderr
    assert "refused by originator: only the originator corrects a record" in refused
