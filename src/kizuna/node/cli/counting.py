"""What the commands presence, transits and trend do."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kizuna.node.cli import looking, output

if TYPE_CHECKING:
    from kizuna.picture.series import Series
    from kizuna.picture.trends import Change
    from kizuna.places.gates import Gate
    from kizuna.places.zone import Zone

_COMPILE_S: Final = 3
"""Seconds of compilation to announce; measured 2.2."""


@dataclass(frozen=True, slots=True)
class Showing:
    """Where the answer goes."""

    out: Path | None
    as_json: bool
    as_csv: bool
    limit: int
    quiet: bool


@dataclass(frozen=True, slots=True)
class PresenceAsked:
    """Options of ``presence``."""

    zones: tuple[Path, ...]
    by: str
    grid_deg: float
    silence_max_h: float
    away_h: float
    flag_names: Path | None


@dataclass(frozen=True, slots=True)
class TransitsAsked:
    """Options of ``transits``."""

    gates: tuple[Path, ...]
    by: str
    clear_nm: float
    long_silence_h: float
    flag_names: Path | None


@dataclass(frozen=True, slots=True)
class CsvAsked:
    """Options of ``trend`` for a CSV."""

    where: tuple[str, ...]
    source: str
    licence: str
    unit: str


@dataclass(frozen=True, slots=True)
class SeriesAsked:
    """Options of ``trend`` for a directory of results."""

    zones: tuple[Path, ...]
    zone: str
    gates: tuple[Path, ...]
    flag: str
    kind: str
    flag_names: Path | None


@dataclass(frozen=True, slots=True)
class SpansAsked:
    """What is compared with what."""

    baseline: str
    period: str
    per_heard: bool
    level: float
    beside: tuple[str, ...] = ()


def presence(directory: Path, asked: PresenceAsked, how: Showing) -> None:
    """Count and show presence."""
    with output.plain_errors():
        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.engines.over_time.presence import Question, presence_of  # noqa: PLC0415
        from kizuna.engines.over_time.stream import Results  # noqa: PLC0415
        from kizuna.picture.presence import Params  # noqa: PLC0415

        zones, names = _zones(asked.zones), _names(asked.flag_names)
        by = _words(asked.by) or (("zone",) if zones else ())
        if "zone" in by and not zones:
            raise ConfigError("no zones to count by", where="--by", hint="give --zones")
        limits = {"silence_max_h": asked.silence_max_h, "away_h": asked.away_h}
        with output.options():
            questions = [Question(Params(by=by, **limits), zones, names)]
            if asked.grid_deg:
                period = tuple(b for b in by if b in ("month", "day"))
                questions.append(Question(Params(by=("cell", *period), cell_deg=asked.grid_deg, **limits), (), names))
        with output.progress_bar(quiet=how.quiet) as progress:
            shown, *grid = presence_of(directory, questions, progress)
        context, label = Results(directory).context_and_label()
        method = (
            f"{directory.name or directory}.",
            f"A silence counts up to {asked.silence_max_h:g} h. Vessels are MMSIs that can be vessels.",
        )
        if how.out is not None:
            from kizuna.engines.results import land, put  # noqa: PLC0415
            from kizuna.picture.pages.presence_page import presence_page  # noqa: PLC0415

            _make(how.out)
            _write(how.out / "presence", shown, context, label)
            if grid:
                _write(how.out / "presence_grid", grid[0], context, label)
            cells = grid[0] if grid and not {"month", "day"} & set(by) else None
            one = presence_page("Presence", method, shown, cells, asked.grid_deg, land, context, label)
            put(how.out / "presence.html", one)
        _show(shown, how, {"by": list(by), "context": context, "label": label})


def transits(directory: Path, asked: TransitsAsked, how: Showing) -> None:
    """Count and show transits."""
    with output.plain_errors():
        from kizuna.base import jit  # noqa: PLC0415
        from kizuna.engines.over_time.stream import Results  # noqa: PLC0415
        from kizuna.engines.over_time.transits import check_by, counted, transits_of  # noqa: PLC0415
        from kizuna.picture.transits import Params  # noqa: PLC0415

        gates, by = _gates(asked.gates), _words(asked.by)
        with output.options():
            check_by(by)
            params = Params(asked.clear_nm, asked.long_silence_h)
        output.announce_compilation("transits", _COMPILE_S)
        with output.progress_bar(quiet=how.quiet) as progress:
            found = transits_of(directory, gates, params, progress)
        jit.mark_warm("transits")
        shown = counted(found, gates, by, Results(directory).classes(), _names(asked.flag_names))
        context, label = Results(directory).context_and_label()
        if how.out is not None:
            from kizuna.engines.results import land, put  # noqa: PLC0415
            from kizuna.picture.pages.presence_page import transits_page  # noqa: PLC0415
            from kizuna.stores.parquet import write_table  # noqa: PLC0415

            _make(how.out)
            write_table(found, how.out / "transits.parquet", context=context, label=label)
            _write(how.out / "transits_counted", shown, context, label, parquet=False)
            method = (
                f"{directory.name or directory}. A crossing counts when the track is {asked.clear_nm:g} nm off",
                f"the line; it is inferred where the fixes lie more than {asked.long_silence_h:g} h apart.",
            )
            put(how.out / "transits.html", transits_page(method, gates, shown, land, context, label))
        _show(shown, how, {"by": list(by), "transits": len(found), "context": context, "label": label})


def trend(
    source: Path, names: tuple[str, ...], spans: SpansAsked, of_results: SeriesAsked, of_csv: CsvAsked, how: Showing
) -> None:  # fmt: skip
    """Compare and show."""
    with output.plain_errors():
        from kizuna.picture.series import span  # noqa: PLC0415
        from kizuna.picture.trends import Params, compare, sentence  # noqa: PLC0415

        with output.options():
            baseline, period, params = span(spans.baseline), span(spans.period), Params(level=spans.level)
        if source.is_dir():
            series, context, label = _own_series(source, names, of_results, how)
        else:
            series, context, label = _published(source, names, of_csv), "real", "nobody"
        rates = len(series) if spans.per_heard else 0
        series = [*series, *_beside(spans.beside)]
        with output.options():
            changes = [compare(s, baseline, period, params, per_heard=i < rates) for i, s in enumerate(series)]
        if how.out is not None:
            from kizuna.engines.results import put  # noqa: PLC0415
            from kizuna.picture.pages.trend_page import trend_page  # noqa: PLC0415

            _make(how.out)
            put(how.out / "trend.html", trend_page(changes, series, context, label))
            put(how.out / "trend.csv", _csv([_facts(c) for c in changes]).encode())
            put(how.out / "trend.json", (json.dumps([_facts(c) for c in changes], indent=2) + "\n").encode())
        if how.as_json:
            output.emit([{**_facts(c), "context": context} for c in changes])
        elif how.as_csv:
            sys.stdout.write(_csv([_facts(c) for c in changes]))
        else:
            output.mark(context)
            sys.stdout.write("".join(sentence(c) + "\n" for c in changes))
            if len(changes) > 1:
                output.say(
                    f"note: {len(changes)} series compared; chance alone calls one change in {_one_in(spans.level)}"
                )
        for change in changes:
            for warning in change.warnings:
                output.say(f"note: {change.name}: {warning}")
        if all(c.refused for c in changes):
            raise SystemExit(output.FAILURE)


def _one_in(level: float) -> str:
    return f"about {1.0 / (1.0 - level):.0f}"


def _own_series(
    source: Path, names: tuple[str, ...], asked: SeriesAsked, how: Showing
) -> tuple[list[Series], str, str]:  # fmt: skip
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.engines.over_time.own_series import Asked, check_asked, own_series  # noqa: PLC0415
    from kizuna.engines.over_time.stream import Results  # noqa: PLC0415

    names = names or ("vessels",)
    zones = {z.zone_id: z for z in _zones(asked.zones)}
    if asked.zone and asked.zone not in zones:
        raise ConfigError(f"no zone {asked.zone!r}", where="--zone", hint=", ".join(zones) or "give --zones")
    gates = _gates(asked.gates) if any(n.startswith("transits") for n in names) else ()
    wanted = Asked(names, zones.get(asked.zone), asked.flag, asked.kind, gates, _names(asked.flag_names))
    with output.options():
        check_asked(wanted)
    with output.progress_bar(quiet=how.quiet) as progress:
        series = own_series(source, wanted, progress)
    return series, *Results(source).context_and_label()


def _published(source: Path, names: tuple[str, ...], asked: CsvAsked) -> list[Series]:
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.links.series_files import read_series  # noqa: PLC0415

    where = {}
    for pair in asked.where:
        column, equals, value = pair.partition("=")
        if not (column and equals):
            raise ConfigError(f"{pair!r} chooses nothing", where="--where", hint="write COLUMN=VALUE")
        where[column] = value
    found = read_series(source, where=where, source=asked.source, licence=asked.licence, unit=asked.unit)
    odd = [n for n in names if n not in found]
    if odd:
        raise ConfigError(f"no series {', '.join(odd)}", where=str(source), hint=f"there are {', '.join(found)}")
    return [found[n] for n in (names or found)]


def _beside(files: tuple[str, ...]) -> list[Series]:
    out: list[Series] = []
    for text in files:
        name, _, column = text.rpartition(":") if not Path(text).exists() else (text, "", "")
        out += _published(Path(name or text), (column,) if column else (), CsvAsked((), "", "", "count a day"))
    return out


def _facts(c: Change) -> dict[str, Any]:
    from kizuna.picture.series import days_of  # noqa: PLC0415
    from kizuna.picture.trends import sentence  # noqa: PLC0415

    numbers = {
        "baseline_mean": c.baseline_mean, "period_mean": c.period_mean, "ratio": c.ratio, "low": c.low, "high": c.high,
        "dispersion": c.dispersion, "independent_days": c.independent_days, "heard_ratio": c.heard_ratio,
    }  # fmt: skip
    return {
        "series": c.name, "unit": c.unit, "source": c.source, "licence": c.licence, "baseline": days_of(c.baseline),
        "period": days_of(c.period), "baseline_days": c.baseline_days, "period_days": c.period_days,
        **{k: v if math.isfinite(v) else None for k, v in numbers.items()}, "level": c.level,
        "per_heard": c.per_heard, "clear": c.clear, "refused": c.refused or None, "warnings": list(c.warnings),
        "words": sentence(c),
    }  # fmt: skip


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.strip() for w in text.split(",") if w.strip())


def _zones(files: Sequence[Path]) -> list[Zone]:
    from kizuna.links.gis_files import read_zones  # noqa: PLC0415

    return [zone for path in files for zone in read_zones(path)]


def _gates(files: Sequence[Path]) -> list[Gate]:
    from kizuna.links.line_files import read_gates  # noqa: PLC0415
    from kizuna.places.gates import checked_gates, packaged_gates  # noqa: PLC0415

    return checked_gates([g for path in files for g in read_gates(path)]) if files else packaged_gates()


def _names(path: Path | None) -> dict[int, str] | None:
    from kizuna.base.errors import ConfigError, because  # noqa: PLC0415
    from kizuna.picture.flags import named  # noqa: PLC0415

    if path is None:
        return None
    try:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigError(f"cannot be read: {because(exc)}", where=str(path)) from exc
    return named({row[0]: ",".join(row[1:]).strip() for row in rows if row and row[0].strip().lower() != "mid"})


def _make(out: Path) -> None:
    from kizuna.stores.parquet import make_directory  # noqa: PLC0415

    make_directory(out)


def _write(stem: Path, shown: Any, context: str, label: str, *, parquet: bool = True) -> None:
    """The table as CSV and, with context and label, as Parquet."""
    from kizuna.engines.results import put  # noqa: PLC0415

    put(stem.with_suffix(".csv"), _csv(shown.to_pylist(), shown.column_names).encode())
    if parquet:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        sink = pa.BufferOutputStream()
        marked = shown.replace_schema_metadata({"kizuna.context": context, "kizuna.label": label})
        pq.write_table(marked, sink, compression="zstd")
        put(stem.with_suffix(".parquet"), sink.getvalue().to_pybytes())


def _csv(rows: list[dict[str, Any]], names: list[str] | None = None) -> str:
    text = io.StringIO()
    names = names or list(rows[0])
    out = csv.writer(text, lineterminator="\n")
    out.writerow(names)
    out.writerows([looking.cell(_flat(row[n])) for n in names] for row in rows)
    return text.getvalue()


def _flat(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _show(shown: Any, how: Showing, facts: dict[str, Any]) -> None:
    if how.as_json:
        output.emit({**facts, "rows": shown.to_pylist()})
    elif how.as_csv:
        sys.stdout.write(_csv(shown.to_pylist(), shown.column_names))
    else:
        output.mark(facts["context"])
        looking.print_table(shown, how.limit)
        if how.out is not None:
            output.say(f"in {how.out}")
