"""Which rows are our own, and which a partner told."""

import pyarrow as pa

from kizuna.base.table import empty, from_arrow
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES
from kizuna.node.origin import are_own, own_rows


def events(*rules):
    return empty(EVENTS, len(rules)).replace(rule_id=pa.array(rules, pa.string()))


def test_events_of_a_partner_are_told_by_their_rule():
    table = events("gaps", "partner:b", "zone_visits", None)
    assert are_own(table).tolist() == [True, False, True, True]
    assert own_rows(table)["rule_id"].to_pylist() == ["gaps", "zone_visits", None]


def test_fixes_of_a_partner_are_told_by_their_source():
    written = empty(FIXES, 3).to_arrow()
    at = written.schema.get_field_index("source_id")
    words = pa.array(["own", "partner:b", None]).cast(written.schema.field(at).type)
    table = from_arrow(FIXES, written.set_column(at, written.schema.field(at), words))
    assert are_own(table).tolist() == [True, False, True]


def test_where_nobody_told_anything_all_is_our_own():
    assert len(own_rows(events())) == 0
    both = events("gaps", "gaps")
    assert own_rows(both) is both
