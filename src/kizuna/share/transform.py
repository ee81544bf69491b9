"""What is done to a statement before it leaves: sets of transforms, read, joined, applied and told in plain words.

The list is closed (``transforms.steps``). A set holds each transform at most once, and sets form a lattice: ``join`` of
several is the least set that is as strict as each, whatever their order. Where several rules release one statement, it
leaves under the join. A set is brought to its *normal form*, in which what a transform needs in order to hold stands
beside it in so many words, for the officer to see:

- ``coarsen_position`` brings ``thin`` and ``coarsen_time`` with a step that goes with the cell (``settle_s``), because
  a place known to a kilometre at every second tells by the second in which the cell changed where its border was met;
- ``mask_identity`` takes away names, call sign, IMO number, dimensions, draught and destination;
- ``stop``, ``thin`` and ``coarsen_time`` bring ``delay`` with a bucket at least as long as theirs, because what is
  first or hidden in a bucket is known only when the bucket is over.

Order of application, whatever order the rule wrote: stop, thin, coarsen_position, coarsen_time, mask_identity,
generalise_source, neutralise_names, drop_fields; ``delay`` decides when. The first two choose rows and look at the true
place and time; the others change each row by itself and would give the same in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

from kizuna.base.errors import InputError
from kizuna.share.transforms import naming, place
from kizuna.share.transforms.moment import coarsen_time
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.steps import (
    BY_NAME,
    STEPS,
    CoarsenPosition,
    CoarsenTime,
    Delay,
    DropFields,
    GeneraliseSource,
    MaskIdentity,
    NeutraliseNames,
    Step,
    Stop,
    Thin,
    settle_s,
)
from kizuna.share.transforms.words import said

S = TypeVar("S", bound=Step)
_MASKED_FIELDS: Final = frozenset(("name", "callsign", "imo", "dimensions", "draught", "destination"))
_HASH_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class TransformSet:
    """Transforms in normal form, in order of application, each at most once. Make one with ``parse`` or ``join``."""

    steps: tuple[Step, ...] = ()

    def get(self, step: type[S]) -> S | None:
        """The transform of that class; None where the set has none."""
        return next((s for s in self.steps if type(s) is step), None)

    @property
    def words(self) -> tuple[str, ...]:
        """The canonical texts, which ``parse`` reads again."""
        return tuple(s.word() for s in self.steps)

    @property
    def hash(self) -> str:
        """Name of the set: 16 hexadecimal digits; empty for the set that changes nothing."""
        text = "\n".join(self.words)
        return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] if self.steps else ""

    @property
    def changes_nothing(self) -> bool:
        """Whether a statement leaves as it is (a delay changes when, not what)."""
        return all(type(s) in (Delay, Stop) for s in self.steps)


NOTHING: Final = TransformSet()


@dataclass(frozen=True, slots=True)
class Tools:
    """What applying a set needs beside the rows, handed in by the node.

    Attributes:
        key: secret of this node from which pseudonyms and ``derived_from`` are made; at least 32 random bytes.
        neutral: text without the names of the word lists of a set, given their names (``lexicon.neutraliser``).
    """

    key: bytes
    neutral: Callable[[frozenset[str]], Callable[[str], str]] | None = None

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed."""
        if len(self.key) < 32:  # noqa: PLR2004  bytes of a SHA-256
            raise InputError("the key of the transforms is too short", hint="32 random bytes")


def parse(items: Iterable[str | Mapping[str, Any]]) -> TransformSet:
    """The normal form of transforms as a rule writes them.

    Each is a text ``coarsen_position cell_m=10000`` (values of several words parted by commas), or a table with
    ``name`` and the parameters. Raises InputError that names the transform, the parameter and what is allowed.
    """
    return normal(_step(item) for item in items)


def normal(steps: Iterable[Step]) -> TransformSet:
    """The least set in normal form that holds all of these."""
    found: dict[type[Step], Step] = {}
    for step in steps:
        _add(found, step)
    for step in list(found.values()):
        for other in _brought(step):
            _add(found, other)
    for step in list(found.values()):
        for other in _brought(step):
            _add(found, other)
    return TransformSet(tuple(found[kind] for kind in STEPS if kind in found))


def join(sets: Iterable[TransformSet]) -> TransformSet:
    """The least set that is as strict as each of these; of none, the set that changes nothing."""
    return normal(step for s in sets for step in s.steps)


def stricter(a: TransformSet, b: TransformSet) -> bool:
    """Whether ``a`` is at least as strict as ``b`` in everything."""
    return join((a, b)) == a


def apply(rows: Rows, what: TransformSet, tools: Tools) -> Rows:
    """The rows after every transform of a set that changes rows; choosing rows and times is for ``publish``."""
    for step in what.steps:
        match step:
            case CoarsenPosition():
                rows = place.coarsen_position(rows, step)
            case CoarsenTime():
                rows = coarsen_time(rows, step)
            case MaskIdentity():
                rows = naming.mask_identity(rows, step, tools.key, what.hash)
            case GeneraliseSource():
                rows = naming.generalise_source(rows, step)
            case NeutraliseNames():
                rows = naming.neutralise_names(rows, step, _neutral(step, tools))
            case DropFields():
                rows = naming.drop_fields(rows, step)
            case _:
                pass
    return rows


def plain(what: TransformSet, language: str) -> list[str]:
    """The set in plain sentences for the officer's page; ``language`` is en, ja or zh-Hant."""
    return [said(step, language) for step in what.steps]


def _neutral(step: NeutraliseNames, tools: Tools) -> Callable[[str], str]:
    if tools.neutral is None:
        raise InputError("neutralise_names: no word lists at hand", hint="the node loads them from its configuration")
    return tools.neutral(step.lists)


def _add(found: dict[type[Step], Step], step: Step) -> None:
    there = found.get(type(step))
    found[type(step)] = step if there is None else there.join(step)


def _brought(step: Step) -> list[Step]:
    match step:
        case CoarsenPosition():
            settle = settle_s(step.cell_m)
            return [Thin(settle), CoarsenTime(settle)]
        case MaskIdentity():
            return [DropFields(_MASKED_FIELDS)]
        case Stop():
            return [Delay(0, step.quiet_s)]
        case Thin() | CoarsenTime():
            return [Delay(0, step.step_s)]
        case _:
            return []


def _step(item: str | Mapping[str, Any]) -> Step:
    if isinstance(item, str):
        name, *rest = item.split() or [""]
        given: dict[str, Any] = dict(part.partition("=")[::2] for part in rest)
    else:
        given = {str(k): v for k, v in item.items()}
        name = str(given.pop("name", ""))
    kind = BY_NAME.get(name)
    if kind is None:
        raise InputError(f"no transform {name!r}", hint=f"one of {', '.join(BY_NAME)}")
    known = {f.name: str(f.type) for f in fields(kind)}
    odd = sorted(given.keys() - known.keys())
    if odd:
        raise InputError(f"{name}: no parameter {odd[0]!r}", hint=f"one of {', '.join(known)}")
    try:
        return kind(**{k: _value(known[k], v) for k, v in given.items()})
    except TypeError as exc:
        raise InputError(f"{name}: a parameter is missing", hint=f"parameters: {', '.join(known)}") from exc


def _value(form: str, value: Any) -> Any:
    if "frozenset" in form:
        return frozenset(value.split(",") if isinstance(value, str) else map(str, value))
    if form == "int":
        digits = isinstance(value, str) and value.isascii() and value.isdigit()
        if isinstance(value, bool) or not (digits or isinstance(value, int)):
            raise InputError(f"{value!r} is no whole number")
        return int(value)
    return str(value)
