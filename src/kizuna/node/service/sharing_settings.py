"""Settings of sharing with partners."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kizuna.base.errors import ConfigError
from kizuna.events.account.limits import within
from kizuna.records.label import COMMUNITY, PARTY


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """Sharing with partners; off without a party. Nothing leaves before rules of release are in force.

    Attributes:
        party: id of this node's party, a-z, 0-9, dash, up to 32; it stands in every record told and never changes.
        title: its name for people; empty for the title of the node.
        unit: unit of the party that runs this node, in its own words; stands in its records.
        host: address on which partners are answered; 127.0.0.1 is this machine alone.
        port: TCP port for partners, 1 to 65535; 0: nobody is answered, this node alone dials.
        addresses: where partners reach it, https://HOST:PORT; told in an introduction. Empty: partners cannot dial.
        dial: whether this node calls partners that have an address.
        flash_s: how often new events are looked at for partners, s; 0.1 to 60.
        routine_s: how often positions and detections are, s; 1 to 3,600.
        channels: questions that are out at a time to each partner, 1 to 4; 1 for a line that carries one transfer.
        two_persons: whether rules need a second person before they are in force. False is for exercises alone.
        founders: whose lists of members count, as "c:COMMUNITY = PARTY".
        retain_days: records told and received lose their bytes so many days after they were observed; 0: told ones are
            kept, received ones until their label's end, which counts in any case.
    """

    party: str = ""
    title: str = ""
    unit: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    addresses: tuple[str, ...] = ()
    dial: bool = True
    flash_s: float = 0.5
    routine_s: float = 5.0
    channels: int = 4
    two_persons: bool = True
    founders: tuple[str, ...] = ()
    retain_days: int = 0

    def __post_init__(self) -> None:
        """Check words and ranges."""
        if self.party and not PARTY.fullmatch(self.party):
            raise ConfigError(f"{self.party!r}", where="[sharing] party", hint="a-z, 0-9, dash; up to 32")
        within("sharing", "port", self.port, 0, 65535)
        within("sharing", "flash_s", self.flash_s, 0.1, 60, "s")
        within("sharing", "routine_s", self.routine_s, 1, 3_600, "s")
        within("sharing", "channels", self.channels, 1, 4)
        within("sharing", "retain_days", self.retain_days, 0, 36_500, "d")
        for address in self.addresses:
            if not re.fullmatch(r"https://[^/\s]+:[0-9]{1,5}", address):
                raise ConfigError(f"{address!r}", where="[sharing] addresses", hint="https://HOST:PORT")
        for row in self.founders:
            community, sign, party = (part.strip() for part in row.partition("="))
            if not (sign and COMMUNITY.fullmatch(community) and PARTY.fullmatch(party)):
                raise ConfigError(f"{row!r}", where="[sharing] founders", hint='"c:COMMUNITY = PARTY"')

    def founder_of(self) -> dict[str, str]:
        """Community to the party whose first list of members counts."""
        pairs = (row.partition("=") for row in self.founders)
        return {community.strip(): party.strip() for community, _, party in pairs}
