"""Two and more whole nodes over bad links, in virtual time. Every test prints its seed; the same seed is the same run.

Each fault that others' software has shown when partners synchronise stands here under a name of its own; the sources are
in docs/explanation/sync.md, "What went wrong elsewhere".
"""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from sim import cargo
from sim.flash import delays
from sim.link import Conditions, Line, Link
from sim.partner import Partner, Party, pair
from sim.virtual import World

from kizuna.base.errors import TrustError
from kizuna.share import receipt
from kizuna.share.sync import Puller, Server
from kizuna.share.sync.actions import Position
from kizuna.share.sync.taking import take
from kizuna.stores.shared import open_shared

HOUR_MS = 3_600_000.0
LANES = ("flash", "routine", "bulk")
SEED = int(os.environ.get("KIZUNA_SIM_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


@pytest.fixture
def world(request):
    print(f"KIZUNA_SIM_SEED={SEED}")  # shown when the test fails: sets every test of this file to this run
    return World(SEED)


def birch_log(lane: str) -> str:
    return f"birch/1/cedar/test/{lane}"


def same(a: Partner, b: Partner, lanes=LANES) -> None:
    """B holds what A told it, all of it, each once, in A's order; and A has a receipt for it."""
    for lane in lanes:
        log = birch_log(lane)
        if a.store.logs.state(log) is None:
            continue
        told, held = a.told(log), b.held(log)
        assert len(held) == len(told), f"{lane}: {len(told)} told, {len(held)} held"
        assert held == told
        rows = b.store.database.rows("SELECT n FROM entry JOIN log USING (log) WHERE name = ? ORDER BY n", log)
        assert [n for (n,) in rows] == list(range(len(told)))
        assert a.store.outbox.acks(log)["cedar"].size == len(told)
        assert b.store.inbox.seen(log).frontier == a.store.outbox.log(a.log_name("cedar", lane)).frontier


def chatter(world: World, a: Partner, hours: float, every_s: float = 600, number: list[int] | None = None) -> list[int]:
    """A goes on telling: positions mostly, now and then history or an alert."""
    number = number if number is not None else [0]

    def tell() -> None:
        if world.now_ms > until:
            return
        lane = chance.choice(("routine", "routine", "bulk", "flash"))
        count = {"routine": 20, "bulk": 200, "flash": 1}[lane]
        data = [cargo.position(number[0] + k, chance) for k in range(count)]
        number[0] += count
        a.release("cedar", lane, data)
        world.after(chance.uniform(0.2, 1.8) * every_s * 1000, tell)

    chance = random.Random(world.seed)  # its own: what is told does not hang on what the link does
    until = world.now_ms + hours * HOUR_MS
    tell()
    return number


# ---- any link, any order, any crash ---------------------------------------------------------------------------------
@pytest.mark.parametrize("way", ["pull", "push", "both"])
@pytest.mark.parametrize("run", range(3))
def test_all_arrives_once_and_in_order_whatever_the_link_does(tmp_path, way, run):
    seed = SEED + run
    print(f"KIZUNA_SIM_SEED={seed}")
    world = World(seed)
    chance = world.chance
    link = Link(world, Conditions(
        rate_bps=chance.choice([9_600, 64_000, 2_000_000]), latency_ms=chance.uniform(5, 800), loss=chance.uniform(0, 0.4),
        reorder=chance.uniform(0, 0.3), reorder_ms=3000, duplicate=chance.uniform(0, 0.3),
        transport=chance.choice(["steady", "reno"]),
    ))  # fmt: skip
    a, b = pair(world, tmp_path, link, a={"pulls": False, "pushes": way != "pull"}, b={"pulls": way != "push"})
    chatter(world, a, hours=3)
    for _ in range(6):  # partitions of all lengths in between
        world.at(chance.uniform(0, 3 * HOUR_MS), lambda: setattr(link, "up", False))
        world.at(chance.uniform(0, 3 * HOUR_MS), lambda: setattr(link, "up", True))
    world.run(3 * HOUR_MS)
    link.up, link.on.loss, link.on.rate_bps = True, 0.05, 64_000
    world.run(6 * HOUR_MS)
    same(a, b)
    assert not a.alarms + b.alarms


@pytest.mark.parametrize("run", range(4))
def test_a_node_that_dies_before_or_after_any_write_loses_and_doubles_nothing(tmp_path, run):
    seed = SEED + run
    print(f"KIZUNA_SIM_SEED={seed}")
    world = World(seed)
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=30, loss=0.05, duplicate=0.1))
    a, b = pair(world, tmp_path, link, a={"pulls": False, "pushes": run % 2 == 1}, b={"pulls": run % 2 == 0})
    chatter(world, a, hours=2, every_s=60)
    a.die_before = a.die_after = b.die_before = b.die_after = 0.05
    world.run(2 * HOUR_MS)
    assert a.life + b.life > 20
    a.die_before = a.die_after = b.die_before = b.die_after = 0.0
    world.run(3 * HOUR_MS)
    same(a, b)


def test_one_seed_replays_a_run_event_by_event(tmp_path):
    runs = []
    for name in ("one", "two"):
        world = World(SEED)
        link = Link(world, Conditions(rate_bps=64_000, latency_ms=200, loss=0.2, reorder=0.1, duplicate=0.1))
        a, b = pair(world, tmp_path / name, link)
        chatter(world, a, hours=1, every_s=60)
        world.at(1_000_000, b.crash)
        world.at(1_500_000, b.start)
        world.run(2 * HOUR_MS)
        runs.append((world.events, b.arrivals, link.sent_bytes, b.told(birch_log("bulk"))))
    assert runs[0] == runs[1]


# ---- what a link must never cost -------------------------------------------------------------------------------------
@pytest.mark.slow
def test_three_days_apart_lose_nothing_and_double_nothing(world, tmp_path):
    """TAK federation replays twelve hours of missions and no tracks; message brokers lost what fell into an outage."""
    link = Link(world, Conditions(rate_bps=64_000, latency_ms=300, loss=0.05))
    a, b = pair(world, tmp_path, link)
    chatter(world, a, hours=80, every_s=900)
    world.run(1 * HOUR_MS)
    link.up = False
    world.run(37 * HOUR_MS)
    b.crash()
    world.run(50 * HOUR_MS)
    b.start()
    world.run(73 * HOUR_MS)
    before = len(b.held(birch_log("routine")))
    assert before < len(a.told(birch_log("routine")))
    link.up = True
    world.run(73 * HOUR_MS + 20 * 60_000)
    alerts = [when for when, log, *_ in b.arrivals if when > 73 * HOUR_MS and log == birch_log("flash")]
    assert alerts[0] - 73 * HOUR_MS < 150_000  # soon, but only when the transport's own timer runs out
    world.run(90 * HOUR_MS)
    same(a, b)
    asks = b.asks
    world.run(91 * HOUR_MS)
    assert b.asks - asks < 4 * 3600 / 25 * 1.5  # at rest: one question in 25 s and channel


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True], ids=["a channel each way", "one shared channel"])
def test_an_alert_takes_ten_seconds_at_most_while_100_mb_of_bulk_wait_at_64_kbit_and_30_percent_loss(tmp_path, shared):
    print(f"seed {SEED}")
    done = delays(tmp_path, SEED, alerts=60, megabytes=100, shared=shared)
    assert done["bulk_mb_queued"] >= 100
    assert done["bulk_records_left"] > 0
    assert not done["faults"]
    assert not done["alarms"]
    assert done["flash_s_max"] <= 10


def test_over_one_transfer_at_a_time_an_alert_breaks_off_what_is_under_way(world, tmp_path):
    link = Link(world, Conditions(rate_bps=9_600, latency_ms=300))
    a, b = pair(world, tmp_path, link, a={"pushes": True, "channels": 1}, b={"pulls": False})
    a.release("cedar", "bulk", [cargo.large(k, world.chance, 60_000) for k in range(20)])
    took = []
    for k in range(10):
        world.run(world.now_ms + 40_000)
        before = world.now_ms
        a.release("cedar", "flash", [cargo.alert(k)])
        world.run(before + 60_000, stop=lambda k=k: len(b.held(birch_log("flash"))) > k)
        took.append(world.now_ms - before)
    # A page of 60 kB takes 25 s and more on this link, and eight packets that are under way already take eight. The first
    # alerts meet a queue that the transport filled with needless repeats before it knew the round trip.
    assert sorted(took)[5] < 12_000
    assert max(took) < 35_000
    world.run(2 * HOUR_MS)
    same(a, b)


@pytest.mark.parametrize("push", [False, True])
def test_a_record_that_takes_minutes_comes_through_a_very_slow_link(tmp_path, push):
    world = World(SEED)
    link = Link(world, Conditions(rate_bps=1_200, latency_ms=500))
    a, b = pair(world, tmp_path, link, a={"pulls": False, "pushes": push}, b={"pulls": not push})
    a.release("cedar", "bulk", [cargo.large(k, world.chance, 60_000) for k in range(2)])  # four minutes each
    world.run(6 * HOUR_MS)
    same(a, b)


@pytest.mark.parametrize("skews", [(48, -48), (-48, 48), (0, 48)])
def test_clocks_two_days_wrong_change_no_order(tmp_path, skews):
    orders = []
    for k, (one, two) in enumerate([(0, 0), skews]):
        world = World(SEED)
        link = Link(world, Conditions(rate_bps=64_000, latency_ms=100, loss=0.1))
        a, b = pair(
            world, tmp_path / str(k), link, a={"skew_ms": int(one * HOUR_MS)}, b={"skew_ms": int(two * HOUR_MS)}
        )  # fmt: skip
        chatter(world, a, hours=1, every_s=60)
        world.at(0.4 * HOUR_MS, lambda b=b: setattr(b, "skew_ms", -b.skew_ms))  # and set back by four days meanwhile
        world.run(3 * HOUR_MS)
        same(a, b)
        assert not a.alarms + b.alarms
        orders.append(
            [[e.id for e in b.store.logs.entries(birch_log(n), 0, most=10**6, max_bytes=10**9)] for n in LANES]
        )
    assert orders[0] == orders[1]


# ---- faults of others, each by its name ------------------------------------------------------------------------------
def test_equal_timestamps_are_neither_lost_nor_repeated(world, tmp_path):
    """TAXII's ``added_after``: objects of one timestamp at a page's end were skipped, or fetched for ever."""
    link = Link(world, Conditions(rate_bps=64_000, latency_ms=50))
    a, b = pair(world, tmp_path, link)
    data = [
        b'{"v":1,"kind":"x","origin":"birch","observed_ms":1,"body":{"k":%d},"context":"test"}' % k for k in range(3000)
    ]
    a.release("cedar", "routine", data)
    world.run(HOUR_MS)
    same(a, b)
    assert b.pages_in >= 2
    assert len({e.entry.id for e in b.store.inbox.arrived(0, 10**5)}) == 3000


def test_an_outage_in_the_middle_of_a_page_resumes_where_it_was(world, tmp_path):
    """Message brokers and chat servers: what was sent during an outage never came."""
    link = Link(world, Conditions(rate_bps=64_000, latency_ms=50))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "bulk", [cargo.position(k, world.chance) for k in range(4000)])
    for k in range(20):
        world.run(world.now_ms + world.chance.uniform(500, 5000))
        link.up = k % 2 == 1
    link.up = True
    world.run(HOUR_MS)
    same(a, b)
    assert b.bytes_in < 3 * sum(map(len, a.told(birch_log("bulk")))) / 4  # nothing was begun again from the start


@pytest.mark.parametrize("odd", ["quiet at once", "the same page for ever", "garbage", "a hole"])
def test_no_peer_however_odd_can_make_us_ask_in_a_loop(tmp_path, odd):
    """OpenCTI's streams: resynchronisation that starts over without end and without rest."""
    world = World(SEED)
    link = Link(world, Conditions(rate_bps=10_000_000, latency_ms=5))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(100)])
    world.run(60_000)
    same(a, b)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(100, 200)])
    old = a.cutter.cut(a.log_name("cedar", "routine"), 0, 8192, keys=1)
    hole = a.cutter.cut(a.log_name("cedar", "routine"), 150, 8192, keys=1)
    world.run(120_000)
    answers = {"quiet at once": b"", "the same page for ever": old, "garbage": b"KZP1" + bytes(100), "a hole": None}
    page = hole if odd == "a hole" else answers[odd]
    if odd == "a hole":  # cedar was set back to where a hole is one
        b.crash()
        for path in (tmp_path / "cedar").glob("shared-*"):
            path.unlink()
        b.start()
    a._asked = lambda name, data, respond: respond(page, len(page))
    asks = b.asks
    world.run(world.now_ms + 2 * HOUR_MS)
    assert b.asks - asks < 4 * 2 * 60 * 2.5  # at most one question a minute and channel after the first ones
    assert len(b.held(birch_log("routine"))) in (0, 200)


def test_an_old_backup_is_found_out_before_it_forks_the_log(world, tmp_path):
    """Secure Scuttlebutt: whoever restores an old backup and writes on has forked the feed for ever."""
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(50)])
    world.run(60_000)
    a.store.backup(tmp_path / "old.db")
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(50, 80)])
    world.run(120_000)
    same(a, b)
    a.restore(tmp_path / "old.db")
    a.start()
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(900, 910)])
    assert a.alarms  # the mark outside the store says that more was signed
    world.run(240_000)
    assert a.store.outbox.behind() == [birch_log("routine")]
    assert len(b.held(birch_log("routine"))) == 80
    with pytest.raises(TrustError):
        a._release(a.log_name("cedar", "routine"), [cargo.alert(1)])


def test_a_backup_restored_with_its_marks_lost_is_told_of_by_the_partner(world, tmp_path):
    """The same when the whole machine was set back: then it is the partner who holds the proof, and both stop."""
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    log = birch_log("routine")
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(50)])
    world.run(60_000)
    a.store.backup(tmp_path / "old.db")
    marks = dict(a.marks)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(50, 80)])
    world.run(120_000)
    a.restore(tmp_path / "old.db")
    a.marks = marks
    a.start()
    world.run(300_000)
    assert any(name == log and "80" in text for name, text in a.alarms)
    for k in range(4):  # birch writes on regardless, in small steps, until it has more than cedar holds
        a.release("cedar", "routine", [cargo.position(5000 + 20 * k + j, world.chance) for j in range(20)])
        world.run(world.now_ms + 200_000)
    held = b.held(log)
    assert len(held) == 80
    assert b.store.logs.state(log).halted
    assert any(name == log for name, _ in b.alarms)
    assert b.store.quarantine.list()[0].log == log  # the page that proves it was kept


def test_a_fork_is_found_at_first_contact_each_time(tmp_path):
    for k in range(10):
        world = World(SEED + k)
        link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
        a, b = pair(world, tmp_path / str(k), link)
        size = world.chance.randrange(1, 60)
        a.release("cedar", "routine", [cargo.position(j, world.chance) for j in range(size)])
        world.run(60_000)
        other = Partner(world, a.party, tmp_path / str(k) / "twin")  # the same keys tell another story
        other.readers = dict(a.readers)
        other.start()
        other.release("cedar", "routine", [cargo.position(10_000 + j, world.chance) for j in range(size + k)])
        page = other.cutter.cut(other.log_name("cedar", "routine"), 0, 1 << 20, keys=1)
        out = take(page, b.peers["birch"].trusted, b.store.inbox, 0)
        assert out.fault is not None
        assert b.store.logs.state(birch_log("routine")).halted
        assert b.held(birch_log("routine")) == a.told(birch_log("routine"))


def test_a_forged_page_on_a_stick_stops_nobody(world, tmp_path):
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(30)])
    world.run(60_000)
    forger = Partner(world, Party("birch", world.chance), tmp_path / "forger")
    forger.readers = {"cedar": ["cedar"]}
    forger.start()
    forger.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(40)])
    page = forger.cutter.cut(forger.log_name("cedar", "routine"), 0, 1 << 20, keys=1)
    out = take(page, b.peers["birch"].trusted, b.store.inbox, 0, direct=False)
    assert out.fault is not None
    assert not b.store.logs.state(birch_log("routine")).halted
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(30, 60)])
    world.run(120_000)
    same(a, b)


def test_only_members_get_what_a_community_is_told(world, tmp_path):
    """MISP: a sharing group without members was published to everybody; those outside a group received its events."""
    birch, cedar, elm = (Party(name, world.chance) for name in ("birch", "cedar", "elm"))
    a = Partner(world, birch, tmp_path / "a", pulls=False)
    b = Partner(world, cedar, tmp_path / "b", communities=("c:civil",))
    c = Partner(world, elm, tmp_path / "c")
    a.readers = {"c:civil": ["cedar"], "c:empty": []}
    for other in (b, c):
        link = Link(world, Conditions())
        a.meet(other, None)
        other.meet(a, Line(link, 1))
    for node in (a, b, c):
        node.start()
    log, empty = "birch/1/c:civil/test/routine", "birch/1/c:empty/test/routine"
    for wanted in (log, empty):
        c.peers["birch"].puller.follow(wanted, "routine", 0)
    b.peers["birch"].puller.follow(empty, "routine", 0)
    a.release("c:civil", "routine", [cargo.position(k, world.chance) for k in range(10)])
    a.release("c:empty", "routine", [cargo.position(k, world.chance) for k in range(10)])
    world.run(300_000)
    assert len(b.held(log)) == 10
    assert b.held(empty) == c.held(log) == c.held(empty) == []
    page = a.cutter.cut(a.log_name("c:civil", "routine"), 0, 1 << 20, keys=1)
    out = take(page, c.peers["birch"].trusted, c.store.inbox, 0)  # also when somebody hands it over
    assert out.fault is not None
    assert c.held(log) == []


def test_a_full_disk_shows_no_part_of_a_page_and_all_comes_when_there_is_room(world, tmp_path):
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(100)])
    world.run(60_000)
    b.full = True
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(100, 500)])
    a.release("cedar", "flash", [cargo.alert(1)])
    world.run(20 * 60_000)
    assert len(b.held(birch_log("routine"))) == 100
    assert b.held(birch_log("flash")) == []
    assert not b.alarms
    b.full = False
    world.run(40 * 60_000)
    same(a, b)


def test_every_page_again_changes_no_byte(world, tmp_path):
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    pages = []
    took = b._take
    b._take = lambda peer, page, asked: pages.append(page) or took(peer, page, asked)
    chatter(world, a, hours=1, every_s=60)
    world.run(2 * HOUR_MS)
    same(a, b)
    dump = "SELECT * FROM {} ORDER BY 1, 2"
    tables = ("record", "entry", "node", "seed", "log", "checkpoint")
    b.store.database.change(
        lambda db: db.executemany(
            "UPDATE log SET told = ? WHERE name = ?", [(size, log) for log, size in b.store.inbox._told.items()]
        )
    )  # fmt: skip  what the next page would write anyhow
    before = [b.store.database.rows(dump.format(name)) for name in tables]
    world.chance.shuffle(pages)
    assert len(pages) > 20
    for page in pages:
        out = take(page, b.peers["birch"].trusted, b.store.inbox, 0)
        assert (out.fault, out.new) == (None, 0)
    assert [b.store.database.rows(dump.format(name)) for name in tables] == before


def test_carried_pages_and_the_line_bring_the_same_log(world, tmp_path):
    link = Link(world, Conditions(rate_bps=9_600, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "bulk", [cargo.position(k, world.chance) for k in range(3000)])
    name = a.log_name("cedar", "bulk")
    world.run(10_000)
    at = 0
    while at < 3000:
        page = a.cutter.cut(name, at, 30_000, keys=1, alone=True)
        out = take(page, b.peers["birch"].trusted, b.store.inbox, 0, direct=False)
        assert out.fault is None
        at = out.cursor
    b.peers["birch"].puller.follow(str(name), "bulk", at)
    world.run(HOUR_MS)
    a.release("cedar", "bulk", [cargo.position(k, world.chance) for k in range(3000, 3050)])
    world.run(2 * HOUR_MS)
    same(a, b)


def test_a_page_pulled_and_pushed_at_once_is_kept_once(world, tmp_path):
    link = Link(world, Conditions(rate_bps=64_000, latency_ms=300, duplicate=0.3, reorder=0.3))
    a, b = pair(world, tmp_path, link, a={"pushes": True}, b={"pulls": True})
    chatter(world, a, hours=1, every_s=30)
    world.run(3 * HOUR_MS)
    same(a, b)


def test_a_page_under_keys_that_are_not_known_yet_waits_for_them(world, tmp_path):
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.party.ring = a.party.ring.accept(receipt.rotate(a.party.ring, a.party.root, []))
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(30)])
    world.run(60_000)
    assert b.held(birch_log("routine")) == []
    assert "keys missing" in b.faults[0]
    assert not b.alarms
    b.peers["birch"].trusted = replace(b.peers["birch"].trusted, ring=a.party.ring)  # fetched
    world.run(400_000)
    same(a, b)


def test_three_nodes_each_telling_the_others(world, tmp_path):
    parties = [Party(name, world.chance) for name in ("birch", "cedar", "elm")]
    nodes = [Partner(world, p, tmp_path / p.name) for p in parties]
    for node in nodes:
        node.readers = {p.name: [p.name] for p in parties if p is not node.party}
    for i, node in enumerate(nodes):
        for other in nodes[i + 1 :]:
            link = Link(world, Conditions(rate_bps=64_000, latency_ms=200, loss=0.1))
            node.meet(other, Line(link, 0))
            other.meet(node, Line(link, 1))
    for node in nodes:
        node.start()
    for k in range(10):
        for node in nodes:
            for other in node.readers:
                node.release(
                    other,
                    "routine",
                    [cargo.position(k * 10 + j, world.chance, node.party.name, other) for j in range(10)],
                )
        world.run(world.now_ms + 30_000)
    world.run(HOUR_MS)
    for node in nodes:
        for other in nodes:
            if other is not node:
                log = f"{other.party.name}/1/{node.party.name}/test/routine"
                assert node.held(log) == other.told(log)
                assert len(node.held(log)) == 100


def test_a_store_opened_after_the_run_holds_the_same(world, tmp_path):
    link = Link(world, Conditions(rate_bps=1_000_000, latency_ms=20))
    a, b = pair(world, tmp_path, link)
    a.release("cedar", "routine", [cargo.position(k, world.chance) for k in range(100)])
    world.run(60_000)
    held = b.held(birch_log("routine"))
    b.crash()
    with open_shared(tmp_path / "cedar", context="test") as again:
        assert [e.data for e in again.logs.entries(birch_log("routine"), 0, most=999, max_bytes=10**9)] == held


def test_engines_take_late_answers_as_what_they_are():
    puller = Puller(random=random.Random(1).randbytes)
    puller.follow("x/1/y/test/flash", "flash", 0)
    one, two, *_ = puller.due(0)
    assert puller.failed(one.exchange, 10) == []
    assert puller.answered(one.exchange, 100, 1) == puller.quiet(one.exchange, 11) == []
    assert puller.kept(one.exchange, "x/1/y/test/flash", 5, 5, 12) == []
    assert two.positions == (Position("x/1/y/test/flash", 0),)
    server = Server({"log": 5})
    assert server.asked(1, [Position("log", 5)], 100, 1000, 0) == []
    server.gone(1)
    assert server.news("log", 6) == server.due(5000) == []
