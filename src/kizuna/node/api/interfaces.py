"""What the API needs of the node: a store to read, the desk, a few facts, and functions that tell the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from kizuna.base.table import Table
from kizuna.events.alerts import Params as AlertParams
from kizuna.node.desk.desk import Desk, now_ms
from kizuna.node.names import Names
from kizuna.records.context import REAL, marking
from kizuna.records.label import Label, Tlp

if TYPE_CHECKING:
    from kizuna.node.api.marking import Markings
    from kizuna.node.share.desk.office import Office

BLOCK_S: Final = 600


class Versions(Protocol):
    """What the store has reached. Times are UTC ms, missing where it is empty."""

    @property
    def picture(self) -> int:
        """Counts up with every batch of fixes."""

    @property
    def events(self) -> int:
        """Counts up with every change of events."""

    @property
    def newest_ms(self) -> int:
        """Time of the newest fix."""

    @property
    def oldest_ms(self) -> int:
        """Time of the oldest fix still kept."""

    @property
    def closed_ms(self) -> int:
        """Blocks that end by then never change."""


class Store(Protocol):
    """The reading side of ``stores.keep``; every method may be called from several threads."""

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Version of the picture, and LATEST rows of vessels changed after ``since``."""

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:
        """FIXES of one vessel by time; only some columns, the others missing, where ``names`` says so."""

    def box(self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int, *,
            names: Sequence[str] = ()) -> Table:  # fmt: skip
        """FIXES in a box and time; west may be greater than east, across 180 degrees."""

    def events(self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,
               mmsi: int | None = None, event_id: str = "", every_version: bool = False) -> Table:  # fmt: skip
        """EVENTS, newest version of each, or every version."""

    def identities(self, mmsi: int | None = None) -> Table:
        """IDENTITIES."""

    def block(self, start_ms: int, *, names: Sequence[str] = ()) -> Table:
        """FIXES of one block of 600 s."""

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        """Blocks that begin in a time and hold anything, and the number of fixes of each."""

    def versions(self) -> Versions:
        """What the store has reached."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where positions come from, as the picture tells them apart: by shape and colour."""

    code: int
    name: str
    shape: str = "triangle"


class Contacts(Protocol):
    """Detections of other sensors, with what matching said of them."""

    @property
    def version(self) -> int:
        """Counts up with every change, within one start of the node."""

    def judged(self, start_ms: int, end_ms: int) -> tuple[Table, Any]:
        """DETECTIONS in [start, end) by time, and of each whether what is said of it is for good."""

    def time_of(self, det_id: int) -> int | None:
        """When a detection was made; None where there is none of that id."""


@dataclass(frozen=True, slots=True)
class LiveFeeds:
    """What the node allows outward live feeds: whether there may be any, and how late and coarse they are at least."""

    live: bool = False
    delay_s: int = 3_600
    grid_deg: float = 0.1


@dataclass(frozen=True, slots=True)
class Facts:
    """What the node says of itself.

    Attributes:
        name, title: short name; what stands in the head of the page.
        context: ``real``, ``test`` or ``exercise:<id>``; the marking follows from it.
        languages: of the page, the first is the default.
        home: latitude, longitude (degrees) and zoom at which the map opens.
        tz: time zone shown beside UTC.
        origins: kinds of origin by code.
        mode: ``live`` or ``demo``.
        track_h: hours of track that a vessel card offers first.
        gone_h: a vessel not heard for so long is no longer in the picture, h.
        alert_days: how long an alert stays in the list after it was raised.
        secure: whether pages are served over TLS; cookies are then bound to it.
        hosts: host names and addresses (without port) under which the node is known; empty accepts any.
        version: of the program.
        feeds: what outward live feeds may tell.
        label: under which the node's own rows stand on its screens and in its files.
    """

    name: str = "node"
    title: str = "Kizuna"
    context: str = REAL
    languages: tuple[str, ...] = ("en", "ja", "zh-TW")
    home: tuple[float, float, float] = (25.0, 123.0, 5.0)
    tz: str = "UTC"
    origins: tuple[Origin, ...] = (Origin(0, "AIS"),)
    mode: str = "live"
    track_h: float = 24.0
    gone_h: float = 24.0
    alert_days: float = 7.0
    secure: bool = True
    hosts: tuple[str, ...] = ()
    version: str = ""
    feeds: LiveFeeds = LiveFeeds()
    label: Label = field(default_factory=lambda: Label(tlp=Tlp.AMBER))

    @property
    def marking(self) -> str:
        """Words of the context: an exercise or a test; empty for real data. The level: ``api.marking``."""
        return marking(self.context)


@dataclass(slots=True)
class Node:
    """What ``make_app`` is given.

    Attributes:
        facts, store, desk: see there.
        now_ms: time of the picture, UTC ms; in a demo the time that is played.
        sources: health of each source, rows of plain values with at least ``source`` and ``state``.
        layer: GeoJSON text of a layer by name, or None where the node has none of that name.
        origin_of: code of the origin of a source's positions.
        counters: further numbers for ``/metrics``, by name.
        alerts: which events are alerts.
        names: the node's own names.
        view: viewpoint on rival claims from which its users start: ``neutral`` or a party's id.
        land: land and claims for the map; those of the package without one.
        oidc: settings of the identity provider (``oidc.Oidc``), where there is one.
        contacts: detections of other sensors, where the node takes any.
        layer_about: when and of what time a layer was worked out (``calculated`` None before), or None where that is
            not for the node to work out.
        office: the desk of sharing, where the node shares with anybody.
        streams: names of the tokens whose outward streams are open now, one entry a stream.
    """

    facts: Facts
    store: Store
    desk: Desk
    now_ms: Callable[[], int] = now_ms
    sources: Callable[[], Sequence[Mapping[str, Any]]] = list
    layer: Callable[[str], bytes | None] | None = None
    origin_of: Callable[[str], int] = lambda _: 0
    counters: Callable[[], Mapping[str, float]] = dict
    alerts: AlertParams = field(default_factory=AlertParams)
    oidc: Any = None
    names: Names = field(default_factory=Names)
    view: str = "neutral"
    land: Callable[[], Any] | None = None
    contacts: Contacts | None = None
    layer_about: Callable[[str], Mapping[str, Any] | None] = lambda _: None
    streams: list[str] = field(default_factory=list)
    office: Office | None = None
    _markings: Markings | None = field(default=None, init=False)

    @property
    def markings(self) -> Markings:
        """What its screens and files are marked with."""
        if self._markings is None:
            from kizuna.node.api.marking import Markings  # noqa: PLC0415  it knows us

            self._markings = Markings(self)
        return self._markings
