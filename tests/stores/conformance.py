"""What every store must do. A test module of an implementation derives from ``Conformance`` and says how to open it."""

from __future__ import annotations

import threading

import numpy as np
import plain
import pytest

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.events.table import EVENTS, STATUSES
from kizuna.fixes.table import FIXES, FLAG_TIME_SUSPECT
from kizuna.stores.keep import LATEST
from kizuna.tracks.identity import identities
from stores.store_rows import BLOCK_MS, T0_MS, Twin, batch, changed_rows, event, events, fix, said, table_of

FOREVER = (0, 2**52)
A, B, C = 440000001, 440000002, 440000003


def ids(table) -> list[int]:
    return table["msg_id"].tolist()


def names_of(store) -> dict[int, str | None]:
    table = store.latest()[1]
    return dict(zip(table["mmsi"].tolist(), table["shipname"].to_pylist()))


class Conformance:
    """Tests of one implementation; ``open`` gives the store in a place, made when it is not there."""

    def open(self, place, *, context="real", read_only=False, **params):
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path):
        with self.open(tmp_path / "store") as store:
            yield store

    def test_empty_store_answers_with_nothing(self, store):
        assert store.latest()[0] == 0
        assert len(store.latest()[1]) == len(store.track(A, *FOREVER)) == len(store.events()) == 0
        assert len(store.box(-180, -90, 180, 90, *FOREVER)) == len(store.identities()) == len(store.block(T0_MS)) == 0
        assert store.history(*FOREVER) == ([], [])
        versions = store.versions()
        assert (versions.picture, versions.events) == (0, 0)
        assert versions.newest_ms == versions.oldest_ms == MISSING_TIME_MS

    def test_every_column_comes_back_as_it_was_given_before_and_after_sealing(self, store):
        full = {
            "received_ms": T0_MS + 5, "sog_kn": 12.3, "cog_deg": 359.9, "heading_deg": 1, "rot_dpm": -2.5, "second": 7,
            "accuracy": 1, "raim": 0, "byte_offset": 77, "channel": 1, "talker": 0, "own_ship": True, "repeat": 2,
            "time_source": 3, "receiver_type": 1, "flags": 5, "seg_id": 2**60,
        }  # fmt: skip
        given = batch([fix(2**62 + 1, A, 0, 1.23456789, -179.999999, **full), fix(2, A, 1)])
        store.append(given)
        wanted = plain.rows(given.fixes)
        assert plain.rows(store.track(A, *FOREVER)) == wanted
        store.seal()
        assert plain.rows(store.track(A, *FOREVER)) == wanted

    def test_version_goes_up_with_every_batch_that_brings_something(self, store):
        assert store.append(batch([fix(1, A, 0)])) == 1
        assert store.append(batch([fix(2, A, 1)])) == 2
        assert store.append(batch()) == 2
        assert store.versions().picture == 2

    def test_message_that_comes_again_changes_nothing(self, store):
        first = batch([fix(1, A, 0), fix(2, B, 0)], [said(1, A, 0, shipname="ALFA")])
        assert store.append(first) == 1
        assert store.append(first) == 1
        store.seal()
        assert store.append(first) == 1
        assert store.append(batch([fix(2, B, 0), fix(3, B, 1), fix(3, B, 1)])) == 2
        assert ids(store.box(-180, -90, 180, 90, *FOREVER)) == [1, 2, 3]

    def test_known_messages_are_known_after_a_restart(self, tmp_path):
        with self.open(tmp_path / "s") as store:
            store.append(batch([fix(1, A, 0)]))
            store.seal()
            store.append(batch([fix(2, A, 1)]))
        with self.open(tmp_path / "s") as store:
            assert store.append(batch([fix(1, A, 0), fix(2, A, 1)])) == 2
            assert ids(store.track(A, *FOREVER)) == [1, 2]

    def test_store_is_the_same_after_a_restart(self, tmp_path):
        with self.open(tmp_path / "s") as store:
            store.append(batch([fix(1, A, 0), fix(2, B, 1)], [said(3, A, 0, shipname="ALFA", imo=9074729)]))
            store.seal()
            store.append(batch([fix(4, A, 2)], [said(5, B, 2, shipname="BRAVO")]))
            store.put_events(events(event("e1")))
            before = store.versions(), plain.rows(store.latest()[1]), plain.rows(store.identities())
        with self.open(tmp_path / "s") as store:
            assert (store.versions(), plain.rows(store.latest()[1]), plain.rows(store.identities())) == before
            assert len(store.events()) == 1

    def test_spans_stored_since_a_version_hold_what_came_however_late_it_was(self, tmp_path):
        days = (0, 9, 30)
        with self.open(tmp_path / "s") as store:
            first = store.append(batch([fix(k, A, 1440 * day) for k, day in enumerate(days)]))
        with self.open(tmp_path / "s") as store:
            assert store.stored_since(first) == []
            late = [fix(10, B, 1440 * 2 + 5), fix(11, B, 1440 * 20 + 5), fix(12, B, 1440 * 30 + 5)]
            second = store.append(batch(late))
            found = store.stored_since(first)
            assert found == sorted(found) and all(start < end for start, end in found)
            for row in late:
                assert any(start <= row["time_ms"] < end for start, end in found)
            assert store.stored_since(second) == []

    def test_older_fix_never_takes_the_place_of_a_newer_one(self, store):
        store.append(batch([fix(1, A, 10, 31.0)]))
        store.append(batch([fix(2, A, 9, 32.0)]))
        assert store.latest()[1]["lat_deg"].tolist() == [31.0]
        store.append(batch([fix(3, A, 12, 33.0), fix(4, A, 11, 34.0)]))
        assert store.latest()[1]["lat_deg"].tolist() == [33.0]

    def test_coarse_report_takes_the_place_of_a_fine_one_only_when_that_is_an_hour_old(self, store):
        store.append(batch([fix(1, A, 0, 30.5)]))
        store.append(batch([fix(2, A, 59, 30.9, msg_type=27)]))
        assert store.latest()[1]["lat_deg"].tolist() == [30.5]
        store.append(batch([fix(3, A, 61, 31.9, msg_type=27)]))
        assert store.latest()[1]["lat_deg"].tolist() == [31.9]
        store.append(batch([fix(4, A, 30, 30.7)]))  # older, but finer by more than that
        assert store.latest()[1]["lat_deg"].tolist() == [30.7]

    def test_fix_from_the_future_or_of_suspect_time_is_kept_and_never_newest(self, store):
        store.append(batch([fix(1, A, 0, received_ms=T0_MS)]))
        store.append(batch([fix(2, A, 600, 50.0, received_ms=T0_MS)]))
        store.append(batch([fix(3, A, 700, 51.0, flags=FLAG_TIME_SUSPECT)]))
        assert store.latest()[1]["lat_deg"].tolist() == [30.0]
        assert store.versions().newest_ms == T0_MS
        assert ids(store.track(A, *FOREVER)) == [1, 2, 3]

    def test_fix_without_position_or_time_is_no_position(self, store):
        store.append(batch([fix(1, A, 0, np.nan, np.nan), {**fix(2, B, 0), "time_ms": MISSING_TIME_MS}]))
        assert len(store.latest()[1]) == 0
        assert ids(store.track(A, *FOREVER)) == [1]
        assert ids(store.box(-180, -90, 180, 90, *FOREVER)) == []

    def test_names_come_from_static_messages_whichever_is_first(self, store):
        store.append(batch([fix(1, A, 0)], [said(10, B, 0, shipname="BRAVO", callsign="HLBB")]))
        assert names_of(store) == {A: None}
        version = store.append(batch([fix(2, B, 1)], [said(11, A, 1, shipname="ALFA", to_bow_m=100, to_stern_m=20)]))
        assert names_of(store) == {A: "ALFA", B: "BRAVO"}
        assert store.latest(version - 1)[1]["mmsi"].tolist() == [A, B]
        assert store.latest()[1]["length_m"].tolist() == [120, -1]

    def test_newest_word_of_each_field_stays_and_blanks_do_not_erase(self, store):
        store.append(batch([fix(1, A, 0)], [said(10, A, 5, shipname="ALFA", imo=9074729, ship_type=70)]))
        store.append(
            batch([], [said(11, A, 6, shipname=" ", imo=0, ship_type=0), said(12, A, 4, shipname="OLD", callsign="X")])
        )
        row = plain.rows(store.latest()[1])[0]
        assert (row["shipname"], row["callsign"], row["imo"], row["ship_type"]) == ("ALFA", "X", 9074729, 70)

    def test_words_that_say_the_same_again_change_no_vessel(self, store):
        version = store.append(batch([fix(1, A, 0)], [said(10, A, 0, shipname="ALFA")]))
        assert store.append(batch([], [said(11, A, 6, shipname="ALFA")])) == version + 1
        assert len(store.latest(version)[1]) == 0

    def test_latest_gives_what_changed_since_a_version(self, store):
        first = store.append(batch([fix(1, A, 0), fix(2, B, 0)]))
        second = store.append(batch([fix(3, B, 1), fix(4, C, 1)]))
        assert store.latest(first)[0] == second
        assert store.latest(first)[1]["mmsi"].tolist() == [B, C]
        assert len(store.latest(second)[1]) == 0
        assert store.latest()[1].schema is LATEST

    def test_times_are_half_open(self, store):
        store.append(batch([fix(k, A, k) for k in range(1, 6)]))
        for _ in range(2):
            assert ids(store.track(A, T0_MS + 2 * MINUTE_MS, T0_MS + 4 * MINUTE_MS)) == [2, 3]
            assert ids(store.box(119, 29, 121, 31, T0_MS + 2 * MINUTE_MS, T0_MS + 4 * MINUTE_MS)) == [2, 3]
            store.seal()

    def test_messages_of_one_or_all_come_by_time(self, store):
        store.append(
            batch([fix(1, A, 2), fix(2, B, 1)], [said(3, B, 5, shipname="BRAVO"), said(4, A, 4, shipname="ALFA")])
        )
        for _ in range(2):
            assert ids(store.messages("statics", A, *FOREVER)) == [4]
            assert ids(store.messages("statics", None, *FOREVER)) == [4, 3]
            assert ids(store.messages("fixes", None, *FOREVER)) == [2, 1]
            assert ids(store.messages("others", None, *FOREVER)) == []
            store.seal()

    def test_box_holds_its_edges_and_may_cross_180_degrees(self, store):
        places = [(10.0, 179.5), (10.0, -179.5), (10.0, 170.0), (11.0, 179.5), (12.0, 0.0), (9.0, -170.0)]
        store.append(batch([fix(k, A + k, 0, lat, lon) for k, (lat, lon) in enumerate(places)]))
        for _ in range(2):
            assert ids(store.box(179.5, 10, -179.5, 11, *FOREVER)) == [0, 1, 3]
            assert ids(store.box(170.0, 9, 179.5, 10, *FOREVER)) == [0, 2]
            assert ids(store.box(-180, -90, 180, 90, *FOREVER)) == [0, 1, 2, 3, 4, 5]
            store.seal()

    def test_only_the_columns_asked_for_are_there_before_and_after_sealing(self, store):
        store.append(batch([fix(1, A, 0, sog_kn=5.0, cog_deg=10.0)]))
        before = plain.rows(store.track(A, *FOREVER, names=("sog_kn",)))
        store.seal()
        assert plain.rows(store.track(A, *FOREVER, names=("sog_kn",))) == before
        assert before[0]["sog_kn"] == 5.0
        assert before[0]["cog_deg"] is None
        assert store.box(100, 0, 130, 40, *FOREVER, names=("sog_kn",))["lat_deg"].tolist() == [30.0]

    def test_answer_that_is_too_large_is_refused_and_not_cut(self, tmp_path):
        with self.open(tmp_path / "s", rows_most=10) as store:
            store.append(batch([fix(k, A, k / 10) for k in range(11)]))
            assert len(store.track(A, T0_MS, T0_MS + MINUTE_MS)) == 10
            for _ in range(2):
                with pytest.raises(InputError, match="more than 10 rows"):
                    store.track(A, *FOREVER)
                store.seal()

    def test_rows_of_another_context_are_refused_whole(self, store):
        with pytest.raises(InputError, match="exercise:x"):
            store.append(batch([fix(1, A, 0)], context="exercise:x"))
        with pytest.raises(InputError, match="exercise:x"):
            store.put_events(events(event("e"), context="exercise:x"))
        assert store.versions().picture == store.versions().events == 0

    def test_two_contexts_never_share_a_place(self, tmp_path):
        with self.open(tmp_path / "s", context="exercise:north") as store:
            store.append(batch([fix(1, A, 0)], context="exercise:north"))
        for context in ("real", "exercise:south", "test"):
            with pytest.raises(ConfigError, match="exercise:north"):
                self.open(tmp_path / "s", context=context)
        with self.open(tmp_path / "s", context="exercise:north") as store:
            assert ids(store.track(A, *FOREVER)) == [1]

    def test_closed_block_never_changes_and_the_late_fix_is_found_otherwise(self, tmp_path):
        with self.open(tmp_path / "s", lateness_s=3600) as store:
            store.append(batch([fix(1, A, 0), fix(2, A, 9.99), fix(3, A, 10)]))
            store.append(batch([fix(4, A, 5), fix(5, A, 69.9)]))
            assert ids(store.block(T0_MS)) == [1, 4, 2]
            store.append(batch([fix(6, A, 70)]))
            assert store.versions().closed_ms == T0_MS + BLOCK_MS
            store.append(batch([fix(7, A, 6), fix(8, A, 10.5)]))
            for _ in range(3):
                assert ids(store.block(T0_MS)) == [1, 4, 2]
                assert ids(store.block(T0_MS + BLOCK_MS)) == [3, 8]
                assert ids(store.track(A, T0_MS, T0_MS + BLOCK_MS)) == [1, 4, 7, 2]
                assert store.history(T0_MS, T0_MS + BLOCK_MS) == ([T0_MS], [3])
                store.seal()
                store.compact()
            assert store.versions().reopened == 0
            assert store.reopen(T0_MS, T0_MS + 1) == 1
            assert store.versions().reopened == 1
            assert ids(store.block(T0_MS)) == [1, 4, 7, 2]
            assert store.history(T0_MS, T0_MS + BLOCK_MS) == ([T0_MS], [4])

    def test_block_begins_where_blocks_begin(self, store):
        with pytest.raises(InputError, match="no block begins"):
            store.block(T0_MS + 1)

    def test_history_counts_the_fixes_of_each_block(self, store):
        store.append(batch([fix(k, A, k) for k in range(25)]))
        store.seal()
        store.append(batch([fix(100 + k, B, k) for k in range(5)]))
        starts, counts = store.history(T0_MS, T0_MS + 2 * BLOCK_MS)
        assert (starts, counts) == ([T0_MS, T0_MS + BLOCK_MS], [15, 10])
        assert counts == [len(store.block(s)) for s in starts]

    def test_identities_are_those_of_all_static_messages(self, store):
        rows = [
            said(k, A if k % 3 else B, 3 * k, shipname=("ALFA" if k < 20 else "NEW NAME") if k % 3 else "B",
                 imo=9074729 if k % 2 else None, callsign="HL" if k % 5 == 0 else None, to_bow_m=10 + k // 20, to_stern_m=5,
                 destination=f"PORT {k // 7}", draught_m=5.5 if k % 4 == 0 else None)
            for k in range(40)
        ]  # fmt: skip
        for k in range(0, 40, 8):
            store.append(batch([], rows[k : k + 8]))
            if k % 16 == 0:
                store.seal()
        wanted = plain.rows(identities(batch([], rows).statics))
        assert len(wanted) > 2
        assert plain.rows(store.identities()) == wanted
        assert plain.rows(store.identities(A)) == [row for row in wanted if row["mmsi"] == A]
        store.seal()
        assert plain.rows(store.identities()) == wanted

    def test_event_comes_back_with_every_column(self, store):
        given = events(event("e1"), event("e2", end_min=None, start_min=3, mmsis=(A, B), params='{"x": "日本"}'))
        assert store.put_events(given) == 1
        assert plain.rows(store.events()) == plain.rows(given)
        assert store.events().schema is EVENTS

    def test_newest_version_of_an_event_is_given_and_all_when_asked(self, store):
        store.put_events(events(event("e1"), event("e2")))
        replaced = event("e1", status=STATUSES.index("superseded"))
        assert store.put_events(events(replaced, event("e1", 2, end_min=90))) == 2
        assert list(zip(store.events()["event_id"].to_pylist(), store.events()["version"].tolist())) == [
            ("e1", 2),
            ("e2", 1),
        ]
        assert store.events(since_version=1)["event_id"].to_pylist() == ["e1"]
        both = store.events(event_id="e1", every_version=True)
        assert [STATUSES[s] for s in both["status"]] == ["superseded", "closed"]
        assert len(store.events(since_version=2)) == 0

    def test_older_version_that_comes_later_does_not_become_the_newest(self, store):
        store.put_events(events(event("e1", 2)))
        store.put_events(events(event("e1", 1)))
        assert store.events()["version"].tolist() == [2]

    def test_event_put_again_as_it_was_changes_nothing(self, store):
        given = events(event("e1"), event("e2"))
        assert store.put_events(given) == store.put_events(given) == store.put_events(events()) == 1

    def test_events_are_found_by_vessel_time_and_id(self, store):
        store.put_events(events(
            event("a", start_min=0, end_min=60), event("b", start_min=120, end_min=180, mmsis=(B,)),
            event("c", start_min=30, end_min=None, mmsis=(A, B)),
        ))  # fmt: skip

        def found(**what):
            return store.events(**what)["event_id"].to_pylist()

        assert found(mmsi=A) == ["a", "c"]
        assert found(mmsi=B) == ["c", "b"]
        assert found(start_ms=T0_MS + 61 * MINUTE_MS) == ["c", "b"]
        assert found(start_ms=T0_MS, end_ms=T0_MS + 10 * MINUTE_MS) == ["a"]
        assert found(end_ms=T0_MS) == []
        assert found(event_id="b") == ["b"]
        assert found(event_id="b", mmsi=A) == []

    def test_retention_deletes_what_is_older_and_nothing_else(self, store):
        day = 24 * 60
        store.append(batch([fix(1, A, 0), fix(2, B, 0), fix(3, B, day + 1)], [said(1, A, 0, shipname="ALFA")]))
        store.put_events(events(event("old"), event("new", start_min=day, end_min=day + 60)))
        store.seal()
        store.append(batch([fix(4, B, day - 1), fix(5, B, day + 2)], [said(2, B, day, shipname="BRAVO")]))
        assert store.retain(T0_MS + DAY_MS + 9 * MINUTE_MS) == 4  # rounded down to the block
        assert ids(store.box(-180, -90, 180, 90, *FOREVER)) == [3, 5]
        assert names_of(store) == {B: "BRAVO"}
        assert store.identities()["mmsi"].tolist() == [B]
        assert store.history(*FOREVER) == ([T0_MS + DAY_MS], [2])
        assert store.versions().oldest_ms == T0_MS + DAY_MS + MINUTE_MS
        assert store.events()["event_id"].to_pylist() == ["old", "new"]
        store.retain(events_before_ms=T0_MS + DAY_MS)
        assert store.events()["event_id"].to_pylist() == ["new"]

    def test_what_was_deleted_stays_so_after_a_restart(self, tmp_path):
        with self.open(tmp_path / "s") as store:
            store.append(batch([fix(1, A, 0), fix(2, B, 600)]))
            store.retain(T0_MS + 10 * HOUR_MS)
        with self.open(tmp_path / "s") as store:
            assert store.latest()[1]["mmsi"].tolist() == [B]
            assert ids(store.box(-180, -90, 180, 90, *FOREVER)) == [2]

    def test_reader_sees_what_was_acknowledged_and_writes_nothing(self, tmp_path):
        with self.open(tmp_path / "s") as store:
            store.append(batch([fix(1, A, 0)]))
            with self.open(tmp_path / "s", read_only=True) as reader:
                for k in range(2, 9):
                    store.append(batch([fix(k, A, k)], [said(k, A, k, shipname=f"N{k}")]))
                    store.put_events(events(event(f"e{k}")))
                    if k % 3 == 0:
                        store.seal()
                    assert ids(reader.track(A, *FOREVER)) == list(range(1, k + 1))
                    assert names_of(reader) == {A: f"N{k}"}
                    assert reader.versions() == store.versions()
                    assert len(reader.events()) == k - 1
                    assert plain.rows(reader.identities()) == plain.rows(store.identities())
                with pytest.raises(UnavailableError, match="reading only"):
                    reader.append(batch([fix(99, A, 99)]))

    def test_two_writers_never_share_a_store(self, tmp_path):
        with self.open(tmp_path / "s"):
            with pytest.raises(UnavailableError, match="writes this store"):
                self.open(tmp_path / "s")
        self.open(tmp_path / "s").close()

    def test_threads_may_ask_while_others_append(self, tmp_path):
        wrong: list[str] = []
        done = threading.Event()
        with self.open(tmp_path / "s", seal_rows=1000) as store:

            def ask():
                most = 0
                while not done.is_set():
                    n = len(store.track(A, *FOREVER, names=("mmsi",)))
                    version, table = store.latest()
                    if n < most or len(table) > 100 or store.versions().picture < version:
                        wrong.append(f"{n} after {most}, {len(table)}, {version}")
                    most = n

            threads = [threading.Thread(target=ask) for _ in range(3)]
            for t in threads:
                t.start()
            for k in range(40):
                store.append(batch([fix(1000 * k + j, A + j, k) for j in range(100)]))
            done.set()
            for t in threads:
                t.join()
            assert not wrong
            assert len(store.track(A, *FOREVER)) == 40

    def test_random_traffic_is_answered_as_by_the_plain_twin(self, tmp_path):
        rng = np.random.default_rng(7)
        twin = Twin(lateness_ms=3600_000)
        with self.open(tmp_path / "s", lateness_s=3600, seal_rows=1000) as store:
            number = 0
            for k in range(30):
                rows, words = [], []
                for _ in range(200):
                    number += 1
                    mmsi = A + int(rng.integers(12))
                    minute = 20 * k + float(rng.integers(-150, 20))
                    rows.append(fix(number, mmsi, minute, float(rng.uniform(-80, 80)), float(rng.uniform(-180, 179)),
                                    msg_type=27 if rng.random() < 0.1 else 1))  # fmt: skip
                    if rng.random() < 0.05:
                        words.append(
                            said(number, mmsi, minute, shipname=f"SHIP {rng.integers(5)}", imo=int(rng.integers(3)))
                        )
                assert store.append(batch(rows, words)) == twin.append(rows, words)
                if k % 7 == 6:
                    store.seal()
                if k % 10 == 9:
                    store.compact()
            assert changed_rows(store.latest()[1]) == twin.changed(0)
            assert changed_rows(store.latest(20)[1]) == twin.changed(20)
            for m in range(12):
                assert ids(store.track(A + m, T0_MS, T0_MS + 5 * HOUR_MS)) == twin.track(
                    A + m, T0_MS, T0_MS + 5 * HOUR_MS
                )
            box = (170, -40, -100, 50, T0_MS + HOUR_MS, T0_MS + 3 * HOUR_MS)
            assert ids(store.box(*box)) == twin.box(*box)
            for start in range(T0_MS - 2 * HOUR_MS, T0_MS + 10 * HOUR_MS, BLOCK_MS):
                assert ids(store.block(start)) == twin.block(start)
            assert store.versions().closed_ms == twin.closed_ms
