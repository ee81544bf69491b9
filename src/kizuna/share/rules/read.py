"""Rules from a TOML file.

    version = 1
    title = "What we tell our neighbours"

    [[rule]]
    id = "boundary-positions"
    clause = ["mou-2026/4.1"]
    to = ["cape"]
    then = "release"
    match = { kind = ["track.position"], zone = ["boundary-strip"], age = { min_h = 1 } }
    transform = ["coarsen_position cell_m=1000"]
    label = { tlp = "AMBER", retain_d = 90 }

Everything is checked when it is read: an unknown key, a word that is not in its list, a releasing rule without a clause
or an empty list is a ConfigError that names the file, the rule's line, the key and what is allowed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.records import kinds
from kizuna.records.bodies.kind import LANES
from kizuna.records.label import PURPOSES, Label, Reshare, Tlp, is_audience, tlp_of
from kizuna.share import transform
from kizuna.share.rules import toml
from kizuna.share.rules.rule import FIELDS, RELEASE, WITHHOLD, Age, Among, Condition, Labelled, Rule, RuleSet

VERSION: Final = 1
LARGEST: Final = 1 << 20
"""Bytes of a file of rules."""
MOST_RULES: Final = 2_000
MOST_WORDS: Final = 10_000
"""Words in one list, such as the MMSIs of own vessels."""
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CLAUSE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,95}")
_CONTEXT: Final = re.compile(r"\*|real|test|exercise:(?:\*|[A-Za-z0-9][A-Za-z0-9._-]{0,63})")
_TOP: Final = ("version", "title", "rule")
_KEYS: Final = ("id", "clause", "to", "then", "match", "transform", "label", "lane", "own_grid", "two_persons", "note")
_MATCH: Final = (*FIELDS, "label", "age")
_AGE_MS: Final = {"s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
_AGES: Final = tuple(f"{bound}_{unit}" for bound in ("min", "max") for unit in _AGE_MS)
_RESHARES: Final = tuple(r.name.lower() for r in Reshare)
_LABEL_MATCH: Final = ("tlp_min", "tlp_max", "caveats_within", "purpose", "personal", "reshare_min")
_LABEL_OUT: Final = ("tlp", "caveats", "info", "reshare", "purpose", "personal", "retain_d")
_RETAIN_MOST_D: Final = 36_500


def load(text: str | bytes, where: str = "rules.toml") -> RuleSet:
    """Read a file of rules; ``where`` is its name for messages. Raises ConfigError."""
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else bytes(text)
    if len(data) > LARGEST:
        raise ConfigError(f"{len(data)} bytes", where=where, hint=f"at most {LARGEST}")
    try:
        words = data.decode()
        doc = toml.loads(words)
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"not TOML: {exc}", where=where) from exc
    _known(doc, _TOP, where)
    if doc.get("version") != VERSION:
        raise ConfigError(f"version is {doc.get('version')!r}", where=where, hint=f"allowed: {VERSION}")
    rows = doc.get("rule", [])
    if not isinstance(rows, list) or len(rows) > MOST_RULES:
        raise ConfigError("rule is no list of tables", where=where, hint=f"up to {MOST_RULES} [[rule]]")
    lines = [n for n, line in enumerate(words.splitlines(), 1) if line.strip().replace(" ", "").startswith("[[rule]]")]
    rules = [_rule(row, _place(where, lines, i, row)) for i, row in enumerate(rows)]
    seen: dict[str, int] = {}
    for i, rule in enumerate(rules):
        if rule.id in seen:
            raise ConfigError(f"id {rule.id!r} stands twice", where=_place(where, lines, i, rows[i]))
        seen[rule.id] = i
    title = _text(doc.get("title", ""), where, "title")
    return RuleSet(tuple(sorted(rules, key=lambda r: r.id)), hashlib.sha256(data).hexdigest(), title, data)


def _place(where: str, lines: list[int], i: int, row: Any) -> str:
    """File, line and rule for a message."""
    name = row.get("id") if isinstance(row, dict) else None
    line = f":{lines[i]}" if i < len(lines) else ""
    return f"{where}{line}: rule {name if isinstance(name, str) else i + 1}"


def _rule(row: Any, where: str) -> Rule:
    if not isinstance(row, dict):
        raise ConfigError("is no table", where=where, hint="[[rule]]")
    _known(row, _KEYS, where)
    rule_id = row.get("id")
    if not isinstance(rule_id, str) or not _ID.fullmatch(rule_id):
        raise ConfigError(f"id {rule_id!r}", where=where, hint="a-z, 0-9, dot, dash, underscore; up to 64")
    then = row.get("then")
    if then not in (RELEASE, WITHHOLD):
        raise ConfigError(f"then is {then!r}", where=where, hint=f"{RELEASE} or {WITHHOLD}")
    if then == WITHHOLD:
        for key in ("transform", "label", "lane", "own_grid", "two_persons"):
            if key in row:
                raise ConfigError(f"{key} on a rule that withholds", where=where, hint="leave it out")
    elif not row.get("clause"):
        raise ConfigError("a rule that releases rests on a clause", where=where, hint='clause = ["mou-2026/4.1"]')
    label, retain_d = _label(row.get("label", {}), where)
    return Rule(
        id=rule_id,
        clauses=_list(row, "clause", where, _CLAUSE.fullmatch, "letters, digits, . / _ -") if row.get("clause") else (),
        to=_list(row, "to", where, is_audience, "party ids, communities c:..., or *"),
        then=then,
        conditions=_conditions(row.get("match", {}), where),
        transforms=_transforms(row.get("transform", []), where),
        label=label,
        retain_d=retain_d,
        lane=_one(row.get("lane", ""), ("", *LANES), where, "lane"),
        note=_text(row.get("note", ""), where, "note"),
        own_grid=_flag(row.get("own_grid", False), where, "own_grid"),
        two_persons=_flag(row.get("two_persons", False), where, "two_persons"),
    )


def _conditions(match: Any, where: str) -> tuple[Condition, ...]:
    """All conditions; a rule that does not speak of the context speaks of real life only."""
    _known(match, _MATCH, where, "match")
    found: list[Condition] = []
    for name in FIELDS:
        if name in match:
            good, hint = _GOOD[name]
            found.append(Among(name, _list(match, name, f"{where}: match", good, hint)))
        elif name == "context":
            found.append(Among("context", ("real",)))
    if "label" in match:
        found.append(_labelled(match["label"], f"{where}: match.label"))
    if "age" in match:
        found.append(_age(match["age"], f"{where}: match.age"))
    return tuple(found)


def _kind(word: str) -> bool:
    """A known kind, or a family that some known kind belongs to."""
    if word == "*":
        return True
    return word in kinds.KINDS or (word.endswith(".*") and any(k.startswith(word[:-1]) for k in kinds.KINDS))


def _plain(word: str) -> bool:
    return 0 < len(word) <= 256 and word.isprintable()  # noqa: PLR2004  as long as a subject of a record


_GOOD: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "kind": (_kind, f"*, a family such as event.*, or one of {', '.join(sorted(kinds.KINDS))}"),
    "origin": (lambda w: w == "*" or (is_audience(w) and not w.startswith("c:")), "party ids, or *"),
    "context": (_CONTEXT.fullmatch, "real, test, exercise:<id>, exercise:*, or *"),
    "source": (_plain, "ids of sources"),
    "subject": (_plain, "names with their scheme, such as mmsi:431000001"),
    "zone": (_plain, "ids of zones"),
    "tag": (_plain, "words such as distress"),
}


def _labelled(table: Any, where: str) -> Labelled:
    _known(table, _LABEL_MATCH, where)
    if not table:
        raise ConfigError("is empty", where=where, hint=", ".join(_LABEL_MATCH))
    return Labelled(
        tlp_min=_tlp(table, "tlp_min", where),
        tlp_max=_tlp(table, "tlp_max", where),
        caveats_within=frozenset(_list(table, "caveats_within", where, _plain, "caveats", empty=True))
        if "caveats_within" in table else None,
        purpose=frozenset(_list(table, "purpose", where, PURPOSES.__contains__, ", ".join(sorted(PURPOSES))))
        if "purpose" in table else None,
        personal=_flag(table["personal"], where, "personal") if "personal" in table else None,
        reshare_min=Reshare[_one(table["reshare_min"], _RESHARES, where, "reshare_min").upper()]
        if "reshare_min" in table else None,
    )  # fmt: skip


def _age(table: Any, where: str) -> Age:
    _known(table, _AGES, where)
    bounds: dict[str, int] = {}
    for key, value in table.items():
        bound, unit = key.split("_")
        if bound in bounds:
            raise ConfigError(f"two bounds of {bound}", where=where, hint="one unit each")
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**9:
            raise ConfigError(f"{key} is {value!r}", where=where, hint="a whole number from 0 to 1,000,000,000")
        bounds[bound] = value * _AGE_MS[unit]
    if not bounds or ("max" in bounds and bounds["max"] <= bounds.get("min", 0)):
        raise ConfigError("no time lies within", where=where, hint="min below max, such as { min_h = 1, max_d = 30 }")
    return Age(bounds.get("min", 0), bounds.get("max"))


def _transforms(items: Any, where: str) -> transform.TransformSet:
    if not isinstance(items, list) or not all(isinstance(i, str | dict) for i in items):
        raise ConfigError("transform is no list", where=where, hint='["coarsen_position cell_m=1000"]')
    try:
        return transform.parse(items)
    except InputError as exc:
        raise ConfigError(f"transform: {exc.message}", where=where, hint=exc.hint) from exc


def _label(table: Any, where: str) -> tuple[Label, int | None]:
    """The label that a releasing rule gives, and for how many days the receiver may keep it."""
    _known(table, _LABEL_OUT, where, "label")
    where = f"{where}: label"
    retain_d = table.get("retain_d")
    whole = isinstance(retain_d, int) and not isinstance(retain_d, bool)
    if retain_d is not None and not (whole and 1 <= retain_d <= _RETAIN_MOST_D):
        raise ConfigError(f"retain_d is {retain_d!r}", where=where, hint=f"1 to {_RETAIN_MOST_D} days")
    lists = {
        n: _list(table, n, where, _plain, "words", empty=True) for n in ("caveats", "info", "purpose") if n in table
    }
    try:
        label = Label(
            tlp=Tlp.AMBER if "tlp" not in table else _tlp(table, "tlp", where) or Tlp.CLEAR,
            caveats=frozenset(lists.get("caveats", ())),
            info=tuple(sorted(set(lists.get("info", ())))),
            purpose=frozenset(lists.get("purpose", ())),
            reshare=Reshare[_one(table.get("reshare", "none"), _RESHARES, where, "reshare").upper()],
            personal=_flag(table.get("personal", False), where, "personal"),
        )
    except InputError as exc:
        raise ConfigError(exc.message, where=where, hint=exc.hint) from exc
    return label, retain_d


def _tlp(table: Mapping[str, Any], key: str, where: str) -> Tlp | None:
    if key not in table:
        return None
    try:
        return tlp_of(_text(table[key], where, key))
    except InputError as exc:
        raise ConfigError(f"{key}: {exc.message}", where=where, hint=exc.hint) from exc


def _known(table: Any, keys: tuple[str, ...], where: str, name: str = "") -> None:
    if not isinstance(table, dict):
        raise ConfigError(f"{name or 'this'} is no table", where=where, hint=", ".join(keys))
    odd = sorted(table.keys() - set(keys))
    if odd:
        prefix = f"{name}." if name else ""
        raise ConfigError(f"unknown key {prefix}{odd[0]}", where=where, hint=f"allowed: {', '.join(keys)}")


def _list(
    table: Mapping[str, Any], key: str, where: str, good: Callable[[str], object], hint: str, *, empty: bool = False
) -> tuple[str, ...]:
    """A list of words in alphabetical order. An empty one is refused: it would read as nobody or as anybody."""
    words = table.get(key)
    if not isinstance(words, list) or not all(isinstance(w, str) for w in words) or len(words) > MOST_WORDS:
        raise ConfigError(f"{key} is no list of words", where=where, hint=hint)
    if not words and not empty:
        raise ConfigError(f"{key} is empty", where=where, hint=f"name somebody or something: {hint}")
    for word in words:
        if not good(word):
            raise ConfigError(f"{key}: {word[:80]!r} is not allowed", where=where, hint=hint)
    return tuple(sorted(set(words)))


def _one(word: Any, allowed: tuple[str, ...], where: str, key: str) -> str:
    if word not in allowed:
        raise ConfigError(f"{key} is {word!r}", where=where, hint=f"one of {', '.join(w for w in allowed if w)}")
    return str(word)


def _flag(value: Any, where: str, key: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{key} is {value!r}", where=where, hint="true or false")
    return value


def _text(value: Any, where: str, key: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{key} is no text", where=where)
    return value
