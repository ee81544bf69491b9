"""Any order of appends, repeats, sealing, compaction, reopening, retention and restarts is answered as by the twin."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from stores.store_rows import BLOCK_MS, T0_MS, Twin, batch, changed_rows, fix, said

from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.stores.keep import KeepParams, open_keep

VESSELS = (1, 440000001, 440000002, 999999999, 1073741823)
PARAMS = KeepParams(seal_rows=1000, seal_batches=3, lateness_s=3600)

a_fix = st.fixed_dictionaries({
    "mmsi": st.sampled_from(VESSELS), "minute": st.integers(-100, 60),
    "lat_deg": st.sampled_from([None, -90.0, 0.0, 30.00001, 90.0]), "lon_deg": st.sampled_from([-180.0, -0.1, 120.0, 179.9]),
    "msg_type": st.sampled_from([1, 18, 27]), "odd": st.sampled_from(["", "", "", "undated", "suspect", "ahead", "far"]),
})  # fmt: skip
a_word = st.fixed_dictionaries({
    "mmsi": st.sampled_from(VESSELS), "minute": st.integers(-100, 60), "shipname": st.sampled_from([None, "", "ALFA", "BRAVO"]),
    "callsign": st.sampled_from([None, "HL"]), "imo": st.sampled_from([None, 0, 9074729]), "ship_type": st.sampled_from([None, 0, 70]),
})  # fmt: skip


class StoreMachine(RuleBasedStateMachine):
    def opened(self):
        """The store of this run; another implementation opens its own."""
        return open_keep(Path(self.place.name) / "s", params=PARAMS)

    @initialize()
    def begin(self):
        self.place = tempfile.TemporaryDirectory()
        self.twin = Twin(lateness_ms=HOUR_MS)
        self.keep = self.opened()
        self.number, self.clock, self.sent = 0, 0, []

    def teardown(self):
        if hasattr(self, "keep"):
            self.keep.close()
            self.place.cleanup()

    def _rows(self, fixes, words):
        rows, said_rows = [], []
        for f in fixes:
            self.number += 1
            row = fix(
                self.number, f["mmsi"], self.clock + f["minute"], f["lat_deg"], f["lon_deg"], msg_type=f["msg_type"]
            )
            if f["lat_deg"] is None:
                row["lat_deg"] = row["lon_deg"] = float("nan")
            if f["odd"] == "undated":
                row["time_ms"] = MISSING_TIME_MS
            elif f["odd"] == "suspect":
                row["flags"] = 1 << 5
            elif f["odd"] == "ahead":
                row["received_ms"] = row["time_ms"] - 11 * MINUTE_MS
            elif f["odd"] == "far":
                row["time_ms"] += (self.number % 23 - 11) * 50 * HOUR_MS
                row["flags"] = 1 << 5
            rows.append(row)
        for w in words:
            self.number += 1
            said_rows.append(said(self.number, w.pop("mmsi"), self.clock + w.pop("minute"), **w))
        return rows, said_rows

    @rule(fixes=st.lists(a_fix, max_size=8), words=st.lists(a_word, max_size=3), later=st.integers(0, 90))
    def append(self, fixes, words, later):
        self.clock += later
        rows, words = self._rows(fixes, [dict(w) for w in words])
        if rows or words:
            self.sent.append((rows, words))
        assert self.keep.append(batch(rows, words)) == self.twin.append(rows, words)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def append_again(self, data):
        rows, words = data.draw(st.sampled_from(self.sent[-4:]))
        version = self.twin.seq
        assert self.keep.append(batch(rows, words)) == version == self.twin.append(rows, words)

    @rule()
    def seal(self):
        self.keep.seal()

    @rule()
    def compact(self):
        self.keep.compact()

    @rule()
    def restart(self):
        before = self.keep.versions()
        self.keep.close()
        self.keep = self.opened()
        assert self.keep.versions() == before

    @rule(ago=st.integers(0, 600))
    def retain(self, ago):
        before_ms = T0_MS + (self.clock - ago) * MINUTE_MS
        self.keep.retain(before_ms)
        self.twin.retain(before_ms)
        self.sent.clear()  # what was deleted may come back after a restart: it is no longer known

    @invariant()
    def answers_are_those_of_the_twin(self):
        if not hasattr(self, "keep"):
            return
        keep, twin = self.keep, self.twin
        version, table = keep.latest()
        assert version == twin.seq
        assert changed_rows(table) == twin.changed(0)
        assert changed_rows(keep.latest(twin.seq - 1)[1]) == twin.changed(twin.seq - 1)
        now = T0_MS + self.clock * MINUTE_MS
        for span in ((0, 2**52), (now - HOUR_MS, now)):
            for mmsi in VESSELS[:2]:
                assert keep.track(mmsi, *span)["msg_id"].tolist() == twin.track(mmsi, *span)
            assert keep.box(170, 0, -90, 90, *span)["msg_id"].tolist() == twin.box(170, 0, -90, 90, *span)
        block = now // BLOCK_MS * BLOCK_MS
        for start in (block, block - HOUR_MS, block - 2 * HOUR_MS):
            assert keep.block(start)["msg_id"].tolist() == twin.block(start)
            assert keep.history(start, start + 1)[1] == ([n] if (n := len(twin.block(start))) else [])
        if twin.newest_ms is not None:
            assert (keep.versions().newest_ms, keep.versions().closed_ms) == (twin.newest_ms, twin.closed_ms)


@pytest.mark.slow
class TestStore(StoreMachine.TestCase):
    settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
