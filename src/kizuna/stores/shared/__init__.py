"""The shared store: what was told to partners, what they told, and every decision about it."""

from kizuna.stores.shared.decisions import Decided
from kizuna.stores.shared.inbox import Arrival
from kizuna.stores.shared.logs import Entry, LogState, Run
from kizuna.stores.shared.outbox import Acked, Told
from kizuna.stores.shared.shared import Shared, open_shared

__all__ = [
    "Acked", "Arrival", "Decided", "Entry", "LogState", "Run", "Shared", "Told", "open_shared",
]  # fmt: skip
