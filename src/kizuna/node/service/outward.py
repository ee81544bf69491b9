"""What the settings say to the API: facts of the node, kinds of origin, outward feeds, the identity provider."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.version import __version__
from kizuna.node.api.interfaces import Facts, LiveFeeds, Origin
from kizuna.node.origin import CARRIED_BY, PARTNER
from kizuna.node.service.settings import Config
from kizuna.node.service.source_settings import ORIGINS

_DRAWN: Final = {
    "ais": ("AIS", "triangle"), "own": ("Own AIS", "hull"), "satellite": ("Satellite AIS", "diamond"),
    "radar": ("Radar", "ball"),
}  # fmt: skip
"""Name and shape of each kind of origin."""


PARTNERS: Final = len(ORIGINS)
"""Code of what partners told where the partner was not known when the node started; those known follow."""
_PARTNER_SHAPE: Final = "diamond"


def facts_of(config: Config, *, secure: bool, hosts: tuple[str, ...] = (),
             partners: Sequence[tuple[str, str]] = ()) -> Facts:  # fmt: skip
    """What the node says of itself. ``partners``: ids and titles, each an origin of its own in the picture."""
    n, f = config.node, config.feeds
    lat, lon, zoom = n.home
    return Facts(
        n.name, n.title, n.context, n.languages, (lat, lon, zoom), n.time_zone,
        origins_of(config) + partner_origins(config, partners),
        mode="demo" if config.clock.kind == "stream" else "live", secure=secure, hosts=hosts, version=__version__,
        feeds=LiveFeeds(f.live, f.delay_s, f.grid_deg), label=n.label(),
    )  # fmt: skip


def origins_of(config: Config) -> tuple[Origin, ...]:
    """The kinds of origin that sources of this node have; ``ais`` where there is none."""
    used = {s.origin for s in config.sources if s.kind != "http-detections"} or {"ais"}
    return tuple(Origin(code, *_DRAWN[kind]) for code, kind in enumerate(ORIGINS) if kind in used)


def partner_origins(config: Config, partners: Sequence[tuple[str, str]]) -> tuple[Origin, ...]:
    """An origin for each partner, and one for those who come later; none for a node that shares nothing."""
    if not config.sharing.party:
        return ()
    known = tuple(Origin(PARTNERS + k, title or name, _PARTNER_SHAPE) for k, (name, title) in enumerate(partners, 1))
    return (Origin(PARTNERS, "Partner", _PARTNER_SHAPE), *known)


def origin_codes(config: Config, partners: Sequence[tuple[str, str]] = ()) -> Callable[[str], int]:
    """Code of the origin of a source, also of ``partner:<id>``."""
    codes = {s.id: ORIGINS.index(s.origin) for s in config.sources}
    codes |= {PARTNER + name: PARTNERS + k for k, (name, _) in enumerate(partners, 1)}
    return lambda source: codes.get(source.partition(CARRIED_BY)[0], PARTNERS if source.startswith(PARTNER) else 0)


def oidc_of(config: Config) -> Any:
    """Settings of the identity provider, or None. Raises ConfigError for what cannot be safe or right."""
    o = config.oidc
    if not o.issuer:
        return None
    from kizuna.node.api.oidc import Oidc  # noqa: PLC0415  only nodes with a provider need it

    secret = _secret(config.path(o.secret)) if o.secret else ""
    return Oidc(o.issuer, o.client_id, o.back, secret, o.title, o.role_claim, o.role_of(), o.scope)


def _secret(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError("others can read it", where=f"[oidc] secret {path}", hint=f"chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=f"[oidc] secret {path}") from exc
