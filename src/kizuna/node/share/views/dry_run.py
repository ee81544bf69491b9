"""The dry run at the desk: what rules would have told each partner over the last days, beside those in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kizuna.node.share.preview import History, Period, compared, rehearse
from kizuna.node.share.preview.rehearsal import Progress
from kizuna.node.share.views.rulings import as_row
from kizuna.records.label import EVERYBODY
from kizuna.share.rules.read import load
from kizuna.share.rules.rule import RuleSet

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

NOTHING: Final = RuleSet((), "")


def dry_run(
    office: Office, text: str, history: History, period: Period, to: str = "",
    progress: Progress = lambda _share: None,
) -> dict[str, Any]:  # fmt: skip
    """The exact difference that a text would make to what is told in a period, for each partner and community.

    ``to``: only this audience; an empty text means that nothing leaves. ``short`` says that the period held too much
    and was cut at its beginning. Raises ConfigError for a text that does not read, InputError where it names a zone or
    word list that is not here.
    """
    door = office.sharing.door
    new = office.bound(load(text.encode())) if text.strip() else NOTHING
    old = office.sharing.rules() or NOTHING
    who = door.house.who()
    audiences = sorted({*old.audiences, *new.audiences})
    if to:
        named = set(who.audiences_of(to)) | {to}
        audiences = [a for a in audiences if a in named]
    sets = [old] if new.hash == old.hash else [old, new]
    covered, looked_at, told = rehearse(door, history, sets, audiences, period, progress)
    partners = [
        {"id": a, "readers": sorted(who.members(a)) if a != EVERYBODY else ["*"],
         **compared(told[0][a], told[-1][a], covered, as_row)}
        for a in audiences
    ]  # fmt: skip
    same = all(not any(row[w] for w in ("gains", "loses", "changes", "moves")) for row in partners)
    return {
        "looked_at": looked_at, "from_ms": covered.start_ms, "until_ms": covered.end_ms,
        "asked_from_ms": period.start_ms,
        "short": covered != period, "old": old.hash, "new": new.hash, "same": same, "partners": partners,
    }  # fmt: skip
