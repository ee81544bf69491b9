"""Files and standard input as streams of byte chunks: plain, gzip (several members) and zstd (several frames).

The bytes as they lie on the disk are hashed (SHA-256) and counted on the way, so a run can name exactly what it read
and a progress bar knows where it is. A damaged or cut compressed file gives everything up to the damage; the reader
then carries a sentence in ``warning`` instead of stopping the run.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, Self

import zstandard

from kizuna.base.errors import ConfigError, UnavailableError

CHUNK: Final = 1 << 20
"""Bytes read at a time, and most bytes handed out at a time: a decoder's memory follows it."""
STDIN: Final = "-"
_ZSTD_WINDOW: Final = 1 << 27
"""Largest zstd window: 128 MB, what the zstd tool accepts by default. A hostile frame could ask for more memory."""

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE: Final = tuple(bytes([0x50 + i]) + b"\x2a\x4d\x18" for i in range(16))


class _Unpacker(Protocol):
    """Compressed bytes in, plain bytes out; damage raises ValueError."""

    def feed(self, data: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


class _Plain:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        pass


class _Gzip:
    """Members one after the other (RFC 1952); zeros after the last one are padding of tapes and archives."""

    def __init__(self) -> None:
        self._member: Any = zlib.decompressobj(wbits=31)
        self._fresh = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        out = b""
        while data or len(out) == CHUNK:  # a full chunk may leave more inside, also without further input
            if self._fresh:
                data = data.lstrip(b"\x00")
                if not data:
                    return
                self._fresh = False
            try:
                out = self._member.decompress(data, CHUNK)
            except zlib.error as exc:
                raise ValueError(f"damaged gzip data: {exc}") from exc
            if out:
                yield out
            if self._member.eof:
                data = self._member.unused_data
                self._member = zlib.decompressobj(wbits=31)
                self._fresh, out = True, b""
            else:
                data = self._member.unconsumed_tail

    def finish(self) -> None:
        if not self._fresh:
            raise ValueError("the gzip file ends before its end mark")


class _Zstd:
    """Frames one after the other (RFC 8878), skippable frames ignored."""

    def __init__(self) -> None:
        self._make = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._frame is None:
                self._frame = self._make.decompressobj(write_size=CHUNK)
            # Small steps, since one compressed kilobyte may hold a hundred megabytes.
            step, data = data[:8192], data[8192:]
            try:
                out = self._frame.decompress(step)
            except zstandard.ZstdError as exc:
                raise ValueError(f"damaged zstd data: {exc}") from exc
            for at in range(0, len(out), CHUNK):
                yield out[at : at + CHUNK]
            if self._frame.eof:
                data = self._frame.unused_data + data
                self._frame = None

    def finish(self) -> None:
        if self._frame is not None:
            raise ValueError("the zstd file ends within a frame")


class InputFile:
    """One input, read once from beginning to end.

    Attributes:
        name: as given.
        size_bytes: bytes on disk; -1 for standard input and pipes.
        bytes_read: of the raw file, so far.
        warning: a sentence when the file was damaged or cut; empty otherwise.
        packing: ``gzip``, ``zstd`` or empty; known once the first chunk was read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.bytes_read = 0
        self.warning = ""
        self.packing = ""
        self._hash = hashlib.sha256()
        self._file, self.size_bytes = _open(name)

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes in order, in pieces of at most ``CHUNK``. Raises UnavailableError when reading fails."""
        unpacker: _Unpacker | None = None
        try:
            while raw := self._read():
                if unpacker is None:
                    while len(raw) < len(ZSTD_MAGIC) and (more := self._read()):
                        raw += more
                    unpacker = self._unpacker(raw)
                yield from unpacker.feed(raw)
            if unpacker is not None:
                unpacker.finish()
        except ValueError as exc:
            self.warning = f"{exc}; everything before it was used"
            while self._read():  # the digest names the whole file
                pass

    def _unpacker(self, head: bytes) -> _Unpacker:
        if head.startswith(GZIP_MAGIC):
            self.packing = "gzip"
            return _Gzip()
        if head.startswith((ZSTD_MAGIC, *_ZSTD_SKIPPABLE)):
            self.packing = "zstd"
            return _Zstd()
        return _Plain()

    def _read(self) -> bytes:
        try:
            raw = self._file.read(CHUNK)
        except OSError as exc:
            raise UnavailableError(f"reading failed: {exc.strerror or exc}", where=self.name) from exc
        self._hash.update(raw)
        self.bytes_read += len(raw)
        return raw

    def sha256(self) -> str:
        """Digest of the raw bytes read so far, lower-case hexadecimal."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.name != STDIN:
            self._file.close()

    def __enter__(self) -> Self:
        """The file itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self.close()


def _open(name: str) -> tuple[BinaryIO, int]:
    if name == STDIN:
        raw: BinaryIO = getattr(
            sys.stdin.buffer, "raw", sys.stdin.buffer
        )  # a live pipe must not wait for a full buffer
        return raw, -1
    path = Path(name)
    try:
        if path.is_dir():
            raise ConfigError("is a directory", where=name, hint="give its files, or the directory of a decode run")
        file: BinaryIO = path.open("rb")
        size = path.stat().st_size if path.is_file() else -1
    except FileNotFoundError as exc:
        raise ConfigError("no such file", where=name) from exc
    except PermissionError as exc:
        raise ConfigError("this file may not be read", where=name, hint="check its permissions") from exc
    except OSError as exc:
        raise UnavailableError(f"cannot be opened: {exc.strerror or exc}", where=name) from exc
    return file, size


def digest_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hexadecimal, without keeping it in memory."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise UnavailableError(f"reading failed: {exc.strerror or exc}", where=str(path)) from exc
