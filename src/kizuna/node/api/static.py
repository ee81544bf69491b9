"""The web page: files of ``kizuna/_web``, which the build of ``web/`` fills, and nothing outside it.

A path is looked up by its parts; dots that climb, links that lead out and hidden files are not there. Names under
``assets/`` carry a hash of their content and may be kept by the browser for a year; everything else is asked for again.
Where the page was not built, a sentence says so, and how to go on without it.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import FileResponse, Response

TYPES: Final = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".json": "application/json",
    ".geojson": "application/geo+json", ".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp",
    ".ico": "image/x-icon", ".woff2": "font/woff2", ".wasm": "application/wasm", ".bin": "application/octet-stream",
    ".tiles": "application/octet-stream",
    ".pmtiles": "application/vnd.pmtiles", ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8", ".arrow": "application/octet-stream", ".pbf": "application/x-protobuf",
    ".mvt": "application/vnd.mapbox-vector-tile",
}  # fmt: skip
"""Types by ending; a file of any other kind is not served."""
_PACKED: Final = (".html", ".js", ".mjs", ".css", ".json", ".geojson", ".svg", ".bin", ".tiles", ".wasm", ".pbf")
_IN_MEMORY_MOST: Final = 32 << 20
_KEPT_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASKED_AGAIN: Final = "private, no-cache"
NOT_BUILT: Final = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Kizuna</title>
<h1>Kizuna</h1><p>This node runs, but its web page was not built into this installation
(make web; or install with KIZUNA_WEB=require, or use a released package). Until then
<code>kizuna node user add</code> makes users, <code>POST /api/login</code> logs in, and
<a href="/api/openapi.json">/api/openapi.json</a> describes the rest.</p></html>"""


class _Held(NamedTuple):
    stamp: tuple[int, int]
    plain: bytes
    packed: bytes
    etag: str


class Files:
    """Serves the files of a directory from memory, packed where that pays."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def path_of(self, name: str) -> Path | None:
        """The file of that name, or None for whatever is not a plain file inside the directory."""
        parts = PurePosixPath(name.lstrip("/")).parts
        if not parts or any(p in ("..", ".") or p.startswith(".") or "\\" in p or "\0" in p for p in parts):
            return None
        path = self._root.joinpath(*parts)
        if path.suffix not in TYPES:
            return None
        try:
            whole = path.resolve(strict=True)
        except OSError:
            return None
        return whole if whole.is_relative_to(self._root) and whole.is_file() else None

    def answer(self, name: str, request: Request) -> Response | None:
        """The file as an answer, 304 where the browser has it; None where there is none."""
        path = self.path_of(name)
        if path is None:
            return None
        kept = _KEPT_FOR_EVER if name.lstrip("/").startswith("assets/") else _ASKED_AGAIN
        media = TYPES[path.suffix]
        if path.stat().st_size > _IN_MEMORY_MOST // 4 or "range" in request.headers:
            return FileResponse(path, headers={"Cache-Control": kept}, media_type=media)
        held = self._read(path)
        headers = {"Cache-Control": kept, "ETag": held.etag, "Vary": "Accept-Encoding, Cookie, Authorization"}
        if request.headers.get("if-none-match") == held.etag:
            return Response(status_code=304, headers=headers)
        if held.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(held.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media)
        return Response(held.plain, headers=headers, media_type=media)

    def _read(self, path: Path) -> _Held:
        about = path.stat()
        stamp, key = (about.st_mtime_ns, about.st_size), str(path)
        held = self._held.get(key)
        if held is None or held.stamp != stamp:
            plain = path.read_bytes()
            packed = gzip.compress(plain, 6, mtime=0) if path.suffix in _PACKED and len(plain) > 1000 else b""  # noqa: PLR2004
            held = _Held(stamp, plain, packed, f'"{hashlib.sha256(plain).hexdigest()[:20]}"')
            with self._lock:
                if sum(len(h.plain) for h in self._held.values()) > _IN_MEMORY_MOST:
                    self._held.clear()
                self._held[key] = held
        return held


def web_root() -> Path:
    """Where the built page lies, whether it was built or not."""
    import kizuna  # noqa: PLC0415

    return Path(kizuna.__file__).parent / "_web"
