"""What a rule may name at this node, for the form in which an officer changes one: nothing has to be known by heart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from kizuna.node.share.views.words import TONGUES
from kizuna.records.bodies.kind import LANES
from kizuna.records.kinds import KINDS
from kizuna.records.label import EVERYBODY, PURPOSES, Reshare, Tlp, tlp_word
from kizuna.share.transforms.grid import CELL_SIZES_M
from kizuna.share.transforms.steps import FIELDS, PERIODS_S, STEPS_S

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

_ZONES_MOST: Final = 2_000


def choices(office: Office) -> dict[str, Any]:
    """Kinds and their families, audiences, zones, clauses in force, and the closed lists of transforms and labels."""
    who, house = office.sharing.who(), office.sharing.door.house
    count = Counter(k.split(".")[0] for k in KINDS)
    families = sorted(f"{name}.*" for name, n in count.items() if n > 1)
    return {
        "kinds": sorted(KINDS), "families": families, "context": office.context,
        "audiences": [
            *({"id": p.id, "title": p.title, "tlp_max": tlp_word(p.tlp_max)} for _, p in sorted(who.partners.items())),
            *({"id": c.id, "title": c.title or c.id, "tlp_max": ""} for _, c in sorted(who.communities.items())),
            {"id": EVERYBODY, "title": "", "tlp_max": tlp_word(Tlp.CLEAR)},
        ],
        "zones": [{"id": z.zone_id, "title": z.name or z.zone_id} for z in house.zones[:_ZONES_MOST]],
        "clauses": _clauses(office), "cells_m": list(CELL_SIZES_M), "steps_s": list(STEPS_S),
        "periods_s": list(PERIODS_S), "fields": list(FIELDS), "lanes": list(LANES), "tlp": [tlp_word(t) for t in Tlp],
        "reshare": [r.name.lower() for r in Reshare], "purposes": sorted(PURPOSES),
    }  # fmt: skip


def _clauses(office: Office) -> list[dict[str, Any]]:
    """Clauses of agreements that are known here, newest version of each, with whether they hold now."""
    now, out = office.now_ms(), []
    for name in sorted({a.id for a in office.agreements.agreements.values()}):
        one = office.agreements.of(name, now)
        for clause in one.clauses if one else ():
            ref = f"{name}/{clause.id}"
            title = {page: clause.title.say(ours) for ours, page in TONGUES.items()}
            out.append({"ref": ref, "title": title, "kinds": list(clause.kinds),
                        "holds": office.agreements.allows(ref, now).ok})  # fmt: skip
    return out
