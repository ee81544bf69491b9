"""The page of faults of others names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "faults-of-others.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
STUDIED = (
    "MISP #4681", "#7409", "#4784", "#8350", "MISP #4911", "MISP #4200", "MISP #3380", "MISP #1720", "MISP #2223", "melicertes/csp #22",
    "OpenCTI #2623", "#2432", "#1262", "OpenCTI #9695", "FreeTAKServer #555", "#563", "#313", "12 hours", "medallion", "OpenTAXII",
    "cti-taxii2 #50", "connectors #7604", "opencti #5681", "minemeld #400", "swicg/general #18", "lemmy #2212", "pixelfed #737",
    "synapse #18881", "ssb-db2 #267", "ssb-db #157", "hyperdb #55", "NATS #3207", "#4109", "#7530", "CISE", "uvicorn",
)  # fmt: skip


def test_every_test_that_the_page_names_is_there():
    named = NAMED.findall(PAGE.read_text())
    assert len(named) > 50
    for path, test in named:
        assert re.search(rf"^(async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE), f"{path}::{test}"


def test_every_fault_that_was_studied_has_its_row_with_a_test():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "---" not in line]
    for fault in STUDIED:
        assert any(fault in row and NAMED.search(row) for row in rows), fault
