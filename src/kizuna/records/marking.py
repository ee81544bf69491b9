"""The marking of what stands together on one screen or page: the highest level in it, and who may see all of it.

It is the lattice join of the labels (``records.label``), read for whoever holds the screen: the holder itself is always
among those who may see it. A label that could not be read whole, or of a rule book that is not ours, counts as the
highest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from kizuna.records.label import EVERYBODY, Label, Tlp, join, known_policy, tlp_word

HIGHEST: Final = Label(tlp=Tlp.RED)


class Marking(NamedTuple):
    """Level (``AMBER``), parties and communities that may see all of it, caveats; no parties where that is not said."""

    tlp: str
    rel_to: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """In ASCII, for headers and files: ``TLP:AMBER // REL TO NORTH, SOUTH // SAR``."""
        parts = [f"TLP:{self.tlp}"]
        if self.rel_to:
            parts.append(f"REL TO {', '.join(self.rel_to).upper()}")
        return " // ".join([*parts, *self.caveats])


def marking_of(labels: Iterable[Label], holder: str) -> Marking:
    """The marking of all of these together, for the party that holds them; ``""`` for a node without partners."""
    return shown(joined(labels, holder) or _held(HIGHEST, holder), holder)


def joined(labels: Iterable[Label], holder: str, before: Label | None = None) -> Label | None:
    """The join of these labels for the party that holds them, and of ``before``, which this gave; None of none at all.

    So what goes out piece by piece has the marking of the whole, and it never sinks.
    """
    held = [_held(label, holder) for label in labels]
    if before is not None:
        held.append(before)
    return join(held) if held else None


def shown(found: Label, holder: str) -> Marking:
    """A joined label as it stands on a screen of the party that holds it."""
    everybody = EVERYBODY in found.rel_to
    rel_to = tuple(sorted(found.rel_to)) if holder and not everybody else ()
    return Marking(tlp_word(found.tlp), rel_to, tuple(sorted(found.caveats)))


def _held(label: Label, holder: str) -> Label:
    """The label with the holder among those who may be told."""
    if not known_policy(label):
        label = HIGHEST
    if EVERYBODY in label.rel_to or not holder:
        return label
    return msgspec.structs.replace(label, rel_to=label.rel_to | {holder})
