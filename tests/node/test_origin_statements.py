"""Where origins differ they stand side by side."""

from __future__ import annotations

import numpy as np
from kizuna.node.origin import newest_by_origin, own_sources


class Fixes:
    """As much of a table of fixes as is looked at."""

    def __init__(self, sources: list[str], time_ms: list[int]) -> None:
        self._words = tuple(sorted(set(sources)))
        self._columns = {
            "source_id": np.array([self._words.index(s) for s in sources], np.int16),
            "time_ms": np.array(time_ms, np.int64),
            "lat_deg": np.arange(len(sources), dtype=np.float64),
            "lon_deg": np.arange(len(sources), dtype=np.float64) + 100,
        }

    def __getitem__(self, name: str) -> np.ndarray:
        return self._columns[name]

    def codes_of(self, name: str) -> tuple[str, ...]:
        return self._words

    def __len__(self) -> int:
        return len(self._columns["time_ms"])

    @property
    def schema(self) -> "Fixes":
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._columns)


def test_each_origin_states_its_newest_place_and_own_sources_are_one_origin() -> None:
    fixes = Fixes(
        ["shore-1", "partner:south", "shore-2", "partner:east", "partner:south", "shore-1"], [1, 2, 3, 4, 5, 6]
    )
    said = newest_by_origin(fixes, "north")  # type: ignore[arg-type]
    assert [(one["origin"], one["t_ms"], one["lat"]) for one in said] == [
        ("north", 6, 5.0),
        ("east", 4, 3.0),
        ("south", 5, 4.0),
    ]


def test_nobody_states_anything_of_a_vessel_that_was_not_heard() -> None:
    assert newest_by_origin(Fixes([], []), "north") == []  # type: ignore[arg-type]


class Store:
    """A store of one vessel's fixes that notes for which time it was asked."""

    def __init__(self, fixes: Fixes) -> None:
        self.fixes, self.asked = fixes, []

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: object = ()) -> Fixes:  # noqa: ARG002
        self.asked.append((mmsi, start_ms, end_ms))
        return self.fixes


def test_sources_of_a_track_are_those_of_the_time_that_is_told() -> None:
    """Not those before the newest fix of all: a vessel with its clock days ahead would change what others rest on."""
    store = Store(Fixes(["shore-1", "sealed", "shore-1"], [1, 2, 3]))
    assert own_sources(store, 7, 100, 200) == {"shore-1", "sealed"}  # type: ignore[arg-type]
    assert store.asked == [(7, 100, 200)]
