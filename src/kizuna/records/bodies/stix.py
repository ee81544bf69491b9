"""Cyber threat information: a STIX 2.1 object, byte for byte as its author wrote it."""

from __future__ import annotations

from typing import Final

from kizuna.records.bodies.kind import ROUTINE, Body, Kind, Line, Word


class Stix(Body, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The names that are looked at; all others are let be, for the object is passed on as its bytes are.

    Attributes:
        type, id, spec_version: as in STIX 2.1 section 3.1.
        revoked: whether its author has revoked it.
        object_marking_refs: ids of its markings (TLP and others).
    """

    type: Word
    id: Line
    spec_version: Line = ""
    revoked: bool = False
    object_marking_refs: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        """The id begins with the type."""
        if not self.id.startswith(self.type + "--"):
            raise ValueError(f"id {self.id} is not one of a {self.type}")


KINDS: Final = (Kind("cti.stix", 1, Stix, ROUTINE, "A STIX 2.1 object, untouched."),)
