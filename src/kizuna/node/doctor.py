"""Checks of an installation, each with what it found and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from kizuna.base import jit
from kizuna.base.errors import KizunaError
from kizuna.base.version import __version__

_LIBRARIES: Final = ("numpy", "numba", "pyarrow", "duckdb", "shapely", "pyproj", "pyogrio", "zstandard", "typer")
_FREE_LEAST_GB: Final = 2.0
_MEMORY_LEAST_GB: Final = 4.0
_SENTENCE: Final = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"
"""A position of MMSI 227006760 that Kizuna decodes end to end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether all is well, what was found, what to do."""

    check: str
    ok: bool
    found: str
    hint: str = ""


def examine() -> list[Finding]:
    """Run all checks; a check that breaks is a finding, not an end."""
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("versions", _versions), ("optional", _optional), ("kernels", _kernels), ("packaged coast", _coast),
        ("disk", _disk), ("memory", _memory), ("end to end", _end_to_end),
    ]  # fmt: skip
    findings = []
    for name, check in checks:
        try:
            findings.append(check())
        except (KizunaError, OSError, ImportError) as exc:
            findings.append(Finding(name, ok=False, found=str(exc), hint="set Kizuna up again: make setup"))
    return findings


def _versions() -> Finding:
    found = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return Finding("versions", ok=True, found=f"Kizuna {__version__}, Python {platform.python_version()}, {found}")


def _optional() -> Finding:
    found = [
        _extra("pyais", "rarer AIS messages", "rare"),
        _extra("adbc-driver-postgresql", "stores on PostgreSQL", "postgres"),
    ]
    return Finding("optional", ok=True, found="; ".join(found))


def _extra(name: str, what_for: str, extra: str) -> str:
    try:
        return f"{name} {version(name)} for {what_for}"
    except PackageNotFoundError:
        return f"no {name} for {what_for} (pip install kizuna[{extra}])"


def _kernels() -> Finding:
    if not jit.enabled():
        return Finding("kernels", ok=False, found="the JIT is off, everything is some hundred times slower",
                       hint="unset KIZUNA_JIT")  # fmt: skip
    path = jit.cache_dir()
    private = not path.is_relative_to(tempfile.gettempdir())
    groups = [name for name in ("decode", "detect") if jit.is_warm(name)]
    state = f"compiled for {', '.join(groups)}" if groups else "not compiled yet (kizuna warm)"
    return Finding("kernels", ok=private, found=f"{state}; cache {path}",
                   hint="the user's cache directory cannot be written, so kernels compile at every start: "
                   "set KIZUNA_CACHE_DIR")  # fmt: skip


def _coast() -> Finding:
    import numpy as np  # noqa: PLC0415

    from kizuna.base.units import NM_M  # noqa: PLC0415
    from kizuna.places.coast import load_coast  # noqa: PLC0415

    shore_nm = float(load_coast().distance_to_shore_m(np.array([25.90]), np.array([123.474]))[0]) / NM_M
    ok = 8.0 < shore_nm < 12.0  # noqa: PLR2004  9.3 nm north of Uotsuri, well inside the 12 nm line
    return Finding("packaged coast", ok=ok, found=f"25.90 N 123.474 E lies {shore_nm:.1f} nm off the nearest island",
                   hint="the packaged coast is damaged; set Kizuna up again")  # fmt: skip


def _disk() -> Finding:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    return Finding("disk", ok=free_gb > _FREE_LEAST_GB, found=f"{free_gb:.1f} GB free here",
                   hint="results need about a tenth of the raw NMEA in size")  # fmt: skip


def _memory() -> Finding:
    try:
        total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (ValueError, OSError, AttributeError):
        return Finding("memory", ok=True, found="size unknown on this system")
    return Finding("memory", ok=total_gb > _MEMORY_LEAST_GB, found=f"{total_gb:.1f} GB",
                   hint="detect holds a day in memory: about 0.6 GB per million fixes")  # fmt: skip


def _end_to_end() -> Finding:
    from kizuna.engines.decode import decode  # noqa: PLC0415
    from kizuna.stores.query import ask  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="kizuna-doctor-") as name:
        home = Path(name)
        (home / "one.nmea").write_bytes(_SENTENCE)
        decode([str(home / "one.nmea")], home / "out")
        rows = ask(home / "out", "SELECT mmsi, lat FROM fixes").to_pylist()
    ok = len(rows) == 1 and rows[0]["mmsi"] == 227006760  # noqa: PLR2004
    return Finding("end to end", ok=ok, found=f"one sentence gave {rows}" if rows else "one sentence gave no row",
                   hint=f"please report this with the versions above ({sys.platform})")  # fmt: skip
