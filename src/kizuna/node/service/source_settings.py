"""Settings of one source of a node: where it is, and under which terms its words came here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import ConfigError
from kizuna.events.account.limits import within

KINDS: Final = ("tcp", "tcp-listen", "udp", "ws", "folder", "gpsd", "http-detections", "exercise")
"""Kinds of source."""
FORMATS: Final = ("auto", "nmea", "json")
ORIGINS: Final = ("ais", "own", "satellite", "radar")
"""Kinds of origin, each with a shape and a colour of its own in the picture."""
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}")
"""Short names: letters, digits, dot, dash."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source: where it is, and under which terms its words came here.

    Attributes:
        id: name of the source in every row; letters, digits, dot, dash.
        kind: tcp (connect), tcp-listen, udp (listen), ws (connect), folder, gpsd (connect), http-detections (sensors
            post to the API) or exercise (a player; see ``kizuna exercise play``).
        address: tcp, gpsd, exercise: HOST:PORT; tcp-listen, udp: HOST:PORT to listen on; ws: the whole address,
            ws:// or wss://; folder: directory, empty for ``inbox/<id>``; http-detections: not used.
        format: auto (by the first byte), nmea or json.
        station: name of the receiver, where the source is one.
        licence: under which licence or agreement the data came, in words or as an SPDX id.
        pass_on: whether they may be passed on at all.
        pass_on_to: to whom: partner ids, ``all`` for every partner, ``*`` for everybody; without any, to nobody.
        pass_on_days: for how many days after receipt; 0 is without end.
        lines_per_s: a faster source is slowed down where it can be (TCP), or loses lines that are counted (UDP);
            0 is without limit.
        silent_s: the source is called silent when it said nothing for so long, s; 1 to 86,400.
        subscription: ws: file (mode 600) with the message to send first; may hold a key.
        key: exercise: file (mode 600) with the exercise key; without one only this machine is listened to.
            http-detections: file (mode 600) with the token that the sensor must send; needed.
        sensor: http-detections, folder: kind of sensor for rows that name none.
        origin: how its positions are drawn: ais (a network of receivers), own (our own receivers), satellite, or radar
            (tracks that carry an MMSI).
    """

    id: str
    kind: str
    address: str = ""
    format: str = "auto"
    station: str = ""
    licence: str = ""
    pass_on: bool = False
    pass_on_to: tuple[str, ...] = ()
    pass_on_days: int = 0
    lines_per_s: int = 0
    silent_s: int = 120
    subscription: str = ""
    key: str = ""
    sensor: str = ""
    origin: str = "ais"

    def __post_init__(self) -> None:
        """Check words and ranges."""
        where = f"[[sources]] {self.id!r}"
        if not NAME.fullmatch(self.id):
            raise ConfigError(f"{self.id!r}", where="[[sources]] id", hint="1 to 48 letters, digits, dots and dashes")
        if self.kind not in KINDS:
            raise ConfigError(f"kind {self.kind!r}", where=where, hint=f"allowed: {', '.join(KINDS)}")
        if self.format not in FORMATS:
            raise ConfigError(f"format {self.format!r}", where=where, hint=f"allowed: {', '.join(FORMATS)}")
        if self.origin not in ORIGINS:
            raise ConfigError(f"origin {self.origin!r}", where=where, hint=f"allowed: {', '.join(ORIGINS)}")
        if not self.address and self.kind not in ("folder", "http-detections"):
            raise ConfigError("no address", where=where, hint="HOST:PORT, or ws://HOST/PATH")
        if self.pass_on_to and not self.pass_on:
            raise ConfigError("pass_on_to without pass_on = true", where=where, hint="say both or neither")
        if self.kind == "http-detections" and not self.key:
            raise ConfigError("no key", where=where, hint="file (mode 600) with the token that the sensor sends")
        if self.subscription and self.kind != "ws":
            raise ConfigError("subscription goes with kind ws only", where=where)
        within(where, "silent_s", self.silent_s, 1, 86_400, "s")
        within(where, "lines_per_s", self.lines_per_s, 0, 10_000_000)
        within(where, "pass_on_days", self.pass_on_days, 0, 36_500, "d")
