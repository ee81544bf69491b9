"""Default deny: a rule releases nothing unless the agreement that it cites is known here, signed by all and in force."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from kizuna.node.share.desk import agreements, requests
from kizuna.base.table import empty
from kizuna.base.units import HOUR_MS
from kizuna.events.table import EVENTS
from kizuna.fixes.detections import DETECTIONS
from kizuna.node.share.views import who_sees
from kizuna.node.share.views.dry_run import dry_run
from kizuna.node.share.desk.office import Office
from kizuna.node.share.desk.refusal import Refusal
from kizuna.node.share.door import Rows
from kizuna.node.share.preview import Period
from kizuna.node.share.sharing import Sharing
from node.share import standin as st
from node.share.pair import RULES as PLAIN
from node.share.pair import pair
from node.share.test_door import fixes

WORDS = """
version = 1
[[rule]]
id = "words"
clause = ["CLAUSE"]
match = { kind = ["request", "track.position"] }
to = ["south"]
then = "release"
"""


@pytest.fixture
def north(tmp_path: Path, made: Path) -> Iterator[SimpleNamespace]:
    one, two = st.nodes(tmp_path, made)
    offices = [Office(side) for side in (one, two)]
    for office in offices:
        office.open()
    yield SimpleNamespace(side=one, other=two, office=offices[0], theirs=offices[1])
    for office, side in zip(offices, (one, two), strict=True):
        office.close()
        side.close()


def asks(office: Office) -> str:
    return requests.ask(office, requests.Wish("south", "where is she?", ("track.position",)), "aiko")


@pytest.mark.parametrize("clause", ["elsewhere/1", "1", "memo", "memo/9", "memo-2/1", "memo/1"])
def test_a_rule_that_cites_what_nobody_signed_releases_nothing_and_says_so(north: SimpleNamespace, clause: str) -> None:
    office = north.office
    st.in_force(north.side, "south", WORDS.replace("CLAUSE", clause))
    north.side.door.tell(Rows(fixes(3, source="feed", start_ms=st.T0)))
    assert north.side.shared.logs.all("out") == []
    with pytest.raises(Refusal) as said:
        asks(office)
    assert said.value.rule == "words"
    assert "rule words releases nothing" in said.value.why
    assert any("rule words releases nothing" in line for line in office.tend())
    [row] = who_sees.of_rows(office, Rows(fixes(1, source="feed", start_ms=st.T0)), "mmsi:431000001")
    assert (row["verdict"], row["rules"][0]["id"]) == ("withhold", "words")
    heard = SimpleNamespace(
        fixes=lambda *_: fixes(2, source="feed", start_ms=st.T0), blocks=lambda *_: ([], []),
        events=lambda *_: empty(EVENTS), detections=lambda *_: empty(DETECTIONS),
    )  # fmt: skip
    told = dry_run(office, office.rulebook.active().source.decode(), heard, Period(st.T0 - HOUR_MS, st.T0 + HOUR_MS))
    assert [p["after"] for p in told["partners"]] in ([0], [])


def test_an_unknown_agreement_is_named_with_what_to_do(north: SimpleNamespace) -> None:
    st.in_force(north.side, "south", WORDS.replace("CLAUSE", "elsewhere/1"))
    with pytest.raises(Refusal, match="no agreement elsewhere is known here: put it forward .kizuna agreement sign."):
        asks(north.office)


def test_the_same_rule_releases_when_all_have_signed_and_no_longer_when_one_suspends(north: SimpleNamespace) -> None:
    st.in_force(north.side, "south", WORDS.replace("CLAUSE", "memo/1"))
    agreements.propose(north.office, st.MEMO, "aiko")
    with pytest.raises(Refusal, match="waits for the signature of south"):
        asks(north.office)
    agreements.propose(north.theirs, st.MEMO, "mei")  # both put the same bytes forward, and neither waits for the other
    st.meet(north.side, north.other)
    assert asks(north.office)
    north.side.door.tell(Rows(fixes(3, source="feed", start_ms=st.T0 - 60_000)))
    assert sum(s.size for s in north.side.shared.logs.all("out")) > 1
    agreements.change(north.theirs, "memo", "suspend", "mei")
    st.meet(north.side, north.other)
    with pytest.raises(Refusal, match="waits for the signature of south"):
        asks(north.office)


def test_without_a_desk_that_knows_the_agreements_nothing_leaves(tmp_path: Path) -> None:
    side, _ = pair(tmp_path)
    side.open()
    side.rules(PLAIN % {"to": "south"})
    fresh = Sharing(side.config)
    try:
        assert fresh.rules() is not None
        assert fresh.rules().rules == ()
        assert fresh.rules().hash == side.sharing.rules().hash
    finally:
        fresh.close()
        side.stop()
