"""What the commands of a node do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.screen import in_one_line
from kizuna.node.cli import output

if TYPE_CHECKING:
    from kizuna.node.desk.audit_chain import Verdict
    from kizuna.node.service.running import Running

_WARM_S: Final = 60


def init(
    home: Path, name: str, title: str, context: str, hosts: tuple[str, ...], listen: tuple[str, int],
    postgres: Path | None = None, *, as_json: bool,
) -> None:  # fmt: skip
    """Make a node."""
    with output.plain_errors():
        from kizuna.node.service.opening import RETAIN_DAYS, Wanted, init_node, names_of  # noqa: PLC0415

        section: dict[str, dict[str, Any]] = {
            "listen": {"host": listen[0], "port": listen[1]},
            "upkeep": {"retain_days": RETAIN_DAYS},
        }
        if postgres is not None:
            section["store"] = {"kind": "postgres", "dsn_file": str(postgres.resolve())}
        name, title = names_of(name, title)
        made = init_node(home, Wanted(name, title, context, hosts, section))
        if as_json:
            output.emit({"home": str(home), "settings": str(home / "node.toml"), "context": context, "name": name,
                         "title": title, "fingerprint": made.fingerprint})  # fmt: skip
        else:
            sys.stdout.write(f"{home}: {title} ({name}), a node of context {context}.\n"
                             f"Name its sources in {home / 'node.toml'}, then:\n"
                             f"  kizuna node run {home}\n"
                             f"History is let go after {RETAIN_DAYS} days ([upkeep] retain_days; 0 keeps everything).\n"
                             f"Fingerprint of its certificate (SHA-256): {made.fingerprint}\n")  # fmt: skip


def run(home: Path, *, log_json: bool) -> None:
    """Run it."""
    with output.plain_errors():
        from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415
        from kizuna.node.service.serving import serve_node, set_up_log  # noqa: PLC0415

        config = read_node_file(home / "node.toml")
        output.announce_compilation("live", _WARM_S)
        set_up_log(as_json=True if log_json else None)

        def ready(node: Running, url: str) -> None:
            if node.rooms.setup_link.exists():
                output.say(f"No administrator yet. Open once: {node.rooms.setup_link.read_text().strip()}")
            output.say(f"The page is at {url}")

        code = serve_node(config, ready)
    raise SystemExit(code)


def status(home: Path, *, as_json: bool) -> None:
    """Tell its health."""
    with output.plain_errors():
        from kizuna.node.service.status import read_status  # noqa: PLC0415

        found = read_status(home)
        if as_json:
            output.emit(found)
        else:
            _tell_status(found)
    raise SystemExit(output.FINDINGS if found["wants_a_look"] else output.OK)


def _tell_status(found: dict[str, Any]) -> None:
    write = sys.stdout.write
    write(f"{found['name']} ({found['context']}): {found['state']}; written {found['written']}\n")
    write(f"picture {found['picture']:,}, events {found['events']:,}, newest fix {found['newest'] or 'none'}\n")
    feeds = found.get("feeds", {})
    if feeds.get("live"):
        write(f"outward live feeds are ON: {len(feeds['open'])} open, at least {feeds['delay_s']} s late, "
              f"coarse to {feeds['grid_deg']:g} degrees\n")  # fmt: skip
    for row in found.get("sharing", {}).get("partners", []):
        link = row["link"]
        write(f"partner   {row['id']:<20} {link['state']:<7} told {row['told']:,}, received {row['received']:,}, "
              f"{link['behind']:,} not acknowledged  {link['why']}\n")  # fmt: skip
    for name, words in found["troubles"].items():
        write(f"! {name}: {words}\n")
    for s in found["sources"]:
        lost = f", {s['dropped']:,} lost" if s["dropped"] else ""
        words = f"  {s['detail']}" if s["detail"] else ""
        write(f"{s['state']:<9} {s['source']:<20} {s['lines']:>12,} lines, {s['lines_per_s']:,.0f}/s{lost}{words}\n")


def backup(home: Path, to: Path, *, keys: bool, as_json: bool) -> None:
    """Copy it."""
    with output.plain_errors():
        from kizuna.node.service.copies import back_up_node  # noqa: PLC0415
        from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415
        from kizuna.node.service.storing import to_dump  # noqa: PLC0415

        size = back_up_node(home, to, keys=keys)
        dump = to_dump(read_node_file(to / "node.toml"))
        if as_json:
            output.emit({"to": str(to), "bytes": size, "to_dump": dump})
        else:
            sys.stdout.write(f"{size / 1e6:,.1f} MB in {to}\n")
            if dump:
                sys.stdout.write(f"What was heard and found is on the server and not in it. Now dump that:\n  {dump}\n")


def restore(copy: Path, home: Path, *, as_json: bool) -> None:
    """Make it from a copy."""
    with output.plain_errors():
        from kizuna.node.service.copies import restore_node  # noqa: PLC0415

        restore_node(copy, home)
        if as_json:
            output.emit({"home": str(home)})
        else:
            sys.stdout.write(f"restored; kizuna node run {home}\n")


def audit(home: Path, *, noted: str, lines: int, verify: bool, as_json: bool) -> None:
    """Show the audit or check it."""
    with output.plain_errors():
        from dataclasses import asdict  # noqa: PLC0415

        from kizuna.base.utc import iso  # noqa: PLC0415
        from kizuna.node.desk import audit_chain  # noqa: PLC0415
        from kizuna.node.desk.desk import FILE  # noqa: PLC0415
        from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415
        from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

        read_node_file(home / "node.toml")
        file = Rooms(home).desk / FILE
        if not verify:
            rows = audit_chain.newest(file, lines)
            if as_json:
                output.emit({"lines": rows})
            else:
                for r in rows:
                    words = "  ".join(r[k] for k in ("by", "act", "object", "outcome", "address"))
                    sys.stdout.write(f"{r['audit_id']:>9}  {iso(r['t_ms'])}  {in_one_line(words)}\n")
            return
        found = audit_chain.verify(file, noted=noted)
        if as_json:
            output.emit({"whole": found.whole, **asdict(found)})
        else:
            _tell_chain(found)
    raise SystemExit(output.OK if found.whole else output.FINDINGS)


def _tell_chain(found: Verdict) -> None:
    write = sys.stdout.write
    write(f"{found.lines:,} lines, {found.first_id} to {found.last_id}: {'whole' if found.whole else 'NOT WHOLE'}\n")
    for fault in found.faults:
        write(f"! line {fault.audit_id}: {fault.kind}\n")
    if found.noted is not None:
        write(f"the noted hash is {'part' if found.noted else 'NO part'} of the chain\n")
    write(f"head {found.head}\n")


def user_add(home: Path, name: str, role: str, password_file: Path | None) -> None:
    """Add a user."""
    with output.plain_errors():
        import getpass  # noqa: PLC0415

        from kizuna.base.errors import ConfigError  # noqa: PLC0415
        from kizuna.node.desk.desk import open_desk  # noqa: PLC0415
        from kizuna.node.service.node_file import read_node_file  # noqa: PLC0415
        from kizuna.node.service.rooms import Rooms  # noqa: PLC0415

        read_node_file(home / "node.toml")
        if password_file is not None:
            password = password_file.read_text(encoding="utf-8").rstrip("\r\n")
        else:
            password = getpass.getpass("Password: ")
            if getpass.getpass("Again: ") != password:
                raise ConfigError("the two passwords differ")
        desk = open_desk(Rooms(home).desk)
        try:
            made = desk.people.add(name, role, password)
            desk.audit.did("(command line)", "user.add", made.name, "done", "")
        finally:
            desk.close()
        sys.stdout.write(f"{made.name} is {made.role}\n")
