"""What the Python interface gives back: tables as Arrow, other libraries' tables on demand, events to cite."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.errors import ConfigError
from kizuna.base.table import from_arrow
from kizuna.engines import memory, run
from kizuna.engines.decode import Loaded
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.fixes.table import FLAG_DUPLICATE
from kizuna.formats.run_summary import run_json
from kizuna.node.python import frames
from kizuna.node.python.words import python_words
from kizuna.picture.history import History, as_dict, cautions
from kizuna.picture.search import search
from kizuna.stores.parquet import make_directory
from kizuna.stores.query import ask, ask_tables
from kizuna.tracks.table import IDENTITIES, SEGMENTS

TABLES: Final = ("fixes", "statics", "others", "rejects", "segments", "identities", "events")
_PLACE: Final = {
    "fixes": ("lat", "lon"), "segments": ("start_lat", "start_lon"), "events": ("lat_mean", "lon_mean"),
}  # fmt: skip
_NAMED_MOST: Final = 10


class _Tables:
    """Tables by name, read once when they are first asked for."""

    def __init__(self, readers: Mapping[str, Callable[[], pa.Table]]) -> None:
        self._readers = dict(readers)
        self._read: dict[str, pa.Table] = {}

    def arrow(self, name: str) -> pa.Table:
        """A table with the columns of the reference. Raises ConfigError for a name that there is not."""
        if name not in self._readers:
            raise ConfigError(f"no table {name!r}", hint=f"there are {', '.join(self._readers)}")
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def polars(self, name: str) -> Any:
        """The same as a Polars DataFrame."""
        return frames.to_polars(self.arrow(name))

    def pandas(self, name: str) -> Any:
        """The same as a pandas DataFrame."""
        return frames.to_pandas(self.arrow(name))

    def geopandas(self, name: str) -> Any:
        """Fixes, segments (where they begin) or events (mean place) as a GeoDataFrame in WGS 84."""
        if name not in _PLACE:
            raise ConfigError(f"{name} has no place", hint=f"{', '.join(_PLACE)} have")
        return frames.to_geopandas(self.arrow(name), *_PLACE[name])

    def sql(self, query: str) -> pa.Table:
        """The answer to one SELECT (DuckDB) over all tables, by their names."""
        return ask_tables({name: self.arrow(name) for name in self._readers}, query)


class Decoded(_Tables):
    """Rows as they were heard."""

    def __init__(self, loaded: Loaded) -> None:
        self.loaded = loaded
        batch = loaded.batch
        held = {"fixes": batch.fixes, "statics": batch.statics, "others": batch.others, "rejects": batch.rejects}
        super().__init__({name: table.to_arrow for name, table in held.items()})

    fixes = property(lambda self: self.arrow("fixes"), doc="Positions, an Arrow table.")
    statics = property(lambda self: self.arrow("statics"), doc="Static messages, an Arrow table.")
    others = property(lambda self: self.arrow("others"), doc="Other messages, an Arrow table.")
    rejects = property(lambda self: self.arrow("rejects"), doc="What was set aside, with its reason.")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return self.loaded.run.warnings

    def __repr__(self) -> str:
        """Counts."""
        return f"<kizuna.Decoded {_counts(self.loaded.run.counts)}>"


class Result(_Tables):
    """Tracks and events, with the record of the run that made them."""

    def __init__(self, readers: Mapping[str, Callable[[], pa.Table]], record: Mapping[str, Any]) -> None:
        super().__init__(readers)
        self.record = record
        self._answer: run.Answer | None = None
        self._directory: Path | None = None

    @classmethod
    def of(cls, answer: run.Answer) -> Result:
        """A run in memory."""
        parts = memory.tables(answer)

        def reader(name: str) -> Callable[[], pa.Table]:
            return lambda: pa.concat_tables([part.to_arrow() for part in parts[name]], promote_options="permissive")

        made = cls({name: reader(name) for name in TABLES}, json.loads(run_json(answer.summary())))
        made._answer = answer
        return made

    @classmethod
    def read(cls, directory: Path) -> Result:
        """A run on disk."""
        try:
            record = json.loads((directory / "run.json").read_bytes())
        except (OSError, ValueError) as exc:
            raise ConfigError("holds no whole result", where=str(directory), hint="run kizuna detect first") from exc

        def reader(name: str) -> Callable[[], pa.Table]:
            return lambda: ask(directory, f"SELECT * FROM {name}")  # noqa: S608  one of TABLES

        made = cls({name: reader(name) for name in TABLES if (directory / f"{name}.parquet").exists()}, record)
        made._directory = directory
        return made

    fixes = property(lambda self: self.arrow("fixes"), doc="Positions by vessel and time, an Arrow table.")
    statics = property(lambda self: self.arrow("statics"), doc="Static messages, an Arrow table.")
    segments = property(lambda self: self.arrow("segments"), doc="Runs of fixes held to be one ship's.")
    identities = property(lambda self: self.arrow("identities"), doc="Who sent which name when.")
    events = property(lambda self: self.arrow("events"), doc="Events with their evidence, an Arrow table.")

    @property
    def digest(self) -> str:
        """Digest of the run: equal for equal inputs, settings and rules."""
        return str(self.record["digest"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""
        return tuple(self.record["run"]["warnings"])

    def sql(self, query: str) -> pa.Table:
        """The answer to one SELECT (DuckDB) over all tables, by their names; on disk it reads what the query needs."""
        return super().sql(query) if self._directory is None else ask(self._directory, query)

    def trajectories(self) -> Any:
        """Fixes as ``movingpandas.TrajectoryCollection(frame, "traj_id")`` takes them: a GeoDataFrame indexed by time.

        ``traj_id`` is the segment's key (MMSI and start); the index is UTC without a time zone, which MovingPandas
        wants; noise and rows without a place or time are left out.
        """
        keys = self.segments.select(["seg_id", "seg_key"])
        columns = ["seg_id", "mmsi", "timestamp", "lat", "lon", "sog_kn", "cog_deg", "msg_id"]
        rows = self.fixes.select(columns).join(keys, "seg_id", join_type="inner")
        rows = rows.sort_by([("seg_key", "ascending"), ("timestamp", "ascending"), ("msg_id", "ascending")])
        frame = frames.to_geopandas(rows.rename_columns([*columns, "traj_id"]), "lat", "lon")
        frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
        return frame.drop(columns=["lat", "lon"]).set_index("timestamp")

    def event(self, event_id: str) -> Event:
        """One event by its id, or by the first characters of it that no other has."""
        found = self.events.filter(pc.starts_with(self.events["event_id"], event_id)).to_pylist()
        ids = {row["event_id"] for row in found}
        if len(ids) != 1:
            raise ConfigError(f"{len(ids)} events have ids that begin with {event_id!r}")
        return Event(max(found, key=lambda row: row["version"]), self)

    def each_event(self, event_type: str = "") -> Iterator[Event]:
        """Events, all or of one type, most confident first. Raises ConfigError for a type that there is not."""
        rows = self.events
        if event_type and event_type not in EVENT_TYPES:
            raise ConfigError(f"no type of event {event_type!r}", hint=f"there are {', '.join(EVENT_TYPES)}")
        if event_type:
            rows = rows.filter(pc.equal(rows["event_type"].cast(pa.string()), event_type))
        for row in rows.sort_by([("confidence", "descending"), ("event_id", "ascending")]).to_pylist():
            yield Event(row, self)

    def vessel(self, query: str | int) -> Vessel:
        """The vessel that fits an MMSI, an IMO number, a call sign, or a name in any script.

        Raises ConfigError where none fits, or several do; the message names them.
        """
        identities, segments = (from_arrow(schema, self.arrow(schema.name)) for schema in (IDENTITIES, SEGMENTS))
        found = search(str(query), identities, segments)
        best = [c for c in found if c.likeness == found[0].likeness]
        if len(best) != 1:
            named = "; ".join(f"{c.mmsi:09d} {' / '.join(c.shipnames)}" for c in best[:_NAMED_MOST])
            raise ConfigError(
                f"{len(best)} vessels fit {query!r}" + (f": {named}" if named else ""),
                hint="ask by MMSI" if best else "see result.pandas('identities') for what was heard",
            )
        mmsi = best[0].mmsi
        rows = self.events.filter(self._events_with(mmsi))
        own = self.fixes.filter(pc.equal(self.fixes["mmsi"], mmsi))
        flags = own["flags"].to_numpy()
        history = History(
            mmsi, identities.take(identities["mmsi"] == mmsi), segments.take(segments["mmsi"] == mmsi),
            from_arrow(EVENTS, rows), own.num_rows, int(((flags & FLAG_DUPLICATE) != 0).sum()),
        )  # fmt: skip
        return Vessel(history, best[0].way, self)

    def _events_with(self, mmsi: int) -> pa.Array:
        """A mask of the events in which an MMSI takes part."""
        return pa.array([mmsi in (mmsis or ()) for mmsis in self.events["mmsis"].to_pylist()], pa.bool_())

    @python_words()
    def save(self, directory: str | Path) -> Path:
        """Write the files of ``kizuna detect``, the report among them. Raises ConfigError for a result on disk."""
        if self._answer is None:
            raise ConfigError("is on disk already", where=str(self._directory))
        make_directory(Path(directory))
        run.save(self._answer, Path(directory))
        return Path(directory)

    def __repr__(self) -> str:
        """Counts."""
        run = self.record["run"]
        return f"<kizuna.Result {run['marking']}{' ' if run['marking'] else ''}{_counts(run['counts'])}>"


@dataclass(frozen=True)
class Vessel:
    """What is known of one MMSI."""

    history: History
    way: str
    result: Result

    def __getattr__(self, name: str) -> Any:
        """``mmsi``, ``shipnames``, ``vessel_ids``, ``span``, ``distance_nm`` and the tables of the history."""
        if name.startswith("__"):  # copying and pickling ask before there is a history
            raise AttributeError(name)
        return getattr(self.history, name)

    @property
    def cautions(self) -> list[str]:
        """What a reader must know before trusting it."""
        return cautions(self.history)

    @property
    def fixes(self) -> pa.Table:
        """Its positions by time."""
        return self.result.fixes.filter(pc.equal(self.result.fixes["mmsi"], self.history.mmsi))

    @property
    def events(self) -> list[Event]:
        """Its events by start."""
        return [self.result.event(i) for i in self.history.events["event_id"].to_pylist()]

    def as_dict(self) -> dict[str, Any]:
        """Everything but the fixes, for JSON."""
        return as_dict(self.history)

    def __repr__(self) -> str:
        """Number, name, counts."""
        name = " / ".join(self.history.shipnames) or "no name heard"
        counts = f"{self.history.fixes:,} fixes, {len(self.history.events)} events"
        return f"<kizuna.Vessel {self.history.mmsi:09d} {name}: {counts}>"


@dataclass(frozen=True)
class Event:
    """One event: its row, and how to show and cite it."""

    row: Mapping[str, Any]
    result: Result

    def __getattr__(self, name: str) -> Any:
        """A column of the table of events."""
        if name.startswith("__"):  # copying and pickling ask before there is a row
            raise AttributeError(name)
        try:
            return self.row[name]
        except KeyError:
            raise AttributeError(name) from None

    @cached_property
    def proof(self) -> pa.Table:
        """The fixes that reproduce the event, by vessel and time."""
        ids = [i for part in self.row["proof"] or () if part["table"] == "fixes" for i in part["msg_ids"]]
        fixes = self.result.fixes
        return fixes.filter(pc.is_in(fixes["msg_id"], pa.array(ids, pa.int64())))

    def cite(self) -> str:
        """A paragraph to quote: what, whose rule, which data, which software, how sure."""
        row, run = self.row, self.result.record["run"]
        inputs = "; ".join(
            f"{i['name']} (SHA-256 {i['sha256']})" if i["sha256"] else f"{i['name']} (live, no digest)"
            for i in run["inputs"]
        )
        marking = f"{run['marking']}: " if run["marking"] else ""
        return (
            f"{marking}{row['summary']} Event {row['event_id']}, version {row['version']} ({row['status']}), rule "
            f"{row['rule_id']} version {row['rule_version']}; confidence {row['confidence']:.2f} "
            f"({row['confidence_word']}), rests on {', '.join(row['sources'] or ['AIS only'])}. "
            f"Kizuna {run['kizuna_version']}, run {self.result.digest}. Data: {inputs}."
        )

    def explain(self) -> str:
        """The event in plain text: every test with what was measured, what else it could be, what would settle it."""
        lines = [str(self.row["summary"]), ""]
        for test in self.row["evidence"] or ():
            held = {True: "held", False: "did not hold", None: "not measured"}[test["passed"]]
            lines.append(
                f"  {test['test']}: {_number(test['measured'])} {test['relation']} {_number(test['threshold'])} "
                f"{test['unit'] or ''}".rstrip()
                + f"  ({held})"
            )
        for heading, column in (("Could also be", "alternatives"), ("Would settle it", "would_settle")):
            if self.row[column]:
                lines += ["", f"{heading}:", *(f"  - {sentence}" for sentence in self.row[column])]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Type, id and sentence."""
        return f"<kizuna.Event {self.row['event_type']} {self.row['event_id'][:12]}: {self.row['summary']}>"

    def _repr_html_(self) -> str:
        """For notebooks: the explanation, escaped (names from the air are hostile input)."""
        return f"<pre>{html.escape(self.explain())}</pre>"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.4g}"


def _counts(counts: Mapping[str, int]) -> str:
    told = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n and " of type " not in name)
    return told or "empty: no message was found"
