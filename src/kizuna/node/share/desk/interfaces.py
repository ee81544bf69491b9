"""What the desk needs of sharing in a running node; ``node.share.sharing.Sharing`` has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from kizuna.node.share.door import Door
from kizuna.node.share.files import Places
from kizuna.node.share.identity import Identity
from kizuna.node.share.onward import Onward
from kizuna.node.share.partners import Partners
from kizuna.node.share.rulebook import RuleBook
from kizuna.records.partner import Directory
from kizuna.share.decide import Decision
from kizuna.share.rules.rule import RuleSet
from kizuna.stores.shared import Shared


class Received(Protocol):
    """One record as it came, verified and kept."""

    @property
    def partner(self) -> str:
        """Who brought it."""
        ...

    @property
    def log(self) -> str:
        """Name of the log that proves whose it is."""
        ...

    @property
    def data(self) -> bytes:
        """Its bytes."""
        ...

    @property
    def proved(self) -> str:
        """The third party that is proved to state it, where the partner only carried it."""
        ...


class Sharing(Protocol):
    """Everything of sharing in a running node."""

    party: str
    context: str
    places: Places
    shared: Shared
    identity: Identity
    partners: Partners
    book: RuleBook
    door: Door
    now_ms: Callable[[], int]
    bound: Callable[[RuleSet], RuleSet]
    onward: Onward | None
    doubted: Callable[[Iterable[str]], object]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where partners reach this node."""
        ...

    def who(self) -> Directory:
        """Partners and communities as they are now."""
        ...

    def rules(self) -> RuleSet | None:
        """Rules in force."""
        ...

    def say(self, data: bytes, to: str, *, lane: str = "", tag: frozenset[str] = frozenset()) -> Decision:
        """Tell an audience a record of ours, if the rules let it go."""
        ...

    def health(self) -> Sequence[Mapping[str, Any]]:
        """A row for each partner: how its link is."""
        ...

    def on(self, kind_prefix: str, handler: Callable[[Any], None]) -> None:
        """Hand ``Received`` records of these kinds to a handler. It may be handed one again after a crash."""
        ...
