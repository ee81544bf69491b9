"""Reads the table of claims from its CSV files, and an operator's own rows from TOML on top of it."""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from kizuna.base.errors import ConfigError, InputError
from kizuna.places.claims.table import (
    CHECKED,
    EVERYWHERE,
    KINDS,
    LANGUAGES,
    RIGHTS,
    STANCES,
    Claim,
    ClaimTable,
    Feature,
    Group,
    Name,
    Party,
    Shape,
    Stance,
    grid_id,
)

FILES: Final = ("parties", "groups", "features", "claims", "stances", "names", "shapes")
Row = Mapping[str, Any]
_ID: Final = re.compile(r"^[A-Z][A-Z0-9-]{0,15}$")
_DATE: Final = re.compile(r"^(\d{4}(-\d{2}(-\d{2})?)?)?$")
_OWN: Final = ("parties", "names", "claims", "stances", "watch")
_LIMIT_NM: Final = 350.0
_NM_MAX: Final = 3000.0


@cache
def load_claims() -> ClaimTable:
    """The packaged table, read once per process."""
    folder = files("kizuna.places") / "data" / "claims"
    return read_table({name: (folder / f"{name}.csv").read_bytes() for name in FILES})


def read_table(data: Mapping[str, bytes]) -> ClaimTable:
    """A table from the bytes of its CSV files. Raises InputError, naming file and line, for a bad row."""
    parties = _rows(data, "parties", ("party", "en", "ja", "zh-Hant", "note"), _party)
    groups = _rows(data, "groups", _columns(Group), _group)
    features = _rows(data, "features", _columns(Feature), _feature)
    claims = _rows(data, "claims", _columns(Claim), _claim)
    stances = _rows(data, "stances", _columns(Stance), _stance)
    names = _rows(data, "names", _columns(Name), _name)
    shapes = _shapes(_rows(data, "shapes", ("shape", "kind", "lat", "lon", "source", "checked"), dict))
    table = ClaimTable(
        {p.party: p for p in parties}, {g.group: g for g in groups}, {f.feature: f for f in features},
        tuple(claims), tuple(stances), tuple(names), shapes,
    )  # fmt: skip
    for what, made, rows in (("party", table.parties, parties), ("group", table.groups, groups),
                             ("feature", table.features, features)):  # fmt: skip
        if len(made) != len(rows):
            raise InputError(f"a {what} is listed twice", where="claims")
    check(table)
    return table


def with_own(table: ClaimTable, text: str, where: str = "claims file") -> ClaimTable:
    """The table with an operator's rows from a TOML text: parties, names, claims, stances to add or replace.

    A row replaces the one with the same key (party; subject, party and language; subject, claimant and right; those
    and the party), and ``remove = true`` takes that one out. ``watch`` maps a group to true or false. Raises
    ConfigError, naming the entry, for anything else.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"not TOML: {exc}", where=where) from exc
    for key in document:
        if key not in _OWN:
            raise ConfigError(f"unknown section {key!r}", where=where, hint=f"allowed: {', '.join(_OWN)}")
    try:
        parties = dict(table.parties)
        for party, given in document.get("parties", {}).items():
            old = parties.get(party, Party(party, {}))
            names = {k: str(v) for k, v in given.items() if k != "note"}
            parties[party] = _party({"party": party, **old.names, **names, "note": given.get("note", old.note)})
        groups = dict(table.groups)
        for group, watch in document.get("watch", {}).items():
            _need(group in groups and isinstance(watch, bool), f"watch {group}", "no such group, or not true or false")
            groups[group] = replace(groups[group], watch=watch)
        own = ClaimTable(
            parties, groups, table.features,
            _merged(table.claims, document.get("claims", ()), _claim, ("subject", "claimant", "right"), Claim),
            _merged(table.stances, document.get("stances", ()), _stance, ("subject", "claimant", "right", "party"),
                    Stance),
            _merged(table.names, document.get("names", ()), _name, ("subject", "party", "language"), Name),
            table.shapes,
        )  # fmt: skip
        check(own)
    except (InputError, AttributeError, TypeError, ValueError) as exc:
        raise ConfigError(str(exc), where=where, hint="docs/reference/claims-table.md lists the columns") from exc
    return own


def _merged(
    rows: Sequence[Any], given: Any, make: Callable[[Row], Any], key: tuple[str, ...], kind: type[Any]
) -> tuple[Any, ...]:
    out = list(rows)
    columns = _columns(kind)
    for entry in given:
        row = dict(entry)
        remove = row.pop("remove", False)
        unknown = [k for k in row if k not in columns]
        if unknown:
            raise InputError(f"unknown key {unknown[0]!r}", hint=f"allowed: {', '.join(columns)}, remove")
        for column in key:
            row.setdefault(column, "")
        at = [i for i, old in enumerate(out) if all(getattr(old, c) == row[c] for c in key)]
        if remove:
            out = [old for i, old in enumerate(out) if i not in at]
            continue
        old = {c: getattr(out[at[0]], c) for c in columns} if at else dict.fromkeys(columns, "")
        made = make(old | row)
        if at:
            out[at[0]] = made
        else:
            out.append(made)
    return tuple(out)


def check(table: ClaimTable) -> None:
    """Raise InputError where rows do not fit each other: unknown party, subject or shape, an id off its place."""
    subjects = {EVERYWHERE, *table.groups, *table.features}
    for feature in table.features.values():
        where = f"feature {feature.feature}"
        _need(feature.group in table.groups, where, f"no group {feature.group!r}")
        _need(feature.feature == grid_id(feature.lat_deg, feature.lon_deg), where, "the id is not that of its point")
        _need(not feature.shape or feature.shape in table.shapes, where, f"no shape {feature.shape!r}")
    for group in table.groups.values():
        _need(group.group == grid_id(group.lat_deg, group.lon_deg, "g"), f"group {group.group}",
              "the id is not that of its point")  # fmt: skip
    for row in table.rows():
        where = f"row {row.subject} {row.claimant} {row.right}"
        _need(row.subject in subjects, where, "no such group or feature")
        _need(row.claimant in table.parties, where, f"no party {row.claimant!r}")
        if isinstance(row, Claim):
            for shape in filter(None, row.shape.split(";")):
                _need(shape in table.shapes, where, f"no shape {shape!r}")
        else:
            _need(row.party in table.parties, where, f"no party {row.party!r}")
    for name in table.names:
        where = f"name of {name.subject}"
        _need(name.subject in subjects and name.subject != EVERYWHERE, where, "no such group or feature")
        _need(not name.party or name.party in table.parties, where, f"no party {name.party!r}")


def _need(held: bool, where: str, message: str) -> None:  # noqa: FBT001  reads as a sentence
    if not held:
        raise InputError(message, where=where)


def _columns(kind: type[Any]) -> tuple[str, ...]:
    """Columns of a class: its fields, degrees without their unit as files have them."""
    return tuple(f.name for f in fields(kind))


def _rows(data: Mapping[str, bytes], name: str, columns: tuple[str, ...], make: Callable[[Row], Any]) -> list[Any]:
    in_file = tuple(c.removesuffix("_deg") for c in columns)
    try:
        reader = csv.DictReader(io.StringIO(data[name].decode("utf-8-sig")))
    except (KeyError, UnicodeDecodeError) as exc:
        raise InputError("is missing or not UTF-8", where=f"{name}.csv") from exc
    if tuple(reader.fieldnames or ()) != in_file:
        raise InputError(f"columns must be {', '.join(in_file)}", where=f"{name}.csv")
    out = []
    for line, row in enumerate(reader, 2):
        try:
            _need(None not in row and None not in row.values(), "", "has too many or too few cells")
            out.append(make({c: row[f].strip() for c, f in zip(columns, in_file, strict=True)}))
        except (InputError, ValueError) as exc:
            raise InputError(str(exc), where=f"{name}.csv line {line}") from exc
    return out


def _one_of(value: str, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise InputError(f"{what} {value!r}", hint=f"allowed: {', '.join(allowed)}")
    return value


def _number(value: Any, low: float, high: float, what: str) -> float:
    if value in ("", None):
        return math.nan
    number = float(value)
    if math.isnan(number):
        return math.nan
    if not low <= number <= high:
        raise InputError(f"{what} {value!r} is out of range", hint=f"{low:g} to {high:g}")
    return number


def _point(row: Row) -> tuple[float, float]:
    lat, lon = _number(row["lat_deg"], -90, 90, "lat"), _number(row["lon_deg"], -180, 180, "lon")
    if math.isnan(lat) or math.isnan(lon):
        raise InputError("has no position")
    return lat, lon


def _party(row: Row) -> Party:
    if not _ID.match(row["party"]):
        raise InputError(f"party {row['party']!r}", hint="capital letters, digits and hyphens, up to 16")
    names = {k: str(v) for k, v in row.items() if k not in ("party", "note") and v}
    for language in names:
        _one_of(language, LANGUAGES, "language")
    return Party(row["party"], names, str(row["note"]))


def _group(row: Row) -> Group:
    return Group(row["group"], *_point(row), _one_of(row["watch"], ("yes", "no"), "watch") == "yes", row["note"])


def _feature(row: Row) -> Feature:
    if not row["source"]:
        raise InputError("names no source")
    reach, radius = _number(row["reach_nm"], 0, _NM_MAX, "reach_nm"), _number(row["radius_m"], 0, 1e6, "radius_m")
    return Feature(
        row["feature"], row["group"], _one_of(row["kind"], KINDS, "kind"), *_point(row),
        0.0 if math.isnan(reach) else reach, 0.0 if math.isnan(radius) else radius, row["shape"], row["source"],
        _one_of(row["checked"], CHECKED, "checked"),
    )  # fmt: skip


def _claim(row: Row) -> Claim:
    return Claim(
        row["subject"], row["claimant"], _one_of(row["right"], RIGHTS, "right"),
        _number(row["limit_nm"], 0, _LIMIT_NM, "limit_nm"), row["shape"], row["basis"], *_cited(row), row["note"],
    )  # fmt: skip


def _stance(row: Row) -> Stance:
    return Stance(
        row["subject"], row["claimant"], _one_of(row["right"], ("", *RIGHTS), "right"), row["party"],
        _one_of(row["stance"], STANCES, "stance"), row["ground"], *_cited(row),
    )  # fmt: skip


def _cited(row: Row) -> tuple[str, str, str, str]:
    """Instrument, date, source, checked. A row without a source is no row."""
    if not row["source"]:
        raise InputError("names no source")
    if not _DATE.match(row["date"]):
        raise InputError(f"date {row['date']!r}", hint="YYYY, YYYY-MM or YYYY-MM-DD")
    return row["instrument"], row["date"], row["source"], _one_of(row["checked"], CHECKED, "checked")


def _name(row: Row) -> Name:
    if not row["name"]:
        raise InputError("a name is empty")
    return Name(row["subject"], row["party"], _one_of(row["language"], LANGUAGES, "language"), row["name"])


def _shapes(rows: Sequence[Row]) -> dict[str, Shape]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row["shape"], []).append(row)
    out = {}
    for shape, points in grouped.items():
        first = points[0]
        corners = [(_number(p["lon"], -180, 360, "lon"), _number(p["lat"], -90, 90, "lat")) for p in points]
        kind = _one_of(first["kind"], ("line", "area"), "kind")
        if len(corners) < (2 if kind == "line" else 3) or not first["source"]:
            raise InputError("has too few corners or no source", where=f"shape {shape}")
        checked = _one_of(first["checked"], CHECKED, "checked")
        out[shape] = Shape(shape, kind, np.array(corners, np.float64), first["source"], checked)
    return out
