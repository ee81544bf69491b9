"""What an officer sees of a partner is what sync gives it: its own logs, those of its communities, and that of all."""

from kizuna.node.share.views import reading, told, who_sees
from kizuna.records.label import EVERYBODY, Label, Tlp
from kizuna.records.record import Record, encode, record_id
from kizuna.share.decide import Decision
from kizuna.share.ledger.name import parse_name
from node.share.onward_nodes import Node


def test_what_all_were_told_stands_in_the_view_of_each_partner(row: list[Node]) -> None:
    _, birch, *_ = row
    label = Label(tlp=Tlp.CLEAR, rel_to=frozenset({EVERYBODY}))
    data = encode(Record(kind="track.position", origin="birch", subject=("mmsi:431000001",), geo=(123.5, 24.5),
                         observed_ms=1_796_000_000_000, label=label, context="test"))  # fmt: skip
    birch.sharing.door.pass_on(data, Decision("release", "", ("test",), label=label), EVERYBODY)
    name = record_id(data)
    for party in ("ash", "cedar"):
        logs = {r.log.name for r in reading.reach(birch.office, party) if r.end}
        read = {s.name for s in birch.sharing.shared.logs.all("out") if s.peer in birch.sharing.audiences(party)}
        assert logs == read
        assert {parse_name(log).audience for log in logs} == {EVERYBODY}
        assert [r["record"] for r in told.ledger(birch.office, partner=party)["rows"]] == [name]
    verdicts = {r["id"]: r["verdict"] for r in who_sees.of_record(birch.office, name)}
    assert verdicts["ash"] == verdicts["cedar"] == "release"
