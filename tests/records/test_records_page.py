"""The page of records says every field, and every kind has its place."""

import re
from pathlib import Path

import pytest

from kizuna.records import kinds
from kizuna.records.label import Label
from kizuna.records.record import Record, decode
from kizuna.share import rules
from kizuna.share.decide import bounds
from kizuna.share.rules import read

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", [*Record.__struct_fields__, *Label.__struct_fields__])
def test_every_field_has_its_row(name):
    assert re.search(rf"^\|[^|]*`{name}`", (DOCS / "records.md").read_text(), re.M)


def test_every_kind_has_its_row():
    text = (DOCS / "record-kinds.md").read_text()
    assert [k for k in kinds.KINDS if f"| `{k}` |" not in text] == []


def test_the_record_of_the_page_is_one():
    text = (DOCS / "records.md").read_text()
    block = text.split("```json\n")[1].split("```")[0]
    assert decode(block.replace("\n ", "").strip().encode()).kind == "track.position"


@pytest.mark.parametrize(
    "name", [*read._KEYS, *read._MATCH, *read._LABEL_MATCH, *read._LABEL_OUT, *bounds.BOUNDS, bounds.READER]
)
def test_every_key_of_a_rule_and_every_bound_is_told(name):
    assert f"`{name}`" in (DOCS / "rules.md").read_text()


def test_the_rules_of_the_page_are_read():
    text = (DOCS / "rules.md").read_text()
    assert len(rules.load(text.split("```toml\n")[1].split("```")[0]).rules) == 2
