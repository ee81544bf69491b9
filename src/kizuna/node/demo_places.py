"""Places of the demonstration: the roads and berths in which the generator lets its ships lie, as a list for a node.

They are the simulator's own truth, not charted anchorages: in a demonstration the node knows where ships lie, as a real
one does from a list of its waters.
"""

from __future__ import annotations

import csv
import io

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
