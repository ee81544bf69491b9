"""Whether an agreement and a clause of it hold at a given now: who signed, what ends soon, what has ended.

    unsigned --all sign--> not_started --starts--> in_force --warn_days before the end--> ends_soon --ends--> ended
    in_force --a party gives notice--> ends_soon --the notice's day--> ended

Expiry warns first and then refuses. A clause marked ``distress`` holds for its own ``grace_days`` longer: the parties
agreed so in the file itself. Nothing here reads a clock; the caller hands ``now_ms`` in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from kizuna.base.sentences import BETWEEN, Sentences
from kizuna.base.units import DAY_MS
from kizuna.base.utc import iso_s
from kizuna.share.agreement.memorandum import Agreement, Clause

State = Literal["unsigned", "not_started", "in_force", "ends_soon", "ended"]
HOLDS: Final = ("in_force", "ends_soon")
REF: Final = "/"
"""A clause is named ``<agreement>/<clause>``; the clause alone will do where only one agreement has it."""


SAID: Final = Sentences({
    "agreement.unknown": "no agreement {agreement} is known here: put it forward (kizuna agreement sign), or rest the "
                         "rule on a clause that is signed",
    "agreement.waits": "{agreement} waits for the signature of {names}",
    "agreement.starts": "{agreement} starts on {day}",
    "agreement.ended": "{agreement} ended on {day}",
    "agreement.ends": "{agreement} ends on {day}, in {days} days",
    "agreement.review": "{agreement} was due for review",
    "clause.unknown": "{agreement} has no clause {clause}",
    "clause.nobody": "no agreement has a clause {clause}, write agreement/clause",
    "clause.several": "{names} all have a clause {clause}, write agreement/clause",
    "clause.waits": "clause {clause} of {agreement} is not in force: {why}",
    "clause.starts": "clause {clause} of {agreement} starts on {day}",
    "clause.holds": "clause {clause} of {agreement} is in force until {day}",
    "clause.ends": "clause {clause} of {agreement} ends on {day}",
    "clause.grace": "clause {clause} of {agreement} ended on {day} and holds for distress until {until}",
    "clause.ended": "clause {clause} of {agreement} ended on {day}",
    "paper.ended": "ended on {day}",
    "paper.ends": "ends on {day}",
    "paper.due": "was due on {day}",
    "paper.review": "the day of review lies outside the agreement",
    "paper.longer": "the clause holds longer than its agreement",
    "paper.version": "two different files are version {version}",
    "paper.both": "versions {version} and {other} both hold from {day} on",
    "paper.no_rule": "no releasing rule rests on it",
    "paper.language": "no text in {language}",
    "paper.silent": "{clause} does not speak of {names}",
    "paper.takers": "{clause} names no {names} among those who receive",
    "paper.lane": "{clause} does not open the lane {lane}",
    "paper.keeps": "{clause} lets the receiver keep it for {days} days at most",
})  # fmt: skip


class Standing(NamedTuple):
    """State of an agreement: when it ends (notice counted), days until then, what to tell the officer."""

    state: State
    ends_ms: int
    days_left: int
    review_due: bool
    waiting_for: tuple[str, ...]
    warning: str


class Allowed(NamedTuple):
    """Answer of the hook that decisions ask. ``why`` says it in a sentence either way; ``warning`` may be empty."""

    ok: bool
    why: str
    warning: str = ""
    clause: Clause | None = None


def standing(
    agreement: Agreement, now_ms: int, *, signed_by: Iterable[str], notice_ends_ms: int | None = None
) -> Standing:
    """State of ``agreement`` at ``now_ms``.

    Args:
        agreement: as loaded.
        now_ms: UTC.
        signed_by: partner ids whose signature over these exact bytes is known.
        notice_ends_ms: end that a party's notice set, or None; an earlier end than the file's counts.
    """
    waiting = tuple(sorted(agreement.signers - set(signed_by)))
    ends_ms = min(agreement.ends_ms, notice_ends_ms) if notice_ends_ms is not None else agreement.ends_ms
    days_left = max(0, -(-(ends_ms - now_ms) // DAY_MS))
    review_due = agreement.review_ms is not None and agreement.review_ms <= now_ms < ends_ms
    state: State
    if waiting:
        state, warning = "unsigned", SAID("agreement.waits", agreement=agreement.id, names=", ".join(waiting))
    elif now_ms < agreement.starts_ms:
        state, warning = "not_started", SAID("agreement.starts", agreement=agreement.id, day=_day(agreement.starts_ms))
    elif now_ms >= ends_ms:
        state, warning = "ended", SAID("agreement.ended", agreement=agreement.id, day=_day(ends_ms))
    elif now_ms >= ends_ms - agreement.warn_days * DAY_MS or ends_ms < agreement.ends_ms:
        state = "ends_soon"
        warning = SAID("agreement.ends", agreement=agreement.id, day=_day(ends_ms), days=str(days_left))
    else:
        state, warning = "in_force", ""
    if review_due and state in HOLDS:
        warning = (warning + BETWEEN if warning else "") + SAID("agreement.review", agreement=agreement.id)
    return Standing(state, ends_ms, days_left, review_due, waiting, warning)


def allows(
    agreement: Agreement, clause_id: str, now_ms: int, *, signed_by: Iterable[str], notice_ends_ms: int | None = None
) -> Allowed:
    """Whether something may be released under the clause at ``now_ms``. Refuses whatever it does not know."""
    clause = agreement.clause(clause_id)
    if clause is None:
        return Allowed(ok=False, why=SAID("clause.unknown", agreement=agreement.id, clause=clause_id))
    found = standing(agreement, now_ms, signed_by=signed_by, notice_ends_ms=notice_ends_ms)
    named = {"clause": clause.id, "agreement": agreement.id}
    if found.state in ("unsigned", "not_started"):
        why = SAID("clause.waits", **named, why=found.warning)
        return Allowed(ok=False, why=why, warning=found.warning, clause=clause)
    ends_ms = min(clause.ends_ms, found.ends_ms)
    if now_ms < clause.starts_ms:
        return Allowed(ok=False, why=SAID("clause.starts", **named, day=_day(clause.starts_ms)), clause=clause)
    if now_ms < ends_ms:
        soon = now_ms >= ends_ms - agreement.warn_days * DAY_MS
        warning = found.warning or (SAID("clause.ends", **named, day=_day(ends_ms)) if soon else "")
        return Allowed(ok=True, why=SAID("clause.holds", **named, day=_day(ends_ms)), warning=warning, clause=clause)
    grace_ms = ends_ms + clause.grace_days * DAY_MS
    if clause.distress and now_ms < grace_ms:
        why = SAID("clause.grace", **named, day=_day(ends_ms), until=_day(grace_ms))
        return Allowed(ok=True, why=why, warning=found.warning or why, clause=clause)
    why = SAID("clause.ended", **named, day=_day(ends_ms))
    return Allowed(ok=False, why=why, warning=found.warning, clause=clause)


def _day(time_ms: int) -> str:
    return iso_s(time_ms)[:10]


@dataclass(slots=True)
class Book:
    """The agreements of one node with what is known of their signatures and notices. Rebuilt from records at start."""

    agreements: dict[str, Agreement] = field(default_factory=dict)
    """By SHA-256 of the file."""
    signed: dict[str, set[str]] = field(default_factory=dict)
    """Partner ids by SHA-256 of the file."""
    notices: dict[tuple[str, str], int] = field(default_factory=dict)
    """Earliest end by (SHA-256 of the file, party that gave notice)."""

    def put(self, agreement: Agreement) -> None:
        """Keep an agreement. Versions stand side by side; ``of`` says which one counts."""
        self.agreements[agreement.sha256] = agreement

    def sign(self, sha256: str, party: str) -> None:
        """Note a signature that the caller verified."""
        self.signed.setdefault(sha256, set()).add(party)

    def unsign(self, sha256: str, party: str) -> None:
        """Note that a party suspended the agreement: its signature counts no more until it signs again."""
        self.signed.get(sha256, set()).discard(party)

    def notice(self, sha256: str, party: str, ends_ms: int) -> None:
        """Note that a party ends the agreement; the first notice of a party stands."""
        self.notices.setdefault((sha256, party), ends_ms)

    def of(self, agreement_id: str, now_ms: int) -> Agreement | None:
        """The version that counts now: the newest that holds; else the newest signed by all; else the newest."""
        named = (each for each in self.agreements.values() if each.id == agreement_id)
        mine = sorted(named, key=lambda a: (a.version, a.sha256))
        holding = [each for each in mine if self.standing(each, now_ms).state in HOLDS]
        signed = [each for each in mine if not self.standing(each, now_ms).waiting_for]
        found = holding or signed or mine
        return found[-1] if found else None

    def standing(self, agreement: Agreement, now_ms: int) -> Standing:
        """State of one agreement."""
        return standing(
            agreement, now_ms, signed_by=self.signed.get(agreement.sha256, ()), notice_ends_ms=self._notice(agreement)
        )

    def allows(self, ref: str, now_ms: int) -> Allowed:
        """The hook for decisions: ``ref`` is ``agreement/clause``, or a clause id that one agreement alone has."""
        agreement_id, _, clause_id = ref.rpartition(REF)
        ids = sorted({each.id for each in self.agreements.values()})
        if not agreement_id:
            current = [each for each in (self.of(name, now_ms) for name in ids) if each is not None]
            found = [each for each in current if each.clause(clause_id)]
            # What waits for a signature is only proposed: nobody may make a name of ours ambiguous by proposing.
            having = [each for each in found if not self.standing(each, now_ms).waiting_for] or found
            if len(having) != 1:
                names = ", ".join(a.id for a in having)
                code = "clause.several" if having else "clause.nobody"
                return Allowed(ok=False, why=SAID(code, names=names, clause=clause_id))
            agreement_id = having[0].id
        agreement = self.of(agreement_id, now_ms)
        if agreement is None:
            return Allowed(ok=False, why=SAID("agreement.unknown", agreement=agreement_id))
        return allows(
            agreement, clause_id, now_ms, signed_by=self.signed.get(agreement.sha256, ()),
            notice_ends_ms=self._notice(agreement),
        )  # fmt: skip

    def refused(self, refs: Iterable[str], now_ms: int) -> Mapping[str, str]:
        """Those of ``refs`` that allow nothing now, each with its reason; for a batch of decisions."""
        answers = {ref: self.allows(ref, now_ms) for ref in set(refs)}
        return {ref: answer.why for ref, answer in answers.items() if not answer.ok}

    def warnings(self, now_ms: int) -> tuple[str, ...]:
        """What the officer should be told today, soonest end first."""
        ids = sorted({each.id for each in self.agreements.values()})
        found = [self.standing(each, now_ms) for each in (self.of(name, now_ms) for name in ids) if each is not None]
        return tuple(each.warning for each in sorted(found, key=lambda s: s.ends_ms) if each.warning)

    def _notice(self, agreement: Agreement) -> int | None:
        ends = [at for (sha256, _), at in self.notices.items() if sha256 == agreement.sha256]
        return min(ends) if ends else None
