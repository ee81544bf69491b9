"""Two nodes over real sockets: what one hears, the other sees, by rules and with its origin, whatever breaks between."""

import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kizuna.base.errors import InputError
from kizuna.links.fed.client import Identity as LineIdentity
from kizuna.links.fed.client import Line
from kizuna.links.fed.signing import recipient
from kizuna.node.origin import own_rows
from kizuna.node.share.bundles import taken, written
from kizuna.node.share.epoch import begin
from kizuna.node.share.lines import listener
from kizuna.node.share.lines.loops import Loops, Tables
from kizuna.node.share.lines.traffic import Traffic
from kizuna.node.share.partners import ACTIVE, PAUSED, REVOKED, pins
from kizuna.records.record import Record, decode, encode
from kizuna.share.sync import Ask, wire
from kizuna.share.sync.actions import Position
from node.share.pair import RULES, Side, events, fixes, free_port, introduce, pair, until, wall_ms

CLEAR = """
[[rule]]
id = "open"
clause = ["memo/3"]
match = { context = ["test"], kind = ["track.position"], subject = ["mmsi:431000001"] }
to = ["*"]
then = "release"
label = { tlp = "CLEAR" }
"""


def who(side: Side) -> LineIdentity:
    return LineIdentity(side.sharing.identity.key_id, side.sharing.identity.keys.sign_request, os.urandom)


def line_to(side: Side, pin: list[str], identity: LineIdentity, url: str = "", **more: Any) -> Line:
    to = more.pop("to", recipient(side.party, "test"))
    return Line(url or f"https://127.0.0.1:{side.port}", pin, identity, to=to, **more)


def answers(side: Side) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", side.port), 5) as raw, context.wrap_socket(raw) as _:
            return True
    except OSError:
        return False


def closed(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    north, south = pair(tmp_path)
    north.start(), south.start()
    yield north, south
    for side in (north, south):
        side.stop()


def test_positions_reach_the_partners_picture_with_their_origin(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(5))
    shown = until(lambda: south.shown() if len(south.shown()) == 5 else None)
    assert {source for source, _, _ in shown.values()} == {"partner:north"}
    [row] = south.sharing.health()
    assert (row["id"], row["received"], row["link"]["state"]) == ("north", 5, "up")
    until(lambda: north.sharing.health()[0]["link"]["behind"] == 0)
    assert north.troubles.get("sharing out", "") == ""


def test_a_partner_that_goes_and_comes_loses_and_doubles_nothing(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(3))
    until(lambda: len(south.shown()) == 3)
    south.stop()
    north.hear(fixes(3, first=100))
    north.hear(fixes(4, first=200, at_ms=wall_ms() - 2000))
    until(lambda: sum(s.size for s in north.sharing.shared.logs.all("out")) == 10)
    until(lambda: north.sharing.health()[0]["link"]["state"] == "down")
    south.start()
    until(lambda: south.sharing.health()[0]["received"] == 10)
    assert [s.size for s in north.sharing.shared.logs.all("out")] == [10]
    until(lambda: south.sharing.traffic.arrivals.taken == 7)
    assert len(south.keep.messages("fixes", None, 0, 1 << 60)) == 10


def test_events_are_shown_with_their_origin_and_are_no_story_of_ours(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.hear(fixes(2))
    north.keep.put_events(events(2))
    north.rules(RULES % {"to": "south"})
    until(lambda: len(south.keep.events()) == 2)
    shown = south.keep.events()
    assert set(shown["rule_id"].to_pylist()) == {"partner:north"}
    assert shown["sources"].to_pylist()[0][0] == "partner:north"
    assert len(own_rows(shown)) == 0
    assert not set(shown["event_id"].to_pylist()) & set(north.keep.events()["event_id"].to_pylist())
    south.rules(RULES % {"to": "north"})
    south.hear(fixes(1, first=900, source="tower"))
    until(lambda: north.sharing.health()[0]["received"] == 1)
    assert len(north.keep.events()) == 2, "what a partner told is not told back"


def test_a_paused_partner_is_told_nothing_and_a_revoked_one_is_a_stranger(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(2))
    until(lambda: len(south.shown()) == 2)
    north.partners.change("south", state=PAUSED, why="talks")
    north.hear(fixes(2, first=50))
    time.sleep(2.5)
    assert [s.size for s in north.sharing.shared.logs.all("out")] == [2]
    assert north.sharing.audiences("south") == frozenset()
    north.partners.change("south", state=ACTIVE)
    north.hear(fixes(2, first=60))
    until(lambda: sum(s.size for s in north.sharing.shared.logs.all("out")) == 6)  # the pause is made up for
    until(lambda: south.sharing.health()[0]["received"] == 6)
    north.partners.change("south", state=REVOKED, why="lost")
    line = line_to(north, pins(south.partners.get("north"), "test"), who(south))
    with line:
        assert line.ask("GET", "/fed/v1/keys?after=0").status == 404


def test_strangers_learn_nothing(sides: tuple[Side, Side]) -> None:
    north, south = sides
    pin = pins(south.partners.get("north"), "test")
    stranger = LineIdentity("west:AAAA", lambda _base: bytes(64), os.urandom)
    until(lambda: answers(north))
    asked = [("GET", p) for p in ("/", "/fed/v1/keys", "/fed/v1/page", "/health", "/api/me", "/fed/v2/x", "/..%2f")]
    for method, path in [*asked, ("POST", "/fed/v1/page"), ("POST", "/fed/v1/inbox"), ("PUT", "/fed/v1/page")]:
        with line_to(north, pin, stranger) as line:
            answer = line.ask(method, path, b"x" * 1000 if method != "GET" else b"")
        assert (answer.status, answer.body) == (404, b""), path
        assert not answer.headers.get("server")
    forged = LineIdentity(south.sharing.identity.key_id, lambda _base: bytes(64), os.urandom)
    with line_to(north, pin, forged) as line:
        assert line.ask("POST", "/fed/v1/page", b"{}").status == 404


def test_a_stranger_who_names_a_partners_key_learns_neither_the_time_nor_that_it_is_known(
    sides: tuple[Side, Side],
) -> None:
    north, south = sides
    until(lambda: answers(north))
    pin = pins(south.partners.get("north"), "test")
    forged = LineIdentity(south.sharing.identity.key_id, lambda _base: bytes(64), os.urandom)
    for off_s in (0, -7200, 7200):
        with line_to(north, pin, forged, now_s=lambda off_s=off_s: time.time() + off_s) as line:
            answer = line.ask("GET", "/fed/v1/keys?after=0")
            assert (answer.status, answer.headers.get("x-kizuna-clock")) == (404, None)


def test_a_partner_to_which_no_line_can_be_made_stands_in_nobodys_way(tmp_path: Path) -> None:
    north, _ = pair(tmp_path)
    north.partners.put(msgspec.structs.replace(north.partners.get("south"), addresses=("no address",)))
    north.open()
    try:
        traffic = Traffic(north.sharing, Tables(north.keep, None), lambda _name, _words: None)
        traffic._fit_workers()
        assert traffic._workers == {}
        assert [(p, "no line" in w) for _, p, _, w in traffic.alarms] == [("south", True)]
    finally:
        north.stop()


def test_a_request_counts_once_and_only_where_it_was_meant_for(sides: tuple[Side, Side]) -> None:
    north, south = sides
    until(lambda: answers(north))
    pin = pins(south.partners.get("north"), "test")
    fixed = LineIdentity(south.sharing.identity.key_id, south.sharing.identity.keys.sign_request, lambda n: b"a" * n)
    with line_to(north, pin, fixed) as line:
        assert line.ask("GET", "/fed/v1/keys?after=0").status == 200
        assert line.ask("GET", "/fed/v1/keys?after=0").status == 404, "the nonce was used"
    with line_to(north, pin, who(south), f"https://localhost:{north.port}") as line:
        assert line.ask("GET", "/fed/v1/keys?after=0").status == 404, "an address that this node never gave out"
    for to in ("south/test", "west/test", "north/real", "north/exercise:a"):
        with line_to(north, pin, who(south), to=to) as line:
            assert line.ask("GET", "/fed/v1/keys?after=0").status == 404, "it is for somebody else"
    late = line_to(north, pin, who(south), now_s=lambda: time.time() - 7200)
    with late:
        assert late.ask("GET", "/fed/v1/keys?after=0").status == 200, "the partner's clock is learnt and used"
        assert abs(late.ahead_s - 7200) < 5


def test_a_partner_that_asks_too_often_is_told_to_pause_and_an_address_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "REQUESTS_MOST", 10)
    monkeypatch.setattr(listener, "REQUESTS_S", 0.001)
    north, south = pair(tmp_path, dial=False)
    north.start(), south.open()
    try:
        until(lambda: answers(north))
        with line_to(north, pins(south.partners.get("north"), "test"), who(south)) as line:
            told = [line.ask("GET", "/fed/v1/keys?after=0") for _ in range(45)]
        assert [a.status for a in told] == [200] * 10 + [429] * 30 + [404] * 5
        assert {a.headers.get("retry-after") for a in told if a.status == 429} == {"2"}
    finally:
        north.stop(), south.stop()


def test_a_partner_that_is_ahead_of_the_news_raises_no_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    north, south = pair(tmp_path, dial=False)
    north.start(), south.open()
    try:
        north.rules(RULES % {"to": "south"})
        north.hear(fixes(2))
        log = until(lambda: next((s.name for s in north.sharing.shared.logs.all("out") if s.head_size == 2), None))
        until(lambda: answers(north))

        def ask(line: Line, after: int) -> int:
            question = wire.write_question(Ask(1, (Position(log, after),), 8192, 0, 9000))
            return line.ask("POST", "/fed/v1/page", question).status

        with line_to(north, pins(south.partners.get("north"), "test"), who(south)) as line:
            assert ask(line, 2) == 204
            monkeypatch.setattr(north.sharing.traffic.listener, "news", lambda *_: None)  # stored, and not yet said
            north.hear(fixes(2, first=50))
            until(lambda: north.sharing.shared.logs.state(log).head_size == 4)
            assert ask(line, 4) == 204
            assert north.sharing.traffic.alarms == []
            assert ask(line, 5) == 204
            assert [words for _, _, _, words in north.sharing.traffic.alarms] == ["the peer has 5 entries, we have 4"]
    finally:
        north.stop(), south.stop()


def test_a_third_party_sees_only_what_is_clear(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    (tmp_path / "forum").mkdir()
    forum = Side(tmp_path / "forum", "forum", free_port())
    introduce(north, forum)
    three = [side.start() for side in (north, south, forum)]
    try:
        north.hear(fixes(4))
        text = RULES % {"to": "south"} + CLEAR
        north.rules(text)
        until(lambda: len(south.shown()) == 4)
        until(lambda: len(forum.shown()) == 1)
        assert {s.name for s in forum.sharing.shared.logs.all("in")} == {"north/1/*/test/routine"}
        for state in forum.sharing.shared.logs.all("in"):
            for entry in forum.sharing.shared.logs.entries(state.name, 0, most=10, max_bytes=1 << 20):
                assert decode(entry.data).label.tlp == 0
    finally:
        for side in three:
            side.stop()


def test_nothing_of_another_context_is_taken(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    south.open()
    real = encode(Record(kind="track.position", origin="north", observed_ms=wall_ms(), context="real"))
    north.open()
    north.rules(RULES % {"to": "south"})
    with pytest.raises(InputError):
        north.sharing.say(real, "south")
    north.stop(), south.stop()


def test_a_stick_carries_what_a_line_would(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.open()
    north.rules(RULES % {"to": "south"})
    loops = Loops(north.sharing.door, Tables(north.keep, None), flash_s=1, routine_s=1)
    loops.take(fixes(6))
    until(lambda: loops.positions() or north.sharing.shared.logs.all("out"))
    south.open()
    counts = written(north.sharing, "south", tmp_path / "stick")
    assert counts["records"] == 6
    assert b"431" not in (tmp_path / "stick").read_bytes()
    assert taken(south.sharing, tmp_path / "stick") == ({"pages": 1, "new": 6, "manifests": 0, "receipts": 0}, [])
    assert taken(south.sharing, tmp_path / "stick")[0]["new"] == 0
    written(south.sharing, "north", tmp_path / "back")
    assert taken(north.sharing, tmp_path / "back")[0]["receipts"] == 1
    assert north.sharing.health()[0]["link"]["behind"] == 0
    with pytest.raises(InputError):
        taken(north.sharing, tmp_path / "stick")
    assert written(north.sharing, "south", tmp_path / "again")["records"] == 0
    north.stop(), south.stop()


@pytest.mark.slow
def test_half_open_connections_are_let_go(sides: tuple[Side, Side]) -> None:
    north, _ = sides
    until(lambda: answers(north))
    open_ = [socket.create_connection(("127.0.0.1", north.port), 5) for _ in range(500)]
    try:
        assert answers(north), "partners are answered beside them"
        for one in open_:
            one.setblocking(False)
        until(lambda: sum(closed(one) for one in open_) == 500)
    finally:
        for one in open_:
            one.close()


@pytest.mark.slow
def test_a_restored_node_tells_nothing_until_a_new_epoch_and_then_goes_on(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.start(), south.start()
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(3))
    until(lambda: len(south.shown()) == 3)
    north.sharing.shared.backup(tmp_path / "old.db")
    north.hear(fixes(2, first=40))
    until(lambda: south.sharing.health()[0]["received"] == 5)
    north.stop()
    (tmp_path / "old.db").replace(north.home / "share" / "shared-test.db")
    for rest in (north.home / "share").glob("shared-test.db-*"):
        rest.unlink()
    marks = north.places.marks("test")
    kept = marks.read_bytes()
    marks.unlink()  # as no backup holds them
    north.start()
    north.hear(fixes(2, first=80))
    until(lambda: "how much" in north.troubles.get("sharing out", ""))
    north.stop()
    marks.write_bytes(kept)  # the machine that failed could still be read
    north.open()
    made = begin(north.sharing, "a long passphrase")
    assert (made.epoch, [p.size for p in made.closed.values()]) == (2, [5])
    north.stop()
    north.start()
    north.hear(fixes(2, first=90))
    until(lambda: any(s.name.startswith("north/2/") for s in south.sharing.shared.logs.all("in")))
    assert {s.halted for s in south.sharing.shared.logs.all("in")} == {""}
    north.stop(), south.stop()
