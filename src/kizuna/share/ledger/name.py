"""Name of a log: ``<origin>/<epoch>/<audience>/<context>/<lane>``, also the origin line of its checkpoints.

One origin keeps one log for each audience, context and lane, so that numbers in it have no holes and tell nothing of
what others were told. A new epoch begins when a node was restored from a backup, and never otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.records import context as contexts
from kizuna.records.label import COMMUNITY, EVERYBODY, PARTY

LANES: Final = ("flash", "routine", "bulk")
NAME_MAX: Final = 200
EPOCH_MAX: Final = 9999


@dataclass(frozen=True, slots=True, order=True)
class LogName:
    """The five parts of a log's name, checked when made; InputError when one is malformed."""

    origin: str
    epoch: int
    audience: str
    context: str
    lane: str

    def __post_init__(self) -> None:
        if not PARTY.fullmatch(self.origin):
            raise InputError(f"{self.origin!r} is no party id", where="log name", hint="a-z, 0-9 and -")
        if not 1 <= self.epoch <= EPOCH_MAX:
            raise InputError(f"epoch {self.epoch} is outside 1 to {EPOCH_MAX}", where="log name")
        if not (PARTY.fullmatch(self.audience) or COMMUNITY.fullmatch(self.audience) or self.audience == EVERYBODY):
            raise InputError(f"{self.audience!r} is no audience", where="log name", hint="a party id or c:<community>")
        if self.lane not in LANES:
            raise InputError(f"{self.lane!r} is no lane", where="log name", hint=", ".join(LANES))
        contexts.check(self.context)

    def __str__(self) -> str:
        return f"{self.origin}/{self.epoch}/{self.audience}/{self.context}/{self.lane}"

    @property
    def stem(self) -> str:
        """The name without its epoch: what stays the same when a node begins anew."""
        return f"{self.origin}/{self.audience}/{self.context}/{self.lane}"


def parse_name(text: str) -> LogName:
    """Read a log's name; only the exact form that ``str`` gives is accepted."""
    parts = text.split("/") if len(text) <= NAME_MAX else []
    if len(parts) != 5 or not re.fullmatch(r"[1-9][0-9]{0,3}", parts[1]):  # noqa: PLR2004  the five parts above
        hint = "<origin>/<epoch>/<audience>/<context>/<lane>"
        raise InputError(f"{text[:NAME_MAX]!r} is no name of a log", hint=hint)
    return LogName(parts[0], int(parts[1]), parts[2], parts[3], parts[4])
