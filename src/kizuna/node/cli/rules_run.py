"""What the commands about rules of release do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from kizuna.node.cli import output
from kizuna.node.cli.desk_run import balance, covered, desk, rehearsed
from kizuna.node.cli.persons import SECOND_PERSON, Hands, audited, both, missing_second, officer
from kizuna.node.cli.share_open import contents, opened, when

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.rulebook import RuleBook
    from kizuna.node.share.sharing import Sharing
    from kizuna.share.rules.activation import Status
    from kizuna.share.rules.rule import RuleSet

_ALONE = "(two_persons = false)"
"""Stands as the second person where an exercise does without one."""


def check(home: Path, file: Path, *, as_json: bool) -> None:
    """Findings about the rules, as the page tells them: names, audiences, clauses. Those about agreements alone not."""
    with output.plain_errors():
        from kizuna.node.share.views import rulings  # noqa: PLC0415
        from kizuna.share.rules.read import load  # noqa: PLC0415

        rules = load(contents(file), str(file))
        with desk(home, zones=True) as office:
            found = [f for f in rulings.findings(office, rules) if f["rule"] in rules.by_id]
        if as_json:
            output.emit({"hash": rules.hash, "rules": len(rules.rules), "findings": found})
        else:
            for f in found:
                hint = f" ({f['hint']})" if f["hint"] else ""
                line = f"line {f['line']}: " if f["line"] else ""
                sys.stdout.write(f"{f['level']}: {line}rule {f['rule']}: {f['key']}: {f['text']}{hint}\n")
            sys.stdout.write(f"{len(rules.rules)} rules, {len(found)} findings\n")
    raise SystemExit(output.FINDINGS if found else output.OK)


def show(home: Path, language: str, *, as_json: bool) -> None:
    """What is in force."""
    with output.plain_errors():
        from kizuna.share.rules.words import rule_text  # noqa: PLC0415

        with desk(home) as office:
            status, active = office.rulebook.status(), office.rulebook.active()
            row, lapsed = _status(office.rulebook, status), office.lapsed(active) if active else {}
            context = office.context
        if as_json:
            words = [{"id": r.id, "clause": list(r.clauses), "to": list(r.to), "words": rule_text(r, language),
                      "releases_nothing": lapsed.get(r.id, "")}
                     for r in (active.rules if active else ())]  # fmt: skip
            output.emit({**row, "rules": words, "text": active.source.decode() if active else ""})
            return
        output.mark(context)
        if active is None:
            sys.stdout.write("No rules are in force: nothing leaves.\n")
        else:
            sys.stdout.write(f"In force since {when(status.since_ms)}: version {row['version']}, {active.hash[:16]}\n")
            for rule in active.rules:
                sys.stdout.write(f"\n{rule.id} ({', '.join(rule.clauses)})\n  {rule_text(rule, language)}\n")
                if rule.id in lapsed:
                    sys.stdout.write(f"  RELEASES NOTHING NOW: {lapsed[rule.id]}\n")
        for one in row["proposed"]:
            approved = f"approved by {one['approved_by']}" if one["approved_by"] else "not approved yet"
            sys.stdout.write(f"\nWaits: version {one['version']}, proposed by {one['by']} {when(one['at_ms'])}, "
                             f"{approved}\n")  # fmt: skip


def explain(home: Path, record: str, *, as_json: bool) -> None:
    """Decisions about a record."""
    with output.plain_errors():
        with opened(home) as sharing:
            clauses: dict[str, dict[str, tuple[str, ...]]] = {}
            lines = sharing.shared.decisions.about(record)
            for line in lines:
                policy = line.decided.policy
                if policy and policy not in clauses:
                    clauses[policy] = {r.id: r.clauses for r in sharing.book.read(policy).rules}
        rows: list[dict[str, Any]] = [
                {"at_ms": x.at_ms, "to": x.decided.to, "verdict": x.decided.verdict, "rules": list(x.decided.rules),
                 "clauses": sorted({c for r in x.decided.rules for c in clauses.get(x.decided.policy, {}).get(r, ())}),
                 "transforms": list(x.decided.transforms), "policy": x.decided.policy, "why": x.decided.why}
                for x in lines]  # fmt: skip
        if as_json:
            output.emit({"record": record, "decisions": rows})
            return
        for row in rows:
            rules, clauses_of = ", ".join(row["rules"]) or "none", ", ".join(row["clauses"]) or "none"
            sys.stdout.write(f"{when(row['at_ms'])}  {row['to']:<20} {row['verdict']:<9} rules {rules}  "
                             f"clauses {clauses_of}  {'; '.join(row['transforms'])}  {row['why']}\n")  # fmt: skip
        if not rows:
            sys.stdout.write("no decision about this record is kept\n")


def diff(home: Path, file: Path, days: float, *, as_json: bool) -> None:
    """What each partner would have been told otherwise in the last days, from the node's own rows."""
    with output.plain_errors():
        from kizuna.share.rules.read import load  # noqa: PLC0415

        text = contents(file)
        load(text, str(file))
        with desk(home, zones=True) as office:
            found = rehearsed(office, text.decode(), days)
        rows = [r for r in found["partners"] if any(r[w] for w in ("gains", "loses", "changes", "moves"))]
        if as_json:
            output.emit({**found, "days": days, "partners": rows})
            return
        if found["short"]:
            sys.stdout.write(covered(found) + "\n")
        for row in rows:
            kinds = ", ".join(f"{kind} {n['gains'] - n['loses']:+,}" for kind, n in sorted(row["by_kind"].items()))
            sys.stdout.write(f"{row['id']:<20} {balance(row)}  {kinds}\n")
        if not rows:
            sys.stdout.write("no difference for anybody\n")


def propose(home: Path, file: Path, by: str, password_file: Path | None, *, as_json: bool) -> None:
    """First person."""
    with output.plain_errors():
        from kizuna.node.share.views import rulings  # noqa: PLC0415
        from kizuna.share.rules.read import load  # noqa: PLC0415

        name, text = officer(home, by, password_file), contents(file)
        with desk(home, zones=True) as office, _refusals():
            book = office.rulebook
            rulings.propose(office, text.decode(), name)
            digest = load(text).hash
            row, version = _status(book, book.status()), book.version_of(digest)
        audited(home, name, "rules.propose", f"{version} {digest[:16]}")
        words = f"version {version} is proposed by {name}; another person puts it in force: "
        _tell(row, f"{words}kizuna rules approve {home} {version} --by ANOTHER", as_json=as_json)


def approve(home: Path, version: str, by: str, password_file: Path | None, *, as_json: bool) -> None:
    """Second person: approves, and thereby puts in force, as the page does."""
    with output.plain_errors():
        name = officer(home, by, password_file)
        with desk(home) as office, _refusals():
            book = office.rulebook
            rules = book.find(version)
            row = _status(book, _forward(office, rules, name))
            _lapsed(office, rules)
        audited(home, name, "rules.approve", f"{version} {rules.hash[:16]}")
        _tell(row, f"version {row['version']} is approved by {name} and in force", as_json=as_json)


def activate(
    home: Path, what: str, by: str, second: str, secrets: tuple[Path, ...], memorandum: Path | None, *, as_json: bool
) -> None:
    """Put in force; with a memorandum, sign it first: rules and what they rest on in one act."""
    with output.plain_errors():
        first, other = both(home, Hands(by, second, secrets))
        with desk(home, zones=True) as office, _refusals():
            book = office.rulebook
            rules = _meant(office, what, first, other)
            if memorandum is not None:
                audited(home, first, "agreement.sign", _signed(office, contents(memorandum), first))
            row = _status(book, _forward(office, rules, first))
            _lapsed(office, rules)
        audited(home, first, "rules.activate", f"{row['version']} {rules.hash[:16]}")
        _tell(
            row, f"version {row['version']} is in force, by {first}{' and ' + other if other else ''}", as_json=as_json
        )


def _meant(office: Office, what: str, first: str, other: str) -> RuleSet:
    """The rules that a file or a number names; a file of two persons, or of one who may alone, is proposed here."""
    from kizuna.share.rules.read import load  # noqa: PLC0415

    book, path = office.rulebook, Path(what)
    if not (other or path.suffix or path.is_file()):
        return book.find(what)
    text = contents(path)
    if other or not cast("Sharing", office.sharing).config.sharing.two_persons:
        return _both(office, text, first, other or _ALONE)
    if load(text).hash not in book.status().proposals:
        missing_second(f"putting {what} in force")
    return load(text)


def _forward(office: Office, rules: RuleSet, by: str) -> Status:
    """Put in force what another person proposed; ``by`` approves it first where nobody has."""
    book = office.rulebook
    waits = book.status().proposals.get(rules.hash)
    if waits is not None and not waits.approved_by:
        book.approve(rules.hash, by, office.now_ms())
    return book.activate(rules.hash, by, office.now_ms())


def _lapsed(office: Office, rules: RuleSet) -> None:
    for name, why in office.lapsed(rules).items():
        output.say(f"rule {name} releases nothing now: {why}")


def _signed(office: Office, text: bytes, by: str) -> str:
    """Put a memorandum forward with our signature, or sign it where the other side was first; its name for the audit.

    Nothing happens where it is signed here already. Raises Refusal where this party is none of it.
    """
    from kizuna.node.share.desk import agreements  # noqa: PLC0415
    from kizuna.share.agreement import load  # noqa: PLC0415

    one = load(text)
    if office.me not in office.agreements.signed.get(one.sha256, ()):
        agreements.propose(office, text.decode(), by)
    return f"{one.id} version {one.version}"


def _both(office: Office, text: bytes, first: str, other: str) -> RuleSet:
    """Propose and approve in one act; what one of them has proposed already is taken up."""
    from kizuna.node.share.views import rulings  # noqa: PLC0415
    from kizuna.records.person import Person  # noqa: PLC0415
    from kizuna.share.rules.read import load  # noqa: PLC0415

    book = office.rulebook
    rules, now = load(text), book.status()
    there = now.proposals.get(rules.hash)
    if there is None or there.base != now.active:
        rulings.propose(office, text.decode(), first)
        there = book.status().proposals[rules.hash]
    if not there.approved_by:
        mine = there.who.is_same(Person(first, book.person_of(first)))
        book.approve(rules.hash, other if mine else first, office.now_ms())
    return rules


def rollback(home: Path, by: str, password_file: Path | None, *, stop: bool, as_json: bool) -> None:
    """Back, or to nothing."""
    with output.plain_errors():
        name = officer(home, by, password_file)
        with opened(home) as sharing, _refusals():
            book = sharing.book
            row = _status(book, book.stop(name, sharing.now_ms()) if stop else book.roll_back(name, sharing.now_ms()))
        audited(home, name, "rules.stop" if stop else "rules.rollback", str(row["version"]))
        words = f"version {row['version']} is in force again" if row["version"] else "nothing leaves any more"
        _tell(row, words, as_json=as_json)


def _status(book: RuleBook, status: Status) -> dict[str, Any]:
    return {
        "version": book.version_of(status.active), "hash": status.active, "activated_at": status.since_ms,
        "proposed": [{"version": book.version_of(p.rules), "hash": p.rules, "by": p.by, "at_ms": p.at_ms,
                      "approved_by": p.approved_by} for p in status.proposals.values()],
        "steps": [{"deed": s.deed, "by": s.by, "at_ms": s.at_ms, "version": book.version_of(s.rules)}
                  for s in status.steps],
    }  # fmt: skip


class _refusals:  # noqa: N801  reads as a word in a with statement
    """A step that is not allowed is a refusal: exit code 4, with the reason."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: object) -> None:
        from kizuna.base.errors import InputError  # noqa: PLC0415

        if isinstance(exc, InputError):
            two = "another person" in exc.message or "second person" in exc.message
            what = f"refused by {SECOND_PERSON}: {exc.message} (log in as another officer: --by)" if two else str(exc)
            output.fail(what, output.REFUSED)


def _tell(row: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        output.emit(row)
    else:
        sys.stdout.write(words + "\n")
