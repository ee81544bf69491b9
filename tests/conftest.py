"""Settings of the whole test suite."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent))  # builders of test data stand beside the tests

NO_JIT = os.environ.get("KIZUNA_JIT", "1") == "0"
# The first call of a kernel compiles it, so a deadline would measure the compiler. Fresh examples on every run.
settings.register_profile(
    "kizuna", deadline=None, database=None, max_examples=20 if NO_JIT else 100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
settings.load_profile("kizuna")

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"


PROGRAMS = re.compile(r"PostgreSQL|Go or |ogr2ogr|is not installed|could not import|no openssl|needs hatchling")
"""Why a test is skipped where a program or a package is missing, that continuous integration has to have."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """In continuous integration a test that cannot run for want of a program fails, and is not passed over."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if (
        report.skipped
        and os.environ.get("CI")
        and not hasattr(report, "wasxfail")
        and PROGRAMS.search(str(report.longrepr))
    ):
        report.outcome = "failed"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Directory of real data, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the real data of ../shared/data are not on this machine")
    return SHARED
