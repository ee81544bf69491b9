"""One kind of record and the form of its body.

A body struct is closed: a name that it does not know makes the body bad, for nobody could bound, coarsen or translate
what is in it. A body that must change in a way that old readers would misread gets a new kind, ``name/2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

FLASH: Final = "flash"
ROUTINE: Final = "routine"
BULK: Final = "bulk"
LANES: Final = (FLASH, ROUTINE, BULK)
"""What goes first when a link is slow: distress and orders; the running picture; history."""


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of the bodies."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the list of known kinds.

    Attributes:
        name: the kind, as it stands in records.
        version: counts up with every change of the body that old readers can still read.
        body: form of the body; None where it is any JSON and is not interpreted.
        lane: lane in which it travels unless a rule says otherwise.
        doc: one line for the reference.
    """

    name: str
    version: int
    body: type[Body] | None
    lane: str
    doc: str


Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Line = Annotated[str, msgspec.Meta(max_length=256)]
Text = Annotated[str, msgspec.Meta(max_length=16_384)]
RecordId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}\\Z")]
Names = Annotated[
    dict[Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z")], Line], msgspec.Meta(max_length=16)
]
"""Text by language tag (BCP 47), such as en, ja, zh-Hant."""
Mmsi = Annotated[int, msgspec.Meta(ge=0, le=1_073_741_823)]
Imo = Annotated[int, msgspec.Meta(ge=0, le=9_999_999)]
TimeMs = Annotated[int, msgspec.Meta(ge=-62_135_596_800_000, le=253_402_300_799_999)]
Lat = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Lon = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Deg = Annotated[float, msgspec.Meta(ge=0, le=360)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Free = Annotated[dict[Word, Any], msgspec.Meta(max_length=64)]
"""Any further words; nobody interprets them."""
