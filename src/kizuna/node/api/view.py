"""The view: the one function through which every row leaves, and what it is told of the one who looks.

``view`` decides by role, context and marking, and for tokens by delay and grid. Release to partners will be decided
here too. Whatever answers a request takes ``Seen`` rows, and only ``view`` makes them; ``Reader`` is the one place of
the API that touches the store, and a test holds that.

Coarse means: each latitude and longitude is moved to the middle of its grid cell (never a random shift, which an
average would undo), speeds and courses are left out, and of an event nothing stays that would give the finer place
away (evidence, proof, facts, summary, distances).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NewType, TypeVar

import numpy as np

from kizuna.base.table import Table, empty
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.fixes.detections import DETECTIONS
from kizuna.node.api.answers import Problem
from kizuna.node.api.interfaces import Node, Store, Versions
from kizuna.node.desk.rules import VIEWER, may
from kizuna.node.origin import own_rows

if TYPE_CHECKING:
    from kizuna.node.share.views.released import Released

Seen = NewType("Seen", Table)
"""Rows that passed ``view``."""
_T = TypeVar("_T")
_AS_OF_MS: Final = 3 * HOUR_MS
"""A delayed look at the newest positions goes back at most so far."""
_MOTION: Final = frozenset({"sog_kn", "cog_deg", "heading_deg", "rot_dpm"})
_TELLING: Final = frozenset({
    "evidence", "proof", "event_info", "summary", "params", "distance_m", "implied_speed_kn", "median_speed_kn",
    "median_distance_m", "start_distance_from_shore_m", "end_distance_from_shore_m", "start_distance_from_port_m",
    "end_distance_from_port_m",
})  # fmt: skip
MOTION: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg")
"""Columns of fixes that a track or a replay needs."""
_NEEDED: Final = ("source_id", "context", "label", "time_ms")
_ACTION: Final = {"latest": "picture.see", "fixes": "vessel.see", "events": "event.see", "identities": "vessel.see",
                  "detections": "detection.see"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks.

    Attributes:
        name: of the user or token, as the audit writes it.
        role: of the user, or kind of the token.
        address: where the request came from.
        delay_ms, grid_deg: how late and how coarse a token's look is; 0 for people.
        live: whether a token may keep streams open.
        partner: whose released view a token reads; it then reads that and nothing else.
        session: token of the session, for ending it; empty for tokens.
    """

    name: str
    role: str
    address: str
    delay_ms: int = 0
    grid_deg: float = 0.0
    live: bool = False
    session: str = ""
    partner: str = ""

    @property
    def is_token(self) -> bool:
        """Whether it is a program with a token."""
        return not self.session


HOUSE: Final = Viewer("node", VIEWER, "", session="house")
"""What is held in memory for the screens is what every person may see; tokens get theirs from their own ``Reader``."""


def view(rows: Table, viewer: Viewer, node: Node, action: str = "") -> Seen:
    """The rows that the viewer may see, in the form in which they may.

    Nothing for a role that may not do the action; rows of another context than the node's never; nothing newer than
    the viewer's delay allows.
    """
    action = action or ("ogc.read" if viewer.is_token else _ACTION.get(rows.schema.name, ""))
    if not may(viewer.role, action):
        return Seen(rows.slice(0, 0))
    names = rows.schema.names
    if "context" in names and len(rows):
        words = rows.codes_of("context")
        if any(w != node.facts.context for w in words):
            mine = [i for i, w in enumerate(words) if w == node.facts.context]
            rows = rows.take(np.isin(rows["context"], mine))
    if node.office is not None:
        rows = node.office.hidden.seen(rows)
    if viewer.is_token and not viewer.partner:  # what partners told leaves by the release door or not at all
        rows = own_rows(rows)
    if viewer.delay_ms > 0:
        rows = _late(rows, node.now_ms() - viewer.delay_ms)
    return Seen(_coarse(rows, viewer.grid_deg) if viewer.grid_deg > 0 else rows)


def _late(rows: Table, until_ms: int) -> Table:
    """What was known at a time: fixes until then; events that had ended by then."""
    names = rows.schema.names
    if "time_ms" in names:
        return rows.take(rows["time_ms"] <= until_ms)
    if "end_ms" in names:
        return rows.take((rows["end_ms"] != MISSING_TIME_MS) & (rows["end_ms"] <= until_ms))
    return rows.take(rows["first_ms"] <= until_ms) if "first_ms" in names else rows


def _coarse(rows: Table, grid_deg: float) -> Table:
    changed: dict[str, Any] = {}
    for column in rows.schema.columns:
        parts = column.name.split("_")
        if column.unit == "deg" and ("lat" in parts or "lon" in parts):
            middle = (np.floor(rows[column.name] / grid_deg) + 0.5) * grid_deg
            changed[column.name] = np.clip(middle, -90, 90) if "lat" in parts else np.clip(middle, -180, 179.999999)
        elif column.name in _MOTION or (column.name in _TELLING and "event_id" in rows.schema.names):
            changed[column.name] = column.empty(len(rows))
    return rows.replace(**changed)


def view_notes(rows: list[_T], viewer: Viewer, action: str) -> list[_T]:
    """The same for rows of the desk and other plain rows: all for who may do the action, none for others."""
    return rows if may(viewer.role, action) else []


def _with(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*dict.fromkeys((*names, *_NEEDED)),) if names else ()


class Picture(NamedTuple):
    """Version and newest positions."""

    version: int
    rows: Seen


class Reader:
    """The store as one viewer sees it."""

    def __init__(self, node: Node, viewer: Viewer) -> None:
        self._node = node
        self._viewer = viewer
        self._store: Store = node.store
        self.released: Released | None = None
        """The logs to a partner, where the viewer reads as one."""
        if viewer.partner:
            if node.office is None:
                raise Problem(404, "this node shares nothing", code="no_sharing")
            self._store = self.released = node.office.released(viewer.partner)

    def _seen(self, rows: Table, action: str = "") -> Seen:
        return view(rows, self._viewer, self._node, action)

    def latest(self, since: int = 0) -> Picture:
        """Newest position of each vessel; for a delayed viewer the newest of then."""
        if not self._viewer.delay_ms:
            version, rows = self._store.latest(since)
            return Picture(version, self._seen(rows))
        from kizuna.node.api.as_of import latest_as_of  # noqa: PLC0415  only tokens need it

        until = self._node.now_ms() - self._viewer.delay_ms
        fixes = self._store.box(-180.0, -90.0, 180.0, 90.0, until - _AS_OF_MS, until)
        version, known = self._store.latest(0)
        return Picture(version, self._seen(latest_as_of(fixes, known)))

    def moved(self, cursor: int) -> tuple[int, Seen]:
        """Newest positions of vessels heard since a cursor that this gave before (0 at first), and the next cursor.

        Whoever reads as a partner has the label of each as well.
        """
        newest = self._store.latest if self.released is None else self.released.labelled
        if not self._viewer.delay_ms:
            version, rows = newest(cursor)
            return version, self._seen(rows)
        from kizuna.node.api.as_of import latest_as_of  # noqa: PLC0415  only tokens need it

        until = self._node.now_ms() - self._viewer.delay_ms + 1
        if until <= cursor:
            return cursor, self._seen(newest(0)[1].slice(0, 0))
        fixes = self._store.box(-180.0, -90.0, 180.0, 90.0, cursor or until - _AS_OF_MS, until)
        return until, self._seen(latest_as_of(fixes, newest(0)[1]))

    def track(self, mmsi: int, start_ms: int, end_ms: int, names: tuple[str, ...] = ()) -> Seen:
        """Fixes of one vessel; all columns, or the named ones and those that the view needs."""
        return self._seen(self._store.track(mmsi, start_ms, end_ms, names=_with(names)))

    def box(self, box: tuple[float, float, float, float], start_ms: int, end_ms: int,
            names: tuple[str, ...] = ()) -> Seen:  # fmt: skip
        """Fixes in a box (west, south, east, north) and time."""
        return self._seen(self._store.box(*box, start_ms, end_ms, names=_with(names)))

    def events(self, *, start_ms: int | None = None, end_ms: int | None = None, mmsi: int | None = None,
               event_id: str = "") -> Seen:  # fmt: skip
        """Events, newest version of each."""
        return self._seen(self._store.events(start_ms=start_ms, end_ms=end_ms, mmsi=mmsi, event_id=event_id))

    def event_versions(self, start_ms: int) -> Seen:
        """Every version of the events that had not ended by then."""
        return self._seen(self._store.events(start_ms=start_ms, every_version=True))

    def identities(self, mmsi: int | None = None) -> Seen:
        """Periods of names and numbers."""
        return self._seen(self._store.identities(mmsi))

    def block(self, start_ms: int) -> Seen:
        """Fixes of one block: what a replay needs of them."""
        return self._seen(self._store.block(start_ms, names=_with((*MOTION, "flags"))), "history.see")

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        """Blocks and their counts of fixes; none for whoever may not see history."""
        return self._store.history(start_ms, end_ms) if may(self._viewer.role, "history.see") else ([], [])

    def detections(self, start_ms: int, end_ms: int) -> tuple[Seen, Any]:
        """Detections of other sensors by time, and of each whether what is said of it is for good."""
        if self.released is not None:
            seen = self._seen(self.released.detections(start_ms, end_ms))
            return seen, np.ones(len(seen), np.bool_)
        contacts = self._node.contacts
        if contacts is None:
            return self._seen(empty(DETECTIONS)), np.zeros(0, np.bool_)
        rows, final = contacts.judged(start_ms, end_ms)
        seen = self._seen(rows)
        return seen, final[np.isin(rows["det_id"], seen["det_id"])]

    def versions(self) -> Versions:
        """What the store has reached; numbers and times of the whole, no rows."""
        return self._store.versions()
