"""Records of exercises. All of them carry the context of their exercise."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from kizuna.records.bodies.kind import ROUTINE, Body, Kind, Line, Names, Text, TimeMs, Word


class Opened(Body, frozen=True, kw_only=True):
    """An exercise begins: its title, its end, who takes part."""

    title: Names = msgspec.field(default_factory=dict)
    end_ms: TimeMs | None = None
    parties: Annotated[tuple[Word, ...], msgspec.Meta(max_length=64)] = ()
    text: Text = ""


class Inject(Body, frozen=True, kw_only=True):
    """Something that the directing staff lets happen."""

    inject_id: Word
    to: Line = ""
    text: Text = ""


class Ended(Body, frozen=True, kw_only=True):
    """The exercise is over."""

    text: Text = ""


KINDS: Final = (
    Kind("exercise.opened", 1, Opened, ROUTINE, "An exercise begins."),
    Kind("exercise.inject", 1, Inject, ROUTINE, "Something that the directing staff lets happen."),
    Kind("exercise.ended", 1, Ended, ROUTINE, "An exercise is over."),
)
