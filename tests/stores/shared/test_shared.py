"""The shared store: bytes once, logs without a hole, all or nothing, found edits, upgrades."""

from __future__ import annotations

import contextlib
import hashlib
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError, TrustError, UnavailableError
from kizuna.share.ledger import merkle
from kizuna.share.ledger.leaf import commitment, header_hash, leaf_of
from kizuna.share.ledger.name import parse_name
from kizuna.share.page import Erased
from kizuna.share.sync.taking import MovedError
from kizuna.share.verify import Receipt
from kizuna.stores.shared import Decided, inbox, nodes, open_shared, schema
from kizuna.stores.shared.schema import FORMAT
from kizuna.stores.shared.books import Aside, Derivative, Paper, Quarantine, Tombstone
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.onward import Carry, Passing
from stores.shared.shared_rows import LOG, SALTS, T0_MS, note, page, plain_root, record, told, tree


@pytest.fixture
def store(tmp_path):
    with open_shared(tmp_path, context="test", durable=False) as shared:
        yield shared


def held(store, log=LOG):
    return [e.data for e in store.logs.entries(log, 0, most=10**6, max_bytes=10**9)]


def take(store, accepted, peer="birch"):
    return store.inbox.take(peer, accepted, T0_MS)


def leaf_run(store, first, end, log=LOG):
    return store.logs.nodes(log).read([merkle.number_of(0, k) for k in range(first, end)])


def rid(k: int, say: str = "") -> str:
    return hashlib.sha256(record(k, say)).hexdigest()


# ---- records -------------------------------------------------------------------------------------------------------
def test_bytes_lie_there_once_and_come_back_unchanged(store):
    store.outbox.append([told(0, 5), told(0, 5, log="birch/1/elm/test/routine")], T0_MS)
    assert store.database.row("SELECT count(*) FROM record")[0] == 5
    assert store.records.get(rid(3)).data == record(3)
    assert store.records.where(rid(3)) == [(LOG, 3), ("birch/1/elm/test/routine", 3)]
    assert store.records.put([record(3), record(9)]) == [rid(3), rid(9)]
    assert store.database.row("SELECT count(*) FROM record")[0] == 6


def test_erasing_takes_bytes_and_salts_and_leaves_every_proof(store):
    take(store, page(0, 10))
    store.outbox.append([told(0, 10, log="birch/1/elm/test/routine")], T0_MS)
    before = leaf_run(store, 0, 10)
    assert store.records.erase([rid(4), rid(99)], T0_MS, "retention") == 1
    assert leaf_run(store, 0, 10) == before
    for log in (LOG, "birch/1/elm/test/routine"):
        entry = store.logs.entries(log, 4, most=1, max_bytes=1)[0]
        assert (entry.data, entry.id) == (None, rid(4))
        assert leaf_of(entry.commitment, header_hash(log)) == leaf_run(store, 4, 5, log)[0]
        salts = store.logs.salts(log, 0, 10).read(0, 10)
        assert [k for k, salt in enumerate(salts) if salt is None] == [4]
        assert salts[5] == SALTS.read(5, 1)[0]
    assert store.records.get(rid(4)).reason == "retention"
    store.records.put([record(4)])  # coming again by another way does not bring it back
    assert store.records.get(rid(4)).data is None
    assert store.logs.salts(LOG, 4, 1).read(4, 1) == [None]
    assert store.records.erase([rid(5)], T0_MS, "personal", forget=True) == 1
    assert store.records.get(rid(5)) is None


def test_what_was_erased_before_it_came_has_its_place(store):
    sent = page(0, 10)
    kept = commitment(SALTS.read(3, 1)[0], record(3))
    records = tuple(Erased(kept) if k == 3 else one for k, one in enumerate(sent.records))
    take(
        store,
        replace(sent, records=records, salts=SALTS.cover(0, 10).without([3]), set_aside=((5, "another context"),)),
    )
    entries = store.logs.entries(LOG, 0, most=99, max_bytes=9999)
    assert [(e.n, e.id is None, e.aside is None) for e in entries] == [(k, k == 3, k != 5) for k in range(10)]
    assert entries[3].commitment == kept
    assert entries[3].sent == Erased(kept)
    assert [a.entry.id is None for a in store.inbox.arrived(0, 99)] == [k == 3 for k in range(10)]
    assert store.logs.salts(LOG, 0, 10).read(0, 10)[2:5] == [SALTS.read(2, 1)[0], None, SALTS.read(4, 1)[0]]


@pytest.mark.parametrize("bad", ["", "ab", "Z" * 64, "A" * 64, "a" * 63, " " + "a" * 63])
def test_what_is_no_id_is_refused(store, bad):
    with pytest.raises(InputError):
        store.records.get(bad)


# ---- tree ----------------------------------------------------------------------------------------------------------
@settings(max_examples=25)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.data())
def test_nodes_come_back_by_their_number_however_they_were_appended(cuts, data):
    db = sqlite3.connect(":memory:")
    schema.create(db, "test")
    hashes = [hashlib.sha256(b"%d" % k).digest() for k in range(sum(cuts))]
    tree_, size, every = merkle.EMPTY, 0, []
    for cut in cuts:
        tree_, new = merkle.append(tree_, hashes[size : size + cut])
        nodes.append(db, 1, size, new)
        every += new
        size += cut
        assert nodes.frontier(db, 1, size).root == plain_root(hashes[:size])
    assert nodes.frontier(db, 1, size // 2).root == plain_root(hashes[: size // 2])
    wanted = data.draw(st.lists(st.integers(0, len(every) - 1), max_size=20)) + [len(every) - 1]
    assert nodes.LogNodes(db, 1).read(wanted) == [every[k] for k in wanted]
    with pytest.raises(InputError):
        nodes.LogNodes(db, 1).read([len(every)])
    for gap in (500, data.draw(st.integers(1, 2_000))):  # some begin just where a piece does
        if merkle.nodes_before(size + gap) > len(every):
            with pytest.raises(InputError):
                nodes.append(db, 1, size + gap, [bytes(32)])


def test_no_hole_in_the_tree_stands_unseen_between_two_pieces():
    db = sqlite3.connect(":memory:")
    schema.create(db, "test")
    _, new = merkle.append(merkle.EMPTY, [bytes(32)] * 10)
    nodes.append(db, 1, 0, new)
    size = next(k for k in range(11, 1000) if merkle.nodes_before(k) % nodes.PIECE == 0)
    with pytest.raises(InputError, match="shorter"):
        nodes.append(db, 1, size, [bytes(32)])


def receipt(size):
    return Receipt(parse_name(LOG), "cedar", size, bytes(32), T0_MS // 1000, b"cosigned %d" % size)


# ---- outbox and inbox ----------------------------------------------------------------------------------------------
def test_two_who_append_at_once_cannot_write_the_same_numbers(store):
    store.outbox.append([told(0, 3)], T0_MS)
    with pytest.raises(InputError, match="stands at 3"):
        store.outbox.append([told(0, 3, say="other")], T0_MS)
    assert held(store) == [record(k) for k in range(3)]


def test_a_release_of_which_one_part_fails_leaves_nothing(store):
    other = "birch/1/elm/test/routine"
    store.outbox.append([told(0, 3)], T0_MS)
    with pytest.raises(InputError):
        store.outbox.append([told(0, 3, log=other), told(7, 1)], T0_MS, [Decided("elm", "release", [rid(1)])])
    assert store.logs.state(other) is None
    assert store.decisions.head()[0] == 0


def test_an_acknowledgement_above_our_size_halts_the_log_for_good(store):
    store.outbox.append([told(0, 3)], T0_MS)
    store.outbox.acknowledged(receipt(3))
    assert store.outbox.behind() == []
    store.outbox.acknowledged(receipt(5))  # given before the disk died and a backup came back
    assert store.outbox.behind() == [LOG]
    with pytest.raises(TrustError, match="epoch"):
        store.outbox.append([told(3, 1)], T0_MS)
    assert store.outbox.acks(LOG)["cedar"].size == 5


def test_what_is_not_signed_yet_is_seen_by_nobody_and_named_after_a_crash(store):
    store.outbox.append([told(0, 5)], T0_MS)
    assert [s.name for s in store.outbox.unsigned()] == [LOG]
    with pytest.raises(InputError, match="signed"):
        store.outbox.piece(parse_name(LOG), 0, most=9, max_bytes=999)
    store.outbox.signed(LOG, 4, note(4), T0_MS)
    assert len(store.outbox.piece(parse_name(LOG), 1, most=9, max_bytes=9999).records) == 3
    assert store.outbox.unsigned()
    with pytest.raises(TrustError):
        store.outbox.signed(LOG, 6, note(6), T0_MS)
    store.outbox.signed(LOG, 5, note(5), T0_MS)
    assert not store.outbox.unsigned()
    own = store.outbox.log(parse_name(LOG))
    assert (own.frontier, own.salts) == (tree(5), SALTS)


def test_a_page_judged_twice_at_once_is_kept_once(store):
    first = page(0, 50)
    assert take(store, first) == 50
    with pytest.raises(MovedError):
        take(store, first)
    assert take(store, page(50, 10)) == 60
    assert held(store) == [record(k) for k in range(60)]
    assert store.inbox.seen(LOG).frontier == tree(60)
    assert store.inbox.seen(LOG).head.size == 60


def test_a_newer_checkpoint_without_records_is_kept(store):
    take(store, page(0, 5))
    assert take(store, page(5, 0, size=9)) == 5
    assert store.logs.state(LOG).head_size == 9
    assert [size for size, _, _ in store.logs.checkpoints(LOG)] == [5, 9]


def test_a_halted_log_stands_still_until_a_person_resumes_it(store):
    take(store, page(0, 5))
    store.inbox.halt(LOG, "two histories")
    store.inbox.halt(LOG, "another reason")
    for act in (lambda: store.inbox.seen(LOG), lambda: take(store, page(5, 1))):
        with pytest.raises(TrustError, match="two histories"):
            act()
    store.logs.resume(LOG, "officer")
    assert take(store, page(5, 1)) == 6


def test_the_keys_that_signed_are_kept_with_their_first_entry(store):
    for first, key in ((0, b"a"), (5, b"a"), (10, b"b"), (15, b"b")):
        take(store, page(first, 5, key=key * 32))
    assert store.inbox.signers(LOG) == [(0, b"a" * 32), (10, b"b" * 32)]


def test_a_log_belongs_to_one_peer(store):
    take(store, page(0, 1))
    with pytest.raises(TrustError):
        take(store, page(1, 1), peer="mallory")


def test_acknowledgements_are_owed_until_the_peer_has_them(store):
    take(store, page(0, 5, size=9))
    assert [s.size for s in store.inbox.owed("birch")] == [5]
    take(store, page(5, 4))
    assert [s.size for s in store.inbox.owed("birch")] == [9]
    assert store.inbox.owed("elm") == []
    store.inbox.told(LOG, 9)
    assert store.inbox.owed("birch") == []


def test_a_consumer_reads_on_in_the_order_of_arrival(store):
    other = "birch/1/cedar/test/flash"
    take(store, page(0, 2))
    take(store, page(0, 1, log=other))
    take(store, page(2, 1))
    store.outbox.append([told(0, 1, log="cedar/1/birch/test/routine")], T0_MS)
    seen = store.inbox.arrived(0, 100)
    assert [(a.log, a.entry.n) for a in seen] == [(LOG, 0), (LOG, 1), (other, 0), (LOG, 2)]
    assert store.inbox.arrived(seen[1].number, 1)[0].log == other


def test_entries_keep_to_the_bytes_asked_for_but_give_one(store):
    take(store, page(0, 10))
    size = len(record(0))
    assert len(store.logs.entries(LOG, 2, most=99, max_bytes=size * 3)) == 3
    assert len(store.logs.entries(LOG, 2, most=99, max_bytes=1)) == 1
    assert store.logs.entries(LOG, 10, most=99, max_bytes=1) == []


# ---- decisions -----------------------------------------------------------------------------------------------------
def decided(k: int) -> Decided:
    return Decided("cedar", "withhold" if k % 3 else "release", [rid(k), rid(k + 1)], ("r1",), (), "00" * 32, "zone")


def test_decisions_about_a_record_are_found_with_their_rule(store):
    store.decisions.add([decided(k) for k in range(20)], T0_MS)
    lines = store.decisions.about(rid(7))
    assert [line.n for line in lines] == [7, 8]
    assert lines[0].decided == decided(6)._replace(ids=[rid(6), rid(7)])
    assert store.decisions.verify([store.decisions.head()]) == []


@pytest.mark.parametrize("column", ["row", "ids", "chain"])
def test_an_edit_of_any_past_row_is_found(tmp_path, column):
    rows = 40
    with open_shared(tmp_path, context="test", durable=False) as store:
        store.decisions.add([decided(k) for k in range(rows)], T0_MS)
        path = store.database.path
    for n in range(1, rows + 1):
        with sqlite3.connect(path) as db:
            db.execute("DROP TRIGGER decision_update") if n == 1 else None
            before = db.execute(f"SELECT {column} FROM decision WHERE n = ?", (n,)).fetchone()[0]
            bent = before[:5] + bytes([before[5] ^ 1]) + before[6:]
            db.execute(f"UPDATE decision SET {column} = ? WHERE n = ?", (bent, n))
        db.close()
        with open_shared(tmp_path, context="test", durable=False) as store:
            assert f"row {n} " in store.decisions.verify()[0]
        with sqlite3.connect(path) as db:
            db.execute(f"UPDATE decision SET {column} = ? WHERE n = ?", (before, n))
        db.close()
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert store.decisions.verify() == []


def test_a_row_taken_out_or_cut_off_is_found(tmp_path):
    with open_shared(tmp_path, context="test", durable=False) as store:
        store.decisions.add([decided(k) for k in range(10)], T0_MS)
        anchor = store.decisions.head()
        path = store.database.path
    with sqlite3.connect(path) as db:
        db.execute("DROP TRIGGER decision_delete")
        db.execute("DELETE FROM decision WHERE n >= 9")
    db.close()
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert store.decisions.verify() == []  # without an anchor kept elsewhere nobody can know
        assert "cut off" in store.decisions.verify([anchor])[0]
        store.database.change(lambda db: db.execute("DELETE FROM decision WHERE n = 4") and None)
        assert "missing" in store.decisions.verify()[0]


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
def test_what_proves_something_cannot_be_changed_by_a_slip(store, table):
    store.outbox.append([told(0, 1)], T0_MS, [decided(1)])
    store.outbox.acknowledged(receipt(1))
    store.outbox.signed(LOG, 1, note(1), T0_MS)
    store.papers.put(Paper("rules", "all", 1, T0_MS, "officer", b"text"))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store.database.change(lambda db: db.execute(f"DELETE FROM {table}"))


# ---- small books ---------------------------------------------------------------------------------------------------
def test_the_first_derived_version_stays(store):
    one = Derivative(rid(1), "coarsen:5", rid(2), b"salt")
    assert store.derived.put([one], T0_MS) == [one]
    assert store.derived.put([one._replace(id=rid(3))], T0_MS) == [one]
    assert store.derived.get(rid(1), "coarsen:5") == one
    assert store.derived.get(rid(1), "coarsen:9") is None
    assert store.derived.versions(rid(1)) == [one]
    assert store.derived.original(rid(2)) == rid(1)


def test_tombstones_stand_also_for_what_comes_later(store):
    stone = Tombstone(rid(1), "hide", "wrong ship", rid(8), T0_MS)
    store.tombstones.put([stone])
    take(store, page(0, 3))
    assert store.tombstones.of([rid(0), rid(1)]) == {rid(1): stone}


def test_what_was_taken_in_keeps_its_proof_whatever_comes_later(store):
    one, two = (Carry(rid(1), who, "ash", rid(9), at_ms=T0_MS) for who in ("birch", "elm"))
    store.carried.announce([one, two])
    store.carried.judged([one._replace(state="taken"), two._replace(state="aside", why="no leave")])
    store.carried.announce([one._replace(carriage=rid(8)), two._replace(carriage=rid(8))])
    assert store.carried.get(rid(1)) == one._replace(state="taken")
    assert store.carried.get(rid(1), "elm") == two._replace(state="aside", why="no leave", carriage=rid(8))
    assert [c.carrier for c in store.carried.in_state("aside")] == ["elm"]
    assert sorted(store.carried.counts()) == [("ash", "birch", "taken", 1), ("ash", "elm", "aside", 1)]
    assert store.carried.get(rid(2)) is None


def test_what_went_on_is_counted_once_and_reported_once(store):
    rows = [Passing(rid(k), "birch", "elm", "ash", rid(9), T0_MS + k) for k in range(3)]
    store.passed.put(rows)
    store.passed.put([rows[0]._replace(at_ms=1), Passing(rid(7), "birch", "elm", "ash", "label", T0_MS)])
    assert store.passed.unreported("birch") == rows and store.passed.unreported("elm") == []
    store.passed.reported(rows[:2])
    assert store.passed.unreported("birch") == rows[2:]
    assert (rid(9), "birch", "elm", 3, T0_MS + 2) in store.passed.tally()
    assert store.passed.by_others("birch") == [] and len(store.passed.by_others("ash")) == 4
    assert store.passed.under(rid(9)) == rows[::-1]


def test_a_file_of_the_first_form_is_brought_up(tmp_path):
    path = tmp_path / "shared-real.db"
    with open_shared(tmp_path, context="real", durable=False) as store:
        tables = set(row[0] for row in store.database.rows("SELECT name FROM sqlite_master"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript("DROP TABLE sheet; DROP TABLE mention; DROP TABLE ruled; DROP TABLE named; DROP TABLE docket;"
                         "DROP TABLE carried; DROP TABLE passed; DROP TABLE name; CREATE TABLE grant_ (id BLOB PRIMARY KEY);"
                         "PRAGMA user_version = 1")  # fmt: skip
    with open_shared(tmp_path, context="real", durable=False) as store:
        assert {row[0] for row in store.database.rows("SELECT name FROM sqlite_master")} == tables


def test_rubbish_of_one_pushes_out_nothing_of_another(store):
    room = Quarantine(store.database, rows=50, size=1000)
    room.put("cape", "import:cot", "waits for a person", b"x" * 300, T0_MS)
    for n in range(40):
        room.put("inlet", "log", f"rubbish {n}", b"y" * 100, T0_MS + n)
    held = room.list()
    assert [a.peer for a in held].count("cape") == 1 and sum(len(a.data) for a in held) <= 1000
    assert held[0].reason == "rubbish 39"


def test_what_partners_send_never_takes_the_last_of_the_disk(store, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(inbox.shutil, "disk_usage", lambda _: usage._replace(free=inbox.FREE_BYTES_LEAST - 1))
    with pytest.raises(UnavailableError, match="nearly full"):
        take(store, page(0, 3))
    monkeypatch.setattr(inbox.shutil, "disk_usage", lambda _: usage._replace(free=inbox.FREE_BYTES_LEAST))
    assert take(store, page(0, 3)) == 3


def test_quarantine_is_bounded(store):
    room = Quarantine(store.database, rows=5, size=1000)
    for k in range(20):
        room.put("birch", LOG, "bad", b"x" * 10, k)
    assert [a.at_ms for a in room.list()] == [19, 18, 17, 16, 15]
    room.put("birch", LOG, "big", b"y" * 5000, 99)
    assert room.list() == [Aside(21, 99, "birch", LOG, "big", b"y" * 1000)]


def test_a_version_of_a_paper_says_one_thing(store):
    paper = Paper("rules", "all", 1, T0_MS, "officer", b"text")
    store.papers.put(paper)
    store.papers.put(paper)
    with pytest.raises(InputError):
        store.papers.put(paper._replace(data=b"other"))
    store.papers.put(paper._replace(version=2, data=b"other"))
    assert [p.version for p in store.papers.versions("rules")] == [1, 2]
    assert store.papers.by_digest(hashlib.sha256(b"text").hexdigest()) == paper


def test_a_nonce_is_new_once_also_after_a_restart(tmp_path):
    for new in (True, False):
        with open_shared(tmp_path, context="test", durable=False) as store:
            assert store.nonces.first_time("birch", b"n", T0_MS, 1000) is new
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert store.nonces.first_time("birch", b"n", T0_MS + 1001, 1000)  # its time window is over


# ---- the file ------------------------------------------------------------------------------------------------------
def test_contexts_never_share_a_file(tmp_path):
    for context in ("real", "test", "exercise:a.1"):
        with open_shared(tmp_path, context=context, durable=False) as store:
            store.outbox.append([told(0, 1, say=context)], T0_MS)
    names = sorted(p.name for p in tmp_path.glob("*.db"))
    assert names == ["shared-exercise-a.1.db", "shared-real.db", "shared-test.db"]
    (tmp_path / "shared-test.db").rename(tmp_path / "shared-exercise-b.db")
    with pytest.raises(ConfigError, match="context test"):
        open_shared(tmp_path, context="exercise:b")


def test_the_file_is_for_its_owner_alone(tmp_path):
    with open_shared(tmp_path, context="test") as store:
        assert store.database.path.stat().st_mode & 0o077 == 0


def test_a_file_of_something_else_or_a_damaged_one_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "shared-test.db") as db:
        db.execute("CREATE TABLE x (y)")
    db.close()
    with pytest.raises(ConfigError, match="something else"):
        open_shared(tmp_path, context="test")
    (tmp_path / "shared-real.db").write_bytes(b"not a database at all" * 500)
    with pytest.raises(InputError, match="damaged"):
        open_shared(tmp_path, context="real")


def test_an_upgrade_is_whole_or_has_not_begun(tmp_path):
    path = tmp_path / "shared-test.db"
    with open_shared(tmp_path, context="test") as store:
        store.outbox.append([told(0, 3)], T0_MS)

    def step(db):
        db.execute("ALTER TABLE record ADD COLUMN seen INTEGER")

    def fails(db):
        step(db)
        raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        Database(path, "test", steps={FORMAT: fails}, form=FORMAT + 1)
    open_shared(tmp_path, context="test").close()
    new = Database(path, "test", steps={FORMAT: step}, form=FORMAT + 1)
    assert new.row("SELECT count(*) FROM record WHERE seen IS NULL") == (3,)
    new.close()
    assert (tmp_path / f"shared-test.db.form-{FORMAT}").exists()
    with pytest.raises(ConfigError, match=f"form {FORMAT + 1}"):
        open_shared(tmp_path, context="test")
    with pytest.raises(ConfigError, match="nothing reads"):
        Database(path, "test", steps={}, form=FORMAT + 2)


def test_a_backup_is_whole(tmp_path, store):
    store.outbox.append([told(0, 30)], T0_MS)
    (tmp_path / "copy").mkdir()
    store.backup(tmp_path / "copy" / "shared-test.db")
    with open_shared(tmp_path / "copy", context="test") as copy:
        assert held(copy) == held(store)


def test_writers_that_meet_share_a_commit_and_what_one_does_wrong_harms_no_other(tmp_path):
    with open_shared(tmp_path, context="test") as store:
        refused = []

        def writer(k: int) -> None:
            log = f"birch/1/p{k}/test/flash"
            for n in range(10):
                store.outbox.append([told(n, 1, log=log)], T0_MS)
                try:
                    store.outbox.append([told(n, 1, log=log)], T0_MS)
                except InputError:
                    refused.append(k)

        before = store.database.commits
        refused.clear()
        threads = [threading.Thread(target=writer, args=(k,)) for k in range(16)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert len(refused) == 160
        assert all(store.logs.state(f"birch/1/p{k}/test/flash").size == 10 for k in range(16))
        assert store.database.commits - before < 320 / 3  # the slower the disk, the fewer


# ---- full disk -----------------------------------------------------------------------------------------------------
def test_a_full_disk_shows_no_part_of_a_page_and_goes_on_when_there_is_room(store):
    take(store, page(0, 100))
    pages = store.database.row("PRAGMA page_count")[0]
    store.database._db.execute(f"PRAGMA max_page_count = {pages + 3}")
    with pytest.raises(UnavailableError, match="full"):
        take(store, page(100, 5000))
    assert store.logs.state(LOG).size == 100
    assert len(held(store)) == 100
    assert store.database.row("SELECT count(*) FROM record")[0] == 100
    assert store.inbox.seen(LOG).frontier == tree(100)
    store.database._db.execute("PRAGMA max_page_count = 1073741823")
    assert take(store, page(100, 5000)) == 5100


FULL = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from kizuna.base.errors import UnavailableError
from kizuna.stores.shared import open_shared
from stores.shared.shared_rows import LOG, T0_MS, page
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_shared(Path(sys.argv[1]), context="test")
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
cursor = 0
try:
    while True:
        cursor = store.inbox.take('birch', page(cursor, 200), T0_MS)
        print(cursor, flush=True)
except UnavailableError:
    assert store.logs.state(LOG).size == cursor
    print("full", flush=True)
"""


def test_a_write_that_the_system_refuses_leaves_whole_pages(tmp_path):
    script = FULL.format(tests=str(Path(__file__).parents[2]))
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    said = done.stdout.split()
    assert said[-1] == "full", done.stderr
    with open_shared(tmp_path, context="test") as store:
        assert store.logs.state(LOG).size == int(said[-2])
        assert held(store) == [record(k) for k in range(int(said[-2]))]
        assert store.inbox.seen(LOG).frontier == tree(int(said[-2]))
