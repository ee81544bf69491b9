"""Where origins differ they stand side by side."""

from __future__ import annotations

import numpy as np
from kizuna.node.origin import newest_by_origin


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
