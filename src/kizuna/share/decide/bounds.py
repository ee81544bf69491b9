"""What no rule can override: the context, the terms of the sources, the stated label, the originator's word.

Each bound says for an audience whether a candidate may be told at all. They are withholdings without a rule's id; their
names begin with ``bound.``.
"""

from __future__ import annotations

from typing import Final

from kizuna.base.units import DAY_MS
from kizuna.records.label import COMMUNITY, EVERYBODY, Label, Reshare, Tlp, originators, reshare_of
from kizuna.records.partner import audience
from kizuna.share.columns import ALL, Setting, Terms

CONTEXT: Final = "bound.context"
"""It is of another context than the log."""
TERMS: Final = "bound.terms"
"""The terms of a source that it rests on do not allow it."""
LABEL: Final = "bound.label"
"""Its label does not reach everybody who reads for this audience."""
RESHARE: Final = "bound.reshare"
"""It is another party's, or derived of it, and neither its label nor a grant allows to pass it on."""
READER: Final = "bound.reader"
"""The audience is empty, or the label that the rules give does not reach all of it."""
TRACKS: Final = "bound.tracks"
"""It is computed from positions that a rule withholds; see ``decide.follows_positions``."""
BOUNDS: Final = (CONTEXT, TERMS, LABEL, RESHARE)
"""The bounds that depend on the candidate alone; ``READER`` depends on the rules that release as well."""

NEVER: Final = -1
FOREVER: Final = 1 << 62


def readers(to: str, setting: Setting) -> frozenset[str]:
    """Who reads what is told to an audience: the partners in it."""
    return setting.who.members(to)


def reaches(label: Label, to: str, setting: Setting) -> bool:
    """Whether a label reaches everybody who reads for an audience. An audience without readers is never reached.

    Everybody (``*``) has readers that this node does not know, so only a label for everybody reaches it. RED is for
    those named one by one and never reaches a community, not even one of which it names every member.
    """
    if label.tlp == Tlp.RED and COMMUNITY.fullmatch(to):
        return False
    if label.retain_until_ms is not None and label.retain_until_ms <= setting.now_ms:
        return False
    if to == EVERYBODY:
        return EVERYBODY in label.rel_to and bool(audience(label, setting.who) >= readers(to, setting))
    read = readers(to, setting)
    return bool(read) and read <= audience(label, setting.who)


def narrowed(label: Label, to: str) -> Label:
    """The label with this audience alone; whether it may be told is for ``reaches`` to say."""
    rel_to = frozenset((to,))
    if label.rel_to == rel_to:
        return label
    return Label(
        tlp=label.tlp, rel_to=rel_to, caveats=label.caveats, info=label.info, reshare=label.reshare,
        purpose=label.purpose, personal=label.personal, retain_until_ms=label.retain_until_ms,
        originator=label.originator, policy=label.policy,
    )  # fmt: skip


def stated(label: Label, *, own: bool) -> bool:
    """Whether somebody chose this label: the default on a row of one's own only says that nobody did."""
    return not own or label != Label()


def label_allows(label: Label | None, to: str, setting: Setting, *, own: bool, granted: bool) -> bool:
    """``LABEL``. A grant of the originator widens the audience, never level, caveats or purpose."""
    if label is None:
        return False
    if not stated(label, own=own):
        return True
    if granted and not (to == EVERYBODY and label.tlp):
        return reaches(narrowed(label, to), to, setting)
    return reaches(label, to, setting)


def reshare_allows(label: Label | None, to: str, setting: Setting, *, own: bool, granted: bool) -> bool:
    """``RESHARE``: freely; inside a community that the label itself names; or with a grant for this audience.

    What is derived of another party's statement (its label names that party as originator) is passed on no more freely
    than the statement itself, though this node states it.
    """
    if granted or (own and (label is None or originators(label) <= {setting.who.me})):
        return True
    if label is None:
        return False
    least = reshare_of(label)
    if least == Reshare.FREE:
        return True
    return least == Reshare.COMMUNITY and bool(COMMUNITY.fullmatch(to)) and to in label.rel_to


def days_allowed_ms(source: frozenset[str] | None, to: str, setting: Setting) -> int:
    """``TERMS``: for how long after receipt a candidate that rests on these sources may be passed on, ms.

    -1 for not at all (also where a source has no terms here), 2**62 for without end.
    """
    if source is None:
        return NEVER
    return min((_one_source_ms(setting.terms.get(s), to, setting) for s in source), default=FOREVER)


def terms_allow(allowed_ms: int, received_ms: int | None, setting: Setting) -> bool:
    """Whether the time that the terms allow has not run out; a receipt that is not known counts as long ago."""
    if allowed_ms in (NEVER, FOREVER):
        return allowed_ms == FOREVER
    return received_ms is not None and setting.now_ms - received_ms < allowed_ms


def _one_source_ms(terms: Terms | None, to: str, setting: Setting) -> int:
    if terms is None or not terms.pass_on:
        return NEVER
    allowed = set(terms.pass_on_to)
    read = readers(to, setting)
    if to == EVERYBODY:
        if EVERYBODY not in allowed:
            return NEVER
    elif ALL not in allowed and to not in allowed and not (read and read <= _partners(allowed, setting)):
        return NEVER
    return terms.pass_on_days * DAY_MS if terms.pass_on_days else FOREVER


def _partners(allowed: set[str], setting: Setting) -> frozenset[str]:
    return frozenset(p for word in allowed for p in setting.who.members(word))
