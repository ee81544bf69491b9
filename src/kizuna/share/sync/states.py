"""The protocol as tables of states and events. The diagrams of docs/explanation/sync.md are drawn from them.

An event that stands in no row of its state is a bug of ours, never of the peer: what a peer can do wrong is an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

State = str
Event = str
Table = Mapping[State, Mapping[Event, State]]

IDLE: Final = "idle"
ASKED: Final = "asked"
TAKING: Final = "taking"
SENDING: Final = "sending"
WAITING: Final = "waiting"
HALTED: Final = "halted"
NEW: Final = "new"
PARKED: Final = "parked"
DONE: Final = "done"

PULL: Final[Table] = {
    IDLE: {"ask": ASKED, "nothing to follow": HALTED},
    ASKED: {"page": TAKING, "quiet": IDLE, "quiet too soon": WAITING, "link failed": WAITING},
    TAKING: {
        "kept": IDLE, "nothing new": WAITING, "hole": WAITING, "damaged": WAITING, "not written": WAITING,
        "keys missing": WAITING,
        "log halted": IDLE,
    },
    WAITING: {"due": IDLE, "peer is alive": IDLE},
    HALTED: {"something to follow": IDLE},
}  # fmt: skip
"""One channel that asks a peer for pages. ``kept`` and ``quiet`` lead straight to the next question; whatever else
brought nothing waits first, so that no peer, however odd, can make us ask without pause."""

PUSH: Final[Table] = {
    IDLE: {"send": SENDING},
    SENDING: {
        "taken": IDLE, "hole": IDLE, "nothing moved": WAITING, "not written": WAITING, "keys missing": WAITING,
        "link failed": WAITING, "log halted": IDLE, "flash waits": IDLE,
    },
    WAITING: {"due": IDLE, "peer is alive": IDLE},
}  # fmt: skip
"""One channel that brings pages to a peer which cannot be asked, or cannot ask us."""

SERVE: Final[Table] = {
    NEW: {"there is news": DONE, "no news": PARKED},
    PARKED: {"there is news": DONE, "time is up": DONE, "too many wait": DONE, "asker is gone": DONE},
    DONE: {},
}
"""One question of a peer that we answer."""

TABLES: Final[Mapping[str, Table]] = {"pull": PULL, "push": PUSH, "serve": SERVE}


class Fault(Enum):
    """What was wrong with a page that came, as an event of ``PULL`` and ``PUSH``."""

    HOLE = "hole"
    DAMAGED = "damaged"
    NOT_WRITTEN = "not written"
    KEYS = "keys missing"
    HALTED = "log halted"


class Machine:
    """A state and its table."""

    __slots__ = ("_table", "state")

    def __init__(self, table: Table, state: State) -> None:
        self._table, self.state = table, state

    def step(self, event: Event) -> None:
        """Go on by an event."""
        row = self._table[self.state]
        assert event in row, f"{event!r} cannot happen while {self.state}"
        self.state = row[event]


def drawn(table: Table) -> str:
    """The table as a Mermaid state diagram."""
    first = next(iter(table))
    lines = ["stateDiagram-v2", f"  [*] --> {first}"]
    for state, row in table.items():
        by_target: dict[State, list[Event]] = {}
        for event, target in row.items():
            by_target.setdefault(target, []).append(event)
        lines += [f"  {state} --> {target} : {', '.join(events)}" for target, events in by_target.items()]
        if not row:
            lines.append(f"  {state} --> [*]")
    return "\n".join(lines)
