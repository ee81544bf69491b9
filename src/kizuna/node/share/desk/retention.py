"""Keeping within its time: records whose time to be kept is over lose their bytes; the ledger stays valid without.

What a partner told is erased when the end in its label has come, for that is what its originator asks; told and
received alike when the setting ``[sharing] retain_days`` says so. An entry, its number and its commitment stay, so
every proof of the rest holds, and every surface says that something was there and is erased. Rows of the picture that
were made of such records go with the store of the node (``[upkeep] retain_days``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kizuna.base.units import DAY_MS

if TYPE_CHECKING:
    from kizuna.stores.shared import Shared

WHY: Final = "its time is over"
_SHEETS: Final = 64
_AT_ONCE: Final = 1_000
_NEVER_MS: Final = -(1 << 62)


def let_go(shared: Shared, now_ms: int, retain_days: int) -> int:
    """Erase every record whose time is over; how many. ``retain_days`` 0: no limit of our own."""
    before_ms = now_ms - retain_days * DAY_MS if retain_days else None
    done = 0
    for side, end_ms in (("in", now_ms), ("out", _NEVER_MS)):
        while shared.register.follow(_SHEETS, side):
            pass
        while ids := shared.register.ended(side, end_ms, before_ms, _AT_ONCE):
            erased = shared.records.erase(ids, now_ms, WHY)
            done += erased
            if not erased:  # another process was quicker
                break
    return done
