"""The functions of the Python interface. They do what the commands of the same name do, and end in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kizuna.base.errors import InputError
from kizuna.engines import memory, run
from kizuna.engines.decode import Loaded, Options
from kizuna.engines.decode import load as load_inputs
from kizuna.engines.stages import Stages, silent
from kizuna.events.params import Settings, from_values
from kizuna.formats.run_summary import InputFile
from kizuna.links.anchorage_files import read_anchorages
from kizuna.node.python.frames import arrow_table
from kizuna.node.python.result import Decoded, Result
from kizuna.node.python.words import python_words
from kizuna.places.zone import Zone
from kizuna.records.context import REAL, check

PathLike_ = str | PathLike[str]
Progress = Callable[[str, float, float], None]
"""Called with the name of a stage, what is done and what there is to do (0 when unknown)."""


@python_words()
def decode(
    data: Any, *, source: str = "", context: str = "", label: str = "nobody",
    columns: Mapping[str, str] | None = None, assume_utc: bool = False, date_order: str = "",
    progress: Progress | None = None,
) -> Decoded:  # fmt: skip
    """Read AIS into tables of fixes, static messages, others and rejects.

    Args:
        data: a path, a list of paths (NMEA, CSV, JSON, Parquet; plain, gzip or zstd), or a table of positions as
            Polars, pandas, GeoPandas or Arrow, whose columns are found by their names as those of a CSV file.
        source: name of the source; for a table ``table`` unless given. It is part of every ``msg_id``.
        context: ``real``, ``exercise:<id>`` or ``test``. Unless given, rows of our own tables are what they say, all
            others real; given, rows that say something else are refused.
        label: who may be told.
        columns: which column is which field where the names do not say it, e.g. ``{"lat": "Y"}``.
        assume_utc: read times without a time zone as UTC.
        date_order: ``dmy`` or ``mdy`` for dates such as 05/04/2026.
        progress: called as the work goes on.

    Raises:
        ContextError: the data says that it is an exercise, or of another context than the given one.
        InputError: the data cannot be understood; single bad rows are set aside in ``rejects`` instead.
        ConfigError: a file that is not there, or an option that is none.
    """
    options = Options(
        source, check(context or REAL), label, dict(columns or {}), assume_utc, date_order, only=bool(context)
    )  # fmt: skip
    return Decoded(_loaded(data, options, progress))


@python_words()
def detect(
    data: Any, *, zones: Any = (), anchorages: PathLike_ | Sequence[PathLike_] = (),
    params: PathLike_ | Mapping[str, Mapping[str, Any]] | Settings | None = None, start: str = "", source: str = "",
    context: str = "", label: str = "nobody", columns: Mapping[str, str] | None = None, assume_utc: bool = False,
    date_order: str = "", title: str = "", progress: Progress | None = None,
) -> Result:  # fmt: skip
    """Find tracks and explained events in AIS.

    The same rows, settings and surroundings give the same events, with the same ids, as ``kizuna detect``.

    Args:
        data: as for ``decode``, or what ``decode`` gave.
        zones: a path or paths of GeoJSON, GeoPackage or Shapefile; or ``kizuna.places.zone.Zone`` objects.
        anchorages: CSV or GeoJSON lists of anchorages, joined with those computed from the data.
        params: settings that differ from the defaults: ``{"gaps": {"threshold_h": 12}}`` or a TOML file.
        start: for data without times, the UTC time of the first row, ``2020-01-01T00:00:00Z``.
        title: heading of the report.
        source: as for ``decode``.
        context: as for ``decode``.
        label: as for ``decode``.
        columns: as for ``decode``.
        assume_utc: as for ``decode``.
        date_order: as for ``decode``.
        progress: as for ``decode``.

    Raises:
        InputError, ConfigError: as ``decode``; ConfigError also names a setting that is unknown or out of range.
    """
    options = Options(
        source, check(context or REAL), label, dict(columns or {}), assume_utc, date_order, only=bool(context)
    )  # fmt: skip
    areas, files = _zones(zones)
    lists = [read_anchorages(path) for path in _paths(anchorages)]
    beside = run.Given(_settings(params), areas, tuple(files), lists, None, run.start_of(start))
    if isinstance(data, Decoded):
        loaded = data.loaded
        options.stand(loaded.batch, "data")
    else:
        loaded = _loaded(data, options, progress)
    stages = Stages(progress or silent)
    return Result.of(run.find(loaded, beside, title or source or _title(data), options, stages))


@python_words()
def load(directory: PathLike_) -> Result:
    """The result that ``kizuna detect`` or ``Result.save`` left in a directory.

    Tables are read when they are asked for. Raises ConfigError where the directory holds no whole result.
    """
    return Result.read(Path(directory))


def _loaded(data: Any, options: Options, progress: Progress | None) -> Loaded:
    if _is_path(data) or (isinstance(data, (list, tuple)) and all(_is_path(one) for one in data)):
        return load_inputs([str(one) for one in _paths(data)], options=options, progress=progress or silent)
    named = options if options.source else Options(
        "table", options.context, options.label, options.columns, options.assume_utc, options.date_order,
        only=options.only,
    )  # fmt: skip
    return memory.table_in(arrow_table(data), named, progress or silent)


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, PathLike))


def _paths(value: Any) -> list[Path | str]:
    """One path or several; names of streams stay text."""
    many = [value] if _is_path(value) else list(value)
    return [one if isinstance(one, str) and "://" in one else Path(one) for one in many]


def _zones(value: Any) -> tuple[list[Zone], list[InputFile]]:
    many = [value] if _is_path(value) or isinstance(value, Zone) else list(value)
    areas: list[Zone] = []
    files: list[InputFile] = []
    for one in many:
        if isinstance(one, Zone):
            areas.append(one)
        elif _is_path(one):
            found, told = run.zones_of([Path(one)])
            areas += found
            files += told
        else:
            raise InputError(f"{type(one).__name__} is no zone", hint="give paths or kizuna.places.zone.Zone objects")
    return areas, files


def _settings(params: Any) -> Settings:
    if params is None:
        return Settings()
    if isinstance(params, Settings):
        return params
    if isinstance(params, Mapping):
        return from_values(params)
    return run.settings_of(Path(params))


def _title(data: Any) -> str:
    paths = _paths(data) if _is_path(data) or isinstance(data, (list, tuple)) else []
    return Path(paths[0]).name if paths else "table"
