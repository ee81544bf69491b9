"""Which of 20 zones of 1,500 corners hold which of 4.1 million positions: ZoneIndex beside shapely's prepared polygons.

    python benchmarks/zones.py [--rounds 5]

Two sets of positions: a real day of US traffic (skipped where ../shared/data is absent) with zones laid over it, and
positions spread evenly, in random order, over the zones' whole region, which defeats every cache. Both through
``ZoneIndex.memberships``, the function that the detectors call. shapely answers a share of the positions (it is slower;
its rate does not depend on their number) and must agree on every one.
"""

import harness

harness.one_thread()

import numpy as np  # noqa: E402
import shapely  # noqa: E402

from kizuna.places.zone import Zone, make_zone  # noqa: E402
from kizuna.places.zone_index import ZoneIndex  # noqa: E402

ZONES, CORNERS = 20, 1500
SHARE = 200_000


def ragged(lon: float, lat: float, reach_deg: float, seed: int) -> Zone:
    """A coast-like zone: bays of all sizes, never crossing itself."""
    rng = np.random.default_rng(seed)
    turn = np.linspace(0.0, 2.0 * np.pi, CORNERS, endpoint=False)
    reach = np.full(CORNERS, 1.0)
    for k in range(1, 60):
        reach += 0.35 / k * np.sin(k * turn + rng.uniform(0.0, 6.28)) * rng.uniform(0.0, 1.0)
    reach = reach_deg * np.maximum(reach, 0.2)
    return make_zone([[np.column_stack([lon + reach * np.cos(turn), lat + reach * np.sin(turn)])]], zone_id=str(seed))


def real_day() -> tuple[np.ndarray, np.ndarray] | None:
    path = harness.SHARED / "ais" / "noaa_us_2020-01-01.parquet"
    if not path.exists():
        return None
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["LAT", "LON"])
    return table["LAT"].to_numpy().astype(np.float64), table["LON"].to_numpy().astype(np.float64)


def even(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.uniform(5.0, 50.0, n), rng.uniform(105.0, 155.0, n)


def run(name: str, title: str, lat: np.ndarray, lon: np.ndarray, zones: list[Zone], rounds: int) -> None:
    index = ZoneIndex.build(zones)
    areas = [z.area() for z in zones]
    for area in areas:
        shapely.prepare(area)
    pick = np.random.default_rng(1).choice(len(lat), SHARE, replace=False)
    some_lat, some_lon = lat[pick], lon[pick]
    rows, found = index.memberships(some_lat, some_lon)
    ours = np.zeros((SHARE, len(zones)), bool)
    ours[rows, found] = True
    theirs = np.column_stack([shapely.contains_xy(a, some_lon, some_lat) for a in areas])
    result = harness.compare(
        [
            harness.Case("build the index", lambda: len(ZoneIndex.build(zones)), ZONES * CORNERS, every=max(rounds, 1)),
            harness.Case("ZoneIndex.memberships", lambda: len(index.memberships(lat, lon)[0]), len(lat)),
            harness.Case("shapely contains_xy, prepared", lambda: sum(
                int(shapely.contains_xy(a, some_lon, some_lat).sum()) for a in areas), SHARE),
        ],
        rounds,
    )  # fmt: skip
    wrong = int((ours != theirs).sum())
    harness.report(
        name,
        title,
        "points",
        "ZoneIndex.memberships",
        result,
        {"zones": ZONES, "corners": CORNERS, "points": len(lat), "compared": ours.size, "mismatches": wrong},
    )
    print(
        f"\n{wrong} mismatches with shapely in {ours.size:,} answers; {len(lat):,} points; "
        f"index built in {result['build the index']['cpu_s']:.2f} CPU-s (its row counts corners)"
    )
    if wrong:
        raise SystemExit(1)


def main() -> None:
    arguments = harness.arguments(__doc__)
    rng = np.random.default_rng(20)
    day = real_day()
    if day is not None:
        lat, lon = day
        middles = rng.integers(0, len(lat), ZONES)
        zones = [ragged(lon[m], lat[m], rng.uniform(0.5, 3.0), k) for k, m in enumerate(middles)]
        run("zones_real_day", "20 zones x 1,500 corners, a real day of US traffic", lat, lon, zones, arguments.rounds)
    zones = [ragged(rng.uniform(110, 150), rng.uniform(10, 45), rng.uniform(0.5, 5.0), k) for k in range(ZONES)]
    run(
        "zones_even",
        "20 zones x 1,500 corners, positions spread evenly in random order",
        *even(4_112_853),
        zones,
        arguments.rounds,
    )


if __name__ == "__main__":
    main()
