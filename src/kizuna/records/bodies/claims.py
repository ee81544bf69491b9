"""What a party asserts: who a vessel is, whose a zone is. Rival claims stand side by side; nothing is merged."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import BULK, ROUTINE, Amount, Body, Imo, Kind, Lat, Line, Lon, Mmsi, Names, Text, Word

_Point = tuple[Lon, Lat]
_Ring = Annotated[tuple[_Point, ...], msgspec.Meta(min_length=4, max_length=2_000)]


class Identity(Body, frozen=True, kw_only=True):
    """Who the vessel is, in the words of the record's origin; for how long stands in valid_from and valid_to."""

    mmsi: Mmsi | None = None
    imo: Imo | None = None
    callsign: Line = ""
    name: Line = ""
    names: Names = msgspec.field(default_factory=dict)
    flag: Line = ""
    ship_type: Annotated[int, msgspec.Meta(ge=0, le=255)] | None = None
    length_m: Amount | None = None
    beam_m: Amount | None = None
    draught_m: Amount | None = None
    destination: Line = ""
    basis: Line = ""


class Zone(Body, frozen=True, kw_only=True):
    """An area with a purpose, as the claimant asserts it.

    Attributes:
        zone_id: id by which the claimant names it.
        zone_kind: territorial_sea, eez, srr, closure, area ...
        claimant: party that asserts it; the record's origin where left out.
        names: its names by language.
        basis: law, treaty or notice that it rests on.
        rings: outline, each ring closed, longitude before latitude, degrees; the first is the outer one.
        outline_sha256: digest of the outline where it is too large for a record and is kept elsewhere.
    """

    zone_id: Word
    zone_kind: Word = "area"
    claimant: Line = ""
    names: Names = msgspec.field(default_factory=dict)
    basis: Text = ""
    rings: Annotated[tuple[_Ring, ...], msgspec.Meta(max_length=64)] = ()
    outline_sha256: Line = ""


KINDS: Final = (
    Kind("identity.claim", 1, Identity, ROUTINE, "Who a vessel is, as one party has it."),
    Kind("zone.claim", 1, Zone, BULK, "An area with a purpose, as one party asserts it."),
)
