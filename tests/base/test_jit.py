"""The door to Numba: the cache follows every kernel file, intrinsics have twins, nothing is imported needlessly."""

import os
import subprocess
import sys

import numpy as np
import pytest

from kizuna.base import jit


def run(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **env}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_digest_follows_the_text_of_every_kernel_file(tmp_path, monkeypatch):
    (tmp_path / "room").mkdir()
    (tmp_path / "base").mkdir()
    for name in ("base/jit.py", "base/units.py", "room/kernels.py"):
        (tmp_path / name).write_text("x = 1\n")
    monkeypatch.setattr(jit, "_PACKAGE", tmp_path)
    seen = set()
    for name in ("base/units.py", "room/kernels.py", "base/jit.py"):
        jit.digest.cache_clear()
        seen.add(jit.digest())
        (tmp_path / name).write_text("x = 2\n")
    jit.digest.cache_clear()
    seen.add(jit.digest())
    monkeypatch.undo()
    jit.digest.cache_clear()
    assert len(seen) == 4


def test_kernel_files_hold_all_kernels_of_the_package():
    """A kernel outside these files would be cached without its text in the key."""
    keyed = {p.resolve() for p in jit.kernel_files()}
    users = {
        p.resolve()
        for p in jit._PACKAGE.rglob("*.py")
        if any(line.startswith(("@kernel", "@inlined", "@borrowing")) for line in p.read_text().splitlines())
    }
    assert users <= keyed


@pytest.mark.parametrize("index", [0, 3, 8])
def test_big_endian_load_agrees_with_python(index):
    data = np.arange(40, 60, dtype=np.uint8)
    loaded = jit.kernel(_load)(data, index) if jit.enabled() else _load(data, index)
    assert int(loaded) == int.from_bytes(bytes(data[index : index + 8]), "big")


def _load(data, index):
    return LOAD(data, index)


LOAD = jit.load_u64_be


def test_the_command_line_starts_without_numba_and_numpy():
    out = run(
        "import sys, kizuna.node.cli.main; print(sorted({'numba', 'numpy', 'pyarrow', 'rich'} & set(sys.modules)))"
    )
    assert out == "[]"


def test_an_unwritable_cache_falls_back_to_a_private_directory(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    out = run("from kizuna.base import jit; print(jit.cache_dir())", KIZUNA_CACHE_DIR=str(blocked))
    assert "kizuna-kernels-" in out


def test_the_users_own_numba_settings_are_left_alone():
    code = "from kizuna.base import jit, kernels; import numba; print(repr(numba.config.CACHE_DIR))"
    assert run(code, NUMBA_CACHE_DIR="somewhere-of-mine") == "'somewhere-of-mine'"
