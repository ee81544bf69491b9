"""What stands beside the settings of a node: zones, cables, anchorages, settings of detectors, names."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kizuna.node.names import Names, read_names
from kizuna.node.service.detection import Rules
from kizuna.node.service.feeds import check_address
from kizuna.node.service.outward import oidc_of
from kizuna.node.service.settings import Config

if TYPE_CHECKING:
    from kizuna.engines.live.params import LiveParams
    from kizuna.events.params import Settings
    from kizuna.places.anchorages import Anchorages
    from kizuna.places.cables import Cable
    from kizuna.places.zone import Zone


@dataclass(frozen=True, slots=True)
class Given:
    """What stands beside the settings, read and checked before anything is opened."""

    zones: tuple[Zone, ...]
    lists: tuple[Anchorages, ...]
    settings: Settings | None
    live: LiveParams
    names: Names = field(default_factory=Names)
    cables: tuple[Cable, ...] = ()
    _made: list[Rules] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rules(self) -> Rules:
        """What events depend on; made once, when somebody asks, because the coast takes a moment."""
        from kizuna.engines.live.run import surroundings_of  # noqa: PLC0415
        from kizuna.events.params import Settings  # noqa: PLC0415

        with self._lock:
            if not self._made:
                around, _ = surroundings_of(self.lists, self.zones)
                self._made.append(Rules(self.settings or Settings(), around, self.live))
            return self._made[0]


def read_beside(config: Config) -> Given:
    """Zones, cables, anchorages, settings of detectors. Raises ConfigError and InputError."""
    p = config.places
    for source in config.sources:
        check_address(source, config.home)
    oidc_of(config)
    names = read_names([config.path(n) for n in p.names])
    cables = _cables(config)
    if not (p.zones or p.anchorages or p.detectors or p.claims_nm):
        return Given((), (), None, config.live, names, cables)
    from kizuna.engines.claim_watch import ClaimWatch  # noqa: PLC0415  what reads files is loaded where there are any
    from kizuna.engines.run import Request, given  # noqa: PLC0415

    claims = None
    if p.claims_nm:
        table = config.path(p.claims_table) if p.claims_table else None
        claims = ClaimWatch(p.claims_nm, p.claims_view, table=table)
    beside = given(Request(
        (), zones=[config.path(z) for z in p.zones], anchorages=[config.path(a) for a in p.anchorages],
        params=config.path(p.detectors) if p.detectors else None, claims=claims,
    ))  # fmt: skip
    return Given(tuple(beside.zones), tuple(beside.lists), beside.settings, config.live, names, cables)


def _cables(config: Config) -> tuple[Cable, ...]:
    if not config.places.cables:
        return ()
    from kizuna.links.line_files import read_cables  # noqa: PLC0415  what reads files is loaded where there are any

    return tuple(cable for name in config.places.cables for cable in read_cables(config.path(name)))
