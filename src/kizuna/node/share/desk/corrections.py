"""Corrections: what an officer says was wrong with records that were told, and what other originators say of theirs.

A correction goes to the very logs that hold the records, each reader being told of those alone that stand in its log:
what it holds of others is not named, and its words have the label that those records have there. So nobody learns from
a correction that more was told to somebody else. The receipt of a log says that a partner has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.node.share.desk.journal import DUTY, Row
from kizuna.node.share.desk.refusal import SAID, Refusal, of_decision
from kizuna.records.bodies.trust import Correction
from kizuna.records.kinds import read_body
from kizuna.records.label import word_of
from kizuna.records.record import MOST_REFERENCES, Record, body_bytes, decode, encode, record_id
from kizuna.share.decide import Decision
from kizuna.share.ledger.name import parse_name
from kizuna.share.recall import Corrections

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

KIND: Final = "correction"
BATCH: Final = MOST_REFERENCES // 2
"""Records in one correction; it also takes the place of what was said of each before."""
_SHOWN: Final = 5


class Wish(NamedTuple):
    """What was wrong with records, in which fields, and the record that counts instead; empty where there is none."""

    records: Sequence[str]
    text: str
    fields: tuple[str, ...] = ()
    instead: str = ""


class Draft(NamedTuple):
    """One correction as it would go: its bytes, the audiences, the records that it corrects there."""

    data: bytes
    to: tuple[str, ...]
    records: tuple[str, ...]


class Corrected:
    """What corrects what, at one node. Rebuilt at the start from the journal; the order of coming does not matter."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._sequences: dict[str, int] = {}
        self._of: dict[str, list[Row]] = defaultdict(list)
        self._about: dict[str, list[Row]] = defaultdict(list)

    def take(self, row: Row) -> None:
        """A correction from the journal. Raises InputError for one of another party than it is proved to be from."""
        record = decode(row.data)
        read_body(record)
        if record.origin != row.proved:
            raise InputError(f"{row.proved} brought a correction of {record.origin} as its own")
        if not record.supersedes:
            raise InputError("a correction that names no record")
        self._sequences[row.id] = self._sequence(row, record.origin)
        for old in record.supersedes:
            self._of[old].append(row)
        for subject in record.subject:
            self._about[subject].append(row)

    def _sequence(self, row: Row, origin: str) -> int:
        """Its place in its origin's log; of what was written here, that in the journal."""
        if row.proved == self._office.me:
            return row.at_ms
        places = ((parse_name(log).origin, n) for log, n in self._office.shared.records.where(row.id))
        return max((n for who, n in places if who == origin), default=0)

    def of(self, name: str, audiences: Collection[str] | None = None) -> list[dict[str, Any]]:
        """What was said of a record, that which counts first; ``audiences``: of what was written for these alone.

        A correction of another party than the originator is there and has no effect; one that was recalled is not.
        """
        rows = self._rows(name, audiences)
        if not rows:
            return []
        holding = self._office.holdings(name)
        origin = holding.origin if holding is not None else ""
        newest = self._newest(name, origin, rows)
        said = [{**self._said(r), "effect": r.proved == origin, "counts": r.id == newest} for r in rows]
        return sorted(said, key=lambda s: (not s["counts"], not s["effect"], -s["since_ms"]))

    def _rows(self, name: str, audiences: Collection[str] | None = None) -> list[Row]:
        rows = (r for r in self._of.get(name, ()) if audiences is None or set(audiences) & set(r.to))
        return [r for r in rows if not self._gone(r)]

    def _gone(self, row: Row) -> bool:
        """Whether a correction was itself recalled, or its time to be kept is over."""
        held = self._office.shared.records.get(row.id)
        return (held is not None and held.data is None) or self._office.is_recalled(row.id)

    def _newest(self, name: str, origin: str, rows: Iterable[Row]) -> str:
        """That of these corrections which counts for a record; the record itself where there is none."""
        book = Corrections()
        for row in rows:
            book.take(row.id, decode(row.data), self._sequences[row.id])
        return book.newest(name, origin)

    def by(self, name: str, audiences: Collection[str] | None = None) -> str | None:
        """Id of the originator's correction that counts for a record; None where there is none."""
        return next((str(s["id"]) for s in self.of(name, audiences) if s["counts"]), None)

    def shown(self, records: Iterable[str], subject: str = "") -> list[dict[str, Any]]:
        """For a card: what counts of the corrections of these records, or about a subject, the newest first."""
        names = list(records)
        if subject:
            names += [old for row in self._about.get(subject, ()) for old in decode(row.data).supersedes]
        found = {s["id"]: s for name in dict.fromkeys(names) for s in self.of(name) if s["counts"]}
        return sorted(found.values(), key=lambda s: -s["since_ms"])[:_SHOWN]

    def corrects(self, row: Row) -> tuple[str, ...]:
        """The records that a correction is about, without the corrections whose place it takes."""
        return tuple(old for old in decode(row.data).supersedes if not _is_correction(self._office.rows.get(old)))

    def before(self, names: Collection[str], audience: str) -> list[str]:
        """Corrections of ours for an audience that speak of none but these records: a new one takes their place."""
        rows = {r.id: r for n in names for r in self._of.get(n, ()) if r.proved == self._office.me and audience in r.to}
        gone = {old for r in rows.values() for old in decode(r.data).supersedes}
        return sorted(i for i, r in rows.items() if i not in gone and set(self.corrects(r)) <= set(names))

    def _said(self, row: Row) -> dict[str, Any]:
        record = decode(row.data)
        body = read_body(record)
        assert isinstance(body, Correction)
        there = body.instead is not None and self._is_here(body.instead)
        return {
            "id": row.id, "by": row.proved, "mine": row.proved == self._office.me, "at_ms": record.observed_ms,
            "since_ms": row.at_ms, "text": body.text, "fields": list(body.fields), "instead": body.instead,
            "instead_here": there, "label": word_of(record.label),
        }  # fmt: skip

    def _is_here(self, name: str) -> bool:
        held = self._office.shared.records.get(name)
        return held is not None and held.data is not None and not self._office.is_recalled(name)

    def listed(self) -> list[dict[str, Any]]:
        """Every correction: who has one of ours, and of what others said whether it changes anything; newest first."""
        office = self._office
        office.deliver()
        rows = [r for r in office.rows.values() if _is_correction(r) and not self._gone(r)]
        return [self._listed(row) for row in sorted(rows, key=lambda r: -r.at_ms)]

    def _listed(self, row: Row) -> dict[str, Any]:
        names = self.corrects(row)
        held = {n: self._office.holdings(n) for n in names}
        theirs = [n for n, h in held.items() if h is not None and h.origin != row.proved]
        states = list(self._states(row))
        counts = sum(self._newest(n, row.proved, self._rows(n)) == row.id for n in names if n not in theirs)
        return {
            **self._said(row), "officer": row.by, "records": len(names), "first": list(names[:_SHOWN]),
            "not_here": sum(h is None for h in held.values()), "without_effect": len(theirs), "counts": counts,
            "parties": states, "state": _state(row, [s["state"] for s in states], self._office.me),
        }  # fmt: skip

    def _states(self, row: Row) -> Iterator[dict[str, Any]]:
        """Who is to be told of a correction of ours, and how far that is."""
        office = self._office
        places = [(parse_name(log), log, n) for log, n in office.shared.records.where(row.id)]
        for audience in row.to:
            mine = [(log, n) for name, log, n in places if name.origin == office.me and name.audience == audience]
            for party in sorted(office.holdings.readers(audience)):
                times = [t for log, n in mine if (t := office.acknowledged_ms(log, n, party)) is not None]
                state = "acknowledged" if times else "told" if mine else "pending"
                yield {"party": party, "audience": audience, "state": state, "at_ms": min(times, default=None)}


def _is_correction(row: Row | None) -> bool:
    return row is not None and row.what == KIND


def _state(row: Row, states: Sequence[str], me: str) -> str:
    if row.proved != me:
        return "received"
    return "done" if all(s == "acknowledged" for s in states) else "open"


# ---- writing ---------------------------------------------------------------------------------------------------------
def correct(office: Office, wish: Wish, by: str) -> list[str]:
    """Tell everybody who was told these records what was wrong with them; ids of the corrections.

    Raises Refusal for records of others, and where a word list of a reader forbids the words; InputError for records
    that are not known, or that nobody was told.
    """
    with office.lock:
        return [office.write(draft.data, by, draft.to, DUTY).id for draft in plan(office, wish)]


def plan(office: Office, wish: Wish) -> list[Draft]:
    """The corrections that ``correct`` would write now, and to whom. Raises as it does."""
    now_ms = office.now_ms()
    told = _told(office, wish)
    if not told:
        raise InputError("nobody was told of these records, so there is nobody to correct", code="nobody_told")
    found: dict[bytes, tuple[list[str], tuple[str, ...]]] = {}
    for audience, names in sorted(told.items()):
        instead = _instead(office, wish.instead, audience)
        for part in _alike(names):
            data = _written(office, wish, part, audience, instead, now_ms)
            found.setdefault(data, ([], tuple(n for n, _ in part)))[0].append(audience)
    drafts = [Draft(data, tuple(to), names) for data, (to, names) in found.items()]
    for draft in drafts:
        _spoken(office, draft)
    return drafts


def _told(office: Office, wish: Wish) -> dict[str, dict[str, Record]]:
    """By audience of our logs: the forms in which it was told these records, as they stand there."""
    names = list(dict.fromkeys(wish.records))
    if not names or len(names) > MOST_REFERENCES:
        raise InputError(f"{len(names)} records are named", hint=f"1 to {MOST_REFERENCES}")
    told: dict[str, dict[str, Record]] = defaultdict(dict)
    for name in names:
        holding = office.holdings(name)
        if holding is None or holding.origin != office.me:
            raise Refusal(SAID("correct.originator"), rule="originator", hint=f"not {office.me}'s: {name[:16]}")
        for form in sorted({name, *holding.derived}):
            held = office.shared.records.get(form)
            if held is None or held.data is None or office.is_recalled(form):
                continue
            record = decode(held.data)
            for log in (parse_name(log) for log, _ in office.shared.records.where(form)):
                if log.origin == office.me and record.kind != KIND:
                    told[log.audience][form] = record
    return told


def _alike(names: dict[str, Record]) -> Iterator[list[tuple[str, Record]]]:
    """Parts with one label each, so that no words go under a wider one; each fits into one correction."""
    by: dict[str, list[tuple[str, Record]]] = defaultdict(list)
    for name, record in sorted(names.items()):
        by[word_of(record.label)].append((name, record))
    for _, rows in sorted(by.items()):
        for at in range(0, len(rows), BATCH):
            yield rows[at : at + BATCH]


def _instead(office: Office, name: str, audience: str) -> str | None:
    """The form of the record that counts instead which an audience was told; None where it was told none."""
    if not name:
        return None
    holding = office.holdings(name)
    if holding is None:
        raise InputError(f"no record {name[:16]} is known here", code="no_record")
    return next((form for form in sorted({name, *holding.derived}) if office.told(form, audience)), None)


def _written(
    office: Office, wish: Wish, part: Sequence[tuple[str, Record]], audience: str, instead: str | None, now_ms: int
) -> bytes:
    names = [name for name, _ in part]
    before = office.corrections.before(names, audience)
    body = Correction(instead=instead, fields=wish.fields, text=wish.text)
    subject = sorted({s for _, record in part for s in record.subject})[:MOST_REFERENCES]
    data = encode(Record(
        kind=KIND, origin=office.me, subject=tuple(subject), observed_ms=now_ms, body=body_bytes(body),
        label=part[0][1].label, context=office.context, supersedes=(*names, *before)[:MOST_REFERENCES],
    ))  # fmt: skip
    read_body(decode(data))
    return data


def _spoken(office: Office, draft: Draft) -> None:
    """Refuse words that a reader must not read. Raises Refusal."""
    lexicons = office.sharing.door.house.lexicons
    for audience in draft.to:
        decision = Decision("release", "", (f"duty.{KIND}",))
        judged = lexicons.judge(draft.data, decision, audience, office.sharing.who())
        if not judged.released:
            raise of_decision(judged, audience)


def drafted(office: Office, drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    """Drafts for people: to whom, how many records, under which label."""
    readers: Callable[[str], frozenset[str]] = office.holdings.readers
    return [
        {"id": record_id(d.data), "to": list(d.to), "parties": sorted({p for a in d.to for p in readers(a)}),
         "records": list(d.records), "label": word_of(decode(d.data).label)}
        for d in drafts
    ]  # fmt: skip
