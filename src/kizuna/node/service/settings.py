"""Settings of a node, as they stand in ``node.toml``; section = room. The meanings below are the documentation.

Every key has a default but the names and addresses that only the operator knows. A key or section that is not known
here is an error that names what is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kizuna.base.errors import ConfigError, InputError
from kizuna.engines.live.look import ContactParams
from kizuna.engines.live.params import LiveParams
from kizuna.events.account.limits import within
from kizuna.events.alerts import Params as AlertParams
from kizuna.node.service.sharing_settings import SharingSettings
from kizuna.node.service.source_settings import NAME, Source
from kizuna.records import context as contexts
from kizuna.records.label import Label, tlp_of
from kizuna.stores.keep import KeepParams

STORES: Final = ("embedded", "postgres")
CLOCKS: Final = ("wall", "stream")


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """The node itself.

    Attributes:
        name: short name, letters, digits, dot, dash; stands in file names and in the log.
        title: what stands at the head of the page.
        context: ``real``, ``test`` or ``exercise:<id>``. What is heard in one never meets what is heard in another;
            each has its own store.
        languages: languages of the page; the first is the one it opens in. Known: en, ja, zh-TW.
        home: latitude, longitude (degrees) and zoom at which the map opens.
        time_zone: zone shown beside UTC, such as Asia/Taipei.
        marking: TLP 2.0 level of the node's own rows on its screens and in its files: TLP:CLEAR, TLP:GREEN, TLP:AMBER,
            TLP:AMBER+STRICT or TLP:RED. It says what stands there and lets nothing out; rules do that.
        rel_to: parties and communities (c:...) who may see the node's own rows on a screen, beside the node itself.
    """

    name: str = "node"
    title: str = "Kizuna"
    context: str = contexts.REAL
    languages: tuple[str, ...] = ("en", "ja", "zh-TW")
    home: tuple[float, ...] = (25.0, 123.0, 5.0)
    time_zone: str = "UTC"
    marking: str = "TLP:AMBER"
    rel_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the name, the context, the marking and the view."""
        if not NAME.fullmatch(self.name):
            raise ConfigError(f"{self.name!r}", where="[node] name", hint="1 to 48 letters, digits, dots and dashes")
        try:
            contexts.check(self.context)
        except InputError as exc:
            raise ConfigError(exc.message, where="[node] context", hint=exc.hint) from exc
        try:
            self.label()
        except InputError as exc:
            raise ConfigError(exc.message, where="[node] marking, rel_to", hint=exc.hint) from exc
        if len(self.home) != 3 or not (-90 <= self.home[0] <= 90 and -180 <= self.home[1] <= 180):  # noqa: PLR2004
            raise ConfigError(f"{list(self.home)}", where="[node] home", hint="[latitude, longitude, zoom]")

    def label(self) -> Label:
        """The label under which the node's own rows stand on its screens. Raises InputError for words that are none."""
        return Label(tlp=tlp_of(self.marking), rel_to=frozenset(self.rel_to))


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Where the page and the API answer.

    Attributes:
        host: address to listen on; 127.0.0.1 is this machine alone, 0.0.0.0 every network it is in.
        port: TCP port, 1 to 65535; 0 takes a free one.
        tls: whether to answer over TLS. Without it only this machine may ask: another ``host`` is refused.
        certificate: file with the certificate chain (PEM); empty for the one that ``node init`` made.
        key: file with its key (PEM); empty for the one that ``node init`` made.
        names: host names and addresses under which the node is known; requests for others are refused. Empty accepts
            any.
    """

    host: str = "127.0.0.1"
    port: int = 8443
    tls: bool = True
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the port, and that nothing goes over a network in the clear."""
        within("listen", "port", self.port, 0, 65535)
        if not self.tls and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ConfigError(f"without TLS on {self.host}", where="[listen] tls", hint="true, or host = 127.0.0.1")


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """Places that the detectors know of. Files are named from the directory of the node.

    Attributes:
        zones: files of areas to watch (GeoJSON, GeoPackage, Shapefile).
        cables: files of submarine cables to draw (GeoJSON, GeoPackage, Shapefile, KML), with owner, status, source and
            licence where they state them. They raise no alert.
        anchorages: files of anchorages (CSV, GeoJSON). Without any, encounters in a road cannot be told apart.
        claims_nm: limits of computed claim zones of disputed features to watch, nm, such as [12]; none by default.
        claims_view: whose names they carry: neutral, or a party's id.
        claims_table: file (TOML) with own parties, names and claims on top.
        detectors: file (TOML) of settings of the detectors; see ``kizuna params``.
        names: files (TOML) with the node's own names of zones, ports, places and partners, by language.
    """

    zones: tuple[str, ...] = ()
    cables: tuple[str, ...] = ()
    anchorages: tuple[str, ...] = ()
    claims_nm: tuple[float, ...] = ()
    claims_view: str = "neutral"
    claims_table: str = ""
    detectors: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreSettings(KeepParams):
    """Where what was heard and found is kept, and how it is taken in.

    Attributes:
        kind: embedded, files in the directory of the node; or postgres, a PostgreSQL server with PostGIS. There the
            settings ``full_sync``, ``seal_rows``, ``seal_batches`` and ``free_bytes_least`` say nothing.
        dsn_file: postgres: file (mode 600) with the connection string, "host=... dbname=... user=... password=...".
        schema: postgres: schema of the store; empty for one that is named after the context.
    """

    kind: str = "embedded"
    dsn_file: str = ""
    schema: str = ""

    def __post_init__(self) -> None:
        """Check the ranges and the word."""
        KeepParams.__post_init__(self)
        if self.kind not in STORES:
            raise ConfigError(f"{self.kind!r}", where="[store] kind", hint=f"allowed: {', '.join(STORES)}")
        if self.kind == "postgres" and not self.dsn_file:
            raise ConfigError("lacks dsn_file", where="[store]", hint="a file with the connection string")


@dataclass(frozen=True, slots=True)
class UpkeepSettings:
    """What the node does by itself.

    Attributes:
        retain_days: history is let go so many days before the newest row or now, the earlier; 0 keeps everything;
            ``kizuna node init`` writes 366.
        compact_h: segments of finished days are put together so often, h; 1 to 168; first ten minutes after a start.
        save_s: state of detection is saved so often, s; 5 to 3,600. After a crash so much is worked out anew.
        queue_mb: bytes of each source that may wait before it is slowed down, MB; 1 to 1,024.
    """

    retain_days: int = 0
    compact_h: float = 6.0
    save_s: float = 60.0
    queue_mb: int = 8

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("upkeep", "retain_days", self.retain_days, 0, 36_500, "d")
        within("upkeep", "compact_h", self.compact_h, 1, 168, "h")
        within("upkeep", "save_s", self.save_s, 5, 3_600, "s")
        within("upkeep", "queue_mb", self.queue_mb, 1, 1_024, "MB")


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """What leaves the node by itself. Everything is off until somebody decides otherwise.

    Attributes:
        live: whether outward live feeds (CoT, NMEA relay) may be asked for at all; each needs a token besides.
        delay_s: least delay of whatever a token for live feeds is told, s; 0 to 604,800. A token may ask for more.
        grid_deg: its positions are coarsened to a grid of at least so many degrees; 0 to 1.
    """

    live: bool = False
    delay_s: int = 3_600
    grid_deg: float = 0.1

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("feeds", "delay_s", self.delay_s, 0, 604_800, "s")
        within("feeds", "grid_deg", self.grid_deg, 0, 1, "deg")


@dataclass(frozen=True, slots=True)
class LayerSettings:
    """Layers that the node works out from what it heard.

    Attributes:
        every_min: reception coverage and presence are worked out anew so often, min; 0 never, 5 to 10,080.
        coverage_h: coverage is of the last so many whole hours, h; 1 to 168.
        presence_h: presence is of so many hours, h; 1 to 720.
    """

    every_min: int = 60
    coverage_h: int = 24
    presence_h: int = 24

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.every_min:
            within("layers", "every_min", self.every_min, 5, 10_080, "min")
        within("layers", "coverage_h", self.coverage_h, 1, 168, "h")
        within("layers", "presence_h", self.presence_h, 1, 720, "h")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Logging in through an identity provider (OpenID Connect); off without an issuer.

    Attributes:
        issuer: address of the provider, as it names itself.
        client_id: as the provider gave it.
        secret: file (mode 600) with the client secret; empty for a public client.
        back: address of this node for the answer, https://NODE/api/oidc/end.
        title: words on the button of the login page.
        role_claim: claim of the id token that says what somebody belongs to.
        roles: what of that claim gives which role, as "value = role"; without any, only users made beforehand get in.
        scope: what is asked for.
    """

    issuer: str = ""
    client_id: str = ""
    secret: str = ""
    back: str = ""
    title: str = "Log in with your organisation"
    role_claim: str = "groups"
    roles: tuple[str, ...] = ()
    scope: str = "openid profile"

    def __post_init__(self) -> None:
        """Check that it is whole."""
        if self.issuer and not (self.client_id and self.back):
            raise ConfigError("issuer without client_id and back", where="[oidc]", hint="give all three")
        for row in self.roles:
            if row.count("=") < 1 or not all(part.strip() for part in row.rsplit("=", 1)):
                raise ConfigError(f"{row!r}", where="[oidc] roles", hint='"value = role"')

    def role_of(self) -> dict[str, str]:
        """Value of the claim to role."""
        pairs = (row.rsplit("=", 1) for row in self.roles)
        return {value.strip(): role.strip() for value, role in pairs}


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """What the node takes for now.

    Attributes:
        kind: wall, the clock of this machine; or stream, the time that an exercise plays (exercise nodes only).
        speed: how fast an exercise is played, to carry its clock on between two messages; 0.1 to 1,000.
    """

    kind: str = "wall"
    speed: float = 1.0

    def __post_init__(self) -> None:
        """Check the word and the range."""
        if self.kind not in CLOCKS:
            raise ConfigError(f"{self.kind!r}", where="[clock] kind", hint=f"allowed: {', '.join(CLOCKS)}")
        within("clock", "speed", self.speed, 0.1, 1_000)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything of ``node.toml``. ``home`` is the directory from which files are named."""

    home: Path
    node: NodeSettings = field(default_factory=NodeSettings)
    listen: ListenSettings = field(default_factory=ListenSettings)
    sources: tuple[Source, ...] = ()
    places: PlaceSettings = field(default_factory=PlaceSettings)
    live: LiveParams = field(default_factory=lambda: LiveParams(keep_h=48.0))
    alerts: AlertParams = field(default_factory=AlertParams)
    store: StoreSettings = field(default_factory=StoreSettings)
    upkeep: UpkeepSettings = field(default_factory=UpkeepSettings)
    feeds: FeedSettings = field(default_factory=FeedSettings)
    detections: ContactParams = field(default_factory=ContactParams)
    layers: LayerSettings = field(default_factory=LayerSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    sharing: SharingSettings = field(default_factory=SharingSettings)

    def __post_init__(self) -> None:
        """Check what several sections must agree on."""
        ids = [s.id for s in self.sources]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise ConfigError(f"two sources called {min(twice)!r}", where="[[sources]] id", hint="give each its own")
        real = contexts.is_real(self.node.context)
        if real and self.clock.kind != "wall":
            raise ConfigError("a real node keeps the time of this machine", where="[clock] kind", hint="wall")
        if real and not self.sharing.two_persons:
            raise ConfigError("a real node needs two persons for rules", where="[sharing] two_persons", hint="true")
        if any(s.id.startswith("partner:") for s in self.sources):
            raise ConfigError("partner:... is what partners tell", where="[[sources]] id", hint="another name")
        if real and any(s.kind == "exercise" for s in self.sources):
            raise ConfigError("a real node takes no exercise", where="[[sources]] kind", hint="make a node of its own")

    def path(self, name: str) -> Path:
        """A file named in the settings."""
        return self.home / name
