"""The one door to Numba.

- ``kernel`` compiles a function when it is first called and keeps the machine code on disk.
- The disk cache lies in a directory named by a digest of the text of *all* kernel files and of the compiler's
  versions. Numba's own cache looks only at the file that holds a function and does not notice a change in a helper
  or a constant that it imports; it would then return old answers.
- No fast-math and no parallel reductions, so that two partners compute the same numbers from the same fixes.
- ``KIZUNA_JIT=0`` runs every kernel as plain Python. Intrinsics have a Python twin for that.
- Importing this module does not import Numba unless a kernel is declared.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_PACKAGE = Path(__file__).resolve().parent.parent
_ALSO_KEYED = ("base/jit.py", "base/units.py")


def enabled() -> bool:
    """Whether kernels are compiled (``KIZUNA_JIT`` is not ``0``)."""
    return os.environ.get("KIZUNA_JIT", "1") != "0"


def kernel_files() -> list[Path]:
    """Every file whose text can change a kernel's answer, in a fixed order."""
    found = set(_PACKAGE.glob("*/kernels.py")) | set(_PACKAGE.glob("*/kernels/*.py"))
    found |= set(_PACKAGE.glob("*/kernels_*.py"))
    found |= {_PACKAGE / name for name in _ALSO_KEYED}
    return sorted(found)


@cache
def digest() -> str:
    """Name of the cache directory: the text of all kernel files and the versions that compile them."""
    h = hashlib.sha256()
    for path in kernel_files():
        h.update(str(path.relative_to(_PACKAGE)).encode())
        h.update(path.read_bytes())
    for name in ("numba", "llvmlite", "numpy"):
        try:
            h.update(version(name).encode())
        except PackageNotFoundError:  # a frozen install without metadata: the compiler's own key still holds
            h.update(b"?")
    h.update(sys.version.encode() + platform.machine().encode())
    return h.hexdigest()[:20]


@cache
def cache_dir() -> Path:
    """Directory of compiled kernels; a private temporary one where the user's cache cannot be written."""
    base = os.environ.get("KIZUNA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base) / "kizuna" / "kernels" / digest()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(path, os.W_OK):
            return path
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="kizuna-kernels-"))


def is_warm(group: str) -> bool:
    """Whether the kernels of a command were compiled before for this very text of all kernels."""
    return not enabled() or (cache_dir() / f"{group}.warm").exists()


def mark_warm(group: str) -> None:
    """Remember that the kernels of a command are in the cache."""
    if enabled():
        (cache_dir() / f"{group}.warm").touch()


def kernel(function: F) -> F:
    """Compile ``function`` with the house's settings; with the JIT off return it as it is."""
    return _compile(function, inline="never")


def inlined(function: F) -> F:
    """As ``kernel``, for small steps that are merged into their caller before compilation."""
    return _compile(function, inline="always")


def borrowing(function: F) -> F:
    """As ``kernel``, for functions that make no array: theirs are borrowed, no reference is counted.

    A call with ten arrays otherwise costs twenty atomic additions; the line scanner of NMEA became 2 to 3 times as
    fast without them. Compilation fails when such a function makes an array. Views of an argument are allowed.
    """
    return _compile(function, inline="never", counted=False)


def _compile(function: F, *, inline: Literal["never", "always"], counted: bool = True) -> F:
    if not enabled():
        return function
    import numba  # noqa: PLC0415  the one place; costs half a second, so only when a kernel is declared

    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_dir())  # read when the dispatcher is made, then given back to the user
    try:
        options: Any = {"cache": True, "nogil": True, "error_model": "numpy", "inline": inline}
        if not counted:
            options["_nrt"] = False
        compiled: Any = numba.njit(**options)(function)
    finally:
        config.CACHE_DIR = before
    return cast("F", compiled)


def _load_u64_be_plain(buffer: Any, index: int) -> Any:
    """Eight bytes of a uint8 array from ``index`` on, as a big-endian unsigned 64-bit number."""
    import numpy as np  # noqa: PLC0415

    return np.uint64(int.from_bytes(bytes(buffer[index : index + 8]), "big"))


def _make_load_u64_be() -> Any:
    if not enabled():
        return _load_u64_be_plain
    from llvmlite import ir  # noqa: PLC0415
    from numba.core import types  # noqa: PLC0415
    from numba.extending import intrinsic  # noqa: PLC0415

    @intrinsic
    def load_u64_be(_typingctx: Any, buffer: Any, index: Any) -> Any:
        """Unaligned load and byte swap: one instruction pair instead of eight loads and shifts."""
        signature = types.uint64(buffer, index)

        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            array = context.make_array(sig.args[0])(context, builder, args[0])
            at = builder.gep(array.data, [args[1]])
            word = builder.load(builder.bitcast(at, ir.IntType(64).as_pointer()))
            word.align = 1
            return builder.bswap(word)

        return signature, codegen

    return load_u64_be


_LAZY = {"load_u64_be": _make_load_u64_be}


def __getattr__(name: str) -> Any:
    """Make an intrinsic when it is first asked for, so that importing this module stays cheap."""
    make = _LAZY.get(name)
    if make is None:
        raise AttributeError(name)
    value = make()
    globals()[name] = value
    return value
