"""What publishing has to remember between two runs; a plain value that the node stores and hands in again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.share.transforms import sensitive_zones, thinning
from kizuna.share.transforms.sensitive_zones import NOTHING_CARRIED, Carried
from kizuna.share.transforms.steps import Stop, Thin

Ints = npt.NDArray[np.int64]
BEGINNING: Final = np.iinfo(np.int64).min // 4
VERSION: Final = 2
"""1 knew no times of events; such a memory is read as if all of them had been told when it was kept."""
_FORM: Final = tuple[int, list[list[Any]], dict[str, dict[str, Any]], dict[str, int]]


def until_key(audience: str, kind: str) -> str:
    """How ``Memory.until`` names an audience and a kind of rows."""
    return f"{audience} {kind}"


class Key(NamedTuple):
    """Audience, hash of the transform set, kind of rows."""

    audience: str
    set_hash: str
    kind: str


@dataclass(frozen=True, slots=True)
class Track:
    """What was told of one key.

    Attributes:
        tick_ms: everything that was due until then was told.
        carried: state of the hole.
        kept: pairs of vessel and time bucket of which something was told.
        told: numbers of rows told, in order, kept only while rules may still change their mind by age.
        told_ms: when each was observed.
    """

    tick_ms: int = BEGINNING
    carried: Carried = NOTHING_CARRIED
    kept: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    told: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    told_ms: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    def pruned(self, before_ms: int, stop: Stop | None, thin: Thin | None) -> Track:
        """The same without what ended before a time."""
        young = self.told_ms >= before_ms
        return Track(
            self.tick_ms,
            sensitive_zones.forgotten(self.carried, before_ms, stop) if stop else self.carried,
            thinning.forgotten(self.kept, before_ms, thin) if thin else self.kept,
            self.told[young],
            self.told_ms[young],
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything remembered.

    Attributes:
        tracks: state of every audience, transform set and kind.
        events: for each audience, under which hash an event was told last, and when it was last offered. Forgotten
            when that is long ago (``run.EVENTS_REMEMBERED_MS``).
        until: for each audience and kind of rows (``until_key``), the time of the last run that was offered such rows.
            Kinds are offered by runs of their own: a run over events says nothing of positions.
    """

    tracks: Mapping[Key, Track] = field(default_factory=dict)
    events: Mapping[str, Mapping[str, tuple[str, int]]] = field(default_factory=dict)
    until: Mapping[str, int] = field(default_factory=dict)

    def looked(self, audiences: Iterable[str], kind: str, until_ms: int) -> Memory:
        """The same after a run that looked at all rows of a kind for these audiences, though there were none."""
        keys = (until_key(a, kind) for a in audiences)
        return Memory(self.tracks, self.events, {**self.until, **dict.fromkeys(keys, until_ms)})

    def since(self, audiences: Iterable[str], kind: str, at_ms: int) -> Memory:
        """The same before a run for which all that came due until a time counts as looked at."""
        behind = [a for a in audiences if self.until.get(until_key(a, kind), BEGINNING) < at_ms]
        return self.looked(behind, kind, at_ms) if behind else self

    def told_before(self, audience: str, event: str, now_ms: int) -> Memory:
        """The same, knowing that an audience was once told of an event, nobody knows in which words."""
        events = {**self.events, audience: {**self.events.get(audience, {}), event: ("", now_ms)}}
        return Memory(self.tracks, events, self.until)

    def pack(self) -> bytes:
        """As bytes for a store."""
        arrays = {k: map(_bytes, (*t.carried, t.kept, t.told, t.told_ms)) for k, t in self.tracks.items()}
        tracks = [[*k, self.tracks[k].tick_ms, *found] for k, found in arrays.items()]
        return msgspec.msgpack.encode([VERSION, tracks, self.events, self.until])


def unpack(data: bytes) -> Memory:
    """Memory from its bytes. Raises InputError where they are not that."""
    try:
        version, tracks, events, until = msgspec.msgpack.decode(data, type=_FORM)
        if version == 1:
            at_ms = max(until.values(), default=0)
            events = {to: {name: (digest, at_ms) for name, digest in told.items()} for to, told in events.items()}
        elif version != VERSION:
            raise InputError(f"memory of publishing of version {version}", hint=f"this is version {VERSION}")
        found = {}
        for audience, set_hash, kind, tick_ms, *arrays in tracks:
            who, until_ms, hidden, quiet, kept, told, told_ms = (np.frombuffer(a, np.int64).copy() for a in arrays)
            carried = Carried(who, until_ms, hidden.astype(np.bool_), quiet)
            found[Key(audience, set_hash, kind)] = Track(tick_ms, carried, kept, told, told_ms)
        held = {to: {name: _event(*said) for name, said in told.items()} for to, told in events.items()}
    except (msgspec.MsgspecError, ValueError, TypeError) as exc:
        raise InputError(f"not the memory of publishing: {exc}") from exc
    return Memory(found, held, until)


def _event(digest: Any, at_ms: Any) -> tuple[str, int]:
    if not isinstance(digest, str) or not isinstance(at_ms, int):
        raise TypeError("an event is a hash and a time")
    return digest, at_ms


def _bytes(column: npt.NDArray[Any]) -> bytes:
    return column.astype(np.int64).tobytes()
