"""One shape and one colour for every type of event; the shape alone is enough.

Shapes stand once in the page as SVG symbols and are referred to from maps, tables and cards. Colours are names of
``style.TOKENS``, so that the night theme dims them with everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kizuna.events.table import EVENT_TYPES


@dataclass(frozen=True, slots=True)
class Kind:
    """Words and drawing of one type of event, on a field of 20 by 20.

    ``routine`` marks what ships do every day: it comes after everything that may be worth a look.
    """

    key: str
    word: str
    words: str
    meaning: str
    drawing: str
    routine: bool = False


_STROKE: Final = 'fill="none" stroke="currentColor" stroke-linecap="round"'
_HALO: Final = 'fill="none" stroke="var(--halo)" stroke-linecap="round" stroke-linejoin="round"'
_RING: Final = "M14.6 4.6A7 7 0 1 0 17 10.6"
_SHAPE: Final = 'fill="currentColor" stroke="var(--halo)" stroke-width="1.6" stroke-linejoin="round"'

_KNOWN: Final = {
    "gap": Kind(
        "gap", "Gap", "Gaps", "no position of a vessel for longer than the limit",
        f'<path d="{_RING}" {_HALO} stroke-width="6.2"/><path d="{_RING}" {_STROKE} stroke-width="3.4"/>',
    ),
    "encounter": Kind(
        "encounter", "Encounter", "Encounters", "two vessels close together, slowly, for longer than the limit",
        f'<circle cx="13" cy="10" r="5.6" {_SHAPE}/><circle cx="7" cy="10" r="5.6" {_SHAPE}/>',
    ),
    "loitering": Kind(
        "loitering", "Loitering", "Loitering", "a vessel alone and slow at sea for longer than the limit",
        f'<path d="M10 1.4 18.6 10 10 18.6 1.4 10z" {_SHAPE}/>',
    ),
    "zone_visit": Kind(
        "zone_visit", "Zone visit", "Zone visits", "a vessel inside a zone, from entry to exit",
        f'<path d="M15.6 2.6v14.8" {_HALO} stroke-width="5.6"/><path d="M2.4 3 13.4 10 2.4 17z" {_SHAPE}/>'
        f'<path d="M15.6 3v14" {_STROKE} stroke-width="3"/>',
    ),
    "port_visit": Kind(
        "port_visit", "Port visit", "Port visits", "a vessel in port, from entry to exit; everyday business",
        f'<path d="M10 4v13M5.6 8h8.8M3 11.4c.6 4 3 5.6 7 5.6s6.4-1.6 7-5.6" {_HALO} stroke-width="5.4"/>'
        f'<circle cx="10" cy="3.4" r="2.4" {_SHAPE}/>'
        f'<path d="M10 5.6V17M5.6 8.4h8.8M3 11.4c.6 4 3 5.6 7 5.6s6.4-1.6 7-5.6" {_STROKE} stroke-width="2.4"/>',
        routine=True,
    ),
    "dark_detection": Kind(
        "dark_detection", "Dark detection", "Dark detections", "a contact of a sensor without a matching AIS report",
        f'<circle cx="10" cy="10" r="2.6" {_SHAPE}/><path d="M2.6 6V2.6H6M14 2.6h3.4V6M17.4 14v3.4H14M6 17.4H2.6V14" '
        f'{_HALO} stroke-width="5"/><path d="M2.6 6V2.6H6M14 2.6h3.4V6M17.4 14v3.4H14M6 17.4H2.6V14" {_STROKE} '
        f'stroke-width="2.4"/>',
    ),
}  # fmt: skip

_OTHER: Final = f'<rect x="3" y="3" width="14" height="14" rx="2" {_SHAPE}/>'


def kind_of(event_type: str) -> Kind:
    """Words and drawing of a type; a plain square and the type's own name where none is declared."""
    word = event_type.replace("_", " ").capitalize()
    return _KNOWN.get(event_type) or Kind("other", word, word, "", _OTHER)


KINDS: Final = tuple(kind_of(t) for t in EVENT_TYPES)
"""In the order in which the report shows them."""


def sheet() -> str:
    """The symbols, to stand once in the page before anything refers to them."""
    drawings = {k.key: k.drawing for k in KINDS}
    symbols = "".join(f'<symbol id="k-{key}" viewBox="0 0 20 20">{d}</symbol>' for key, d in drawings.items())
    return f'<svg width="0" height="0" class="sheet" aria-hidden="true" focusable="false">{symbols}</svg>'


def icon(kind: Kind, size: int = 18) -> str:
    """The shape in running text; the words beside it say the same, so readers of screens skip it."""
    return (
        f'<svg class="icon c-{kind.key}" width="{size}" height="{size}" viewBox="0 0 20 20" aria-hidden="true" '
        f'focusable="false"><use href="#k-{kind.key}"/></svg>'
    )
