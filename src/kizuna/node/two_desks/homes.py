"""Nodes of the demonstration on the disk: each a plain node of an exercise, made as ``kizuna node init`` makes one.

Nothing in the product knows that these are nodes of a demonstration: settings, users, keys, sources and zones are what
anybody would write. Each listens on this machine alone; pages without TLS, partners with TLS as always.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kizuna.exercise.region.parties import Parties, Party
from kizuna.node.demo_places import PLACES, write_places
from kizuna.node.desk.desk import open_desk
from kizuna.node.service.opening import Wanted, init_node
from kizuna.node.service.rooms import Rooms
from kizuna.node.service.settings import Config
from kizuna.node.share.files import Places
from kizuna.node.share.identity import init as init_keys
from kizuna.node.two_desks import papers

RECEIVERS: Final = "receivers"
"""Source of whatever the receivers of a party hear."""
USERS: Final = (("watch", "analyst"), ("officer", "release_officer"), ("chief", "administrator"), ("radio", "analyst"))
"""Users of each node; ``radio`` is the one who writes calls that were heard into the watch log."""
_CAST_NAMES: Final = "exercise-cast.toml"
_SENSOR: Final = {"RadarPost": "radar", "Uav": "uav"}


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports of one node: its page, what answers partners, the player that it listens to.

    ``lines``: by partner the port at which that partner reaches it, which is an end of the line between them.
    """

    page: int
    partners: int
    player: int
    lines: Mapping[str, int]

    def address(self, caller: str) -> str:
        """Where a partner reaches this node."""
        return f"https://127.0.0.1:{self.lines[caller]}"


@dataclass(frozen=True, slots=True)
class Home:
    """A node of the demonstration. ``tokens``: what each of its sensors sends, by actor."""

    party: Party
    config: Config
    ports: Ports
    password: str
    tokens: Mapping[str, str]

    @property
    def path(self) -> Path:
        """Its directory."""
        return self.config.home

    @property
    def url(self) -> str:
        """Its page."""
        return f"http://localhost:{self.ports.page}"


def make(out: Path, cast: Parties, party: Party, context: str, ports: Ports, speed: float) -> Home:
    """Make a node for a party, with users, keys for sharing and a token for each sensor."""
    home = out / party.id
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    sources = [_receivers(ports), *(_sensor(a.actor, type(a).__name__) for a in party.watchers)]
    settings = _settings(cast, party, ports, speed)
    made = init_node(home, Wanted(f"{party.id}-demo", party.title["en"], context, (), settings, tuple(sources)))
    write_places(home)
    (home / _CAST_NAMES).write_bytes(papers.names_toml(cast))
    (home / "exercise-border.geojson").write_bytes(papers.border_geojson(cast, context))
    tokens = {a.actor: secrets.token_hex(24) for a in party.watchers}
    for actor, token in tokens.items():
        key = home / f"{actor}.token"
        key.touch(mode=0o600)
        key.write_text(token + "\n", encoding="ascii")
    _users(home, password)
    init_keys(Places(home), party.id, context, passphrase=secrets.token_hex(16), random=os.urandom,
              hosts=["localhost", "127.0.0.1"], now=dt.datetime.now(dt.UTC))  # fmt: skip
    return Home(party, made.config, ports, password, tokens)


def _settings(cast: Parties, party: Party, ports: Ports, speed: float) -> dict[str, dict[str, Any]]:
    lon, lat = cast.distress.place
    return {
        "node": {"home": [lat + 0.3, lon, 7.4], "time_zone": "Asia/Taipei"},
        "listen": {"tls": False, "port": ports.page},
        "live": {"settle_h": 6.0, "lateness_h": 1.0, "keep_h": 48.0},
        "clock": {"kind": "stream", "speed": speed},
        "places": {**PLACES, "names": [*PLACES["names"], _CAST_NAMES]},
        "store": {"lateness_s": 3600},
        "layers": {"every_min": 10},
        "sharing": {
            "party": party.id, "title": party.title["en"], "port": ports.partners,
            "addresses": [ports.address(caller) for caller in ports.lines],
        },
    }  # fmt: skip


def _receivers(ports: Ports) -> dict[str, Any]:
    return {"id": RECEIVERS, "kind": "exercise", "address": f"127.0.0.1:{ports.player}", "licence": "invented",
            "station": "the generator", "origin": "own", "pass_on": True, "pass_on_to": ["*"]}  # fmt: skip


def _sensor(actor: str, kind: str) -> dict[str, Any]:
    return {"id": actor, "kind": "http-detections", "key": f"{actor}.token", "sensor": _SENSOR[kind],
            "licence": "invented", "pass_on": True, "pass_on_to": ["all"], "silent_s": 600}  # fmt: skip


def _users(home: Path, password: str) -> None:
    desk = open_desk(Rooms(home).desk)
    try:
        for name, role in USERS:
            desk.people.add(name, role, password)
    finally:
        desk.close()
