"""The permanent marking, also of real data: on every answer, for the page, in every file; and nothing withheld in it."""

import msgspec
import pytest
from test_kept import receive

from fake_keep import fix
from kizuna.node.service.node_file import parsed
from kizuna.base.errors import ConfigError
from kizuna.node.api.marking import FeedMarking
from kizuna.node.api.routes import live
from kizuna.node.api.view import Viewer
from kizuna.node.share.heard_labels import NOTE, HeardLabels
from kizuna.node.share.views.released import Released
from kizuna.records.label import UNREADABLE, Label, Tlp
from kizuna.records.record import Record, encode
from kizuna.share.decide import Decision
from station import NOW, station

SHIP = 431000001
HEADER = "x-kizuna-marking"


def heading(person):
    return person.get("/api/me").headers[HEADER]


def test_real_data_carry_the_level_of_the_node_everywhere(tmp_path):
    with station(tmp_path) as one:
        one.store.add(fix(SHIP, NOW - 60_000, 24.5, 123.25))
        ana = one.user("analyst")
        assert heading(ana) == "TLP:AMBER"
        me = ana.get("/api/me").json()
        assert (
            me["marking"] == {"words": "", "tlp": "AMBER", "rel_to": [], "caveats": []} and not me["node"]["exercise"]
        )
        assert one.browser().get("/health").headers[HEADER] == ""
        for form in ("csv", "geojson", "kml", "gpx", "parquet"):
            assert b"TLP:AMBER" in ana.get(f"/feeds/vessels.{form}").content, form
        token = one.desk.tokens.make("analyst", "reader", "feed")[1]
        features = one.browser().get("/ogc/collections/vessels/items", headers={"Authorization": f"Bearer {token}"})
        assert features.headers[HEADER] == features.json()["marking"] == "TLP:AMBER"


def test_the_node_says_its_own_level_and_audience(tmp_path):
    config = parsed(
        {"node": {"name": "n", "marking": "TLP:GREEN", "rel_to": ["cape", "c:coast"]}}, tmp_path / "node.toml"
    )
    assert config.node.label() == Label(tlp=Tlp.GREEN, rel_to=frozenset({"cape", "c:coast"}))
    for wrong in ({"marking": "SECRET"}, {"rel_to": ["*"]}, {"rel_to": ["Cape"]}):
        with pytest.raises(ConfigError, match="marking, rel_to"):
            parsed({"node": {"name": "n", **wrong}}, tmp_path / "node.toml")
    with station(tmp_path, label=Label(tlp=Tlp.RED)) as one:
        assert heading(one.user("viewer")) == "TLP:RED"


def test_what_partners_told_raises_the_marking_of_people_and_of_nobody_else(sides):
    north, south = sides
    ana = south.as_("analyst")
    token = south.desk.tokens.make("analyst", "reader", "feed")[1]
    other = south.station.browser()
    reads = {"headers": {"Authorization": f"Bearer {token}"}}
    assert heading(ana) == "TLP:AMBER // REL TO SOUTH"
    north.hear()
    north.tell()
    receive(north, south)
    assert south.node.markings.look()["rel_to"] == ["south"]
    heard = HeardLabels(south.office.shared, south.clock).follow()
    assert {label.rel_to for label in heard} == {frozenset({"south"})}
    before = heading(ana)
    for label, words in ((Label(tlp=Tlp.RED, rel_to=frozenset({"south"})), "TLP:RED"), (UNREADABLE, "TLP:RED")):
        south.node.markings._heard.follow = lambda label=label: frozenset({label})
        south.node.markings.follow()
        assert heading(ana).startswith(words)
        assert other.get("/ogc/collections", **reads).headers[HEADER] == "TLP:AMBER // REL TO SOUTH" == before
        assert b"TLP:RED" in ana.get("/feeds/vessels.geojson").content


def test_labels_that_were_heard_are_kept_over_a_restart_and_let_go_after_a_month(sides):
    north, south = sides
    north.hear()
    north.tell()
    receive(north, south)
    heard = HeardLabels(south.office.shared, south.clock)
    found = heard.follow()
    assert found and south.office.shared.notes.get(NOTE)
    later = south.clock() + 30 * 86_400_000
    assert HeardLabels(south.office.shared, lambda: later).follow() == found
    assert HeardLabels(south.office.shared, lambda: later + 3 * 86_400_000).follow() == frozenset()


def test_a_partners_token_carries_the_labels_of_what_it_was_told(sides):
    north, south = sides
    token = north.desk.tokens.make("officer", "theirs", "feed", partner="south")[1]
    reads = {"headers": {"Authorization": f"Bearer {token}"}}
    items = "/ogc/collections/vessels/items"
    person = north.station.browser()
    empty = person.get(items, **reads)
    assert empty.json()["marking"] == "" == empty.headers[HEADER]
    north.hear()
    north.tell()
    said = person.get(items, **reads).json()["marking"]
    assert said.startswith("TLP:") and said.endswith("REL TO SOUTH")
    north.hear(SHIP + 5, source_id="secret")
    north.tell()
    assert person.get(items, **reads).json()["marking"] == said


def tell_position(side, mmsi, label, ago_ms=0):
    record = Record(
        kind="track.position", origin=side.party, subject=(f"mmsi:{mmsi}",), observed_ms=side.clock() - ago_ms,
        geo=(123.25, 24.5), body=msgspec.Raw(b"{}"), label=label,
    )  # fmt: skip
    side.sharing.door.pass_on(encode(record), Decision("release", "", ("test",), label=label), "south")


SOUTH = frozenset({"south"})
BOTH = SOUTH | {"west"}


@pytest.mark.parametrize(("delay_ms", "late"), [(0, "NOT DELAYED"), (60_000, "DELAYED 60 S")])
def test_a_partners_feed_rises_with_the_labels_of_its_rows_and_looks_at_no_others(sides, monkeypatch, delay_ms, late):
    north, reads, of = sides[0], [], Released.box
    monkeypatch.setattr(Released, "box", lambda self, *at, **more: reads.append(at[-2:]) or of(self, *at, **more))
    viewer = Viewer("token:1", "feed", "", live=True, partner="south", delay_ms=delay_ms)
    marking, cursor, said = FeedMarking(north.node, viewer), 0, []
    for k, (level, to) in enumerate(
        [(None, BOTH), (Tlp.AMBER, BOTH), (Tlp.GREEN, SOUTH), (Tlp.RED, BOTH), (None, BOTH), (Tlp.AMBER, BOTH)]
    ):
        if level is not None:
            tell_position(north, SHIP + k, Label(tlp=level, rel_to=to))
        north.clock.now += delay_ms + 1_000
        cursor, words, made = live._moved(north.node, viewer, "nmea", cursor, marking)
        assert made.count(b"!AIVDM") == (level is not None)
        said.append(words.removesuffix(f"{late} NOT COARSENED").strip())
    south = "TLP:RED // REL TO SOUTH"
    assert said == ["", "TLP:AMBER // REL TO SOUTH, WEST", "TLP:AMBER // REL TO SOUTH", south, south, south]
    assert len(reads) == (6 if delay_ms else 0), "only a late feed looks back for its rows"
    assert all(0 < end - start < delay_ms + 2_000 for start, end in reads[1:])


def test_a_late_feed_carries_the_label_of_the_position_that_it_gives(sides):
    north = sides[0]
    viewer = Viewer("token:1", "feed", "", live=True, partner="south", delay_ms=60_000)
    tell_position(north, SHIP, Label(tlp=Tlp.GREEN, rel_to=BOTH), ago_ms=90_000)
    tell_position(north, SHIP, Label(tlp=Tlp.RED, rel_to=SOUTH))
    _, words, made = live._moved(north.node, viewer, "nmea", 0, FeedMarking(north.node, viewer))
    assert made.count(b"!AIVDM") == 1 and words == "TLP:GREEN // REL TO SOUTH, WEST DELAYED 60 S NOT COARSENED"


def test_what_was_withheld_from_a_partner_is_not_in_the_marking_of_its_feed(sides):
    north, held = sides[0], []
    viewer = Viewer("token:1", "feed", "", live=True, partner="south")
    for more in ({}, {"source_id": "secret"}):
        north.hear(SHIP + len(held), **more)
        north.tell()
        held.append(live._moved(north.node, viewer, "nmea", 0, FeedMarking(north.node, viewer))[1:])
    assert held[0] == held[1] and held[0][0].startswith("TLP:") and held[0][1]
