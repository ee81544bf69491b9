"""What goes on: records of others that this node passes on, and records of third parties that partners bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kizuna.node.share.onward.receiving import Judged
    from kizuna.node.share.sharing import Received


class Onward(Protocol):
    """What the lines and arrivals of a node need of the desk."""

    @property
    def due(self) -> bool:
        """Whether something that was set aside may be let in now."""
        ...

    def judge(self, rows: Sequence[Received]) -> Judged:
        """Which of these rows are to be handed on, and whose they are proved to be."""
        ...

    def taken(self, rows: Sequence[Received]) -> None:
        """These rows were handed on: pass on what may go further."""
        ...

    def gone(self, audience: str) -> Callable[[bytes], bool] | None:
        """Whether a record in our log to an audience may not be handed out any more; None where all may."""
        ...
