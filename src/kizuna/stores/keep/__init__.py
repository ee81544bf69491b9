"""The embedded store of a node: SQLite as catalogue and buffer, Parquet segments for history."""

from kizuna.stores.keep.backup import restore, verify
from kizuna.stores.keep.keep import Keep, Versions, open_keep
from kizuna.stores.keep.latest import LATEST
from kizuna.stores.keep.params import BLOCK_MS, KeepParams

__all__ = ["BLOCK_MS", "LATEST", "Keep", "KeepParams", "Versions", "open_keep", "restore", "verify"]
