"""A memorandum of understanding as a file: parties, clauses in three languages, dates, mandates.

The file is TOML and is read by people first. Rules cite its clauses by id, so that everything released can be
explained back to a sentence that both sides signed. Names of parties are configuration: agencies, associations,
institutes and states alike sign memoranda. ``docs/reference/agreement-file.md`` lists every key.

Rules kept: an unknown key is an error; dates are days in UTC and intervals half-open (``ends`` is the first day on
which nothing is shared any more); what a person can complete later (a missing translation) is found by ``check``,
what makes the file mean something else (a date, a party, an id) is refused here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.languages import LANGUAGES
from kizuna.base.units import DAY_MS
from kizuna.share.rules import toml

LANES: Final = ("flash", "routine", "bulk")
ACTS: Final = ("share", "ask", "offer", "task", "coordinate", "assume", "board", "recall", "train")
"""What a mandate may allow. ``board`` is written down so that people can say who may; no code acts on it."""
FILE_MAX_BYTES: Final = 48 * 1024
"""A memorandum travels inside one record of 64 KiB; base64-free text with its envelope needs the difference."""
CLAUSES_MAX: Final = 200
PARTIES_MAX: Final = 32
ANY: Final = "*"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_CLAUSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")


@dataclass(frozen=True, slots=True)
class Words:
    """One text in the languages of the house; empty where it is not translated yet."""

    by_language: Mapping[str, str] = field(default_factory=dict)

    def say(self, language: str) -> str:
        """Text in ``language``, or in the first language that has one."""
        found = self.by_language.get(language, "")
        return found or next((self.by_language[each] for each in LANGUAGES if self.by_language.get(each)), "")

    def missing(self) -> tuple[str, ...]:
        """Languages without a text."""
        return tuple(each for each in LANGUAGES if not self.by_language.get(each, "").strip())


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who signs. ``node`` is the partner whose node signs and exchanges for this party."""

    id: str
    name: Words
    type: str
    node: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence that rules cite.

    Attributes:
        givers: partner ids who may release under it; takers: to whom. Both hold node ids of parties.
        kinds: kinds of records, ``track.*`` for a family; empty for a clause about conduct.
        distress: a lone officer may pass a distress position under it at once (break-glass).
        grace_days: days after the end during which a distress clause still holds. Nobody drowns for a date.
        needs_rule: false for conduct (training, meetings): no rule is expected to cite it.
        starts_ms, ends_ms: half-open, within those of the agreement.
    """

    id: str
    title: Words
    text: Words
    purpose: frozenset[str]
    kinds: tuple[str, ...]
    lanes: frozenset[str]
    givers: frozenset[str]
    takers: frozenset[str]
    starts_ms: int
    ends_ms: int
    distress: bool
    grace_days: int
    retain_days: int | None
    needs_rule: bool

    def covers(self, kind: str) -> bool:
        """Whether records of this kind may be shared under the clause."""
        return any(each in (kind, ANY) or (each.endswith(".*") and kind.startswith(each[:-1])) for each in self.kinds)


@dataclass(frozen=True, slots=True)
class Mandate:
    """Who may do what, where, on whose request, by which clause."""

    who: str
    may: frozenset[str]
    where: Words
    on_request_of: frozenset[str]
    clause: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """A memorandum as loaded. ``sha256`` names the exact bytes that both sides sign."""

    id: str
    version: int
    title: Words
    purpose: frozenset[str]
    starts_ms: int
    ends_ms: int
    review_ms: int | None
    warn_days: int
    notice_days: int
    parties: tuple[Party, ...]
    clauses: tuple[Clause, ...]
    mandates: tuple[Mandate, ...]
    sha256: str

    def clause(self, clause_id: str) -> Clause | None:
        """The clause of that id, or None."""
        return next((each for each in self.clauses if each.id == clause_id), None)

    @property
    def signers(self) -> frozenset[str]:
        """Partner ids whose signatures bring it into force."""
        return frozenset(party.node for party in self.parties)

    def may(self, who: str, act: str, *, asked_by: str | None = None) -> tuple[Mandate, ...]:
        """Mandates that let ``who`` do ``act``; ``asked_by`` counts where a mandate needs a request."""
        return tuple(
            each
            for each in self.mandates
            if each.who == who and act in each.may and (not each.on_request_of or asked_by in each.on_request_of)
        )


def load(text: str | bytes, where: str = "") -> Agreement:
    """Read a memorandum.

    Raises ConfigError naming the key. ``where`` is the name of the file, for the message.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(data) > FILE_MAX_BYTES:
        raise ConfigError(f"a memorandum has at most {FILE_MAX_BYTES} bytes, this one {len(data)}", where=where)
    try:
        document = toml.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise ConfigError(f"is not TOML: {exc}", where=where) from exc
    return _agreement(_Section(document, where), hashlib.sha256(data).hexdigest())


class _Section:
    """One table of the file; every key is taken once, and what is left over is an error."""

    def __init__(self, table: Any, where: str) -> None:
        if not isinstance(table, dict):
            raise ConfigError("must be a table", where=where)
        self.where = where
        self._rest: dict[str, Any] = dict(table)

    def take(self, key: str, kind: type, default: Any = ...) -> Any:
        found = self._rest.pop(key, default)
        if found is ...:
            raise ConfigError(f"needs the key {key}", where=self.where)
        wrong = not isinstance(found, kind) or (kind is int and isinstance(found, bool))
        if found is not default and wrong:
            raise ConfigError(f"{key} must be {_NAMES.get(kind, kind.__name__)}", where=self.where)
        return found

    def id(self, key: str, pattern: re.Pattern[str] = _ID, default: Any = ...) -> str:
        found: str = self.take(key, str, default)
        if not pattern.fullmatch(found):
            raise ConfigError(f"{key} = {found!r} is no id", where=self.where, hint=f"like {pattern.pattern}")
        return found

    def count(self, key: str, default: int | None, high: int) -> Any:
        found = self.take(key, int, default)
        if found is not None and not 0 <= found <= high:
            raise ConfigError(f"{key} = {found} is not within 0 to {high}", where=self.where)
        return found

    def day(self, key: str, default: Any = ...) -> Any:
        found = self.take(key, dt.date, default)
        if found is default or found is None:
            return found
        if isinstance(found, dt.datetime):
            raise ConfigError(f"{key} must be a day without a time of day", where=self.where, hint="2026-04-01")
        return (found - dt.date(1970, 1, 1)).days * DAY_MS

    def words(self, key: str, *, required: bool = True) -> Words:
        found = self.take(key, dict, ... if required else {})
        unknown = set(found) - set(LANGUAGES)
        if unknown or not all(isinstance(each, str) for each in found.values()):
            hint = "texts under " + ", ".join(LANGUAGES)
            raise ConfigError(f"{key} holds {', '.join(sorted(unknown)) or 'no text'}", where=self.where, hint=hint)
        return Words(found)

    def names(self, key: str, allowed: frozenset[str] | None = None, default: Any = ...) -> frozenset[str]:
        found = self.take(key, list, default)
        if found is default:
            return frozenset(found)
        if not all(isinstance(each, str) and each for each in found):
            raise ConfigError(f"{key} must be a list of texts", where=self.where)
        unknown = set(found) - allowed if allowed is not None else set()
        if allowed is not None and unknown:
            hint = "one of " + ", ".join(sorted(allowed))
            raise ConfigError(f"{key} names {', '.join(sorted(unknown))}", where=self.where, hint=hint)
        return frozenset(found)

    def tables(self, key: str, high: int) -> list[_Section]:
        found = self.take(key, list, [])
        if len(found) > high:
            raise ConfigError(f"has {len(found)} [[{key}]], at most {high} are allowed", where=self.where)
        return [_Section(each, f"{self.where} [[{key}]] {n}".strip()) for n, each in enumerate(found, 1)]

    def done(self) -> None:
        if self._rest:
            raise ConfigError(f"unknown key {', '.join(sorted(self._rest))}", where=self.where)


_NAMES: Final = {
    str: "a text", int: "a whole number", dict: "a table of texts", list: "a list", dt.date: "a day like 2026-04-01",
    bool: "true or false",
}  # fmt: skip


def _agreement(top: _Section, sha256: str) -> Agreement:
    head = _Section(top.take("agreement", dict), f"{top.where} [agreement]".strip())
    agreement_id, version = head.id("id"), head.count("version", 1, 10_000)
    title, purpose = head.words("title"), head.names("purpose")
    starts_ms, ends_ms = head.day("starts"), head.day("ends")
    if ends_ms <= starts_ms:
        raise ConfigError("ends must be later than starts", where=head.where)
    review_ms = head.day("review", None)
    warn_days, notice_days = head.count("warn_days", 90, 730), head.count("notice_days", 90, 730)
    head.done()
    parties = tuple(_party(each) for each in top.tables("party", PARTIES_MAX))
    _unique([party.id for party in parties], top.where)
    if len({party.node for party in parties}) < 2:  # noqa: PLR2004  an agreement has two sides
        raise ConfigError("needs at least two [[party]] with different nodes", where=top.where)
    nodes = frozenset(party.node for party in parties)
    span = (starts_ms, ends_ms)
    clauses = tuple(_clause(each, nodes, purpose, span) for each in top.tables("clause", CLAUSES_MAX))
    _unique([clause.id for clause in clauses], top.where)
    ids = frozenset(clause.id for clause in clauses)
    mandates = tuple(_mandate(each, nodes, ids) for each in top.tables("mandate", CLAUSES_MAX))
    top.done()
    return Agreement(
        agreement_id, version, title, purpose, starts_ms, ends_ms, review_ms, warn_days, notice_days, parties, clauses,
        mandates, sha256,
    )  # fmt: skip


def _unique(ids: list[str], where: str) -> None:
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ConfigError(f"the id {', '.join(twice)} stands twice", where=where)


def _party(section: _Section) -> Party:
    party_id = section.id("id")
    name, kind = section.words("name"), section.take("type", str, "agency")
    node = section.id("node", default=party_id)
    section.done()
    return Party(party_id, name, kind, node)


def _clause(section: _Section, nodes: frozenset[str], purpose: frozenset[str], span: tuple[int, int]) -> Clause:
    clause_id = section.id("id", _CLAUSE)
    title, text = section.words("title"), section.words("text")
    wanted = section.names("purpose", purpose, sorted(purpose))
    kinds = tuple(sorted(section.names("kinds", None, [])))
    lanes = section.names("lanes", frozenset(LANES), ["routine"])
    givers = section.names("from", nodes, sorted(nodes))
    takers = section.names("to", None, sorted(nodes))
    starts_ms, ends_ms = section.day("starts", span[0]), section.day("ends", span[1])
    if not starts_ms < ends_ms:
        raise ConfigError("ends must be later than starts", where=section.where)
    distress, grace_days = section.take("distress", bool, default=False), section.count("grace_days", 0, 730)
    retain_days = section.count("retain_days", None, 36_525)
    needs_rule = section.take("needs_rule", bool, bool(kinds))
    if grace_days and not distress:
        raise ConfigError("grace_days belongs to a distress clause only", where=section.where)
    section.done()
    return Clause(
        clause_id, title, text, wanted, kinds, lanes, givers, takers, starts_ms, ends_ms, distress, grace_days,
        retain_days, needs_rule,
    )  # fmt: skip


def _mandate(section: _Section, nodes: frozenset[str], clauses: frozenset[str]) -> Mandate:
    who, may = section.id("who"), section.names("may", frozenset(ACTS))
    where, asked = section.words("where", required=False), section.names("on_request_of", nodes, [])
    clause = section.id("clause", _CLAUSE)
    if who not in nodes:
        raise ConfigError(f"who = {who!r} is no party's node", where=section.where, hint=", ".join(sorted(nodes)))
    if clause not in clauses:
        raise ConfigError(f"clause = {clause!r} is not in this memorandum", where=section.where)
    section.done()
    return Mandate(who, may, where, asked, clause)
