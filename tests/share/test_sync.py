"""The engines of sync by themselves: tables, pace, waits, words on the wire."""

import random
import re
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from ledger_party import Party, record

from kizuna.base.errors import InputError
from kizuna.records.label import Tlp
from kizuna.records.partner import Community, Partner, directory
from kizuna.share.ledger.merkle import NodeList
from kizuna.share.ledger.name import LogName
from kizuna.share.page import open_page
from kizuna.share.sync import Ask, Cancel, Fault, Puller, Pusher, Quiet, Reply, Send, Server, wire
from kizuna.share.sync.actions import Position
from kizuna.share.sync.cutting import Cutter, Piece, not_for
from kizuna.share.sync.pace import PAGE_LEAST, PAGE_MOST, Backoff, Pace
from kizuna.share.sync.pull import WAIT_MS
from kizuna.share.sync.serve import PARKED_MOST
from kizuna.share.sync.states import PULL, TABLES, Machine, drawn
from kizuna.share.sync.taking import Outcome, peek
from kizuna.share.verify import Seen

DOC = Path(__file__).parents[2] / "docs" / "explanation" / "sync.md"
FLASH, ROUTINE, BULK = (f"birch/1/cedar/real/{lane}" for lane in ("flash", "routine", "bulk"))
chance = random.Random(1).randbytes


def test_the_diagrams_of_the_documents_are_those_of_the_tables():
    shown = re.findall(r"```mermaid\n(.*?)\n```", DOC.read_text(), re.DOTALL)
    assert shown == [drawn(table) for table in TABLES.values()]


@pytest.mark.parametrize("name", TABLES)
def test_every_state_of_a_table_can_be_reached_and_left(name):
    table = TABLES[name]
    reached, todo = set(), [next(iter(table))]
    while todo:
        state = todo.pop()
        if state not in reached:
            reached.add(state)
            todo += table[state].values()
    assert reached == set(table)
    assert all(row or state == "done" for state, row in table.items())


def test_an_event_that_cannot_happen_is_a_bug():
    with pytest.raises(AssertionError):
        Machine(PULL, "idle").step("page")


# ---- pace ------------------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)), max_size=30))
def test_pages_stay_within_their_bounds_whatever_was_measured(moves):
    pace = Pace()
    for size, took in moves:
        pace.moved(size, took)
        assert PAGE_LEAST <= pace.page_bytes <= PAGE_MOST
        if took % 3 == 0:
            pace.broke()
            assert PAGE_LEAST <= pace.page_bytes <= PAGE_MOST


def test_a_page_takes_as_long_as_was_wanted_on_any_link():
    for rate in (2_000, 8_000, 100_000, 10**8):
        pace = Pace(page_s=3)
        for _ in range(30):
            pace.moved(pace.page_bytes, int(pace.page_bytes * 1000 / rate))
        assert pace.page_bytes == pytest.approx(max(PAGE_LEAST, min(PAGE_MOST, 3 * rate)), rel=0.02)


def test_short_answers_do_not_measure_the_rate():
    pace = Pace()
    before = pace.page_bytes
    pace.moved(200, 3000)
    assert pace.page_bytes == before


def test_waits_double_to_a_minute_and_are_not_the_same_for_two_nodes():
    one, two = Backoff(random.Random(1).randbytes), Backoff(random.Random(2).randbytes)
    waits = [one.wait_ms() for _ in range(40)]
    for k, wait in enumerate(waits):
        full = min(60_000, 1000 * 2**k)
        assert full // 2 <= wait <= full
    assert [two.wait_ms() for _ in range(40)] != waits
    one.worked()
    assert one.wait_ms() <= 1000


# ---- pull ------------------------------------------------------------------------------------------------------------
def followed(channels=4):
    puller = Puller(random=chance, channels=channels)
    for log, lane in ((BULK, "bulk"), (FLASH, "flash"), (ROUTINE, "routine")):
        puller.follow(log, lane, 0)
    return puller


def test_alerts_are_asked_for_first_and_apart():
    asks = followed().due(0)
    assert [[p.log for p in ask.positions] for ask in asks] == [[FLASH]] * 3 + [[FLASH, ROUTINE, BULK]]
    (only,) = followed(1).due(0)
    assert [p.log for p in only.positions] == [FLASH, ROUTINE, BULK]


def test_bulk_gives_way_to_an_alert_once_and_then_alerts_do_not_keep_it_out():
    puller = followed()
    rest, lanes = puller.due(0)[-1], []
    for cursor in (1, 2, 3, 4):
        puller.answered(rest.exchange, 100, 1)
        lanes.append([p.log for p in rest.positions])
        (rest,) = puller.kept(rest.exchange, rest.positions[0].log, cursor, 9, cursor)
    assert lanes == [[FLASH, ROUTINE, BULK], [ROUTINE, BULK]] * 2


def test_a_partner_that_tells_alerts_alone_is_asked_on_by_every_channel():
    puller = Puller(random=chance)
    puller.follow(FLASH, "flash", 0)
    rest = puller.due(0)[-1]
    for cursor in (1, 2, 3):
        puller.answered(rest.exchange, 100, 1)
        (rest,) = puller.kept(rest.exchange, FLASH, cursor, 9, cursor)
        assert [p.log for p in rest.positions] == [FLASH]


def test_questions_run_out_one_after_the_other_and_one_of_them_carries_the_receipts():
    asks = followed().due(0)
    waits = [ask.wait_ms for ask in asks]
    assert waits == sorted(set(waits), reverse=True)
    assert waits[0] == WAIT_MS
    assert waits[-1] > WAIT_MS // 2
    assert [ask.receipts for ask in asks] == [False, False, False, True]
    assert followed(1).due(0)[0].receipts


def test_the_next_question_after_an_alert_says_that_it_came():
    puller = followed()
    ask = puller.due(0)[0]
    for cursor, now in ((1, 1), (2, 2)):
        puller.answered(ask.exchange, 100, 1)
        (ask,) = puller.kept(ask.exchange, FLASH, cursor, 9, now)
        assert ask.receipts
    (ask,) = puller.quiet(ask.exchange, 2 + WAIT_MS)
    assert not ask.receipts


def test_logs_of_one_lane_take_turns():
    puller = Puller(random=chance, channels=1)
    for k in range(3):
        puller.follow(f"birch/{k + 1}/cedar/real/bulk", "bulk", 0)
    first, now, cursors = [], 0, {}
    (ask,) = puller.due(0)
    for _ in range(6):
        log = ask.positions[0].log
        first.append(log)
        cursors[log] = cursors.get(log, 0) + 1
        puller.answered(ask.exchange, 100, 1)
        (ask,) = puller.kept(ask.exchange, log, cursors[log], 9, now)
    assert sorted(first[:3]) == sorted(set(first))


def test_a_fork_in_one_log_leaves_the_others_going():
    puller = followed(1)
    (ask,) = puller.due(0)
    puller.answered(ask.exchange, 100, 1)
    alarm, again = puller.refused(ask.exchange, FLASH, Fault.HALTED, 1, "two histories")
    assert (alarm.log, alarm.reason) == (FLASH, "two histories")
    assert [p.log for p in again.positions] == [ROUTINE, BULK]


def test_a_copy_of_an_alert_is_no_fault():
    puller = followed()
    one, two, *_ = puller.due(0)
    for ask in (one, two):
        puller.answered(ask.exchange, 100, 1)
        (again,) = puller.kept(ask.exchange, FLASH, 1, 1, 1)
        assert again.positions == (Position(FLASH, 1),)


@pytest.mark.parametrize("fault", [Fault.HOLE, Fault.DAMAGED, Fault.NOT_WRITTEN, Fault.KEYS])
def test_what_brought_nothing_waits_before_it_is_asked_again(fault):
    puller = followed(1)
    (ask,) = puller.due(0)
    puller.answered(ask.exchange, 100, 1)
    assert puller.refused(ask.exchange, FLASH, fault, 1000) == []
    assert puller.due(1001) == []
    assert puller.alive(1002) == []  # that the peer lives helps only against a dead link
    assert len(puller.due(puller.next_ms)) == 1


def test_a_peer_that_is_heard_ends_the_wait_for_a_dead_link():
    puller = followed(1)
    (ask,) = puller.due(0)
    assert puller.failed(ask.exchange, 1000) == []
    assert len(puller.alive(1001)) == 1


def test_what_comes_on_one_channel_ends_the_wait_of_the_others_for_a_dead_link():
    puller = followed()
    *alerts, rest = puller.due(0)
    for ask in alerts:
        puller.failed(ask.exchange, 100)
    puller.answered(rest.exchange, 100, 1)
    asks = puller.kept(rest.exchange, ROUTINE, 1, 9, 101)
    assert [ask.positions[0].log for ask in asks[:3]] == [FLASH] * 3


def test_nothing_to_follow_asks_nothing_until_there_is():
    puller = Puller(random=chance)
    assert puller.due(0) == []
    assert puller.next_ms is None
    puller.follow(FLASH, "flash", 7)
    assert puller.due(0)[0].positions == (Position(FLASH, 7),)


# ---- push ------------------------------------------------------------------------------------------------------------
def test_the_peer_is_believed_where_it_stands():
    pusher = Pusher(random=chance, channels=1)
    (send,) = pusher.news(ROUTINE, "routine", 100, 90, 0)
    assert (send.log, send.first) == (ROUTINE, 90)
    (again,) = pusher.refused(send.exchange, Fault.HOLE, 40, 1)
    assert again.first == 40
    (more,) = pusher.taken(again.exchange, 70, 10, 2)
    assert more.first == 70
    assert pusher.taken(more.exchange, 100, 10, 3) == []


def test_a_peer_that_has_more_than_we_halts_the_log():
    pusher = Pusher(random=chance, channels=1)
    (send,) = pusher.news(ROUTINE, "routine", 100, 90, 0)
    (alarm,) = pusher.refused(send.exchange, Fault.HOLE, 140, 1)
    assert "140" in alarm.reason


def test_a_page_that_was_cut_from_more_than_the_news_had_told_halts_nothing():
    pusher = Pusher(random=chance, channels=1)
    (send,) = pusher.news(ROUTINE, "routine", 100, 90, 0)
    pusher.holds(ROUTINE, 104)
    assert pusher.taken(send.exchange, 104, 10, 1) == []
    assert pusher.news(ROUTINE, "routine", 104, 104, 2) == []


def test_the_logs_of_which_a_peer_has_more_are_named():
    server = Server({FLASH: 3, ROUTINE: 10})
    assert server.beyond([Position(FLASH, 4), Position(ROUTINE, 10), Position("not for it", 7)]) == [FLASH]


def test_an_alert_breaks_off_a_long_transfer_but_not_one_that_is_nearly_over():
    for elapsed, broken in ((100, True), (9_500, False)):
        pusher = Pusher(random=chance, channels=1)
        pusher.pace.moved(100_000, 100_000)
        (send,) = pusher.news(BULK, "bulk", 100, 0, 0)
        pusher.began(send.exchange, 10_000)
        actions = pusher.news(FLASH, "flash", 1, 0, elapsed)
        assert [type(a) for a in actions] == ([Cancel, Send] if broken else [])
        if broken:
            assert actions[1].log == FLASH
            assert pusher.taken(send.exchange, 50, 1, elapsed) == []  # what was broken off says nothing any more


# ---- serve -----------------------------------------------------------------------------------------------------------
def test_news_goes_out_at_once_to_every_question_that_waits_for_it():
    server = Server({FLASH: 3, BULK: 9})
    assert server.asked(1, [Position(FLASH, 3)], 100, 1000, 0) == []
    assert server.asked(2, [Position(FLASH, 3), Position(BULK, 2)], 10**9, 1000, 0) == [Reply(2, BULK, 2, PAGE_MOST)]
    assert server.asked(3, [Position(FLASH, 3)], 100, 1000, 0) == []
    assert server.news(FLASH, 4) == [Reply(1, FLASH, 3, PAGE_LEAST), Reply(3, FLASH, 3, PAGE_LEAST)]
    assert server.asked(4, [Position(FLASH, 4)], 100, 1000, 0) == []
    assert server.next_ms == 1000
    assert server.due(999) == []
    assert server.due(1000) == [Quiet(4)]


def test_a_peer_cannot_make_us_hold_many_questions():
    server = Server({FLASH: 3})
    out = [server.asked(k, [Position(FLASH, 3)], 100, 10**9, 0) for k in range(PARKED_MOST + 3)]
    assert sum(out, []) == [Quiet(0), Quiet(1), Quiet(2)]
    assert server.next_ms <= 60_000


def test_who_may_not_read_a_log_finds_no_difference_to_one_that_is_not_there():
    server = Server({FLASH: 3})
    for log in ("birch/1/elm/real/flash", "birch/1/nobody/real/flash", "x"):
        assert server.asked(1, [Position(log, 0)], 100, 0, 0) == [Quiet(1)]


def test_a_peer_that_has_more_raises_the_alarm_once_and_gets_the_rest():
    server = Server({FLASH: 3, BULK: 5})
    alarm, reply = server.asked(1, [Position(FLASH, 7), Position(BULK, 0)], 100, 0, 0)
    assert (alarm.log, reply) == (FLASH, Reply(1, BULK, 0, PAGE_LEAST))
    assert server.asked(2, [Position(FLASH, 7), Position(BULK, 0)], 100, 0, 0) == [Reply(2, BULK, 0, PAGE_LEAST)]


# ---- wire ------------------------------------------------------------------------------------------------------------
def test_questions_and_answers_come_back_as_they_were():
    ask = Ask(1, (Position(FLASH, 3), Position(BULK, 0)), 8192, 25_000, 99)
    assert wire.read_question(wire.write_question(ask, [b"note\n"])) == (ask.positions, 8192, 25_000, (b"note\n",))
    out = Outcome(FLASH, 12, 14, fault=Fault.HOLE, reason="x")
    assert wire.read_brought(wire.write_brought(out, b"note")) == (FLASH, 12, Fault.HOLE, "x", b"note")


@pytest.mark.parametrize("bad", [
    b"", b"{}", b"[]", b"\xff", b"[" * 5000, b"x" * (1 << 21),
    msgspec.json.encode({"positions": [["x", -1]], "max_bytes": 1, "wait_ms": 1}),
    msgspec.json.encode({"positions": [["x" * 999, 1]], "max_bytes": 1, "wait_ms": 1}),
    msgspec.json.encode({"positions": [["x", 1]] * 999, "max_bytes": 1, "wait_ms": 1}),
    msgspec.json.encode({"positions": [], "max_bytes": 1, "wait_ms": 1, "receipts": ["x"] * 99}),
    msgspec.json.encode({"log": "x", "cursor": -1}), msgspec.json.encode({"log": "x", "cursor": 1, "fault": "odd"}),
])  # fmt: skip
def test_only_input_errors_leave_the_reading_of_messages(bad):
    for read in (wire.read_question, wire.read_brought, peek):
        with pytest.raises(InputError):
            read(bad)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_as_input(data):
    for head in (b"", b"KZP1" + bytes(16)):
        for read in (wire.read_question, wire.read_brought, peek):
            with pytest.raises(InputError):
                read(head + data)


# ---- what one reader of a common log may not have --------------------------------------------------------------------
CIVIL = LogName("harbour", 1, "c:civil", "real", "routine")


class Common:
    """A community's log with three records: GREEN, AMBER under a caveat, GREEN until 2,000 ms."""

    def __init__(self):
        self.party = Party("harbour")
        words = ('{"tlp":1,"rel_to":["c:civil"]}', '{"tlp":2,"rel_to":["c:civil"],"caveats":["x"]}',
                 '{"tlp":1,"rel_to":["c:civil"],"retain_until_ms":2000}')  # fmt: skip
        plain = record(0)[:-1]
        self.records = [plain + f',"label":{w}}}'.encode() for w in words]
        self.party.tell(CIVIL, self.records)

    def piece(self, name, first, *, most, max_bytes):
        log = self.party.log(name)
        return Piece(log.records[first:], log.box.salts, log.heads[3], 3)

    def nodes(self, name):
        return self.party.log(CIVIL).nodes


def who(**more):
    cape = {"communities": frozenset(("c:civil",)), "caveats_held": frozenset("x")} | more
    return directory("harbour", [Partner("cape", **cape)], [Community("c:civil", 2, frozenset(("cape",)))])


@pytest.mark.parametrize(
    ("more", "now_ms", "seen"),
    [
        ({}, 1000, [0, 1, 2]), ({}, 2000, [0, 1]), ({"caveats_held": frozenset()}, 1000, [0, 2]), ({"tlp_max": Tlp.GREEN}, 3000, [0]),
        ({"tlp_max": Tlp.CLEAR}, 1000, []), ({"communities": frozenset()}, 1000, []), ({"state": "revoked"}, 1000, []),
    ],
    ids=["all", "run out", "caveat not held", "cleared for less", "cleared for nothing", "not served", "revoked"],
)  # fmt: skip
def test_who_joins_later_gets_of_a_communitys_past_only_what_reaches_it(more, now_ms, seen):
    source = Common()
    page = Cutter(source).cut(CIVIL, 0, 1 << 20, keys=1, hides=not_for("cape", who(**more), now_ms))
    trusted = Party("cape").trusts(source.party, communities=frozenset(("c:civil",)))
    got = trusted.page(page, Seen(CIVIL), NodeList())
    assert [n for n, each in enumerate(got.records) if isinstance(each, bytes)] == seen
    assert got.seen.frontier == source.party.log(CIVIL).box.frontier
    salts = got.salts.read(0, 3)
    assert [n for n in range(3) if salts[n] is not None] == seen
    plain = zstandard.ZstdDecompressor().decompress(page[20:])
    for n in {0, 1, 2} - set(seen):
        assert source.records[n] not in plain


class Long(Common):
    """Sixty records, of which every third is under the caveat and of another size in each world."""

    def __init__(self, hidden_bytes):
        self.party = Party("harbour")
        chance = random.Random(7)
        words = ('{"tlp":1,"rel_to":["c:civil"]}', '{"tlp":2,"rel_to":["c:civil"],"caveats":["x"]}')
        self.records = []
        for k in range(60):
            secret = k % 3 == 1
            more = chance.randbytes(60).hex() + ("f" * hidden_bytes if secret else "")
            plain = record(k)[:-1] + f',"body":{{"d":"{more}"}},"label":{words[secret]}}}'.encode()
            self.records.append(plain)
        self.party.tell(CIVIL, self.records)

    def piece(self, name, first, *, most, max_bytes):
        log, some, size = self.party.log(name), [], 0
        for one in log.records[first : first + most]:
            size += len(one)
            if some and size > max_bytes:
                break
            some.append(one)
        return Piece(some, log.box.salts, log.heads[60], 60)

    def ends(self, cutter, reader, **more):
        """Where the pages of a reader end."""
        out = [0]
        while out[-1] < 60:
            hides = not_for("cape", who(**more), 1000)
            out.append(open_page(cutter.cut(CIVIL, out[-1], 1500, keys=1, hides=hides, reader=reader)).end)
        return out


def test_where_pages_end_tells_a_reader_nothing_of_what_is_hidden_from_it():
    worlds = [Long(n) for n in (0, 40, 900, 5000)]
    blind = not_for("cape", who(caveats_held=frozenset()), 1000)
    assert [blind(data) for data in worlds[0].records[:6]] == [False, True, False] * 2
    ends = [world.ends(Cutter(world), "cape", caveats_held=frozenset()) for world in worlds]
    counts = {len(found) for found in ends}
    assert max(counts) - min(counts) <= 1, "commitments, which it sees, pack by a few bytes better or worse"
    assert max(found[1] for found in ends) - min(found[1] for found in ends) <= 2
    whole = [world.ends(Cutter(world), "cape") for world in worlds]
    assert len(whole[-1]) > 2 * len(whole[0]), "who may have it gets smaller pages where records are longer"


def test_where_pages_end_tells_a_reader_nothing_of_what_others_were_given():
    world = Long(900)
    alone, beside = Cutter(world), Cutter(world)
    for _ in range(3):
        world.ends(beside, "west")
    narrow = {"caveats_held": frozenset()}
    assert world.ends(beside, "cape", **narrow) == world.ends(alone, "cape", **narrow)


def test_what_cannot_be_read_reaches_nobody_who_joins_later():
    hides = not_for("cape", who(), 1000)
    for data in (b"{}", record(0), record(0)[:-1] + b',"label":{"tlp":0,"rel_to":["cape"],"odd":1}}'):
        assert hides(data)
    assert not hides(record(0)[:-1] + b',"label":{"tlp":0,"rel_to":["*"]}}')
