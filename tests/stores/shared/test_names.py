"""Ids are filed late: whatever waits, was filed, rolled back or written by another process, each is found, and once."""

from __future__ import annotations

import contextlib
import hashlib
import random
import sqlite3
from pathlib import Path

import pytest
from stores.shared.shared_rows import LOG, T0_MS, page, record, told

from kizuna.stores.shared import names, open_shared, schema


@pytest.fixture(autouse=True)
def _few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "WAIT_LEAST", 20)
    monkeypatch.setattr(names, "WAIT_MOST", 50)
    monkeypatch.setattr(names, "_MANY", 5)
    monkeypatch.setattr(names, "_ROOM_LEAST", 16)


def rid(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def filed(store) -> tuple[int, int]:
    """How many ids lie in the table, and up to which record they should."""
    count = store.database.row("SELECT count(*) FROM name")[0]
    found = store.database.row("SELECT value FROM meta WHERE key = 'filed'")
    return count, found[0] if found else 0


def test_ids_wait_and_are_filed_together(tmp_path):
    with open_shared(tmp_path, context="test", durable=False) as store:
        store.records.put([record(k) for k in range(19)])
        assert filed(store) == (0, 0)
        store.records.put([record(19)])
        assert filed(store) == (20, 20)
        store.records.put([record(k) for k in range(15, 30)])
        assert filed(store) == (20, 20)
    with open_shared(tmp_path, context="test", durable=False) as store:  # those that wait are read again
        assert store.records.put([record(k) for k in range(32)]) == [rid(record(k)) for k in range(32)]
        assert store.database.row("SELECT count(*), count(DISTINCT id) FROM record") == (32, 32)
        assert store.records.many([rid(record(k)) for k in range(40)]).keys() == {rid(record(k)) for k in range(32)}


@pytest.mark.parametrize("seed", range(6))
def test_two_processes_find_each_record_once_whatever_they_do_in_turn(tmp_path, seed):
    """Against a plain dictionary: new and repeated records, erasing, forgetting, starts in between."""
    chance = random.Random(seed)
    held: dict[str, bytes | None] = {}
    stores = [open_shared(tmp_path, context="test", durable=False) for _ in range(2)]
    for _ in range(60):
        at = chance.randrange(2)
        if chance.random() < 0.1:
            stores[at].close()
            stores[at] = open_shared(tmp_path, context="test", durable=False)
        some = [record(chance.randrange(300)) for _ in range(chance.randrange(40))]
        stores[at].records.put(some)
        held = {rid(one): one for one in some} | held
        gone = chance.sample(sorted(held), min(len(held), chance.randrange(3)))
        forget = chance.random() < 0.5
        stores[1 - at].records.erase(gone, T0_MS, "test", forget=forget)
        for name in gone:
            if forget and held[name] is not None:
                del held[name]
            else:
                held[name] = None
        everything = [rid(record(k)) for k in range(300)]
        for store in stores:
            assert {name: one.data for name, one in store.records.many(everything).items()} == held
    ids = stores[0].database.row("SELECT count(*), count(DISTINCT id) FROM record")
    assert ids[0] == ids[1]
    for store in stores:
        store.close()


def test_what_is_rolled_back_is_not_found_and_its_number_is_given_again(tmp_path):
    from kizuna.stores.shared.records import insert

    with open_shared(tmp_path, context="test", durable=False) as store, \
            open_shared(tmp_path, context="test", durable=False) as other:  # fmt: skip
        store.records.put([record(k) for k in range(15)])

        def fails(db):
            insert(db, [record(k) for k in range(100, 130)])  # enough to be filed
            raise RuntimeError("power")

        with pytest.raises(RuntimeError):
            store.database.change(fails)
        assert filed(store) == (0, 0)
        other.records.put([record(200)])
        assert store.records.put([record(200), record(101)]) == [rid(record(200)), rid(record(101))]
        for one in (store, other):
            assert len(one.records.many([rid(record(k)) for k in range(300)])) == 17
        assert store.database.row("SELECT max(rec) FROM record") == (17,)


def test_ids_that_begin_alike_are_told_apart(tmp_path):
    def made(last: int) -> bytes:
        return b"12345678" + bytes(23) + bytes([last])

    def put(db):
        for last in range(25):
            rec = db.names.next(db)
            db.execute(
                "INSERT INTO record (rec, id, size, bytes) VALUES (?, ?, 1, ?)", (rec, made(last), bytes([last]))
            )
            db.names.added(db, [made(last)])

    with open_shared(tmp_path, context="test", durable=False) as store:
        store.database.change(put)
        assert filed(store)[0] >= 20
        assert {store.records.get(made(k).hex()).data for k in range(25)} == {bytes([k]) for k in range(25)}
        assert store.records.get(made(25).hex()) is None
        assert store.records.begins(made(0).hex()[:32]) is None  # two begin so
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert store.database.change(lambda db: sorted(db.names.begin(db, made(0)[:16]))) == list(range(1, 26))


def test_the_filter_passes_all_that_is_filed_and_little_else():
    chance = random.Random(5)
    keys = [chance.randbytes(8) for _ in range(20_000)]
    one = names._Perhaps(10_000)
    one.add([(key,) for key in keys[:6_000]], 6_000)
    one.add([(key,) for key in keys[6_000:10_000]], 10_000)
    assert one.room >= 10_000
    assert one.upto == 10_000
    assert one.perhaps(keys[:10_000]) == keys[:10_000]
    assert len(one.perhaps(keys[10_000:])) < 100  # 24 are expected


def test_a_record_is_found_by_half_its_id_filed_or_not(tmp_path):
    with open_shared(tmp_path, context="test", durable=False) as store:
        store.records.put([record(k) for k in range(27)])
        store.records.put([record(k) for k in range(27, 35)])
        for k in range(35):
            assert store.records.begins(rid(record(k))[:32]).data == record(k)
        assert store.records.begins(rid(b"x")[:32]) is None


def test_a_file_with_an_index_over_whole_ids_is_brought_up(tmp_path):
    """As form 1 was: every record, entry and erased one is there as before, and found."""
    with open_shared(tmp_path, context="test", durable=False) as store:
        store.inbox.take("birch", page(0, 70), T0_MS)
        store.outbox.append([told(0, 40, "cedar/1/birch/test/bulk", "other")], T0_MS)
        store.records.erase([rid(record(3))], T0_MS, "test")
        before = store.logs.entries(LOG, 0, most=1000, max_bytes=1 << 20)
        tables = {row[0]: row[1] for row in store.database.rows("SELECT name, sql FROM sqlite_master")}
    first_form(tmp_path / "shared-test.db")
    with open_shared(tmp_path, context="test", durable=False) as store:
        assert {
            row[0]: row[1] for row in store.database.rows("SELECT name, sql FROM sqlite_master")
        }.keys() == tables.keys()
        assert store.logs.entries(LOG, 0, most=1000, max_bytes=1 << 20) == before
        assert filed(store) == (110, 110)
        assert store.records.get(rid(record(3))).data is None
        store.records.put([record(k) for k in range(80)])
        assert store.database.row("SELECT count(*), count(DISTINCT id) FROM record") == (120, 120)
        assert store.records.where(rid(record(5))) == [(LOG, 5)]
        assert store.database.row("PRAGMA integrity_check") == ("ok",)


def first_form(path: Path) -> None:
    """The file as the first program wrote it, as far as ids go, and without what later forms added."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        later = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in later:
            if table in ("sheet", "mention", "ruled", "named", "docket", "carried", "passed", "name"):
                db.execute(f"DROP TABLE {table}")
        db.executescript("""
            CREATE TABLE IF NOT EXISTS grant_ (id BLOB PRIMARY KEY);
            CREATE TABLE old (rec INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, bytes BLOB,
                              erased_ms INTEGER, reason TEXT) STRICT;
            INSERT INTO old SELECT * FROM record;
            DROP TABLE record;
            ALTER TABLE old RENAME TO record;
            DELETE FROM meta WHERE key = 'filed';
            PRAGMA user_version = 1;
        """)


def test_every_form_has_its_step():
    assert set(schema.STEPS) == set(range(1, schema.FORMAT))
