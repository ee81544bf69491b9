"""Which zones an event touches, as its ``regions`` column.

Every zone stands for itself with its claimant: claims over one place stand side by side, none is weighed. ``view`` says
in whose words a computed claim zone is named (``neutral`` or a party's id); it is empty for other zones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array
from kizuna.events.account.evidence import listed
from kizuna.events.table import REGION_TYPE
from kizuna.places.zone_index import ZoneIndex

CLAIM: Final = "claim"
COMPUTED: Final = "computed"
VIEW: Final = "claim_view"
"""Kind of a claim zone, how the basis of one computed from the coast begins, and the attribute that names its view; see
``places.claims.zones``."""


def line_of(claimant: str, basis: str) -> str:
    """Whose line it is, for a sentence; empty where nobody claims. Only a line computed here is called computed."""
    return f" ({'computed ' if basis.startswith(COMPUTED) else ''}line of {claimant})" if claimant else ""


def regions(zones: ZoneIndex | None, places: Mapping[str, tuple[Array, Array]], n: int) -> pa.Array:
    """Zones that hold given places of ``n`` events: relation (such as ``start``) to (latitudes, longitudes)."""
    if zones is None or not len(zones) or n == 0:
        return none(n)
    events, numbers, relations = [], [], []
    for relation, (lat, lon) in enumerate(places.values()):
        event, number = zones.memberships(lat, lon)
        events.append(event)
        numbers.append(number)
        relations.append(np.full(len(event), relation))
    event, number, relation_of = (np.concatenate(v) for v in (events, numbers, relations))
    order = np.lexsort((number, relation_of, event))
    return made(zones, event[order], number[order], relation_of[order], list(places), n)


def made(zones: ZoneIndex, event: Array, number: Array, relation: Array, relations: list[str], n: int) -> pa.Array:
    """The column from one entry per (event, zone, relation), ascending by event."""
    ids, claimants = (pa.array([getattr(z, key) for z in zones.zones], pa.string()) for key in ("zone_id", "claimant"))
    number_of = pa.array(number.astype(np.int64))
    words = pa.array(relations, pa.string()).take(pa.array(relation.astype(np.int64)))
    views = pa.array([z.attributes.get(VIEW, "") if z.kind == CLAIM else "" for z in zones.zones], pa.string())
    columns = [ids.take(number_of), claimants.take(number_of), views.take(number_of), words]
    structs = pa.StructArray.from_arrays(columns, fields=list(REGION_TYPE))
    return listed(structs, np.searchsorted(event, np.arange(n + 1)))


def none(n: int) -> pa.Array:
    """The column of events that touch no zone."""
    return listed(pa.nulls(0, REGION_TYPE), np.zeros(n + 1, np.int32))
