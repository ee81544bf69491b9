"""Keys and receipts. Their bodies are read by the rooms that check signatures; here they are only bounded by size."""

from __future__ import annotations

from typing import Final

from kizuna.records.bodies.kind import FLASH, Kind

KINDS: Final = (
    Kind("key.manifest", 1, None, FLASH, "The keys of a party, signed by its root key."),
    Kind("ack", 1, None, FLASH, "A signed receipt."),
)
