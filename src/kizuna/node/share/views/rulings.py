"""Rules of release at the desk: shown in plain words, checked, put in force by two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.node.share.desk.reasons import reasons
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.node.share.views.words import in_tongues
from kizuna.records.label import word_of
from kizuna.share import agreement as agreements
from kizuna.share.decide import Decision
from kizuna.share.rules.check import check as check_rules
from kizuna.share.rules.read import load
from kizuna.share.rules.rule import Rule, RuleSet
from kizuna.share.rules.words import rule_text

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

_LATER: Final = ("unknown clause", "rule without clause")
"""Findings that do not stand in the way of a proposal: the agreement may be on its way."""
_LINE: Final = re.compile(r":(\d+)")


def shown(office: Office) -> dict[str, Any]:
    """The rules in force, in plain words, with what is proposed and what happened."""
    book, now = office.rulebook, office.rulebook.status()
    active = book.active()
    return {
        "text": active.source.decode() if active else "", "version": book.version_of(now.active), "hash": now.active,
        "since_ms": now.since_ms, "back": bool(now.before), "rules": rules_of(active),
        "findings": findings(office, active) if active else [],
        "proposals": [
            {"version": book.version_of(p.rules), "hash": p.rules, "by": p.by, "at_ms": p.at_ms,
             "approved_by": p.approved_by, "stale": p.base != now.active, "text": book.read(p.rules).source.decode(),
             "rules": rules_of(book.read(p.rules))}
            for p in now.proposals.values()
        ],
        "steps": [
            {"deed": s.deed, "by": s.by, "at_ms": s.at_ms, "version": book.version_of(s.rules), "text": s.text}
            for s in reversed(now.steps[-100:])
        ],
    }  # fmt: skip


def rules_of(rules: RuleSet | None) -> list[dict[str, Any]]:
    """Rules as rows, each with its plain words."""
    return [
        {"id": r.id, "clause": ", ".join(r.clauses), "clauses": list(r.clauses), "to": list(r.to),
         "releases": r.releases, "transforms": list(r.transforms.words), "note": r.note,
         "words": _in_words(r)}
        for r in (rules.rules if rules else ())
    ]  # fmt: skip


def _in_words(rule: Rule) -> dict[str, str]:
    return in_tongues(lambda t: rule_text(rule, t))


def head(office: Office) -> dict[str, Any]:
    """Which rules are in force, since when, by whom, and what waits."""
    book, now = office.rulebook, office.rulebook.status()
    last = next((s for s in reversed(now.steps) if s.deed in ("activate", "roll_back", "stop")), None)
    approved = next((s for s in reversed(now.steps) if s.deed == "approve" and s.rules == now.active), None)
    proposed = next((s for s in reversed(now.steps) if s.deed == "propose" and s.rules == now.active), None)
    waits = next(iter(now.proposals.values()), None)
    return {
        "version": book.version_of(now.active), "hash": now.active, "activated_at": last.at_ms if last else None,
        "by": [s.by for s in (proposed, approved) if s], "proposed": None if waits is None else {
            "version": book.version_of(waits.rules), "by": waits.by, "at": waits.at_ms,
            "approved_by": waits.approved_by, "count": len(now.proposals)},
    }  # fmt: skip


def findings(office: Office, rules: RuleSet) -> list[dict[str, Any]]:
    """What is wrong with rules that read well: names, audiences, clauses."""
    setting, now = office.sharing.door.house.setting(), office.now_ms()
    out = [{"level": f.level, "rule": f.rule_id, "key": f.key, "text": f.text, "hint": f.hint,
            "line": _line(rules, f.rule_id)} for f in check_rules(rules, setting)]  # fmt: skip
    held = [a for name in sorted({a.id for a in office.agreements.agreements.values()})
            if (a := office.agreements.of(name, now)) is not None]  # fmt: skip
    out += [{"level": f.level, "rule": f.where, "key": "clause", "text": f"{f.test}: {f.text}", "hint": "",
             "line": _line(rules, f.where), "said": f.text} for f in agreements.check(held, rules, now)]  # fmt: skip
    out += [{"level": "error", "rule": name, "key": "transform", "text": why, "hint": "", "line": _line(rules, name)}
            for name, why in office.sharing.door.house.lexicons.missing(rules)]  # fmt: skip
    out += [{"level": "warning", "rule": name, "key": "clause", "text": f"it releases nothing now: {why}", "hint": "",
             "line": _line(rules, name)} for name, why in office.lapsed(rules).items()]  # fmt: skip
    return [_coded(row) for row in out]


def _coded(row: dict[str, Any]) -> dict[str, Any]:
    """A finding with what it says and what would help, by code."""
    said = row.pop("said", row["text"])
    return row | {"reasons": reasons([said]), "helps": reasons([row["hint"]])}


def _line(rules: RuleSet, rule_id: str) -> int | None:
    """Line of the file on which a rule is named."""
    for number, text in enumerate(rules.source.decode().splitlines(), 1):
        key, _, value = text.partition("=")
        if key.strip() == "id" and value.strip().strip("\"'").split('"')[0] == rule_id:
            return number
    return None


def check(office: Office, text: str) -> dict[str, Any]:
    """Whether a text reads, and what is wrong with it. A text that does not read is an answer, no error."""
    try:
        rules = load(text.encode())
    except (ConfigError, InputError) as exc:
        number = _LINE.search(exc.where)
        line = int(number[1]) if number else None
        found = {"level": "error", "rule": "", "key": exc.where, "text": exc.message, "hint": exc.hint, "line": line}
        return {"reads": False, "rules": [], "findings": [_coded(found)]}
    return {"reads": True, "hash": rules.hash, "rules": rules_of(rules), "findings": findings(office, rules)}


def as_row(decision: Decision) -> dict[str, Any]:
    """A decision as plain values."""
    return {
        "verdict": decision.verdict, "rules": list(decision.rule_ids), "clauses": list(decision.clauses),
        "transforms": list(decision.transforms.words), "label": word_of(decision.label) if decision.label else None,
        "lane": decision.lane, "retain_d": decision.retain_d, "why": list(decision.why),
        "reasons": reasons(decision.why),
    }  # fmt: skip


# ---- steps of two persons --------------------------------------------------------------------------------------------
def propose(office: Office, text: str, by: str) -> Mapping[str, Any]:
    """First person. Raises ConfigError for a text that does not read, Refusal for one with an error in it."""
    rules = load(text.encode())
    ids = rules.by_id
    wrong = [f for f in findings(office, rules) if f["level"] == "error" and f["rule"] in ids
             and not str(f["text"]).startswith(_LATER)]  # fmt: skip
    if wrong:
        first = wrong[0]
        said = SAID("rules.finding", rule=first["rule"], key=first["key"], why=first["text"])
        raise Refusal(said, rule=str(first["rule"]), hint=f"{len(wrong)} errors; check the text first")
    return _step(office, lambda: office.rulebook.propose(text.encode(), by, office.now_ms()))


def approve(office: Office, version: int, by: str) -> Mapping[str, Any]:
    """Second person: approves and thereby puts in force."""
    digest = office.rulebook.find(version).hash

    def both() -> None:
        waits = office.rulebook.status().proposals.get(digest)
        if waits is None or not waits.approved_by:
            office.rulebook.approve(digest, by, office.now_ms())
        office.rulebook.activate(digest, by, office.now_ms())

    return _step(office, both)


def withdraw(office: Office, version: int, by: str) -> Mapping[str, Any]:
    """Take a proposal back."""
    digest = office.rulebook.find(version).hash
    return _step(office, lambda: office.rulebook.withdraw(digest, by, office.now_ms()))


def roll_back(office: Office, by: str) -> Mapping[str, Any]:
    """Back to the rules before, by one person, within a day."""
    return _step(office, lambda: office.rulebook.roll_back(by, office.now_ms()))


def stop(office: Office, by: str) -> Mapping[str, Any]:
    """Nothing leaves from now on; one person may do that."""
    return _step(office, lambda: office.rulebook.stop(by, office.now_ms()))


def _step(office: Office, work: Any) -> Mapping[str, Any]:
    try:
        work()
    except InputError as exc:
        two = "another person" in exc.message or "second person" in exc.message
        raise Refusal(exc.message, rule="second-person" if two else "activation", hint=exc.hint, state=not two) from exc
    office.look()
    return head(office)
