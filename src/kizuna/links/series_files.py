"""Tables of daily numbers from disk, with what a ``PROVENANCE.md`` beside them says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kizuna.base.errors import ConfigError, InputError
from kizuna.picture.series import Series, series_from_csv


def read_series(
    path: Path, *, where: Mapping[str, str] | None = None, source: str = "", licence: str = "",
    unit: str = "count a day",
) -> dict[str, Series]:  # fmt: skip
    """Every column of numbers as a series, by name.

    Without ``source`` the line that begins with the file's name in a ``PROVENANCE.md`` beside it is taken, else the
    file's name. Raises ConfigError where there is no such file, InputError where it is no table of daily numbers.
    """
    if not path.is_file():
        raise ConfigError("no such file", where=str(path))
    try:
        found = series_from_csv(
            path.read_bytes(), where=where, source=source or _provenance(path) or path.name, licence=licence, unit=unit
        )
    except InputError as exc:
        raise InputError(exc.message, where=f"{path}: {exc.where}" if exc.where else str(path), hint=exc.hint) from exc
    return found


def _provenance(path: Path) -> str:
    beside = path.with_name("PROVENANCE.md")
    if not beside.is_file():
        return ""
    for line in beside.read_text(encoding="utf-8", errors="replace").splitlines():
        head, colon, said = line.strip("-* ").partition(":")
        if colon and head.strip("` ") == path.name:
            return " ".join(said.split())[:500]
    return ""
