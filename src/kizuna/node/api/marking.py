"""The marking that every screen and file carries: words of the context, the level, and who may see all of it.

A person's screen carries the join of the node's own label and of every label under which partners told it anything in
the last month: that of the whole picture, not of what the map happens to show, so that it stands still while the map
moves and never lags behind it. A token reads the node's own rows and carries the node's own label; a partner's token
carries the labels of what was released to it, and nothing in its marking depends on anything else. A partner's feed of
rows carries the join of the labels of the rows that went out on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from kizuna.base.errors import KizunaError
from kizuna.base.table import Table
from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.node.api.interfaces import Node, Versions
from kizuna.node.api.view import Reader, Viewer
from kizuna.node.share.heard_labels import HeardLabels
from kizuna.records.label import UNREADABLE, Label, label_of
from kizuna.records.marking import Marking, joined, marking_of, shown

_WORLD = (-180.0, -90.0, 180.0, 90.0)


class Markings:
    """The markings of one node; any thread may ask."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._me = node.office.me if node.office is not None else ""
        shared = node.office.shared if node.office is not None else None
        self._heard = HeardLabels(shared, node.now_ms) if shared is not None else None
        self._own = marking_of([node.facts.label], self._me)
        self._now = self._own
        self._shown: dict[str, tuple[Versions, list[Label]]] = {}
        """What was found of each partner's view, and how far the view had come then."""

    def follow(self) -> Marking:
        """Take up what partners told since; the marking of the whole picture."""
        if self._heard is not None:
            self._now = marking_of([self._node.facts.label, *self._heard.follow()], self._me)
        return self._now

    def header(self, viewer: Viewer | None) -> str:
        """For the header of an answer: what needs no look at any row."""
        if viewer is None or viewer.partner:
            return self._node.facts.marking
        return self.with_context(self._own if viewer.is_token else self._now)

    def of(self, viewer: Viewer, rows: Table | None = None) -> str:
        """For a file or a document; ``rows`` are what it holds, where these alone say what a partner is shown."""
        if viewer.partner:
            labels = self._released(viewer, rows)
            return self.with_context(marking_of(labels, viewer.partner) if labels else None)
        return self.with_context(self._own if viewer.is_token else self.follow())

    def look(self) -> dict[str, Any]:
        """For the page, with what partners told since."""
        self.follow()
        return self.as_row()

    def as_row(self) -> dict[str, Any]:
        """For the page: words of the context, level, parties and communities, caveats."""
        found = self._now
        return {"words": self._node.facts.marking, "tlp": found.tlp, "rel_to": list(found.rel_to),
                "caveats": list(found.caveats)}  # fmt: skip

    def with_context(self, found: Marking | None) -> str:
        """In ASCII, behind the words of the context; those alone without a marking."""
        return " // ".join(w for w in (self._node.facts.marking, found.words if found else "") if w)

    def _released(self, viewer: Viewer, rows: Table | None) -> list[Label]:
        if rows is not None and "label" in rows.schema.names:
            return list(labels_in(rows))
        reader, now_ms = Reader(self._node, viewer), self._node.now_ms()
        reached, held = reader.versions(), self._shown.get(viewer.partner)
        if held is None or held[0] != reached:
            try:
                lately = reader.box(_WORLD, now_ms - round(self._node.facts.gone_h * HOUR_MS), now_ms + HOUR_MS)
                events = reader.events(start_ms=now_ms - round(self._node.facts.alert_days * DAY_MS))
                held = reached, list({*labels_in(lately), *labels_in(events)})
            except KizunaError:  # too many for one answer
                held = reached, [UNREADABLE]
            self._shown[viewer.partner] = held
        return held[1]


class FeedMarking:
    """The marking of one feed: of every row that went out on it so far. Looks at nothing but these."""

    def __init__(self, node: Node, viewer: Viewer) -> None:
        self._node, self._viewer = node, viewer
        self._found: Label | None = None

    def risen(self, rows: Table) -> str:
        """The marking with these rows, which go out next; those of a partner have a column ``label``."""
        if not self._viewer.partner:
            return self._node.markings.of(self._viewer)
        if len(rows):
            self._found = joined(labels_in(rows), self._viewer.partner, self._found)
        found = None if self._found is None else shown(self._found, self._viewer.partner)
        return self._node.markings.with_context(found)


def labels_in(rows: Table) -> Iterable[Label]:
    """The labels of a table, each once; one that is missing is unreadable."""
    words = [*rows.codes_of("label"), ""]
    return {label_of(words[code]) for code in np.unique(rows["label"]).tolist()}
