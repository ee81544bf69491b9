"""What rules would have told over the last days, beside what the rules in force tell: by the same functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.node.origin import own_rows, own_sources
from kizuna.node.share.door import Rows
from kizuna.share.decide.difference import by_kind, diff
from kizuna.share.rules.rule import RuleSet

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

_NOTHING: Final = RuleSet((), "")


def difference(sharing: Sharing, rules: RuleSet, span_ms: int) -> list[dict[str, Any]]:
    """One row for each audience for which something changes: gains, loses, changes, and the balance by kind.

    Counts rows that may leave, before thinning and delays. The store is opened for reading beside a running node.
    """
    old, rules = sharing.rules() or _NOTHING, sharing.bound(rules)
    setting = sharing.door.house.setting()
    audiences = sorted({*old.audiences, *rules.audiences})
    out: dict[str, dict[str, Any]] = {}
    for part in rows_of(sharing, span_ms):
        for candidates in sharing.door.candidates(part, setting.now_ms):
            found = diff(old, rules, candidates.columns, audiences, setting)
            for one in found:
                row = out.setdefault(one.to, {"to": one.to, "gains": 0, "loses": 0, "changes": 0, "by_kind": {}})
                row["gains"] += len(one.gained)
                row["loses"] += len(one.lost)
                row["changes"] += len(one.changed)
            for line in by_kind(found, candidates.columns):
                kinds = out[line.to]["by_kind"]
                kinds[line.kind] = kinds.get(line.kind, 0) + line.gained - line.lost
    return [row for row in out.values() if row["gains"] or row["loses"] or row["changes"]]


def rows_of(sharing: Sharing, span_ms: int) -> Iterator[Rows]:
    """Own rows of the last while, an hour at a time."""
    from kizuna.node.service.storing import open_store  # noqa: PLC0415  a running node has its own

    with open_store(sharing.config, read_only=True) as keep:
        newest_ms = keep.versions().newest_ms
        if newest_ms == MISSING_TIME_MS:
            return
        sharing.door.house.sources_of = lambda m, a, b: own_sources(keep, m, a - span_ms, b + HOUR_MS)
        end = newest_ms + 1
        for start in range(end - span_ms, end, HOUR_MS):
            yield Rows(fixes=own_rows(keep.messages("fixes", None, start, min(end, start + HOUR_MS))))
        yield Rows(events=own_rows(keep.events(start_ms=end - span_ms)))
