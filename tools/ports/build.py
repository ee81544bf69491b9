"""Makes the packaged table of ports from the World Port Index and the rows written by hand.

    python -m tools.ports.build                # write src/kizuna/places/data/ports.csv
    python -m tools.ports.build --check        # make it again and compare with what is committed

What it does, and why, is told in tools/ports/README.md.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import sys
from pathlib import Path

from kizuna.places.ports import COLUMNS, SIZES, read_ports

HERE = Path(__file__).resolve().parent
TARGET = HERE.parents[1] / "src" / "kizuna" / "places" / "data" / "ports.csv"
INDEX = HERE.parents[2] / "shared" / "data" / "geo" / "world_port_index_pub150_2026-03.csv.gz"
SOURCE = "NGA Pub. 150 (World Port Index) 2026-03, no. {number}"
LICENCE = "US Government work, public domain"
HAND_LICENCE = "Apache-2.0, written for this project"
CODES = {"Japan": "JPN", "Taiwan": "TWN", "South Korea": "KOR", "Philippines": "PHL", "China": "CHN"}
"""Administration by the index's own column, as ISO 3166-1 alpha-3."""
DECIMALS = 5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed table instead of writing it")
    parser.add_argument("--index", type=Path, default=INDEX, help="the World Port Index as CSV, plain or gzip")
    arguments = parser.parse_args()
    if not arguments.index.exists():
        print(f"the World Port Index is not here ({arguments.index.name}); nothing was done", file=sys.stderr)
        return 0 if arguments.check else 2
    made = table(arguments.index)
    read_ports(made)
    if not arguments.check:
        TARGET.write_bytes(made)
        print(f"{TARGET.name}: {made.count(bytes([10])) - 1} ports")
        return 0
    if made != TARGET.read_bytes():
        print("ports.csv differs from what its sources give: run python -m tools.ports.build", file=sys.stderr)
        return 1
    print("ports.csv is what its sources give")
    return 0


def table(index: Path) -> bytes:
    """The table: chosen rows of the index with our names, then rows by hand; south to north within each source."""
    rows = from_index(index) + by_hand()
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda r: (float(r["lat"]), r["port_id"])))
    return out.getvalue().encode()


def from_index(index: Path) -> list[dict[str, str]]:
    """The rows of the index that ``chosen.csv`` names; positions are the index's, cut to five decimals."""
    given = index.read_bytes()
    text = (gzip.decompress(given) if index.suffix == ".gz" else given).decode("utf-8-sig")
    known = {str(int(float(r["World Port Index Number"]))): r for r in csv.DictReader(io.StringIO(text))}
    rows = []
    for want in read("chosen.csv"):
        row = known[want["wpi_number"]]
        code = row["UN/LOCODE"].strip().replace(" ", "")
        size = row["Harbor Size"].strip().lower().replace(" ", "_") or SIZES[-1]
        rows.append({
            "port_id": code or f"WPI{want['wpi_number']}", "name": want["name"], "name_ja": want["name_ja"],
            "name_zh": want["name_zh"], "administration": CODES[row["Country Code"]],
            "lat": f"{float(row['Latitude']):.{DECIMALS}f}", "lon": f"{float(row['Longitude']):.{DECIMALS}f}",
            "size": size, "source": SOURCE.format(number=want["wpi_number"]), "licence": LICENCE,
        })  # fmt: skip
    return rows


def by_hand() -> list[dict[str, str]]:
    """Rows of ``hand.csv``."""
    return [{**row, "licence": HAND_LICENCE} for row in read("hand.csv")]


def read(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file beside this one."""
    return list(csv.DictReader(io.StringIO((HERE / name).read_text(encoding="utf-8"))))


if __name__ == "__main__":
    sys.exit(main())
