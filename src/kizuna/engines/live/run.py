"""One run of ``kizuna live``: read, tell changes at once, save from time to time, write everything when it is over.

What is told is appended to ``events.jsonl``, one feature a line. The state lies in ``state``; with it a run goes on
where the one before was stopped, and of files it reads only what is new. A live feed that is stopped by hand is not
over: the state waits for the next start. At the end of the inputs the directory holds the same tables as ``detect``
leaves, and the story of all versions in ``history.parquet``.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines import results
from kizuna.engines.decode import DecodeRun, Loaded
from kizuna.engines.detect import Found
from kizuna.engines.inputs import Input, named
from kizuna.engines.live.engine import LiveEngine
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.settling import Settled
from kizuna.engines.live.state import Store
from kizuna.engines.reading import read
from kizuna.engines.run import Given, Request, given, title_of
from kizuna.engines.stages import Stages
from kizuna.engines.surround import Around
from kizuna.events.surroundings import Surroundings
from kizuna.fixes.table import FIXES
from kizuna.formats.event_lines import event_lines
from kizuna.formats.run_summary import InputFile, MaskUsed, RunSummary
from kizuna.links import files, net
from kizuna.places.anchorages import Anchorages, join, no_anchorages
from kizuna.places.coast import load_coast
from kizuna.places.ports import port_points
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.sources.batch import Batch
from kizuna.stores.parquet import cannot_write, make_directory, write_table

LINES: Final = "events.jsonl"
STATE: Final = "state"
ROWS_AT_ONCE: Final = 2_000
"""Rows of a file handed over at a time, so that events are told in their turn."""
Tell = Callable[[Table], None]
"""Called with every batch of changed events."""


@dataclass(frozen=True, slots=True)
class LiveRequest:
    """What to read and how; ``save_s`` is the time between two saves of the state."""

    request: Request
    params: LiveParams = field(default_factory=LiveParams)
    save_s: float = 60.0
    fresh: bool = False


@dataclass(slots=True)
class Outcome:
    """How it ended: ``summary`` is missing where the stream was stopped and waits to be continued."""

    counts: dict[str, int]
    events: int
    resumed: bool
    summary: RunSummary | None = None
    warnings: tuple[str, ...] = ()


def surroundings_of(lists: Sequence[Anchorages], zones: Sequence[Zone]) -> tuple[Surroundings, Anchorages]:
    """Coast, given anchorages, ports and zones. Anchorages are not computed: they would move while the stream runs."""
    anchorages = no_anchorages()
    for k, listed in enumerate(lists):
        anchorages = join(anchorages, listed) if k else listed
    known: dict[str, Any] = {}
    if lists:
        known = {"in_anchorage": anchorages.mask, "anchorage_m": anchorages.distance_m, "mask": anchorages.citation}
    around = Surroundings(
        shore_m=load_coast().distance_to_shore_m, zones=ZoneIndex.build(list(zones)) if zones else None,
        ports=port_points(anchorages), **known,
    )  # fmt: skip
    return around, anchorages


def live_into(what: LiveRequest, out: Path, tell: Tell, monotonic: Callable[[], float] = time.monotonic) -> Outcome:
    """Run until the inputs end or somebody stops it.

    Raises ConfigError for settings, files, or a state of other settings; InputError for what cannot be understood;
    UnavailableError when the disk is full. Ctrl-C and SIGTERM save and end it.
    """
    beside = given(what.request)
    if beside.start_ms is not None or beside.previous is not None:
        raise ConfigError("a stream knows neither --start nor --previous")
    around, anchorages = surroundings_of(beside.lists, beside.zones)
    items = named(what.request.inputs, what.request.options.source)
    make_directory(out)
    run = _Run(what, out, tell, monotonic, Store(out / STATE))
    run.begin(beside, around)
    over = run.read_all(items)
    run.save()
    if not over:
        return run.outcome(None, items)
    return run.finish(beside, anchorages, items)


class _Run:
    """The state of one run."""

    def __init__(
        self, what: LiveRequest, out: Path, tell: Tell, monotonic: Callable[[], float], store: Store
    ) -> None:  # fmt: skip
        self._what, self._out, self._tell, self._monotonic, self._store = what, out, tell, monotonic, store
        self._done: dict[str, list[int]] = {}  # rows of each file taken so far, by table
        self._seen: dict[str, list[int]] = {}  # rows of it read in this run
        self._busy = self._asked = False
        self._saved_s = monotonic()
        self._resumed = False
        self._engine: LiveEngine
        self._stages = Stages()

    def begin(self, beside: Given, around: Surroundings) -> None:
        """A new engine, or the one that was saved."""
        if self._store.exists() and not self._what.fresh:
            self._engine = self._store.restore(beside.settings, around, self._what.params)
            self._done = {k: [int(n) for n in v] for k, v in self._store.extra.items()}
            self._resumed = True
        else:
            self._engine = LiveEngine(beside.settings, around, self._what.params)
            (self._out / LINES).unlink(missing_ok=True)

    def read_all(self, items: Sequence[Input]) -> bool:
        """Feed all inputs; whether they came to their end."""
        for item in items:
            try:
                with self._signals():
                    for batch in read(item, self._what.request.options):
                        self._busy = True  # a batch goes in whole or not at all
                        self._feed(item, batch)
                        self._busy = False
                        if self._asked:
                            return False
            except KeyboardInterrupt:
                return False
            if "stopped by hand" in item.warnings:
                return False
        return True

    def save(self) -> None:
        """Write the state."""
        self._store.extra = dict(self._done)
        self._store.save(self._engine)
        self._saved_s = self._monotonic()

    def finish(self, beside: Given, anchorages: Anchorages, items: Sequence[Input]) -> Outcome:
        """The stream is over: tell the last changes and write the tables."""
        changed, settled = self._engine.close()
        self._say(changed)
        self.save()  # with what was told last: a start after the end tells nothing twice
        options = self._what.request.options
        context = self._engine.context or options.context
        kept = self._engine.kept
        batch = Batch(kept.fixes, kept.statics, kept.others.view(), kept.rejects.view(), {})
        loaded = Loaded(batch, _read_run(items, settled, context))
        masks = (MaskUsed("anchorages", anchorages.origin, anchorages.digest, len(anchorages)),) if beside.lists else ()
        notes = tuple(f"zone {z.name or z.zone_id}: {note}" for z in beside.zones for note in z.notes)
        found = Found(
            settled.tracks, settled.identities, settled.events, Around(settled.surroundings, masks, anchorages, notes),
            (*notes, *self._warnings(items)),
        )  # fmt: skip
        (self._out / "run.json").unlink(missing_ok=True)
        results.write_tables(loaded, found, self._out, self._stages, context, options.label)
        write_table(self._engine.told.history(), self._out / "history.parquet", context=context, label=options.label)
        if len(kept.late):
            write_table(kept.late.view(), self._out / "late.parquet", context=context, label=options.label)
        summary = results.summarise(
            self._what.request.title or title_of(self._what.request.inputs), loaded, found, beside.settings,
            beside.zone_files, self._stages, context, options.label, found.warnings,
        )  # fmt: skip
        results.write_report(summary, found, beside.zones, self._out)
        return self.outcome(summary, items)

    def outcome(self, summary: RunSummary | None, items: Sequence[Input]) -> Outcome:
        """What to say at the end."""
        counts = self._engine.counts.as_dict()
        return Outcome(counts, len(self._engine.told), self._resumed, summary, tuple(self._warnings(items)))

    def _feed(self, item: Input, batch: Batch) -> None:
        """Hand over a batch; of a file only the rows that an earlier run did not take."""
        tables = [batch.fixes, batch.statics, batch.others, batch.rejects]
        if not (item.name == files.STDIN or net.is_url(item.name)):
            done = self._done.setdefault(item.source_id, [0] * 4)
            seen = self._seen.setdefault(item.source_id, [0] * 4)
            for k, table in enumerate(tables):
                cut = min(max(done[k] - seen[k], 0), len(table))
                tables[k] = table.slice(cut, len(table)) if cut else table
                seen[k] += len(table)
                done[k] = max(done[k], seen[k])
        fixes, statics, others, rejects = tables
        kept = self._engine.kept
        if len(others):
            kept.others.add(others)
        if len(rejects):
            kept.rejects.add(rejects)
        for start in range(0, max(len(fixes), 1), ROWS_AT_ONCE):
            part = fixes.slice(start, min(start + ROWS_AT_ONCE, len(fixes)))
            self._say(self._engine.feed(part, None if start else statics))
        if self._monotonic() - self._saved_s >= self._what.save_s:
            self.save()

    def _say(self, changed: Table) -> None:
        if not len(changed):
            return
        try:
            with (self._out / LINES).open("ab") as file:
                file.write(event_lines(changed))
        except OSError as exc:
            raise cannot_write(exc, self._out / LINES) from exc
        self._tell(changed)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Ctrl-C and a request to terminate end the run between two batches; while it waits for input, at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            if self._asked or not self._busy:
                raise KeyboardInterrupt
            self._asked = True

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _warnings(self, items: Sequence[Input]) -> Iterator[str]:
        counts = self._engine.counts
        if counts.late:
            yield (
                f"{counts.late:,} fixes came later than {self._what.params.lateness_h:g} h and were set aside in "
                "late.parquet; kizuna detect over all files takes them in"
            )
        if counts.refused:
            yield f"{counts.refused:,} fixes were refused: more than {self._what.params.vessels_max:,} MMSIs"
        for item in items:
            for sentence in item.warnings:
                yield f"{item.source_id}: {sentence}"


def _read_run(items: Sequence[Input], settled: Settled, context: str) -> DecodeRun:
    """The record of what was read, as ``detect`` keeps it."""
    inputs = tuple(
        InputFile(i.source_id, i.sha256, i.size_bytes, i.kind, i.counts.get("rows", 0), {}) for i in items
    )  # fmt: skip
    fixes = settled.tracks.fixes
    times = fixes["time_ms"]
    known = times[times != MISSING_TIME_MS]
    words = FIXES["time_source"].codes or ()
    sources = {word: int((fixes["time_source"] == k).sum()) for k, word in enumerate(words)}
    return DecodeRun(
        inputs, {"fixes": len(fixes)}, {i.source_id: dict(i.counts) for i in items},
        {k: n for k, n in sources.items() if n}, int(known.min()) if len(known) else MISSING_TIME_MS,
        int(known.max()) if len(known) else MISSING_TIME_MS, (context,) if len(fixes) else (), (), (),
    )  # fmt: skip
