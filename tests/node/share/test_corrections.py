"""What an originator says was wrong reaches exactly those who were told, of what they were told, and changes what counts."""

import shutil
from pathlib import Path

import msgspec
import pytest

from kizuna.base.errors import InputError
from kizuna.node.share.desk import corrections, recalls
from kizuna.node.share.desk.corrections import Wish
from kizuna.node.share.desk.journal import HOUSE
from kizuna.node.share.desk.refusal import Refusal
from kizuna.node.share.views import told
from kizuna.records.bodies.trust import Correction
from kizuna.records.label import EVERYBODY, Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.decide import Decision
from kizuna.share.ledger.name import parse_name
from node.share.onward_nodes import Node, chain, meet, sync

T0 = 1_796_000_000_000
BOTH = ("ash", "cedar")


def record(n: int, *readers: str, tlp: Tlp = Tlp.AMBER) -> bytes:
    label = Label(tlp=tlp, rel_to=frozenset(readers))
    body = msgspec.Raw(b'{"s":%d.5}' % n)
    return encode(Record(kind="track.position", origin="birch", subject=(f"mmsi:{431_000_001 + n}",), geo=(123.5, 24.5),
                         observed_ms=T0 + n, body=body, label=label, context="test"))  # fmt: skip


def tell(node: Node, data: bytes, *to: str) -> str:
    for audience in to:
        node.sharing.door.pass_on(data, Decision("release", "", ("test",), label=decode(data).label), audience)
    return record_id(data)


def said(node: Node, to: str) -> list[bytes]:
    """Bytes of the corrections in the logs to an audience."""
    held = node.sharing.shared.records.many(node.told(to))
    return [h.data for n in node.told(to) if (h := held[n]).data and decode(h.data).kind == "correction"]


def test_the_told_hear_and_others_do_not(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    one, two = tell(birch, record(1, *BOTH), "ash"), tell(birch, record(2, *BOTH), "ash")
    [made] = corrections.correct(birch.office, Wish([one], "it is another vessel", ("subject",), two), "aiko")
    [listed] = birch.office.corrections.listed()
    assert [(p["party"], p["state"]) for p in listed["parties"]] == [("ash", "told")]
    meet(*row)
    [state] = birch.office.corrections.listed()
    assert (state["state"], state["parties"][0]["state"]) == ("done", "acknowledged")
    [shown] = ash.office.corrections.of(one)
    assert shown["counts"] and shown["effect"] and not shown["mine"]
    assert (shown["id"], shown["by"], shown["text"]) == (made, "birch", "it is another vessel")
    assert (shown["fields"], shown["instead"], shown["instead_here"]) == (["subject"], two, True)
    assert ash.sharing.shared.records.get(one).data is not None, "the old one is kept"
    assert "AMBER" in shown["label"] and ash.office.corrections.of(two) == []
    assert cedar.office.corrections.listed() == [] and said(birch, "cedar") == []
    lanes = {parse_name(log).lane for log, _ in ash.sharing.shared.records.where(made)}
    assert lanes == {"flash"}


def test_the_last_counts_after_a_restart_and_in_any_order_and_again_changes_nothing(row: list[Node]) -> None:
    ash, birch, *_ = row
    one, two = tell(birch, record(1, "ash"), "ash"), tell(birch, record(2, "ash"), "ash")
    corrections.correct(birch.office, Wish([one, two], "both are late"), "aiko")
    [last] = corrections.correct(birch.office, Wish([one], "no, an hour early"), "aiko")
    meet(*row)
    size = ash.sharing.shared.inbox.arrived(0, 100)
    for _ in range(2):
        counting = {n: [s["text"] for s in ash.office.corrections.of(n) if s["counts"]] for n in (one, two)}
        assert counting == {one: ["no, an hour early"], two: ["both are late"]}
        assert [s["id"] for s in ash.office.corrections.of(one)][0] == last
        ash.again()
        birch.again()
        birch.office.tend()
        meet(*row[:2])
    assert len(ash.sharing.shared.inbox.arrived(0, 100)) == len(size)
    assert len(ash.office.corrections.listed()) == 2 and not ash.office.unusable


@pytest.mark.parametrize("action", ["hide", "delete"])
def test_a_correction_is_recalled_as_any_record_and_what_was_said_before_counts_again(
    row: list[Node], action: str
) -> None:
    ash, birch, *_ = row
    one = tell(birch, record(1, "ash"), "ash")
    [first] = corrections.correct(birch.office, Wish([one], "late"), "aiko")
    [second] = corrections.correct(birch.office, Wish([one], "said of somebody else"), "aiko")
    meet(*row[:2])
    assert ash.office.corrections.by(one) == second
    recalls.recall(birch.office, [second], "", action, "sensitive", "", "aiko")
    meet(*row[:2])
    for node in (ash, birch):
        for _ in range(2):
            assert [s["id"] for s in node.office.corrections.of(one)] == [first]
            assert [c["counts"] for c in node.office.corrections.listed()] == [1]
            node.again()


def test_a_correction_may_come_before_the_record(row: list[Node]) -> None:
    ash, birch, *_ = row
    data = record(1, "ash")
    body = body_bytes(Correction(text="too far north"))
    early = encode(Record(kind="correction", origin="birch", observed_ms=T0, body=body, label=decode(data).label,
                          context="test", supersedes=(record_id(data),)))  # fmt: skip
    tell(birch, early, "ash")
    sync(birch, ash)
    [shown] = ash.office.corrections.listed()
    assert (shown["not_here"], shown["without_effect"]) == (1, 0)
    tell(birch, data, "ash")
    sync(birch, ash)
    assert ash.office.corrections.by(record_id(data)) == record_id(early)
    [shown] = ash.office.corrections.listed()
    assert (shown["not_here"], shown["counts"]) == (0, 1)


def test_what_another_party_corrects_is_kept_counted_and_without_effect(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    one = tell(birch, record(1, *BOTH), *BOTH)
    meet(*row)
    with pytest.raises(Refusal) as refused:
        corrections.correct(cedar.office, Wish([one], "mine now"), "eve")
    assert refused.value.rule == "originator" and "only the originator corrects" in refused.value.why
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset({"birch"}))
    forged = encode(Record(kind="correction", origin="cedar", observed_ms=T0, body=body_bytes(Correction(text="mine now")),
                           label=label, context="test", supersedes=(one,)))  # fmt: skip
    posed = encode(Record(kind="correction", origin="birch", observed_ms=T0, body=body_bytes(Correction(text="as birch")),
                          label=label, context="test", supersedes=(one,)))  # fmt: skip
    for data in (forged, posed):
        tell(cedar, data, "birch")
    sync(cedar, birch)
    [theirs] = birch.office.corrections.of(one)
    assert not theirs["effect"] and not theirs["counts"] and birch.office.corrections.by(one) is None
    [listed] = birch.office.corrections.listed()
    assert (listed["by"], listed["without_effect"], listed["counts"]) == ("cedar", 1, 0)
    with pytest.raises(InputError, match="as its own"):
        birch.office.corrections.take(msgspec.structs.replace(birch.office.rows[record_id(forged)], data=posed))


def test_words_go_under_the_label_of_the_record_and_never_a_wider_one(row: list[Node]) -> None:
    birch = row[1]
    strict = tell(birch, record(1, "ash", tlp=Tlp.AMBER_STRICT), "ash")
    green = tell(birch, record(2, "ash", tlp=Tlp.GREEN), "ash")
    drafts = corrections.plan(birch.office, Wish([strict, green], "both wrong"))
    levels = {d.records: decode(d.data).label.tlp for d in drafts}
    assert levels == {(strict,): Tlp.AMBER_STRICT, (green,): Tlp.GREEN}
    shown = corrections.drafted(birch.office, drafts)
    assert [w["parties"] for w in shown] == [["ash"], ["ash"]] and birch.office.corrections.listed() == []


def test_what_was_told_to_everybody_is_corrected_to_everybody(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    label = Label(tlp=Tlp.CLEAR, rel_to=frozenset({EVERYBODY}))
    one = tell(birch, msgspec.json.encode(msgspec.structs.replace(decode(record(1, "ash")), label=label)), EVERYBODY)
    corrections.correct(birch.office, Wish([one], "closed again"), "aiko")
    meet(*row)
    assert ash.office.corrections.by(one) and cedar.office.corrections.by(one)
    [listed] = birch.office.corrections.listed()
    assert listed["state"] == "done" and {p["party"] for p in listed["parties"]} == set(BOTH)


@pytest.mark.parametrize("instead", [0, 1, 2, None])
def test_what_others_were_told_changes_no_byte_of_what_one_is_told(
    homes: Path, tmp_path: Path, instead: int | None
) -> None:
    """Two worlds: the second tells cedar more, and corrects all of it in the same act."""
    heard, cards = [], []
    for world, more in enumerate(((), ((2, "cedar"), (0, "cedar"), (3, "cedar")))):
        nodes = chain(homes, tmp_path / str(world), *("ash", "birch", "cedar", "dune"))
        ash, birch, *_ = nodes
        names = [tell(birch, record(n, *BOTH), "ash") for n in (0, 1)]
        others = [tell(birch, record(n, *BOTH), to) for n, to in more]
        birch.office.now_ms = lambda: T0 + 100
        wish = Wish(
            [*names, *others], "wrong place", ("geo",), record_id(record(instead, *BOTH)) if instead is not None else ""
        )
        if instead == 2 and not more:
            tell(birch, record(2, *BOTH), "dune")  # so that it is known: nobody of these was told it
        corrections.correct(birch.office, wish, "aiko")
        corrections.correct(birch.office, wish._replace(text="wrong time"), "aiko")
        sync(birch, ash)
        heard.append(said(birch, "ash"))
        cards.append(
            [{k: v for k, v in s.items() if k != "since_ms"} for n in names for s in ash.office.corrections.of(n)]
        )
        [node.end() for node in nodes]
        shutil.rmtree(tmp_path / str(world))
    assert len(heard[0]) == 2 and heard[0] == heard[1] and cards[0] == cards[1]


def test_lists_of_what_was_told_say_what_corrects_it_to_each_partner_its_own(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    one, two = tell(birch, record(1, *BOTH), *BOTH), tell(birch, record(2, "ash"), "ash")
    [made] = corrections.correct(birch.office, Wish([two], "another place"), "aiko")
    rows = {(r["record"], r["to"]): r["corrected_by"] for r in told.ledger(birch.office)["rows"]}
    assert rows[two, "ash"] == made and rows[one, "ash"] is None and rows[one, "cedar"] is None
    look = told.Look(T0 - 1000, T0 + 1000)
    seen = {f["id"]: f["properties"]["corrected_by"] for f in told.as_partner(birch.office, "ash", look)["features"]}
    assert seen == {one: None, two: made}
    meet(*row)
    assert [s["text"] for s in told.story(ash.office, two)["corrections"]] == ["another place"]
    assert ash.office.corrections.shown([], "mmsi:431000003")[0]["id"] == made
    assert cedar.office.corrections.shown([], "mmsi:431000003") == []


@pytest.mark.parametrize("why", ["nobody", "recalled", "none", "instead", "words"])
def test_what_cannot_be_corrected_is_refused_before_anything_is_kept(row: list[Node], why: str) -> None:
    birch = row[1]
    one = tell(birch, record(1, "ash"), "ash")
    rows = len(birch.office.rows)
    wish = Wish([one], "wrong")
    if why == "recalled":
        recalls.recall(birch.office, [one], "", "hide", "error", "", "aiko")
        rows = len(birch.office.rows)
    elif why == "nobody":
        kept = birch.office.write(record(2, "ash"), "aiko", (), HOUSE)
        birch.sharing.shared.records.put([kept.data])
        wish, rows = wish._replace(records=[kept.id]), len(birch.office.rows)
    elif why == "none":
        wish = wish._replace(records=[])
    elif why == "instead":
        wish = wish._replace(instead="a" * 64)
    else:
        wish = wish._replace(text="x" * 20_000)
    with pytest.raises(InputError):
        corrections.correct(birch.office, wish, "aiko")
    assert len(birch.office.rows) == rows


def test_words_that_a_reader_must_not_read_are_not_said(row: list[Node]) -> None:
    birch = row[1]
    one = tell(birch, record(1, "ash"), "ash")
    (birch.home / "lexicon").mkdir()
    (birch.home / "lexicon" / "ash.txt").write_text("Stone Rock\n")
    with pytest.raises(Refusal, match="Stone Rock"):
        corrections.correct(birch.office, Wish([one], "it lay off Stone Rock"), "aiko")
    assert birch.office.corrections.listed() == []
