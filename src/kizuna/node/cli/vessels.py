"""What the commands about single vessels print."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.engines.vessels import Holdings
    from kizuna.formats.run_summary import RunSummary
    from kizuna.picture.history import History
    from kizuna.picture.search import Candidate
    from kizuna.picture.watch import Hit

_LINES_MOST: Final = 20


def show(query: str, data: Sequence[Path], page: Path | None, least: float, *, as_json: bool) -> None:
    """One vessel's history, or the vessels to choose from."""
    with output.plain_errors():
        from kizuna.engines.vessels import Holdings  # noqa: PLC0415
        from kizuna.picture.history import as_dict  # noqa: PLC0415
        from kizuna.picture.search import imo_note, search  # noqa: PLC0415

        held = Holdings.at(data)
        with output.options():
            found = search(query, held.identities, held.segments, least)
        if note := imo_note(query):
            output.say(f"note: {note}")
        if not found:
            output.fail(f"no vessel that fits {query!r} was heard in {_where(held)} (names from likeness {least})")
        best = [c for c in found if c.likeness == found[0].likeness]
        chosen = held.history(best[0].mmsi) if len(best) == 1 else None
        if as_json:
            history = None if chosen is None else as_dict(chosen)
            output.emit({"query": query, "candidates": [_candidate(c) for c in found], "vessel": history})
        elif chosen is None:
            _tell_candidates(query, found)
        else:
            _tell(chosen, found, held)
        if page is not None:
            if chosen is None:
                output.fail("several vessels fit, so no page was written: ask again by MMSI", output.USAGE)
            _write_page(held, chosen, page)


def _where(held: Holdings) -> str:
    names = ", ".join(str(d) for d in held.directories[:3])
    more = len(held.directories) - 3
    return names + (f" and {more} more" if more > 0 else "")


def _candidate(one: Candidate) -> dict[str, Any]:
    from kizuna.base.utc import iso  # noqa: PLC0415

    row = dataclasses.asdict(one)
    first, last = row.pop("first_ms"), row.pop("last_ms")
    return {**row, "first_heard": iso(first) or None, "last_heard": iso(last) or None}


def _tell_candidates(query: str, found: Sequence[Candidate]) -> None:
    from kizuna.base.utc import iso_s  # noqa: PLC0415

    sys.stdout.write(f"{len(found)} vessels fit {query!r}; ask again by MMSI:\n")
    for one in found[:_LINES_MOST]:
        way = f"{one.way}, {one.likeness:.2f}" if one.by == "name" else one.by
        names = " / ".join(one.shipnames) or "no name"
        imos = "".join(f", IMO {i}" for i in one.imos)
        sys.stdout.write(f"  {one.mmsi:09d}  {names}{imos}  ({way}), last heard {iso_s(one.last_ms)}\n")
    if len(found) > _LINES_MOST:
        sys.stdout.write(f"  and {len(found) - _LINES_MOST} more; --json lists all\n")


def _tell(history: History, found: Sequence[Candidate], held: Holdings) -> None:
    from kizuna.base.utc import iso_s  # noqa: PLC0415
    from kizuna.picture.history import brief, cautions, hours_heard  # noqa: PLC0415
    from kizuna.records.context import marking  # noqa: PLC0415

    mark = marking(held.runs[0].context) if held.runs else ""
    names = " / ".join(history.shipnames) or "no name heard"
    out = [f"{mark + '  ' if mark else ''}MMSI {history.mmsi:09d}  {names}"]
    first = found[0]
    if first.by == "name":
        out.append(f"matched by name: {first.way}, likeness {first.likeness:.2f}; a name alone proves little")
    out.append(f"held to be {', '.join(history.vessel_ids) or 'unknown'}")
    start, end = history.span
    if iso_s(start):
        out.append(
            f"{history.fixes:,} fixes{f' ({history.repeats:,} of them heard again)' if history.repeats else ''} in "
            f"{_plural(len(history.segments), 'track')} over {hours_heard(history):,.1f} h, "
            f"{history.distance_nm:,.0f} nm; heard from {iso_s(start)} to {iso_s(end)}"
        )
    out += [f"  ! {sentence}" for sentence in cautions(history)]
    out += ["", "Who it said it was", *_identity_lines(history)]
    out += ["", f"Events ({len(history.events)})"]
    for i in range(min(len(history.events), _LINES_MOST)):
        event = brief(history.events, i)
        out.append(f"  {event['event_id'][:12]}  {event['confidence_word']:<8} {event['summary']}")
    if len(history.events) > _LINES_MOST:
        out.append(f"  and {len(history.events) - _LINES_MOST} more; --json or --page shows all")
    others = [c for c in found[1:] if c.mmsi != history.mmsi]
    if others:
        told = (f"{c.mmsi:09d} {c.shipnames[0] if c.shipnames else ''}".strip() for c in others[:5])
        out += ["", f"Less alike: {', '.join(told)}"]
    sys.stdout.write("\n".join(out) + "\n")


def _plural(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def _identity_lines(history: History) -> list[str]:
    from kizuna.base.utc import iso_s  # noqa: PLC0415

    table, out = history.identities, []
    for i in range(min(len(table), _LINES_MOST)):
        facts = [table["shipname"][i].as_py() or "no name"]
        if call := table["callsign"][i].as_py():
            facts.append(f"call sign {call}")
        if table["imo"][i] >= 0:
            facts.append(f"IMO {table['imo'][i]}{'' if table['imo_valid'][i] == 1 else ' (check digit wrong)'}")
        if table["length_m"][i] > 0:
            facts.append(f"{table['length_m'][i]} m")
        first, last = (iso_s(int(table[k][i])) for k in ("first_ms", "last_ms"))
        out.append(f"  {first} to {last}  {', '.join(facts)}  ({_plural(int(table['count'][i]), 'message')})")
    return out or ["  nothing was heard"]


def _write_page(held: Holdings, history: History, page: Path) -> None:
    from kizuna.engines.results import land, put  # noqa: PLC0415
    from kizuna.picture.vessel_html import vessel_html  # noqa: PLC0415

    put(page, vessel_html(history, _summary(held, history), held.tracks_of(history), land))
    output.say(f"page: {page}")


def _summary(held: Holdings, history: History) -> RunSummary:
    """The record of the runs as one, told of this vessel."""
    runs = held.runs
    start, end = history.span
    name = history.shipnames[0] if history.shipnames else "no name heard"
    return dataclasses.replace(
        runs[-1], title=f"{name}, MMSI {history.mmsi:09d}", start_ms=start, end_ms=end,
        inputs=tuple(i for run in runs for i in run.inputs),
        warnings=tuple(dict.fromkeys(w for run in runs for w in run.warnings)),
        counts={"fixes": history.fixes, "segments": len(history.segments), "events": len(history.events)}, timings=(),
    )  # fmt: skip


def watch(lists: Sequence[Path], data: Sequence[Path], least: float, *, as_json: bool) -> None:
    """Which vessels of the lists were heard."""
    with output.plain_errors():
        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.engines.vessels import Holdings  # noqa: PLC0415
        from kizuna.picture.watch import matches, read_watch_list  # noqa: PLC0415

        held = Holdings.at(data)
        hits: list[tuple[Path, Hit]] = []
        entries = 0
        for path in lists:
            try:
                content = path.read_bytes()
            except OSError as exc:
                raise ConfigError(f"cannot be read: {exc.strerror}", where=str(path)) from exc
            kept, aside = read_watch_list(content, path.name)
            for sentence in aside:
                output.say(f"set aside: {sentence}")
            if not kept:
                output.say(f"note: {path} names no vessel, so nothing can match")
            entries += len(kept)
            hits += [(path, hit) for hit in matches(kept, held.identities, held.segments, least)]
        if as_json:
            output.emit({"entries": entries, "hits": [_hit(path, hit, held) for path, hit in hits]})
        else:
            _tell_hits(entries, hits, held)
    raise SystemExit(output.FINDINGS if hits else output.OK)


def _hit(path: Path, hit: Hit, held: Holdings) -> dict[str, Any]:
    from kizuna.picture.history import brief  # noqa: PLC0415

    history = held.history(hit.candidate.mmsi)
    return {
        "list": path.name, "line": hit.line, "entry": dataclasses.asdict(hit.entry), "match": _candidate(hit.candidate),
        "rests_on": hit.worth, "events": [brief(history.events, i) for i in range(len(history.events))],
    }  # fmt: skip


def _tell_hits(entries: int, hits: Sequence[tuple[Path, Hit]], held: Holdings) -> None:
    from kizuna.base.utc import iso_s  # noqa: PLC0415
    from kizuna.records.context import REAL  # noqa: PLC0415

    heard = len({hit.candidate.mmsi for _, hit in hits})
    output.mark(held.runs[0].context if held.runs else REAL)
    entered = f"{entries:,} {'entry' if entries == 1 else 'entries'}"
    matched = f"{len(hits):,} {'match' if len(hits) == 1 else 'matches'} with {_plural(heard, 'vessel')}"
    sys.stdout.write(f"{entered}; {matched} heard in {_where(held)}\n")
    for path, hit in hits:
        one = hit.candidate
        how = f"{one.way}, {one.likeness:.2f}" if one.by == "name" else one.by
        events = held.history(one.mmsi).events
        kinds = [events.codes_of("event_type")[k] for k in events["event_type"].tolist()]
        did = ", ".join(f"{kinds.count(k)} {k}" for k in dict.fromkeys(kinds)) or "no event"
        sys.stdout.write(
            f"  {one.mmsi:09d}  {' / '.join(one.shipnames) or 'no name'}  by {how}: {hit.worth}\n"
            f"             {path.name} line {hit.line}: {hit.entry.reason}"
            + (f" (until {hit.entry.until})" if hit.entry.until else "")
            + f"\n             last heard {iso_s(one.last_ms)}; {did}\n"
        )
