"""Outlines of areas on the globe, brought into one plain form: closed rings of (longitude, latitude).

Rules of the form, which every index and every drawing relies on:

- longitudes lie in [-180, 180], latitudes in [-90, 90]; an edge is a straight line in longitude and latitude;
- an area that crosses 180 degrees is cut there, an area around a pole is closed along the pole's edge of the map;
- a point is inside when it lies inside an odd number of rings (so holes need no mark), and rings never cross;
- a border point belongs to the area east of it, and on a level border to the area north of it (half-open cells), so
  that areas which share a border share no point and leave none out.

How input that breaks a rule is read, always with a note:

- two neighbouring vertices more than 180 degrees of longitude apart: the edge takes the short way round, because
  files that ignore RFC 7946 section 3.1.9 write 179 followed by -179; only an edge of exactly 360 degrees is kept as
  the full width of the map;
- a ring that goes once around the globe encloses the pole of the hemisphere in which its mean latitude lies;
- a ring that crosses or touches itself is repaired by shapely (``make_valid``, method ``structure``: what any loop
  encloses is inside);
- a ring that is not closed is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.errors import InputError

Ring = npt.NDArray[np.float64]
"""Closed ring, shape (n, 2), columns longitude and latitude in degrees."""

LON_LIMIT_DEG: Final = 540.0
"""Longitudes up to one turn beyond the map are read as the same meridians."""
MAX_VERTICES: Final = 20_000_000
"""Vertices of one area; the largest coast lines known to us have a tenth of that."""
_HALF_TURN: Final = 180.0
_TURN: Final = 360.0
_LEAST_RING: Final = 4


def ring_from(coordinates: Any) -> Ring:
    """Check one ring of coordinates and return it closed, as (n, 2) float64.

    Raises InputError for anything that is no list of finite number pairs on the globe.
    """
    ring = _numbers(coordinates)
    if len(ring) > MAX_VERTICES:
        raise InputError(f"a ring has {len(ring)} vertices", hint=f"at most {MAX_VERTICES}")
    if not np.isfinite(ring).all():
        raise InputError("a ring has a coordinate that is not a finite number")
    if (np.abs(ring[:, 1]) > 90.0).any():  # noqa: PLR2004  the pole
        raise InputError(
            "a ring has a latitude beyond 90 degrees", hint="GeoJSON order is longitude, latitude; are they exchanged?"
        )
    if (np.abs(ring[:, 0]) > LON_LIMIT_DEG).any():
        raise InputError(f"a ring has a longitude beyond {LON_LIMIT_DEG:g} degrees", hint="are these metres?")
    if len(ring) and (ring[0] != ring[-1]).any():
        ring = np.vstack([ring, ring[:1]])
    if len(ring) < _LEAST_RING:
        raise InputError("a ring has fewer than three corners")
    return ring


def _numbers(coordinates: Any) -> Ring:
    """Pairs of numbers as (n, 2) float64; a third number (height) is dropped."""
    try:
        table = np.asarray(coordinates)
        plain = table.ndim == 2 and table.dtype.kind in "iuf" and table.shape[1] > 1  # noqa: PLR2004  rows of numbers
        pairs = table[:, :2] if plain else [(_number(p[0]), _number(p[1])) for p in coordinates]
        return np.array(pairs, dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as exc:
        raise InputError("a ring is not a list of [longitude, latitude] pairs") from exc


def _number(value: Any) -> float:
    """A coordinate as it is; a text or a truth value is none."""
    if isinstance(value, (str, bytes, bool)):
        raise TypeError(value)
    return float(value)


def unwrapped(ring: Ring) -> tuple[Ring, int, bool]:
    """The ring as a continuous line in longitude; how many turns east it makes; whether an edge was shortened."""
    step = np.diff(ring[:, 0])
    over = (np.abs(step) > _HALF_TURN) & (np.abs(step) != _TURN)
    if not over.any():
        return ring, 0, False
    step[over] -= _TURN * np.floor((step[over] + _HALF_TURN) / _TURN)
    turns = round(float(step.sum()) / _TURN)
    shift = np.concatenate([[0.0], np.cumsum(np.where(over, np.round((step - np.diff(ring[:, 0])) / _TURN), 0.0))])
    out = ring.copy()
    out[:, 0] += shift * _TURN  # whole turns only: a vertex keeps its digits
    return out, turns, True


def polygon(rings: Sequence[Ring]) -> tuple[Any, list[str]]:
    """A shapely area inside the map from one shell and its holes; and notes on what was repaired."""
    notes: list[str] = []
    shell = _on_map(rings[0], notes)
    if len(rings) > 1:
        holes = [_on_map(ring, notes) for ring in rings[1:]]
        shell = _polygonal(shapely.difference(shell, shapely.union_all(holes)))
    return shell, notes


def _on_map(ring: Ring, notes: list[str]) -> Any:
    """One ring as a valid area inside [-180, 180] x [-90, 90]."""
    line, turns, shortened = unwrapped(ring)
    if shortened:
        _note(notes, "a ring that crosses 180 degrees was cut there")
    if turns:
        if abs(turns) > 1:
            raise InputError("a ring goes around the globe more than once")
        pole = 90.0 if float(line[:, 1].mean()) > 0.0 else -90.0
        line = np.vstack([line, [[line[-1, 0], pole], [line[0, 0], pole]], line[:1]])
        _note(notes, f"a ring around the globe was closed over the {'north' if pole > 0 else 'south'} pole")
    area = shapely.Polygon(line)
    if not area.is_valid:
        _note(notes, f"a ring was repaired: {shapely.is_valid_reason(area).split('[')[0].strip().lower()}")
        area = _polygonal(shapely.make_valid(area, method="structure", keep_collapsed=False))
    west, _, east, _ = area.bounds if not area.is_empty else (0.0, 0.0, 0.0, 0.0)
    if west >= -_HALF_TURN and east <= _HALF_TURN:
        return area
    _note(notes, "a ring that crosses 180 degrees was cut there")
    return _cut(area, west, east)


def _cut(area: Any, west: float, east: float) -> Any:
    """Bring the parts of an area beyond 180 degrees to their place on the map."""
    parts = []
    for turn in range(int(np.floor((west + 180.0) / _TURN)), int(np.floor((east + 180.0) / _TURN)) + 1):
        sheet = shapely.box(-180.0 + _TURN * turn, -90.0, 180.0 + _TURN * turn, 90.0)
        part = _polygonal(shapely.intersection(area, sheet))
        if not part.is_empty:
            parts.append(shapely.transform(part, lambda c, t=turn: c - [_TURN * t, 0.0]))
    return _polygonal(shapely.union_all(parts))


def _polygonal(geometry: Any) -> Any:
    """The areas of a geometry; lines and points that a repair leaves over are dropped."""
    if geometry.geom_type in ("Polygon", "MultiPolygon"):
        return geometry
    parts = [p for p in shapely.get_parts(geometry) if p.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()


def _note(notes: list[str], text: str) -> None:
    if text not in notes:
        notes.append(text)


def outline(polygons: Sequence[Sequence[Ring]]) -> tuple[tuple[Ring, ...], list[str]]:
    """Rings of the union of several polygons (each a shell and its holes), in the plain form; and notes.

    The rings are in a fixed order with a fixed first vertex, so that the same area gives the same bytes.
    Raises InputError where nothing with an area is left.
    """
    notes: list[str] = []
    areas = []
    for rings in polygons:
        area, found = polygon(rings)
        for text in found:
            _note(notes, text)
        if not area.is_empty and area.area > 0.0:
            areas.append(area)
    if not areas:
        raise InputError("the area is empty")
    whole = areas[0] if len(areas) == 1 else _polygonal(shapely.union_all(areas))
    return rings_of(whole), notes


def rings_of(area: Any) -> tuple[Ring, ...]:
    """Closed read-only rings of a shapely area, in shapely's normal order."""
    rings = []
    for part in shapely.get_parts(shapely.normalize(area)):
        for ring in (part.exterior, *part.interiors):
            line = np.ascontiguousarray(shapely.get_coordinates(ring))
            line.flags.writeable = False
            rings.append(line)
    return tuple(rings)


def edges_of(rings: Sequence[Ring]) -> npt.NDArray[np.float64]:
    """All edges of the rings as (n, 4) of lon, lat, lon, lat; edges without length are left out."""
    if not rings:
        return np.empty((0, 4))
    joined = np.concatenate(rings)
    edges = np.hstack([joined[:-1], joined[1:]])
    keep = np.ones(len(edges), np.bool_)
    keep[np.cumsum([len(r) for r in rings])[:-1] - 1] = False  # from one ring's end to the next one's start
    keep &= (edges[:, :2] != edges[:, 2:]).any(axis=1)
    return np.ascontiguousarray(edges[keep])


def border_edges(rings: Sequence[Ring]) -> npt.NDArray[np.float64]:
    """Edges that are a border on the ground: without the edges made by cutting at 180 degrees or closing at a pole."""
    edges = edges_of(rings)
    at_pole = (np.abs(edges[:, 1]) == 90.0) & (edges[:, 1] == edges[:, 3])  # noqa: PLR2004  the pole
    on_seam = (np.abs(edges[:, 0]) == _HALF_TURN) & (edges[:, 0] == edges[:, 2])
    plain = np.ascontiguousarray(edges[~at_pole & ~on_seam])
    seam = edges[on_seam & ~at_pole]
    if not len(seam):
        return plain
    levels = np.unique(seam[:, [1, 3]])
    middle = 0.5 * (levels[:-1] + levels[1:])
    low, high = np.minimum(seam[:, 1], seam[:, 3]), np.maximum(seam[:, 1], seam[:, 3])
    covers = (low[:, None] < middle) & (middle < high[:, None])
    east = covers[seam[:, 0] > 0.0].sum(axis=0) % 2
    west = covers[seam[:, 0] < 0.0].sum(axis=0) % 2
    rest = np.flatnonzero(east != west)  # where only one side of 180 degrees is inside, the border is real
    meridian = np.full(len(rest), 180.0)
    real = np.column_stack([meridian, levels[rest], meridian, levels[rest + 1]])
    return np.ascontiguousarray(np.vstack([plain, real]))
