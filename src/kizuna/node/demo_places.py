"""Places of the demonstration: roads and berths in which the generator lets ships lie, and names in three languages.

They are the simulator's own truth, not charted anchorages: in a demonstration the node knows where ships lie, as a real
one does from a list of its waters.
"""

from __future__ import annotations

import csv
import io
from typing import Final

from kizuna.base.languages import PAGES
from kizuna.exercise import world


def anchorages_csv() -> bytes:
    """Anchorage and berth area of every simulated port: id, name, latitude and longitude (degrees), radius (m)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("anchorage_id", "name", "lat", "lon", "radius_m"))
    for port in world.ports().values():
        for kind, disc in (("road", port.anchorage), ("berth", port.berth)):
            slug = port.name.lower().replace(" ", "-")
            name = f"EXERCISE {port.name} {kind}"
            writer.writerow((f"ex-{slug}-{kind}", name, disc.lat_deg, disc.lon_deg, f"{disc.radius_m:g}"))
    return out.getvalue().encode()


def names_toml() -> bytes:
    """Names of the fictional zones and parties in the languages of the page, as a file of names."""
    out = ["# Names of the exercise. Any node can have such a file: [places] names in node.toml.", ""]
    for kind, name, *words in _ROWS:
        key = f'"{name}"' if " " in name else name
        out += [f"[{kind}.{key}]", *(f'{c} = "{w}"' for c, w in zip(PAGES.values(), words, strict=True)), ""]
    return "\n".join(out).encode()


_ROWS: Final = (
    ("partners", "Party A", "Party A", "甲", "甲方"),
    ("partners", "Party B", "Party B", "乙", "乙方"),
    ("zones", "ex-conservation-1", "Exercise fishing conservation area 1", "演習 漁業保護区域1", "演習 漁業保育區 1"),
    ("zones", "ex-conservation-2", "Exercise fishing conservation area 2", "演習 漁業保護区域2", "演習 漁業保育區 2"),
    ("zones", "ex-precaution-1", "Exercise precautionary area 1", "演習 警戒区域1", "演習 警戒區 1"),
    ("zones", "ex-claim-a", "Exercise water, as Party A states it", "甲が主張する演習水域", "甲方主張的演習水域"),
    ("zones", "ex-claim-b", "Exercise water, as Party B states it", "乙が主張する演習水域", "乙方主張的演習水域"),
)
