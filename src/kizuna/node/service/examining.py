"""Checks of a node for ``kizuna doctor --node``: settings, files, modes, certificate, disk, store, health."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kizuna.base.errors import KizunaError
from kizuna.node.doctor import Finding
from kizuna.node.service.beside import read_beside
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.running import certificate_paths
from kizuna.node.service.settings import Config
from kizuna.node.service.status import read_status
from kizuna.node.service.storing import look_at

_FREE_GB: Final = 2.0
_EXPIRES_DAYS: Final = 30


def examine_node(home: Path) -> list[Finding]:
    """Run all checks; a check that breaks is a finding. Without settings there is nothing else to check."""
    try:
        config = read_node_file(Rooms(home).settings)
    except KizunaError as exc:
        return [Finding("settings", ok=False, found=str(exc), hint="correct the file named")]
    checks: list[tuple[str, Callable[[Config], Finding]]] = [
        ("settings", _settings), ("modes", _modes), ("certificate", _certificate), ("disk", _disk), ("store", _store),
        ("users", _users), ("health", _health), *([("sharing", _sharing)] if config.sharing.party else []),
    ]  # fmt: skip
    found = []
    for name, check in checks:
        try:
            found.append(check(config))
        except (KizunaError, OSError) as exc:
            found.append(Finding(name, ok=False, found=str(exc)))
    return found


def _settings(config: Config) -> Finding:
    beside = read_beside(config)
    n = len(config.sources)
    return Finding("settings", ok=True, found=f"{config.node.name}, context {config.node.context}, {n} sources, "
                   f"{len(beside.zones)} zones")  # fmt: skip


def _modes(config: Config) -> Finding:
    rooms = Rooms(config.home)
    open_ = [str(p) for p in (rooms.home, rooms.keys, rooms.desk, rooms.settings) if p.stat().st_mode & 0o077]
    return Finding("modes", ok=not open_, found=f"others can reach {', '.join(open_)}" if open_ else "private",
                   hint="chmod go-rwx them")  # fmt: skip


def _certificate(config: Config) -> Finding:
    from cryptography import x509  # noqa: PLC0415

    from kizuna.node.api.tls import read_certificate  # noqa: PLC0415

    if not config.listen.tls:
        return Finding("certificate", ok=True, found="none: this machine alone is answered, without TLS")
    certificate = read_certificate(*certificate_paths(config))
    until = x509.load_pem_x509_certificate(certificate.cert.read_bytes()).not_valid_after_utc
    days = (until - dt.datetime.now(dt.UTC)).days
    return Finding("certificate", ok=days > _EXPIRES_DAYS, found=f"{days} more days, {certificate.fingerprint}",
                   hint="put a new one in place and start the node again")  # fmt: skip


def _disk(config: Config) -> Finding:
    free_gb = shutil.disk_usage(config.home).free / 1e9
    return Finding("disk", ok=free_gb > _FREE_GB, found=f"{free_gb:.1f} GB free", hint="ingest stops on a full disk")


def _store(config: Config) -> Finding:
    wrong, found = look_at(config)
    return Finding("store", ok=not wrong, found="; ".join(wrong[:5]) or found,
                   hint="restore a backup: kizuna node restore")  # fmt: skip


def _users(config: Config) -> Finding:
    from kizuna.node.desk.desk import open_desk  # noqa: PLC0415

    desk = open_desk(Rooms(config.home).desk)
    try:
        missing = desk.people.needs_setup()
        n = len(desk.people.all())
    finally:
        desk.close()
    return Finding("users", ok=not missing, found=f"{n} users" + (", no administrator" if missing else ""),
                   hint="open the one-time link that the node printed, or kizuna node user add")  # fmt: skip


def _sharing(config: Config) -> Finding:
    from kizuna.node.share.sharing import open_sharing  # noqa: PLC0415

    with open_sharing(config) as sharing:
        halted = [s.name for s in sharing.shared.logs.all() if s.halted]
        loose = [p for p in sharing.places.keys.glob("*.key") if p.stat().st_mode & 0o077]
        lost = sharing.door.house.marks.lost and any(s.head_size for s in sharing.shared.logs.all("out"))
        root = ", the root key is still on this machine" if sharing.places.root_key.exists() else ""
        rules = sharing.book.version_of(sharing.book.status().active)
        found = f"{sharing.party}, {len(sharing.partners.all())} partners, rules {rules or 'none'}{root}"
    wrong = [f"{log} is halted" for log in halted] + [f"others can read {p}" for p in loose]
    wrong += ["nothing says how much was signed: a backup was restored?"] if lost else []
    return Finding("sharing", ok=not wrong, found="; ".join(wrong) or found,
                   hint="kizuna sync status; after a restore kizuna partner new-epoch")  # fmt: skip


def _health(config: Config) -> Finding:
    found = read_status(config.home)
    bad = [
        f"{s['source']} {s['state']}: {s['detail']}" for s in found["sources"] if s["state"] not in ("up", "starting")
    ]
    words = [found["state"], *(f"{k}: {v}" for k, v in found["troubles"].items()), *bad]
    return Finding(
        "health", ok=not found["wants_a_look"], found="; ".join(words), hint=f"kizuna node status {config.home}"
    )
