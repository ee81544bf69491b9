import pytest

from kizuna.records.label import UNREADABLE, Label, Tlp, label_of
from kizuna.records.marking import joined, marking_of, shown

OWN = Label(tlp=Tlp.AMBER, rel_to=frozenset({"cape"}))


def told(level: Tlp, *rel_to: str, **more: object) -> Label:
    return Label(tlp=level, rel_to=frozenset(rel_to), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("labels", "words"), [
    ([OWN], "TLP:AMBER // REL TO CAPE, NORTH"),
    ([Label(tlp=Tlp.AMBER)], "TLP:AMBER // REL TO NORTH"),
    ([OWN, told(Tlp.GREEN, "north", "cape")], "TLP:AMBER // REL TO CAPE, NORTH"),
    ([OWN, told(Tlp.GREEN, "north", "dune")], "TLP:AMBER // REL TO NORTH"),
    ([OWN, told(Tlp.CLEAR, "*")], "TLP:AMBER // REL TO CAPE, NORTH"),
    ([told(Tlp.CLEAR, "*")], "TLP:CLEAR"),
    ([OWN, told(Tlp.AMBER_STRICT, "north")], "TLP:AMBER+STRICT // REL TO NORTH"),
    ([OWN, told(Tlp.GREEN, "north", "cape", caveats=frozenset({"SAR"}))], "TLP:AMBER // REL TO CAPE, NORTH // SAR"),
    ([OWN, UNREADABLE], "TLP:RED // REL TO NORTH"),
    ([OWN, label_of("?")], "TLP:RED // REL TO NORTH"),
    ([OWN, told(Tlp.GREEN, "cape", policy="elsewhere")], "TLP:RED // REL TO NORTH"),
    ([], "TLP:RED // REL TO NORTH"),
])  # fmt: skip
def test_the_marking_is_the_join_for_whoever_holds_the_screen(labels: list[Label], words: str) -> None:
    assert marking_of(labels, "north").words == words
    assert marking_of(labels[::-1], "north").words == words
    found = None
    for label in labels:  # one after the other
        found = joined([label], "north", found)
    assert found is None or shown(found, "north").words == words


def test_a_join_of_no_labels_is_what_was_there_before() -> None:
    assert joined([], "north") is None
    assert joined([], "north", OWN) == OWN


def test_a_node_without_partners_says_the_level_alone() -> None:
    assert marking_of([Label(tlp=Tlp.GREEN)], "").words == "TLP:GREEN"
    assert marking_of([UNREADABLE], "").words == "TLP:RED"
