"""What the commands about leave do: through the journal of the desk, safe beside a running node."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

from kizuna.base.utc import parse
from kizuna.node.cli.desk_run import desk, tell, whole
from kizuna.node.cli.share_open import when

DAY_MS: Final = 86_400_000


class Words(NamedTuple):
    """What a leave is about, as it was typed."""

    records: list[str] | None
    kinds: list[str] | None
    subjects: list[str] | None
    purpose: list[str] | None
    to: str
    since: str = ""

    def scope(self, **more: Any) -> Any:
        """As it stands in records; ``more`` for what was left out."""
        from kizuna.records.bodies.onward import Scope  # noqa: PLC0415

        given = {"records": tuple(self.records or ()), "kinds": tuple(self.kinds or ()),
                 "subjects": tuple(self.subjects or ()), "purpose": tuple(self.purpose or ()), "to": self.to,
                 "from_ms": parse(self.since, assume_utc=True) if self.since else None}  # fmt: skip
        return Scope(**(more | {k: v for k, v in given.items() if v}))


def show_all(home: Path, *, as_json: bool) -> None:
    """Everything about leave."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        found = grants.listed(office)
        lines = [_grant(g) for g in found["grants"]] or ["no grants"]
        lines += [f"{a['id'][:16]}  {a['by']} asks {a['of']} that {a['to']} may have {scope_words(a)}: {a['state']}"
                  f"{'  ' + a['why'] if a['why'] else ''}{'  ' + a['text'][:80] if a['text'] else ''}"
                  for a in found["asked"]]  # fmt: skip
        lines += [f"{p['id'][:16]}  waits for a second person: {p['by']} would let {p['to']} have {scope_words(p)} "
                  f"until {when(p['until_ms'])}" for p in found["proposals"]]  # fmt: skip
        lines += [f"{s['party']}: keys brought by {', '.join(s['carriers'])}, fingerprint {s['fingerprint']}: "
                  f"{'confirmed' if s['confirmed'] else 'not confirmed'}" for s in found["strangers"]]  # fmt: skip
        lines += [f"set aside: {a['record'][:16]} of {a['origin']}, brought by {a['carrier']}: {a['why']}"
                  for a in found["aside"][:20]]  # fmt: skip
        tell(found, "\n".join(lines), as_json=as_json)


def show(home: Path, name: str, *, as_json: bool) -> None:
    """One grant."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        found = grants.shown(office, whole(name, (g.id for g in office.grants.given())))
        lines = [_grant(found)]
        lines += [f"    {when(u['at_ms'])}  {u['carrier']} -> {u['to']}  {u['record'][:16]}" for u in found["under"]]
        tell(found, "\n".join(lines), as_json=as_json)


def ask(home: Path, words: Words, of: str, days: float, text: str, by: str, *, as_json: bool) -> None:
    """Ask for leave."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        until = office.now_ms() + round(days * DAY_MS) if days else None
        name = grants.ask(office, words.scope(), of, until, text, by)
        tell({"id": name}, f"asked: {name[:16]}", as_json=as_json)


def give(home: Path, words: Words, days: float, via: tuple[str, ...], request: str, by: str, *, as_json: bool) -> None:
    """Give leave; what a request asked for stands where nothing else was typed."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        more: dict[str, Any] = {}
        if request:
            rows = {a["id"]: a for a in grants.listed(office)["asked"]}
            request = whole(request, rows)
            keys = ("records", "kinds", "subjects", "purpose")
            more = {k: tuple(rows[request][k]) for k in keys} | {k: rows[request][k] for k in ("to", "from_ms")}
            if words.records or words.kinds or words.subjects:
                more |= {"records": (), "kinds": (), "subjects": ()}
        until = office.now_ms() + round(days * DAY_MS)
        done = grants.give(office, grants.Wish(words.scope(**more), until, via, request), by)
        said = "waits for a second person" if done["state"] == "proposed" else f"given until {when(until)}"
        tell(done, f"{done['id'][:16]}: {said}", as_json=as_json)


def approve(home: Path, name: str, by: str, *, drop: bool, as_json: bool) -> None:
    """A second person's word."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        found = whole(name, (row.id for row in office.onward.grants.waiting()))
        grants.decide(office, found, by, approve=not drop)
        said = "dropped" if drop else "approved"
        tell({"id": found, "state": said}, f"{found[:16]}: {said}", as_json=as_json)


def refuse(home: Path, name: str, why: str, by: str, *, as_json: bool) -> None:
    """Refuse a request."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        found = whole(name, office.onward.grants.asked)
        grants.refuse(office, found, why, by)
        tell({"id": found, "state": "refused"}, f"{found[:16]}: refused", as_json=as_json)


def end(home: Path, name: str, text: str, by: str, *, as_json: bool) -> None:
    """End a grant."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        found = whole(name, (g.id for g in office.grants.given()))
        grants.end(office, [found], text, by)
        tell({"id": found, "state": "ended"}, f"{found[:16]}: ended", as_json=as_json)


def confirm(home: Path, party: str, fingerprint: str, by: str, *, as_json: bool) -> None:
    """Believe brought keys."""
    from kizuna.node.share.onward import grants  # noqa: PLC0415

    with desk(home) as office:
        grants.confirm(office, party, fingerprint, by)
        tell({"party": party, "state": "confirmed"}, f"{party}: confirmed", as_json=as_json)


def _grant(g: dict[str, Any]) -> str:
    went = "".join(f"\n    {w['carrier']} passed on {w['records']} to {w['to']}, last {when(w['last_ms'])}"
                   for w in g["went"])  # fmt: skip
    via = f" through {', '.join(g['via'])}" if g["via"] else ""
    return (f"{g['id'][:16]}  {g['origin']} lets {g['to']} have {scope_words(g)}{via} until {when(g['until_ms'])}: "
            f"{g['state']}{went}")  # fmt: skip


def scope_words(row: dict[str, Any]) -> str:
    """What a leave is about, in short words."""
    parts = [f"{len(row['records'])} records"] if row["records"] else []
    if row["kinds"] or row["subjects"]:
        about = f" about {', '.join(row['subjects'])}" if row["subjects"] else ""
        parts.append(f"{', '.join(row['kinds']) or 'everything'}{about}")
    return " and ".join(parts) + (f" for {', '.join(row['purpose'])}" if row["purpose"] else "")
