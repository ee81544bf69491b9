"""How fast the distance from shore is: Coast.distance_to_shore_m beside shapely's STRtree over the same edges.

    python benchmarks/coast.py [--rounds 5]

Positions: a real day of US traffic in the order heard (skipped where ../shared/data is absent), those of it more than
2 nm off shore, and positions spread evenly over the seas of East Asia in random order, which is the worst case. shapely
measures in degrees on a plane, so its answer is not the same question; it stands here for the cost of a good tree. It
answers a share of the positions.
"""

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import shapely  # noqa: E402

from kizuna.base.units import NM_M  # noqa: E402
from kizuna.places.coast import Coast, load_coast  # noqa: E402
from kizuna.places.outline import border_edges  # noqa: E402

SHARE = 20_000


def case(
    name: str, title: str, coast: Coast, tree: shapely.STRtree, lat: np.ndarray, lon: np.ndarray, rounds: int
) -> None:
    pick = np.random.default_rng(1).choice(len(lat), min(SHARE, len(lat)), replace=False)
    points = shapely.points(lon[pick], lat[pick])
    result = harness.compare(
        [
            harness.Case(
                "Coast.distance_to_shore_m", lambda: float(np.nanmax(coast.distance_to_shore_m(lat, lon))), len(lat)
            ),
            harness.Case("Coast.on_land", lambda: int(coast.on_land(lat, lon).sum()), len(lat)),
            harness.Case(
                "shapely STRtree.query_nearest",
                lambda: len(tree.query_nearest(points, all_matches=False)[0]),
                len(pick),
            ),
        ],
        rounds,
    )
    harness.report(name, title, "positions", "Coast.distance_to_shore_m", result)


def main() -> None:
    arguments = harness.arguments(__doc__)
    coast = load_coast()
    edges = border_edges(coast.rings)
    tree = shapely.STRtree(shapely.linestrings(edges.reshape(-1, 2, 2)))
    path = harness.SHARED / "ais" / "noaa_us_2020-01-01.parquet"
    if path.exists():
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=["LAT", "LON"])
        lat, lon = table["LAT"].to_numpy().astype(np.float64), table["LON"].to_numpy().astype(np.float64)
        case("coast_real_day", "distance from shore, a real day of US traffic", coast, tree, lat, lon, arguments.rounds)
        off = coast.distance_to_shore_m(lat, lon) > 2.0 * NM_M
        case("coast_at_sea", "the same, more than 2 nm off shore", coast, tree, lat[off], lon[off], arguments.rounds)
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(15.0, 40.0, 1_000_000), rng.uniform(118.0, 150.0, 1_000_000)
    sea = ~coast.on_land(lat, lon)
    case(
        "coast_even",
        "positions spread evenly over the seas of East Asia",
        coast,
        tree,
        lat[sea],
        lon[sea],
        arguments.rounds,
    )


if __name__ == "__main__":
    main()
