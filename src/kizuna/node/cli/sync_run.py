"""What the commands about the exchange do."""

from __future__ import annotations

import os
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kizuna.node.cli import output
from kizuna.node.cli.persons import audited
from kizuna.node.cli.share_open import opened, when

if TYPE_CHECKING:
    from collections.abc import Callable

    from kizuna.links.fed.client import Line
    from kizuna.node.share.sharing import Sharing

_CLOCK_S = 5
_LIVE = ("state", "why", "fault", "last_heard_ms", "ahead_s", "out_bit_s", "in_bit_s", "drain_s")
"""What the running node alone knows of a line."""
_PAGE_BYTES = 512 * 1024


def status(home: Path, *, as_json: bool) -> None:
    """How it stands: from the shared store, and from the running node where there is one."""
    with output.plain_errors():
        with opened(home) as sharing:
            rows, state = lines(home, sharing)
            context = sharing.context
        bad = [r for r in rows if r["state"] == "active" and r["link"]["state"] in ("down", "halted")]
        if as_json:
            output.emit({"context": context, "node": state, "partners": rows})
        else:
            output.mark(context)
            for row in rows:
                link = row["link"]
                sys.stdout.write(
                    f"{row['id']:<20} {link['state']:<7} heard {when(link['last_heard_ms'])}; "
                    f"waits to be told: {_waits(link)}; to come: {link['to_come']:,}{_line_words(link)}\n"
                )
    raise SystemExit(output.FINDINGS if bad else output.OK)


def lines(home: Path, sharing: Sharing) -> tuple[list[dict[str, Any]], str]:
    """Partners with their lines, and the state of the node. While it runs, what it alone knows is taken from it."""
    from kizuna.node.service.status import read_status  # noqa: PLC0415

    found, rows = read_status(home), sharing.health()
    live = {row["id"]: row for row in found.get("sharing", {}).get("partners", [])}
    for row in rows:
        if found["state"] == "running" and row["id"] in live and row["link"]["state"] in ("never", "up"):
            link = live[row["id"]]["link"]
            row["link"] = {**row["link"], **{k: link[k] for k in _LIVE if k in link}}
    return rows, found["state"]


def _waits(link: dict[str, Any]) -> str:
    """The queue of each lane and, while the line is up, how long it will take at the rate that was measured."""
    found = []
    for lane, n in link["lanes"].items():
        if n:
            left = link["drain_s"].get(lane)
            found.append(
                f"{n:,} {lane}" + ("" if left is None or link["state"] == "down" else f" (about {_long(left)})")
            )
    return ", ".join(found) or "nothing"


def _line_words(link: dict[str, Any]) -> str:
    """What the line moves, how far the clocks differ, and what failed last, each only where it is known."""
    from kizuna.node.share.lines.goodput import SAID  # noqa: PLC0415

    ways = (("out_bit_s", "out"), ("in_bit_s", "in"))
    found = [f"{link[key] / 1000:,.1f} kbit/s {way}" for key, way in ways if link[key]]
    if abs(link["ahead_s"]) > _CLOCK_S:
        found.append(f"its clock is {abs(link['ahead_s']):,} s {'ahead' if link['ahead_s'] > 0 else 'behind'}")
    if link["state"] not in ("up", "never") or link["fault"]:
        found.append(SAID.get(link["fault"]) or link["why"])
    return "".join(f"; {words}" for words in found if words)


def _long(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds} s"


def pull(home: Path, party: str, *, as_json: bool) -> None:
    """Once, all that is new."""
    with output.plain_errors(), opened(home) as sharing:
        _tell(_each(sharing, party, _pulled), "new", as_json=as_json)


def push(home: Path, party: str, *, as_json: bool) -> None:
    """Once, all that was not acknowledged."""
    with output.plain_errors(), opened(home) as sharing:
        _tell(_each(sharing, party, _pushed), "brought", as_json=as_json)


def _each(sharing: Sharing, party: str, act: Callable[[Sharing, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """One partner after the other: one that cannot be reached keeps nobody else waiting."""
    from kizuna.base.errors import UnavailableError  # noqa: PLC0415

    rows: list[dict[str, Any]] = []
    for one in _some(sharing, party):
        try:
            rows.append(act(sharing, one) | {"reached": True})
        except UnavailableError as exc:
            rows.append({"partner": one, "reached": False, "wrong": [str(exc)]})
    return rows


def _some(sharing: Sharing, party: str) -> list[str]:
    from kizuna.base.errors import InputError  # noqa: PLC0415
    from kizuna.node.share.partners import ACTIVE  # noqa: PLC0415

    if party:
        known = sharing.partners.get(party)
        if known.state != ACTIVE or not known.addresses:
            raise InputError(
                f"{party} is {known.state}, with {len(known.addresses)} addresses", hint="kizuna partner list"
            )
        return [party]
    return [k.id for k in sharing.partners.all() if k.state == ACTIVE and k.addresses]


def _line(sharing: Sharing, party: str) -> Line:
    from kizuna.links.fed.client import Identity, Line  # noqa: PLC0415
    from kizuna.links.fed.signing import recipient  # noqa: PLC0415
    from kizuna.node.share.partners import pins  # noqa: PLC0415

    known, me = sharing.partners.get(party), sharing.identity
    who = Identity(me.key_id, me.keys.sign_request, os.urandom)
    to = recipient(party, sharing.context)
    return Line(known.addresses[0], pins(known, sharing.context), who, to=to)


def _pulled(sharing: Sharing, party: str) -> dict[str, Any]:
    """Page after page of each log until nothing is new."""
    from kizuna.base.errors import UnavailableError  # noqa: PLC0415
    from kizuna.node.share.lines.page_exchange import Exchange  # noqa: PLC0415
    from kizuna.node.share.lines.partner_line import fetch_keys, logs_of  # noqa: PLC0415
    from kizuna.share.page import LIMITS  # noqa: PLC0415
    from kizuna.share.sync import Ask, wire  # noqa: PLC0415
    from kizuna.share.sync.actions import Position  # noqa: PLC0415

    wrong: list[str] = []
    exchange = Exchange(sharing, lambda _p, log, words: wrong.append(f"{log}: {words}"))
    new = 0
    with _line(sharing, party) as line:
        for name in logs_of(sharing, party):
            while True:
                state = sharing.shared.logs.state(str(name))
                if state is not None and state.halted:
                    wrong.append(f"{name} is halted: {state.halted}")
                    break
                at = Position(str(name), state.size if state else 0)
                owed, notes = exchange.owed(party)
                body = wire.write_question(Ask(0, (at,), _PAGE_BYTES, 0, 60_000), notes)
                answer = line.ask("POST", "/fed/v1/page", body, most=LIMITS.wire_bytes)
                if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
                    raise UnavailableError(
                        f"{party} answers {answer.status}", hint="was the introduction confirmed there?"
                    )
                for log, size in owed:
                    sharing.shared.inbox.told(log, size)
                if not answer.body:
                    break
                out = exchange.take(party, answer.body, asked={str(name): at.after},
                                    fetch=lambda: fetch_keys(sharing, party, line))  # fmt: skip
                if out.fault:
                    wrong.append(f"{name}: {out.reason}")
                    break
                new += out.new
    return {"partner": party, "new": new, "wrong": wrong}


def _pushed(sharing: Sharing, party: str) -> dict[str, Any]:
    from kizuna.base.errors import UnavailableError  # noqa: PLC0415
    from kizuna.node.share.lines.page_exchange import Exchange  # noqa: PLC0415
    from kizuna.share.sync import wire  # noqa: PLC0415

    wrong: list[str] = []
    exchange = Exchange(sharing, lambda _p, log, words: wrong.append(f"{log}: {words}"))
    brought, mine = 0, sharing.audiences(party)
    with _line(sharing, party) as line:
        for state in sharing.shared.logs.all("out"):
            acks = sharing.shared.outbox.acks(state.name)
            at = acks[party].size if party in acks else 0
            while state.peer in mine and at < state.head_size:
                answer = line.ask("POST", "/fed/v1/inbox", exchange.cut(party, state.name, at, _PAGE_BYTES))
                if answer.status != HTTPStatus.OK:
                    raise UnavailableError(
                        f"{party} answers {answer.status}", hint="was the introduction confirmed there?"
                    )
                said = wire.read_brought(answer.body)
                if said.receipt:
                    exchange.receipts(party, (said.receipt,))
                if said.cursor == at or (said.fault and said.fault.value != "hole"):
                    wrong.append(f"{state.name}: {said.reason}")
                    break
                brought, at = brought + max(0, said.cursor - at), said.cursor
    return {"partner": party, "brought": brought, "wrong": wrong}


def _tell(rows: list[dict[str, Any]], what: str, *, as_json: bool) -> None:
    if as_json:
        output.emit({"partners": rows})
    else:
        for row in rows:
            told = f"{row[what]:,} records {what}" if row["reached"] else "not reached"
            sys.stdout.write(f"{row['partner']}: {told}\n")
            for words in row["wrong"]:
                sys.stdout.write(f"! {words}\n")
    if not all(row["reached"] for row in rows):
        sys.stdout.flush()
        output.fail("not every partner was reached; what waits is kept, a running node goes on trying")


def resume(home: Path, log: str, by: str) -> None:
    """Take a halt away."""
    with output.plain_errors():
        from kizuna.base.errors import InputError  # noqa: PLC0415

        with opened(home) as sharing:
            state = sharing.shared.logs.state(log)
            if state is None or not state.halted:
                raise InputError("is not halted", where=log, hint="kizuna sync status")
            if state.side == "out":
                output.fail(
                    f"{log} is our own and was set back: {state.halted}. kizuna partner new-epoch", output.REFUSED
                )
            sharing.shared.logs.resume(log, by)
        audited(home, by, "log.resume", log)
        sys.stdout.write(f"{log} goes on; it was halted: {state.halted}\n")


# ---- carried media -------------------------------------------------------------------------------------------------
def bundle_write(home: Path, party: str, file: Path, *, whole: bool, as_json: bool) -> None:
    """Seal what a partner lacks."""
    with output.plain_errors():
        from kizuna.node.share.bundles import written  # noqa: PLC0415

        with opened(home) as sharing:
            counts = written(sharing, party, file, whole=whole)
        audited(home, "", "bundle.write", f"{party} {counts['pages']} pages")
        if as_json:
            output.emit({"file": str(file), **counts})
        else:
            sys.stdout.write(f"{file}: for {party}, {counts['records']:,} records in {counts['pages']} pages, "
                             f"{counts['receipts']} receipts, {file.stat().st_size / 1e6:,.2f} MB\n")  # fmt: skip


def bundle_read(home: Path, file: Path, by: str, *, as_json: bool) -> None:
    """Take in what a partner sealed for us."""
    with output.plain_errors():
        from kizuna.node.share.bundles import taken  # noqa: PLC0415

        with opened(home) as sharing:
            counts, wrong = taken(sharing, file)
        audited(home, by, "bundle.read", f"{file.name} {counts['new']} records")
        if as_json:
            output.emit({"file": str(file), **counts, "wrong": wrong})
        else:
            sys.stdout.write(f"{file}: {counts['new']:,} new records in {counts['pages']} pages, "
                             f"{counts['manifests']} new key manifests, {counts['receipts']} receipts\n")  # fmt: skip
            for words in wrong:
                sys.stdout.write(f"! {words}\n")
    raise SystemExit(output.FINDINGS if wrong else output.OK)
