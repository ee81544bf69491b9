"""The yearly account: what was shared under which clause of an agreement, for both sides to read and to file.

The rows come from the ledger (what was released, by which decision) and from the desks of recalls and requests.
Nothing is estimated. A release under several clauses counts under each and once in the total. The account names
kinds, audiences and transforms, and no vessel and no person.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from kizuna.base.languages import LANGUAGES
from kizuna.base.utc import iso_s
from kizuna.share.agreement.memorandum import Agreement, Clause
from kizuna.share.agreement.standing import REF
from kizuna.share.rules.rule import RuleSet

FORMAT: Final = "kizuna-agreement-report-1"


class Shared(NamedTuple):
    """One record as it was released: a row of the ledger with its decision.

    Attributes:
        record_id: 64 hexadecimal characters.
        kind: of the record.
        to: audience of the log.
        at_ms: when it was released, UTC.
        lane: of the log.
        clauses: ``agreement/clause``, from the decision.
        rules: ids of the rules that released it.
        transforms: what was done to it, in words of the rules.
        policy_hash: hash of the file of rules.
        personal: whether its label says that it tells of a person.
        bytes: of the record.
    """

    record_id: str
    kind: str
    to: str
    at_ms: int
    lane: str
    clauses: tuple[str, ...]
    rules: tuple[str, ...]
    transforms: tuple[str, ...]
    policy_hash: str
    personal: bool = False
    bytes: int = 0


class Called(NamedTuple):
    """One recall: its state is that of its table of hops, all together."""

    recall_id: str
    at_ms: int
    by: str
    records: frozenset[str]
    reason: str
    state: str


class Asked(NamedTuple):
    """One request for information and what became of it."""

    request_id: str
    at_ms: int
    by: str
    to: str
    clause: str
    state: str
    distress: bool = False


class Report(NamedTuple):
    """The account as bytes of JSON and of one HTML page."""

    json: bytes
    html: bytes


class Explained(NamedTuple):
    """Why a record was shared: release, rule, clause, sentence."""

    record_id: str
    to: str
    at_ms: int
    rules: tuple[str, ...]
    rules_known: bool
    """Whether these rules are the ones of the policy that decided."""
    clauses: tuple[tuple[str, str], ...]
    """Reference and text of each clause; the text says so where the agreement is not known."""


def clauses_of(rules: RuleSet, rule_ids: Iterable[str]) -> tuple[str, ...]:
    """Clauses that these rules rest on: fills ``Shared.clauses`` from a decision that names rules."""
    by_id = rules.by_id
    return tuple(sorted({ref for each in rule_ids if each in by_id for ref in by_id[each].clauses}))


def year_ms(year: int) -> tuple[int, int]:
    """Half-open interval of a year, UTC."""
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    return int(first.timestamp()) * 1000, int(last.timestamp()) * 1000


def explain(
    record_id: str, released: Iterable[Shared], agreements: Iterable[Agreement], rules: RuleSet | None = None,
    language: str = "en",
) -> tuple[Explained, ...]:  # fmt: skip
    """Every release of a record with the rule and the sentence that it rests on."""
    known = {f"{each.id}{REF}{clause.id}": clause for each in agreements for clause in each.clauses}
    found = []
    for row in sorted((each for each in released if each.record_id == record_id), key=lambda r: (r.at_ms, r.to)):
        same = rules is not None and rules.hash == row.policy_hash and set(row.rules) <= set(rules.by_id)
        texts = tuple((ref, known[ref].text.say(language) if ref in known else "not known here") for ref in row.clauses)
        found.append(Explained(record_id, row.to, row.at_ms, row.rules, same, texts))
    return tuple(found)


def report(
    agreement: Agreement, released: Sequence[Shared], start_ms: int, end_ms: int, *, recalls: Sequence[Called] = (),
    requests: Sequence[Asked] = (), language: str = "en", marking: str = "",
) -> Report:  # fmt: skip
    """Write the account of one agreement over [``start_ms``, ``end_ms``).

    ``marking`` are the words of the context (EXERCISE ...) that a page which is not of real life must carry.
    """
    mine = [row for row in released if start_ms <= row.at_ms < end_ms and _under(row.clauses, agreement.id)]
    ids = {row.record_id for row in mine}
    document: dict[str, Any] = {
        "format": FORMAT, "agreement": agreement.id, "version": agreement.version, "sha256": agreement.sha256,
        "marking": marking, "from": iso_s(start_ms), "to": iso_s(end_ms), "total": _counts(mine),
        "clauses": [_clause(agreement, clause, mine) for clause in agreement.clauses],
        "recalls": [_recall(row) for row in _within(recalls, start_ms, end_ms) if row.records & ids],
        "requests": _requests([r for r in _within(requests, start_ms, end_ms) if _under((r.clause,), agreement.id)]),
    }  # fmt: skip
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode()
    return Report(text, _page(agreement, document, language).encode())


def _under(clauses: Iterable[str], agreement_id: str) -> bool:
    return any(ref.startswith(agreement_id + REF) for ref in clauses)


def _within(rows: Iterable[Any], start_ms: int, end_ms: int) -> list[Any]:
    return sorted(row for row in rows if start_ms <= row.at_ms < end_ms)


def _counts(rows: Sequence[Shared]) -> dict[str, Any]:
    """Releases, different records, bytes, and how many of each kind, audience, lane, rule and transform."""
    return {
        "releases": len(rows), "records": len({row.record_id for row in rows}),
        "bytes": sum(row.bytes for row in rows), "personal": sum(row.personal for row in rows),
        "kinds": _sorted(row.kind for row in rows), "to": _sorted(row.to for row in rows),
        "lanes": _sorted(row.lane for row in rows), "rules": _sorted(rule for row in rows for rule in row.rules),
        "transforms": _sorted(each for row in rows for each in row.transforms or ("unchanged",)),
        "policies": sorted({row.policy_hash for row in rows}),
        "first": iso_s(min(row.at_ms for row in rows)) if rows else "",
        "last": iso_s(max(row.at_ms for row in rows)) if rows else "",
    }  # fmt: skip


def _sorted(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _clause(agreement: Agreement, clause: Clause, mine: Sequence[Shared]) -> dict[str, Any]:
    ref = agreement.id + REF + clause.id
    rows = [row for row in mine if ref in row.clauses]
    text = {language: clause.text.say(language) for language in LANGUAGES}
    title = {language: clause.title.say(language) for language in LANGUAGES}
    return {"ref": ref, "title": title, "text": text, **_counts(rows)}


def _recall(row: Called) -> dict[str, Any]:
    return {
        "recall": row.recall_id, "at": iso_s(row.at_ms), "by": row.by, "records": len(row.records),
        "reason": row.reason, "state": row.state,
    }  # fmt: skip


def _requests(rows: Sequence[Asked]) -> dict[str, Any]:
    return {"count": len(rows), "distress": sum(row.distress for row in rows), "states": _sorted(r.state for r in rows)}


_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccd}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}blockquote{margin:.3rem 0 1rem;color:#444}"
    ".marking{background:#b00020;color:#fff;padding:.4rem .8rem;font-weight:700}"
)
_HEADS: Final = {
    "en": ("What was shared", "Clause", "Releases", "Records", "Kinds", "Changed by", "Recalls", "Requests", "none"),
    "ja": ("共有した情報", "条項", "提供回数", "記録数", "種類", "加工", "撤回", "情報要請", "なし"),
    "zh-Hant": ("已分享資訊", "條款", "提供次數", "紀錄數", "種類", "處理", "撤回", "資訊請求", "無"),
}


def _page(agreement: Agreement, document: dict[str, Any], language: str) -> str:
    heads = _HEADS.get(language, _HEADS["en"])
    clauses = "".join(_row(each, language, heads[8]) for each in document["clauses"])
    recalls = "".join(
        f"<tr><td>{html.escape(each['at'])}</td><td>{html.escape(each['by'])}</td><td class=n>{each['records']}</td>"
        f"<td>{html.escape(each['reason'])}</td><td>{html.escape(each['state'])}</td></tr>"
        for each in document["recalls"]
    )
    asked = ", ".join(f"{html.escape(state)} {count}" for state, count in document["requests"]["states"].items())
    title = html.escape(agreement.title.say(language))
    marking = f"<p class=marking>{html.escape(document['marking'])}</p>" if document["marking"] else ""
    span = f"{document['from'][:10]} / {document['to'][:10]}"
    total = document["total"]
    return (
        f'<!doctype html><html lang="{html.escape(language)}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style>{marking}<h1>{title}</h1><p>{span}</p>"
        f"<h2>{heads[0]}: {total['releases']}</h2><table><tr><th>{heads[1]}<th>{heads[2]}<th>{heads[3]}"
        f"<th>{heads[4]}<th>{heads[5]}</tr>{clauses}</table>"
        f"<h2>{heads[6]}: {len(document['recalls'])}</h2><table>{recalls}</table>"
        f"<h2>{heads[7]}: {document['requests']['count']}</h2><p>{asked or heads[8]}</p>"
        f"<p><small>{agreement.id} {agreement.version}, SHA-256 {agreement.sha256}</small></p></html>\n"
    )


def _row(clause: dict[str, Any], language: str, none: str) -> str:
    kinds = ", ".join(f"{html.escape(kind)} {count}" for kind, count in clause["kinds"].items()) or none
    changed = ", ".join(f"{html.escape(each)} {count}" for each, count in clause["transforms"].items()) or none
    said = language if language in LANGUAGES else LANGUAGES[0]
    title = f"{html.escape(clause['ref'])} {html.escape(clause['title'][said])}"
    return (
        f"<tr><td>{title}<blockquote>{html.escape(clause['text'][said])}</blockquote></td>"
        f"<td class=n>{clause['releases']}</td><td class=n>{clause['records']}</td>"
        f"<td>{kinds}</td><td>{changed}</td></tr>"
    )
