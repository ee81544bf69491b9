"""The packaged coast: a file of closed rings, small and the same on every machine.

Layout: magic ``KZCOAST1``, then one zstd frame. Inside, per layer: int32 units per degree, int32 number of rings, int32
number of vertices, then the number of vertices of each ring (int32), then the coordinates. Coordinates are whole units,
written as the step from the vertex before (of the ring before, for a ring's first), folded to be positive and laid out
byte plane by byte plane, longitudes before latitudes, because planes of mostly zero bytes compress well. All little
endian. A ring's closing vertex is not written. Rings obey ``places.outline``: odd-even, cut at 180 degrees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import zstandard

from kizuna.base.errors import InputError

MAGIC: Final = b"KZCOAST1"
_MAX_RAW: Final = 256 * 1024 * 1024
_LEVEL: Final = 19


@dataclass(frozen=True, slots=True)
class Layer:
    """Rings of one resolution: ``units`` (n, 2) int32 lon, lat in 1/``per_deg`` degree; ``counts`` corners per ring."""

    per_deg: int
    counts: npt.NDArray[np.int32]
    units: npt.NDArray[np.int32]

    def degrees(self) -> npt.NDArray[np.float64]:
        """Vertices as (n, 2) longitude and latitude in degrees, rounded to the decimals that the units mean."""
        return self.units / float(self.per_deg)


def pack(layers: Sequence[Layer]) -> bytes:
    """The layers before compression; what a digest is taken of."""
    out = bytearray()
    for layer in layers:
        out += np.array([layer.per_deg, len(layer.counts), len(layer.units)], "<i4").tobytes()
        out += layer.counts.astype("<i4").tobytes()
        step = layer.units.astype(np.int64)
        step[1:] -= layer.units[:-1]
        folded = ((step << 1) ^ (step >> 63)).astype("<u4")
        for axis in (0, 1):
            out += np.ascontiguousarray(folded[:, axis]).view(np.uint8).reshape(-1, 4).T.tobytes()
    return bytes(out)


def write(layers: Sequence[Layer]) -> bytes:
    """The file."""
    return MAGIC + zstandard.ZstdCompressor(level=_LEVEL).compress(pack(layers))


def raw(data: bytes) -> bytes:
    """The packed layers of a file. Raises InputError where it is no such file."""
    if data[: len(MAGIC)] != MAGIC:
        raise InputError("not a packed coast", hint="run make data")
    try:
        return zstandard.ZstdDecompressor().decompress(data[len(MAGIC) :], max_output_size=_MAX_RAW)
    except zstandard.ZstdError as exc:
        raise InputError(f"the packed coast is damaged: {exc}", hint="run make data") from exc


def digest(data: bytes) -> str:
    """SHA-256 of the packed layers; the same whatever version of zstd compressed them."""
    return hashlib.sha256(raw(data)).hexdigest()


def read(data: bytes) -> list[Layer]:
    """Layers of a file. Raises InputError where it is damaged."""
    body = raw(data)
    layers = []
    at = 0
    while at < len(body):
        try:
            per_deg, rings, vertices = (int(v) for v in np.frombuffer(body, "<i4", 3, at))
            counts = np.frombuffer(body, "<i4", rings, at + 12).astype(np.int32)
            at += 12 + 4 * rings
            planes = np.frombuffer(body, np.uint8, 8 * vertices, at).reshape(2, 4, vertices)
        except ValueError as exc:
            raise InputError("the packed coast ends early", hint="run make data") from exc
        at += 8 * vertices
        folded = np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<u4")[:, :, 0].astype(np.int64)
        step = (folded >> 1) ^ -(folded & 1)
        units = np.cumsum(step, axis=1).T.astype(np.int32)
        if int(counts.sum()) != vertices or per_deg <= 0:
            raise InputError("the packed coast does not add up", hint="run make data")
        layers.append(Layer(per_deg, counts, np.ascontiguousarray(units)))
    return layers
