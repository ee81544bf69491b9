"""Release decisions beside those of Cedar, on random rules, partners and records.

    python tests/soak/cedar_release.py --pairs 100000

Rules are written twice from one random description: as our TOML, and as Cedar policies by the plain definition in
docs/reference/rules.md (a releasing rule is a ``permit``; a withholding one, every bound, and every rule that cannot be
evaluated is a ``forbid``; so is every rule on the positions of a vessel for what follows them). Cedar shares no line of code with us. The verdicts of the columnar and of the explaining
evaluator must both be Cedar's. The result goes to ``benchmarks/results/soak-cedar-release.json``.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cedarpy
import numpy as np

from kizuna.base.units import MISSING_TIME_MS
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp
from kizuna.records.partner import Community, Directory, Partner, directory
from kizuna.share import decide, rules
from kizuna.share.columns import Columns, Facts, Setting, Terms, coded

RESULT = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "soak-cedar-release.json"
NOW_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
ME = "harbour"
PARTIES = ("bay", "cape", "dune")
COMMUNITIES = ("c:civil", "c:cert", "c:empty")
AUDIENCES = (*PARTIES, *PARTIES, *COMMUNITIES, EVERYBODY, "c:civil", "fjord")
KINDS = ("track.position", "track.segment", "event.gap", "event.encounter", "detection", "cti.stix")
ZONES = ("strip", "road", "bank")
SOURCES = ("ais-north", "ais-south", "radar")
VESSELS = ("mmsi:1", "mmsi:2", "mmsi:3")
SUBJECTS = (*VESSELS, "stix:a")
TAGS = ("distress", "incident:a", "quiet")
CONTEXTS = ("real", "exercise:a", "test")
CAVEATS = ("x", "y")
PURPOSES = ("SAR", "Safety")
LEVELS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
RESHARES = ("none", "consent", "community", "free")
Chance = random.Random
Rule = dict[str, Any]


# ---- one random description -----------------------------------------------------------------------------------------
def some(chance: Chance, words: tuple[str, ...], least: int = 0) -> list[str]:
    return sorted(chance.sample(words, chance.randint(least, len(words))))


def few(chance: Chance, words: tuple[str, ...], most: int = 2) -> list[str]:
    return sorted(set(chance.sample(words, chance.randint(1, most))))


def who(chance: Chance) -> Directory:
    partners = [
        Partner(
            p, communities=frozenset(c for c in COMMUNITIES if chance.random() < 0.8), caveats_held=frozenset(some(chance, CAVEATS)),
            tlp_max=chance.choice((Tlp.GREEN, Tlp.AMBER, Tlp.RED, Tlp.RED)), purposes=frozenset(some(chance, PURPOSES)),
            state="revoked" if chance.random() < 0.05 else "active",
        )
        for p in PARTIES
    ]  # fmt: skip
    lists = [Community(c, 1, frozenset(p for p in PARTIES if chance.random() < 0.7)) for c in COMMUNITIES[:2]]
    return directory(ME, partners, [*lists, Community("c:empty", 1, frozenset())])


def terms(chance: Chance) -> dict[str, Terms]:
    found: dict[str, Terms] = {}
    for source in SOURCES:
        to = ["all", EVERYBODY] if chance.random() < 0.9 else few(chance, (*AUDIENCES, "all"))
        found[source] = Terms(chance.random() < 0.97, frozenset(to), chance.choice((0, 0, 0, 0, 1, 3)))
    if chance.random() < 0.05:
        del found["radar"]
    return found


def rule(chance: Chance, number: int) -> Rule:
    then = "release" if chance.random() < 0.8 else "withhold"
    to = few(chance, AUDIENCES, 3 if then == "release" else 1)
    if then == "withhold":
        to = [chance.choice(AUDIENCES)]
    match: dict[str, Any] = {}
    if chance.random() < 0.7:
        match["kind"] = few(chance, (*KINDS, "track.*", "event.*", "*"), 3)
    if chance.random() < 0.25:
        match["zone"] = few(chance, ZONES + (("typo",) if chance.random() < 0.1 else ()), 3)
    if chance.random() < 0.15:
        match["source"] = few(chance, SOURCES + (("typo",) if chance.random() < 0.1 else ()), 3)
    if chance.random() < 0.15:
        match["origin"] = few(chance, (ME, "bay", "*"))
    if chance.random() < (0.1 if then == "release" else 0.4):
        match["subject"] = few(chance, SUBJECTS)
    if chance.random() < (0.15 if then == "release" else 0.4):
        match["tag"] = few(chance, TAGS)
    if chance.random() < 0.2:
        match["context"] = few(chance, ("real", "exercise:a", "exercise:*", "test", "*"))
    if chance.random() < 0.3:
        match["age"] = chance.choice(({"min_h": 1}, {"max_h": 5}, {"min_s": 1800, "max_d": 2}, {"min_min": 30}))
    if chance.random() < 0.2:
        label: dict[str, Any] = {}
        if chance.random() < 0.4:
            label["tlp_max"] = chance.choice(LEVELS)
        if chance.random() < 0.2:
            label["tlp_min"] = chance.choice(LEVELS)
        if chance.random() < 0.3:
            label["caveats_within"] = some(chance, CAVEATS)
        if chance.random() < 0.3:
            label["purpose"] = few(chance, PURPOSES)
        if chance.random() < 0.2:
            label["personal"] = chance.random() < 0.3
        if chance.random() < 0.2:
            label["reshare_min"] = chance.choice(RESHARES)
        if label:
            match["label"] = label
    if then == "release" and chance.random() < 0.25:
        match = {"kind": ["*"]}
    found: Rule = {"id": f"r{number}", "to": to, "then": then, "match": match}
    if then == "release":
        out: dict[str, Any] = {"tlp": chance.choice(("CLEAR", "CLEAR", "GREEN", "GREEN", "AMBER", "RED"))}
        if chance.random() < 0.2:
            out["caveats"] = few(chance, CAVEATS, 1)
        if chance.random() < 0.2:
            out["purpose"] = few(chance, PURPOSES, 1)
        found |= {"clause": ["mou/1"], "label": out, "own_grid": chance.random() < 0.5}
    return found


def apart(chance: Chance, number: int) -> list[Rule]:
    """Rules that speak of events and of positions apart from each other, for one audience: what ties the two matters."""
    to = [chance.choice(AUDIENCES)]
    found = []
    for k in range(chance.randint(2, 4)):
        one = rule(chance, number + k)
        events = k == 0 or chance.random() < 0.3
        one["match"] |= {"kind": ["event.*", "detection"] if events else [chance.choice(("track.position", "track.*"))]}
        if k == 0:
            one = {**one, "then": "release", "match": {"kind": ["event.*", "detection"]}, "clause": ["mou/1"]}
            one |= {"label": {"tlp": "CLEAR"}, "own_grid": chance.random() < 0.2}
        found.append(one | {"to": to})
    return found


def label(chance: Chance) -> Label:
    if chance.random() < 0.8:
        return Label()
    rel_to = frozenset(some(chance, (*PARTIES, *COMMUNITIES), 3))
    tlp = chance.choice((Tlp.CLEAR, Tlp.GREEN, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED))
    if chance.random() < 0.15:
        tlp, rel_to = Tlp.CLEAR, frozenset((EVERYBODY,))
    return Label(
        tlp=tlp, rel_to=rel_to, caveats=frozenset(some(chance, CAVEATS) if chance.random() < 0.3 else ()),
        purpose=frozenset(some(chance, PURPOSES) if chance.random() < 0.3 else ()), personal=chance.random() < 0.1,
        reshare=chance.choice(tuple(Reshare)), policy="other-1" if chance.random() < 0.03 else "kizuna-1",
        retain_until_ms=chance.choice((None, None, None, NOW_MS - 1, NOW_MS, NOW_MS + HOUR_MS)),
    )  # fmt: skip


def facts(chance: Chance, context: str) -> Facts:
    def maybe(value: Any) -> Any:
        return None if chance.random() < 0.005 else value

    inside = frozenset(some(chance, ZONES))
    return Facts(
        kind=maybe(chance.choice(KINDS)), origin=maybe(ME if chance.random() < 0.93 else chance.choice(("bay", "cape"))),
        context=maybe(context if chance.random() < 0.95 else chance.choice(CONTEXTS)), label=maybe(label(chance)),
        observed_ms=maybe(NOW_MS - chance.choice((-HOUR_MS, 0, 1_800_000, HOUR_MS, HOUR_MS - 1, 5 * HOUR_MS, 48 * HOUR_MS))),
        received_ms=maybe(NOW_MS - chance.choice((0, 0, 0, HOUR_MS, 24 * HOUR_MS, 24 * HOUR_MS - 1, 80 * HOUR_MS))),
        zone=maybe(inside), touched=maybe(inside | frozenset(some(chance, ZONES)) if chance.random() < 0.2 else inside),
        source=maybe(frozenset(few(chance, SOURCES) if chance.random() < 0.9 else ())),
        subject=maybe(frozenset(some(chance, SUBJECTS) if chance.random() < 0.3 else (chance.choice(SUBJECTS),))),
        tag=maybe(frozenset(some(chance, TAGS) if chance.random() < 0.2 else ())),
        granted=frozenset(few(chance, AUDIENCES)) if chance.random() < 0.1 else None,
    )  # fmt: skip


# ---- as our TOML and our columns ------------------------------------------------------------------------------------
def toml(many: list[Rule]) -> str:
    def value(v: Any) -> str:
        if isinstance(v, dict):
            return "{ " + ", ".join(f"{k} = {value(x)}" for k, x in v.items()) + " }"
        return json.dumps(v)

    return "version = 1\n" + "".join(
        "\n[[rule]]\n" + "".join(f"{k} = {value(v)}\n" for k, v in r.items()) for r in many
    )


def columns(many: list[Facts]) -> Columns:
    def times(name: str) -> Any:
        return np.array([MISSING_TIME_MS if getattr(f, name) is None else getattr(f, name) for f in many], np.int64)

    names = ("kind", "origin", "context", "label", "zone", "touched", "source", "subject", "tag", "granted")
    return Columns(**{n: coded(getattr(f, n) for f in many) for n in names}, observed_ms=times("observed_ms"),
                   received_ms=times("received_ms"))  # fmt: skip


# ---- as Cedar -------------------------------------------------------------------------------------------------------
def words(many: Any) -> str:
    return "[" + ", ".join(json.dumps(w) for w in sorted(many)) + "]"


def entity(number: int, one: Facts) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    for name in ("kind", "origin", "context"):
        if getattr(one, name) is not None:
            attrs[name] = getattr(one, name)
    for name in ("zone", "touched", "source", "subject", "tag", "granted"):
        if getattr(one, name) is not None:
            attrs[name] = sorted(getattr(one, name))
    if one.observed_ms is not None:
        attrs["age"] = max(0, NOW_MS - one.observed_ms)
    if one.received_ms is not None:
        attrs["since"] = NOW_MS - one.received_ms
    if one.label is not None:
        said = one.label
        attrs |= {"tlp": int(said.tlp), "rel_to": sorted(said.rel_to), "caveats": sorted(said.caveats), "purpose": sorted(said.purpose),
                  "personal": said.personal, "reshare": int(said.reshare), "policy": said.policy, "unsaid": said == Label()}  # fmt: skip
        if said.retain_until_ms is not None:
            attrs["left"] = said.retain_until_ms - NOW_MS
    return {"uid": {"type": "R", "id": str(number)}, "attrs": attrs, "parents": []}


def like(name: str, patterns: list[str]) -> str:
    return "(" + " || ".join(f"resource.{name} like {json.dumps(p)}" for p in patterns) + ")"


def parts(one: Rule, zones: Any, sources: Any, *, behind: bool = False) -> list[tuple[str, str]]:
    """Of each condition: when it can be told, and when it then holds.

    ``behind``: for the positions behind an event or a detection, of which any part of the facts will do; a releasing
    rule is then not asked for age and label.
    """
    release, match = one["then"] == "release", dict(one["match"])
    every_part, found = release and not behind, []
    if behind:
        for name in ("age", "label") if release else ():
            match.pop(name, None)
        kinds = match.pop("kind", ["*"])
        found.append(("true", json.dumps(bool({"*", "track.*", "track.position"} & {*kinds}))))
    for name in ("kind", "origin"):
        if name in match:
            found.append((f"resource has {name}", like(name, match[name])))
    found.append(("resource has context", like("context", match.get("context", ["real"]))))
    if "zone" in match:
        column = "zone" if every_part else "touched"
        known = "true" if set(match["zone"]) <= set(zones) else "false"
        found.append((f"(resource has {column} && {known})", f"resource.{column}.containsAny({words(match['zone'])})"))
    for name in ("source", "subject"):
        if name in match:
            known = "true" if name == "subject" or set(match[name]) <= set(sources) else "false"
            every = f"(!resource.{name}.isEmpty() && {words(match[name])}.containsAll(resource.{name}))"
            found.append(
                (
                    f"(resource has {name} && {known})",
                    every if every_part else f"resource.{name}.containsAny({words(match[name])})",
                )
            )
    if "tag" in match:
        found.append(("resource has tag", f"resource.tag.containsAny({words(match['tag'])})"))
    elif release:
        found.append(("resource has tag", 'resource.tag.contains("distress") == false'))
    if "age" in match:
        unit = {"s": 1_000, "min": 60_000, "h": HOUR_MS, "d": 24 * HOUR_MS}
        tests = [
            f"resource.age {'>=' if k.startswith('min_') else '<'} {v * unit[k.split('_')[1]]}"
            for k, v in match["age"].items()
        ]
        found.append(("resource has age", "(" + " && ".join(tests) + ")"))
    if "label" in match:
        found.append(("resource has tlp", "(" + " && ".join(label_tests(match["label"])) + ")"))
    return found


def label_tests(match: dict[str, Any]) -> list[str]:
    tests = []
    if "tlp_min" in match:
        tests.append(f"resource.tlp >= {LEVELS.index(match['tlp_min'])}")
    if "tlp_max" in match:
        tests.append(f"resource.tlp <= {LEVELS.index(match['tlp_max'])}")
    if "caveats_within" in match:
        tests.append(f"{words(match['caveats_within'])}.containsAll(resource.caveats)")
    if "purpose" in match:
        tests.append(f"(resource.purpose.isEmpty() || resource.purpose.containsAny({words(match['purpose'])}))")
    if "personal" in match:
        tests.append(f"resource.personal == {json.dumps(match['personal'])}")
    if "reshare_min" in match:
        tests.append(reshare_at_least(RESHARES.index(match["reshare_min"])))
    return tests


def reshare_at_least(least: int) -> str:
    highest = {0: 4, 1: 2, 2: 1, 3: 0}[least]  # a level above it allows less, whatever the label says
    return f"(resource.reshare >= {least} && resource.tlp <= {highest})" if least else "true"


def cedar(many: list[Rule], to: str, setting: Setting) -> str:
    people, active = setting.who, [p for p in setting.who.partners.values() if p.state == "active"]
    within = {
        p.id: {c for c in people.communities if p.id in people.communities[c].members and c in p.communities}
        for p in active
    }
    if to == EVERYBODY:
        reading = active
    else:
        reading = [p for p in active if p.id == to or to in within[p.id]]
    out = []

    def forbid(when: str) -> None:
        out.append(f"forbid(principal, action, resource) when {{ {when} }};")

    if not reading and to != EVERYBODY:
        forbid("true")
    for one in many:
        found = parts(one, setting.zones, setting.terms)
        yes = " && ".join(f"{told} && {holds}" for told, holds in found)
        maybe = " && ".join(f"(!({told}) || {holds})" for told, holds in found)
        if one["then"] == "release":
            if to not in one["to"]:
                continue
            out.append(f"permit(principal, action, resource) when {{ {yes} }};")
            forbid(f"{maybe} && !({yes})")
            if not label_reaches(one["label"], to, reading):
                forbid(yes)
            if one["label"].get("purpose"):
                unlike = f"!resource.purpose.containsAny({words(one['label']['purpose'])})"
                forbid(f"{yes} && resource has tlp && {STATED} && !resource.purpose.isEmpty() && {unlike}")
        elif speaks(one["to"][0], to, reading, people):
            forbid(maybe)
    pairs = [
        (a, b)
        for a in many
        for b in many
        if a["id"] < b["id"] and a["then"] == b["then"] == "release" and to in a["to"] and to in b["to"]
    ]
    for a, b in pairs:
        if (
            {*a["label"].get("purpose", ())}
            and {*b["label"].get("purpose", ())}
            and a["label"]["purpose"] != b["label"]["purpose"]
        ):
            both = [" && ".join(f"{t} && {h}" for t, h in parts(r, setting.zones, setting.terms)) for r in (a, b)]
            forbid(f"{both[0]} && {both[1]}")
    for when in [*bounds(to, reading, within, setting), *tracks(many, to, reading, setting)]:
        forbid(when)
    return "\n".join(out)


def tracks(many: list[Rule], to: str, reading: list[Partner], setting: Setting) -> list[str]:
    """``bound.tracks``: what follows positions is withheld where they are, or where a rule on them cannot be evaluated."""
    mine = [r for r in many if r["then"] == "release" and to in r["to"]]
    by = [
        " && ".join(f"{t} && {h}" for t, h in parts(r, setting.zones, setting.terms)) for r in mine if not r["own_grid"]
    ]
    if not by:
        return []
    about = f"(!(resource has subject) || resource.subject.containsAny({words(VESSELS)}))"
    event = f'resource has kind && (resource.kind like "event.*" || resource.kind == "detection") && {about}'
    follows = f"{event} && ({' || '.join(f'({b})' for b in by)})"
    out = []
    for one in many:
        found = parts(one, setting.zones, setting.terms, behind=True)
        yes = " && ".join(f"{told} && {holds}" for told, holds in found)
        maybe = " && ".join(f"(!({told}) || {holds})" for told, holds in found)
        if one in mine:
            out.append(f"{follows} && {maybe} && !({yes})")
        elif one["then"] == "withhold" and speaks(one["to"][0], to, reading, setting.who):
            out.append(f"{follows} && {maybe}")
    return out


OWN = f'(resource has origin && resource.origin == "{ME}")'
STATED = f"!({OWN} && resource.unsaid)"


def speaks(word: str, to: str, reading: list[Partner], people: Directory) -> bool:
    if word == to or EVERYBODY in (word, to):
        return True
    if word not in (*people.partners, *people.communities, ME):
        return True
    members = people.communities[word].members if word in people.communities else {word}
    return any(p.id in members for p in reading)


def label_reaches(out: dict[str, Any], to: str, reading: list[Partner]) -> bool:
    level = LEVELS.index(out["tlp"])
    if to == EVERYBODY and level:
        return False
    if level == 4 and to.startswith("c:"):
        return False
    return all(
        level <= p.tlp_max
        and set(out.get("caveats", ())) <= p.caveats_held
        and (not out.get("purpose") or set(out["purpose"]) & p.purposes)
        for p in reading
    )


def bounds(to: str, reading: list[Partner], within: dict[str, set[str]], setting: Setting) -> list[str]:
    granted = f"(resource has granted && resource.granted.contains({json.dumps(to)}))"
    free = f"(resource has tlp && {reshare_at_least(3)})"
    inside = (
        f"(resource has tlp && {reshare_at_least(2)} && resource.rel_to.contains({json.dumps(to)}))"
        if to.startswith("c:")
        else "false"
    )
    out = [
        f"!(resource has context && resource.context == {json.dumps(setting.context)})",
        "!(resource has tlp)",
        f"!({OWN} || {granted} || {free} || {inside})",
        f'resource has tlp && {STATED} && (resource.policy != "kizuna-1" || (resource has left && resource.left <= 0))',
        f"!(resource has source && {words(setting.terms)}.containsAll(resource.source))",
    ]
    if to.startswith("c:"):
        out.append(f"resource has tlp && {STATED} && resource.tlp == 4")
    if to == EVERYBODY:
        out.append(
            f'resource has tlp && {STATED} && !(resource.rel_to.contains("*") || ({granted} && resource.tlp == 0))'
        )
    for p in reading:
        names = f"(resource.tlp < 4 && resource.rel_to.containsAny({words({p.id, EVERYBODY, *within[p.id]})}))"
        named = f"({names} || resource.rel_to.contains({json.dumps(p.id)}))"
        by_grant = f"({granted} && {'resource.tlp < 4' if to.startswith('c:') else 'resource.tlp == 0' if to == EVERYBODY else 'true'})"
        purpose = f"(resource.purpose.isEmpty() || resource.purpose.containsAny({words(p.purposes)}))"
        trusted = (
            f"resource.tlp <= {int(p.tlp_max)} && {words(p.caveats_held)}.containsAll(resource.caveats) && {purpose}"
        )
        out.append(f"resource has tlp && {STATED} && !(({named} || {by_grant}) && {trusted})")
    for source, said in setting.terms.items():
        allowed = said.pass_on and (
            EVERYBODY in said.pass_on_to
            if to == EVERYBODY
            else "all" in said.pass_on_to or to in said.pass_on_to or all(may_pass(p, said, within) for p in reading)
        )
        days = (
            f" && !(resource has since && resource.since < {said.pass_on_days * 24 * HOUR_MS})"
            if said.pass_on_days
            else " && false"
        )
        out.append(f"resource has source && resource.source.contains({json.dumps(source)}){days if allowed else ''}")
    return out


def may_pass(p: Partner, said: Terms, within: dict[str, set[str]]) -> bool:
    return EVERYBODY in said.pass_on_to or p.id in said.pass_on_to or bool(within[p.id] & said.pass_on_to)


# ---- the comparison -------------------------------------------------------------------------------------------------
def compare(pairs: int, seed: int, per_set: int = 25) -> dict[str, Any]:
    chance = random.Random(seed)
    verdicts: Counter[str] = Counter()
    tied = 0
    reasons: Counter[str] = Counter()
    failures: list[str] = []
    done = sets = 0
    while done < pairs:
        sets += 1
        many = [rule(chance, i) for i in range(chance.randint(1, 6))]
        if chance.random() < 0.5:
            many += apart(chance, len(many))
        setting = Setting(
            NOW_MS, who(chance), "real" if chance.random() < 0.9 else "exercise:a", terms(chance), frozenset(ZONES)
        )
        named = sorted({to for r in many if r["then"] == "release" for to in r["to"]})
        to = chance.choice(named) if named and chance.random() < 0.95 else chance.choice(AUDIENCES)
        records = [facts(chance, setting.context) for _ in range(per_set)]
        loaded = rules.load(toml(many))
        requests = [
            {"principal": 'P::"p"', "action": 'A::"tell"', "resource": f'R::"{i}"', "context": {}}
            for i in range(per_set)
        ]
        answers = cedarpy.is_authorized_batch(
            requests, cedar(many, to, setting), [entity(i, f) for i, f in enumerate(records)]
        )
        table = columns(records)
        ours = decide.batch(loaded, table, to, setting)
        for i, answer in enumerate(answers):
            assert not answer.diagnostics.errors, answer.diagnostics.errors
            single = decide.one(loaded, records[i], to, setting)
            theirs = answer.decision is cedarpy.Decision.Allow
            if (
                not (theirs == bool(ours.release[i]) == single.released)
                or single != ours[i]
                or table.row(i) != records[i]
            ):
                failures.append(
                    f"seed {seed} set {sets} record {i} to {to}: cedar {theirs}, {ours[i]}, {single}, {records[i]}"
                )
            verdicts[single.verdict] += 1
            tied += bool(single.tied)
            for name in single.rule_ids if not single.released else ("released",):
                reasons[name if name.startswith(("bound", "released")) else "rule"] += 1
        done += per_set
    return {"pairs": done, "rule_sets": sets, "seed": seed, "verdicts": dict(verdicts), "withheld_by": dict(reasons),
            "released_tied_to_positions": tied,
            "failures": failures[:20], "failed": len(failures)}  # fmt: skip


def main() -> int:
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--pairs", type=int, default=100_000)
    p.add_argument("--seed", type=int, default=None)
    a = p.parse_args()
    seed = random.SystemRandom().randrange(2**32) if a.seed is None else a.seed
    begin = time.process_time()
    out = compare(a.pairs, seed)
    out["cpu_s"] = round(time.process_time() - begin, 1)
    print(json.dumps(out, indent=1))
    if a.pairs >= 100_000:
        RESULT.write_text(json.dumps(out, indent=1) + "\n")
    return 1 if out["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
