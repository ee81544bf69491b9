"""The dry run: what partners would have been told over a period, and what other rules would change of it.

The publishing code itself runs over what this node heard and found, on no log and with fresh memories, for the rules in
force and for others; the records that both make are compared.
"""

from kizuna.node.share.preview.compare import compared
from kizuna.node.share.preview.history import History, Period, StoreHistory
from kizuna.node.share.preview.rehearsal import rehearse

__all__ = ["History", "Period", "StoreHistory", "compared", "rehearse"]
