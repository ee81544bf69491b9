"""Rules of the house that a machine can hold: layers, locks, paths, sizes, words."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "kizuna"
MODULES = sorted(SOURCE.rglob("*.py"))


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout")
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def test_locks_name_no_registry_host_and_hash_everything():
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert "://" not in text, lock
        assert "--index" not in text, lock
        assert "--find-links" not in text, lock
        for pinned in re.split(r"\n(?=[a-z0-9])", text)[1:]:
            assert "--hash=sha256:" in pinned, f"{lock.name}: {pinned.splitlines()[0]}"
    for lock in ROOT.glob("**/package-lock.json"):
        if "node_modules" not in lock.parts:
            assert '"resolved"' not in lock.read_text(), lock


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc"])
def test_no_module_without_a_noun(name):
    assert not [p for p in MODULES if p.stem == name or p.parent.name == name]


def test_modules_stay_readable():
    long = {str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_rooms_stay_small():
    for room in sorted(p for p in SOURCE.iterdir() if p.is_dir() and p.name != "__pycache__"):
        files = [p for p in room.glob("*.py") if p.name != "__init__.py"]
        assert len(files) <= 14, f"{room.name}: {len(files)} files"


def test_every_module_says_what_it_is_for():
    for path in MODULES:
        assert path.read_text().lstrip().startswith(('"""', "#!")), path


def test_no_path_of_a_machine_and_no_host_of_a_registry():
    bad = re.compile(r"/(?:home|root|work|Users)/[a-z]|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian")
    for path in tracked():
        if path.suffix in {".py", ".toml", ".md", ".txt", ".json", ".yml", ".cfg", ""} and path != Path(__file__):
            for i, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                assert not bad.search(line), f"{path.relative_to(ROOT)}:{i}: {line[:100]}"


def test_warnings_of_the_compiler_have_one_door():
    users = [p for p in MODULES if re.search(r"^\s*(?:import|from) (?:numba|llvmlite)", p.read_text(), re.M)]
    assert [p.relative_to(SOURCE).as_posix() for p in users] == ["base/jit.py"]


def test_no_clock_and_no_chance_inside_the_rooms():
    """Clocks and random numbers are handed in; only the outer rooms may read them."""
    inner = ("base", "records", "places", "fixes", "tracks", "events", "sources", "formats", "exercise", "share")
    bad = re.compile(
        r"\btime\.(?:time|monotonic|perf_counter)|datetime\.now|utcnow|np\.random\.(?:rand|seed|normal|uniform)|(?<!np\.)\brandom\."
    )
    for room in inner:
        for path in (SOURCE / room).rglob("*.py"):
            hits = [line for line in path.read_text().splitlines() if bad.search(line) and "default_rng" not in line]
            assert not hits, f"{path.relative_to(ROOT)}: {hits[0].strip()}"


@pytest.mark.parametrize(
    ("call", "places"),
    [
        (r"outbox\.append\(", {"node/share/door.py"}),
        (r"\brelease\.append\(", {"node/share/door.py"}),
        (r"\brelease\.sign\(", {"node/share/trust/heads.py"}),
        (r"\bCutter\(", {"node/share/lines/page_exchange.py"}),
    ],
)
def test_one_way_out_to_partners(call, places):
    """What a partner can get was put into a log by the door, signed in one place, and cut into pages in one place."""
    found = {str(p.relative_to(SOURCE)) for p in SOURCE.rglob("*.py") if re.search(call, p.read_text())}
    assert found == places


@pytest.mark.slow
def test_imports_go_down_only():
    tool = Path(sys.executable).parent / "lint-imports"
    if not tool.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([str(tool)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
