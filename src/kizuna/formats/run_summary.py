"""What a run read, did and found: the contents of ``run.json`` and of the head of the report.

Everything that follows from the inputs stands under ``run`` and is covered by ``digest``; what depends on the machine
and the hour (library versions, timings) stands beside it under ``environment``. Two partners who run the same files
with the same settings under the same rules therefore cite the same digest.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.base.utc import iso, parse
from kizuna.records.context import REAL, marking
from kizuna.records.label import NOBODY

FORMAT_VERSION: Final = 1
"""Version of the layout of ``run.json``; counts up when a member changes its meaning."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file or stream that was read.

    Attributes:
        name: as it stands in ``source_id`` (a file name without its folders).
        sha256: of the bytes as read (before decompression), lower-case hexadecimal; empty for a live stream.
        size_bytes: bytes as read; -1 where unknown.
        kind: how it was understood, e.g. ``nmea``, ``csv marinecadastre``, ``parquet``, ``zones geojson``.
        rows: rows that it gave to the tables (fixes, statics and others together), or zones.
        rejects: rows or lines set aside, by reason.
    """

    name: str
    sha256: str
    size_bytes: int
    kind: str
    rows: int
    rejects: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timing:
    """What one stage cost: CPU time of all threads of the process, and the rows that it worked on (-1 unknown)."""

    stage: str
    wall_s: float
    cpu_s: float
    rows: int = -1


@dataclass(frozen=True, slots=True)
class MaskUsed:
    """A mask that kept events out: what it is, where it comes from and its digest, as events name it in ``mask``."""

    name: str
    origin: str
    digest: str
    count: int = -1


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run of ``kizuna detect``.

    Attributes:
        title: heading of the report.
        kizuna_version: version of this software.
        inputs: data files, in the order read.
        zone_files: zone files, in the order read.
        params: parameters in use, per detector or stage: all of them, with defaults filled in.
        rules: version of every detector that ran, by rule id.
        counts: rows per table.
        time_sources: fixes per source of their time.
        start_ms, end_ms: first and last time in the data; MISSING_TIME_MS without times.
        context, label: of everything that the run wrote.
        masks: anchorage and other masks used.
        warnings: sentences that a reader must know before trusting the result.
        notices: notices that licences of the data used demand (coast, anchorages).
        limits: sentences on what this run cannot see.
        versions: Python and libraries.
        timings: stages in order of start.
    """

    title: str
    kizuna_version: str
    inputs: tuple[InputFile, ...] = ()
    zone_files: tuple[InputFile, ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    time_sources: Mapping[str, int] = field(default_factory=dict)
    start_ms: int = MISSING_TIME_MS
    end_ms: int = MISSING_TIME_MS
    context: str = REAL
    label: str = NOBODY
    masks: tuple[MaskUsed, ...] = ()
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    timings: tuple[Timing, ...] = ()

    @property
    def rejects(self) -> dict[str, int]:
        """Rejects of all inputs by reason, most frequent first."""
        total: dict[str, int] = {}
        for source in self.inputs:
            for reason, n in source.rejects.items():
                total[reason] = total.get(reason, 0) + n
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def _plain(value: Any) -> Any:
    """The value as JSON can hold it: NaN and infinities become null, mappings have text keys, tuples are lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return str(value)


def _input(source: InputFile) -> dict[str, Any]:
    return {"name": source.name, "sha256": source.sha256, "size_bytes": source.size_bytes, "kind": source.kind,
            "rows": source.rows, "rejects": dict(source.rejects)}  # fmt: skip


def _facts(summary: RunSummary) -> dict[str, Any]:
    """All that follows from the inputs."""
    facts: dict[str, Any] = _plain({
        "title": summary.title,
        "kizuna_version": summary.kizuna_version,
        "context": summary.context,
        "marking": marking(summary.context),
        "label": summary.label,
        "start_timestamp": iso(summary.start_ms) or None,
        "end_timestamp": iso(summary.end_ms) or None,
        "inputs": [_input(s) for s in summary.inputs],
        "zone_files": [_input(s) for s in summary.zone_files],
        "params": summary.params,
        "rules": summary.rules,
        "counts": summary.counts,
        "time_sources": summary.time_sources,
        "masks": [{"name": m.name, "origin": m.origin, "digest": m.digest, "count": m.count} for m in summary.masks],
        "warnings": summary.warnings,
        "notices": summary.notices,
        "limits": summary.limits,
    })  # fmt: skip
    return facts


def run_digest(summary: RunSummary) -> str:
    """Digest of the run to cite: 32 hexadecimal digits over all but library versions and timings."""
    text = json.dumps(_facts(summary), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def run_json(summary: RunSummary) -> bytes:
    """``run.json``: UTF-8, keys sorted, two-space indent; the same bytes for the same run but for ``environment``."""
    document = {
        "kizuna_run": FORMAT_VERSION,
        "digest": run_digest(summary),
        "run": _facts(summary),
        "environment": _plain({
            "versions": summary.versions,
            "timings": [{"stage": t.stage, "wall_s": round(t.wall_s, 3), "cpu_s": round(t.cpu_s, 3),
                         "rows": t.rows if t.rows >= 0 else None} for t in summary.timings],
        }),
    }  # fmt: skip
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, indent=2) + "\n").encode()


def read_run_json(data: bytes) -> RunSummary:
    """The summary as ``run_json`` wrote it, with timings rounded as they stand there.

    Raises ValueError or KeyError where it is no such document, InputError where a later version wrote it.
    """
    document = json.loads(data)
    if document["kizuna_run"] > FORMAT_VERSION:
        raise InputError(f"run.json has version {document['kizuna_run']}", hint="update Kizuna")
    run, around = document["run"], document["environment"]
    return RunSummary(
        title=run["title"], kizuna_version=run["kizuna_version"],
        inputs=tuple(InputFile(**source) for source in run["inputs"]),
        zone_files=tuple(InputFile(**source) for source in run["zone_files"]), params=run["params"], rules=run["rules"],
        counts=run["counts"], time_sources=run["time_sources"], start_ms=_time(run["start_timestamp"]),
        end_ms=_time(run["end_timestamp"]), context=run["context"], label=run["label"],
        masks=tuple(MaskUsed(**mask) for mask in run["masks"]), warnings=tuple(run["warnings"]),
        notices=tuple(run["notices"]), limits=tuple(run["limits"]), versions=around["versions"],
        timings=tuple(Timing(t["stage"], t["wall_s"], t["cpu_s"], -1 if t["rows"] is None else t["rows"])
                      for t in around["timings"]),
    )  # fmt: skip


def _time(text: str | None) -> int:
    return MISSING_TIME_MS if text is None else parse(text)
