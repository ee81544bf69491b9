"""The Python blocks of the tutorials run, in order, as a reader would run them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorial"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = sorted(path for path in TUTORIALS.glob("*.md") if BLOCK.search(path.read_text(encoding="utf-8")))
NEEDS = {"your-own-tables.md": ("polars", "pandas", "geopandas", "movingpandas")}


def test_there_are_tutorials_to_run() -> None:
    assert {"what-did-this-ship-do.md", "your-own-tables.md"} <= {path.name for path in PAGES}


@pytest.mark.big
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_blocks_of_a_tutorial_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in NEEDS.get(page.name, ()):
        pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "tutorial"}
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        exec(compile(block, str(page), "exec"), names)  # noqa: S102  our own documentation
