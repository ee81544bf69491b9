"""Places of the demonstration: roads and berths where the generator lets ships lie, cables, names in three languages.

They are the simulator's own truth, not charted anchorages: in a demonstration the node knows where ships lie, as a real
one does from a list of its waters.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Final

from kizuna.base.languages import PAGES
from kizuna.exercise import world
from kizuna.exercise.simulate import zones_geojson

PLACES: Final = {
    "zones": ["exercise-zones.geojson"], "cables": ["exercise-cables.geojson"],
    "anchorages": ["exercise-anchorages.csv"], "names": ["exercise-names.toml"],
}  # fmt: skip
"""The section [places] of a node of a demonstration; ``write_places`` writes its files."""


def write_places(home: Path) -> None:
    """Write the files of ``PLACES`` into the directory of a node."""
    for name, text in (
        ("zones.geojson", zones_geojson()), ("cables.geojson", cables_geojson()),
        ("anchorages.csv", anchorages_csv()), ("names.toml", names_toml()),
    ):  # fmt: skip
        (home / f"exercise-{name}").write_bytes(text)


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


def cables_geojson() -> bytes:
    """Invented submarine cables, as a file of cables with source and licence for all of them."""
    features = [
        {"type": "Feature", "id": cable_id, "geometry": {"type": "LineString", "coordinates": line},
         "properties": {"name": name, "owner": owner, "status": status}}
        for cable_id, name, owner, status, line in _CABLES
    ]  # fmt: skip
    document = {"type": "FeatureCollection", "source": "EXERCISE: invented routes", "licence": "CC0-1.0"}
    return json.dumps({**document, "features": features}, indent=1).encode()


def names_toml() -> bytes:
    """Names of the fictional zones and parties in the languages of the page, as a file of names."""
    out = ["# Names of the exercise. Any node can have such a file: [places] names in node.toml.", ""]
    for kind, name, *words in _ROWS:
        key = f'"{name}"' if " " in name else name
        out += [f"[{kind}.{key}]", *(f'{c} = "{w}"' for c, w in zip(PAGES.values(), words, strict=True)), ""]
    return "\n".join(out).encode()


_CABLES: Final = (
    ("ex-cable-1", "EXERCISE cable 1", "EXERCISE consortium", "in use",
     [[121.5, 25.2], [122.4, 25.8], [123.2, 26.2], [126.2, 26.9], [129.6, 28.4]]),
    ("ex-cable-2", "EXERCISE cable 2", "EXERCISE island office", "in use",
     [[121.8, 24.6], [122.5, 24.15], [123.0, 24.02], [123.6, 24.1], [124.1, 24.35]]),
    ("ex-cable-3", "EXERCISE cable 3", "", "planned", [[121.55, 23.95], [122.6, 23.3], [124.4, 23.2], [127.6, 25.9]]),
)  # fmt: skip
_ROWS: Final = (
    ("partners", "Party A", "Party A", "甲", "甲方"),
    ("partners", "Party B", "Party B", "乙", "乙方"),
    ("zones", "ex-conservation-1", "Exercise fishing conservation area 1", "演習 漁業保護区域1", "演習 漁業保育區 1"),
    ("zones", "ex-conservation-2", "Exercise fishing conservation area 2", "演習 漁業保護区域2", "演習 漁業保育區 2"),
    ("zones", "ex-precaution-1", "Exercise precautionary area 1", "演習 警戒区域1", "演習 警戒區 1"),
    ("zones", "ex-claim-a", "Exercise water, as Party A states it", "甲が主張する演習水域", "甲方主張的演習水域"),
    ("zones", "ex-claim-b", "Exercise water, as Party B states it", "乙が主張する演習水域", "乙方主張的演習水域"),
)
