"""Agreements against rules: rules without a clause, clauses without a rule, missing translations, dates that clash.

``check`` is what ``kizuna agreement check`` prints. ``enforce`` is its other half: it takes out of a set of rules
those whose clause does not hold now, so that an agreement that has ended releases nothing more, whatever the rules
say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final, Literal, NamedTuple

from kizuna.base.sentences import BETWEEN
from kizuna.base.units import DAY_MS
from kizuna.base.utc import iso_s
from kizuna.records import kinds
from kizuna.records.label import EVERYBODY
from kizuna.share.agreement.memorandum import ANY, Agreement, Clause, Words
from kizuna.share.agreement.standing import REF, Book
from kizuna.share.decide.reasons import SAID as DECISIONS
from kizuna.share.rules.rule import Among, Rule, RuleSet

Level = Literal["error", "warning"]
_ORDER: Final = ("error", "warning")


class Finding(NamedTuple):
    """One thing that is wrong: how bad, which test found it, where (rule or clause), in words."""

    level: Level
    test: str
    where: str
    text: str


def check(agreements: Iterable[Agreement], rules: RuleSet, now_ms: int) -> tuple[Finding, ...]:
    """Everything that does not fit between agreements and rules, errors first."""
    known = tuple(sorted(agreements, key=lambda a: (a.id, a.version)))
    found: list[Finding] = []
    for agreement in known:
        found += _texts(agreement)
        found += _dates(agreement, now_ms)
    found += _versions(known)
    cited: set[str] = set()
    for rule in rules.rules:
        found += _rule(rule, known, cited)
    for agreement in known:
        for clause in agreement.clauses:
            ref = agreement.id + REF + clause.id
            if clause.needs_rule and ref not in cited and now_ms < min(clause.ends_ms, agreement.ends_ms):
                found.append(Finding("warning", "clause without rule", ref, "no releasing rule rests on it"))
    return tuple(sorted(set(found), key=lambda f: (_ORDER.index(f.level), f.test, f.where, f.text)))


def enforce(rules: RuleSet, book: Book, now_ms: int) -> tuple[RuleSet, Mapping[str, str]]:
    """The rules that may release now, and for each of the others the reason why it may not.

    Every clause that a releasing rule cites must hold. Withholding rules always stay. The hash stays that of the file,
    for the policy is the same; the reasons say what it could not do.
    """
    refused = book.refused((ref for rule in rules.rules for ref in rule.clauses), now_ms)
    lapsed: dict[str, str] = {}
    for rule in rules.rules:
        reasons = [refused[ref] for ref in rule.clauses if ref in refused]
        if rule.releases and (reasons or not rule.clauses):
            lapsed[rule.id] = BETWEEN.join(reasons) or DECISIONS("rule.no_clause")
    held = tuple(rule for rule in rules.rules if rule.id not in lapsed)
    return (replace(rules, rules=held) if lapsed else rules), lapsed


def kinds_of(rule: Rule) -> tuple[str, ...]:
    """Kinds that a rule speaks of; ``*`` where it names none."""
    named = [each.words for each in rule.conditions if isinstance(each, Among) and each.field == "kind"]
    return tuple(sorted({word for words in named for word in words})) if named else (ANY,)


def _texts(agreement: Agreement) -> Iterable[Finding]:
    places: list[tuple[str, Words]] = [(agreement.id, agreement.title)]
    places += [(f"{agreement.id} party {each.id}", each.name) for each in agreement.parties]
    for clause in agreement.clauses:
        ref = agreement.id + REF + clause.id
        places += [(f"{ref} title", clause.title), (ref, clause.text)]
    for where, words in places:
        for language in words.missing():
            yield Finding("error", "missing translation", where, f"no text in {language}")


def _dates(agreement: Agreement, now_ms: int) -> Iterable[Finding]:
    where, end = agreement.id, iso_s(agreement.ends_ms)[:10]
    if now_ms >= agreement.ends_ms:
        yield Finding("error", "ended", where, f"ended on {end}")
    elif now_ms >= agreement.ends_ms - agreement.warn_days * DAY_MS:
        yield Finding("warning", "ends soon", where, f"ends on {end}")
    if agreement.review_ms is not None:
        if not agreement.starts_ms <= agreement.review_ms <= agreement.ends_ms:
            yield Finding("error", "review outside", where, "the day of review lies outside the agreement")
        elif agreement.review_ms <= now_ms < agreement.ends_ms:
            yield Finding("warning", "review due", where, f"was due on {iso_s(agreement.review_ms)[:10]}")
    for clause in agreement.clauses:
        ref = where + REF + clause.id
        if clause.starts_ms < agreement.starts_ms or clause.ends_ms > agreement.ends_ms:
            yield Finding("error", "dates outside", ref, "the clause holds longer than its agreement")
        elif clause.ends_ms <= now_ms < agreement.ends_ms:
            yield Finding("warning", "clause ended", ref, f"ended on {iso_s(clause.ends_ms)[:10]}")


def _versions(known: tuple[Agreement, ...]) -> Iterable[Finding]:
    for n, old in enumerate(known):
        for new in known[n + 1 :]:
            if new.id != old.id:
                continue
            if new.version == old.version:
                yield Finding("error", "same version", old.id, f"two different files are version {old.version}")
            elif new.starts_ms < old.ends_ms and old.starts_ms < new.ends_ms:
                text = f"versions {old.version} and {new.version} both hold from {iso_s(new.starts_ms)[:10]} on"
                yield Finding("warning", "dates overlap", old.id, text)


def _rule(rule: Rule, known: tuple[Agreement, ...], cited: set[str]) -> Iterable[Finding]:
    if rule.releases and not rule.clauses:
        yield Finding("error", "rule without clause", rule.id, "it releases and cites no clause")
    for ref in rule.clauses:
        found = _find(ref, known)
        if not found:
            yield Finding("error", "unknown clause", rule.id, f"no agreement here has {ref}")
        if len({agreement.id for agreement, _ in found}) > 1:
            yield Finding(
                "error", "unclear clause", rule.id, f"several agreements have {ref}; write agreement{REF}clause"
            )
        for agreement, clause in found:
            if rule.releases:
                cited.add(agreement.id + REF + clause.id)
                yield from _within(rule, agreement, clause)


def _find(ref: str, known: tuple[Agreement, ...]) -> list[tuple[Agreement, Clause]]:
    name, _, clause_id = ref.rpartition(REF)
    mine = [each for each in known if not name or each.id == name]
    newest = {each.id: each for each in mine}  # known is in order of versions
    found = [(each, each.clause(clause_id)) for each in newest.values()]
    return [(each, clause) for each, clause in found if clause is not None]


def _within(rule: Rule, agreement: Agreement, clause: Clause) -> Iterable[Finding]:
    """What the rule lets through that the clause does not speak of."""
    ref = agreement.id + REF + clause.id
    wide = sorted(word for word in kinds_of(rule) if not _spoken_of(word, clause))
    if wide:
        yield Finding("error", "wider than clause", rule.id, f"{ref} does not speak of {', '.join(wide)}")
    others = sorted(set(rule.to) - clause.takers - ({EVERYBODY} if ANY in clause.takers else set()))
    if others:
        yield Finding(
            "error", "wider than clause", rule.id, f"{ref} names no {', '.join(others)} among those who receive"
        )
    if rule.lane and rule.lane not in clause.lanes:
        yield Finding("error", "wider than clause", rule.id, f"{ref} does not open the lane {rule.lane}")
    if clause.retain_days is not None and (rule.retain_d is None or rule.retain_d > clause.retain_days):
        text = f"{ref} lets the receiver keep it for {clause.retain_days} days at most"
        yield Finding("error", "kept too long", rule.id, text)


def _spoken_of(word: str, clause: Clause) -> bool:
    if word == ANY:
        return ANY in clause.kinds
    if not word.endswith(".*"):
        return clause.covers(word)
    family = [kind for kind in kinds.KINDS if kind.startswith(word[:-1])]
    return word in clause.kinds or ANY in clause.kinds or (bool(family) and all(clause.covers(kind) for kind in family))
