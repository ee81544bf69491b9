"""Distance from points to the nearest of many edges, by a packed tree of boxes in earth-centred coordinates.

In three dimensions there is no date line and no pole, and the straight distance orders points as the distance on the
ground does (to about 1 m at 250 nm, 0.01 % of the distance anywhere). The edge found, its nearest point is taken in
longitude and latitude and the distance to it is ``base.kernels.distance_m``.
"""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.kernels import cos_deg, distance_m, sin_deg, wrap_lon
from kizuna.base.units import WGS84_A_M, WGS84_F

WIDE = 8
"""Children of a node and edges of a leaf: the processor then works on them side by side."""
STACK = 256
"""Depth of the tree times WIDE, with room to spare: eight levels hold 16 million edges."""
KEPT = 128
"""Leaves remembered between neighbouring points."""
KEEP_SHARE = 0.05
KEEP_M = 2000.0
KEEP_MOST_M = 20_000.0
"""How far beyond the nearest edge leaves are remembered: a share of its distance plus a floor, at most so much."""
_E2 = WGS84_F * (2.0 - WGS84_F)


@kernel
def ecef_m(lat_deg, lon_deg):
    """Earth-centred coordinates of a point on the WGS 84 ellipsoid, in metres."""
    s = sin_deg(lat_deg)
    c = cos_deg(lat_deg)
    n = WGS84_A_M / math.sqrt(1.0 - _E2 * s * s)
    return n * c * cos_deg(lon_deg), n * c * sin_deg(lon_deg), n * (1.0 - _E2) * s


@kernel
def to_ecef(edges, out):
    """Fill ``out`` (n, 6) with the earth-centred coordinates of both ends of n edges (lon, lat, lon, lat)."""
    for i in range(len(edges)):
        if i > 0 and edges[i, 0] == edges[i - 1, 2] and edges[i, 1] == edges[i - 1, 3]:
            out[i, 0] = out[i - 1, 3]
            out[i, 1] = out[i - 1, 4]
            out[i, 2] = out[i - 1, 5]
        else:
            out[i, 0], out[i, 1], out[i, 2] = ecef_m(edges[i, 1], edges[i, 0])
        out[i, 3], out[i, 4], out[i, 5] = ecef_m(edges[i, 3], edges[i, 2])


@kernel
def _box_gaps2(boxes, node, x, y, z, gaps2):
    """Squares of the distances from a point to the WIDE boxes of a node (x0, y0, z0, x1, y1, z1)."""
    for k in range(WIDE):
        dx = max(float(boxes[node, 0, k]) - x, 0.0, x - float(boxes[node, 3, k]))
        dy = max(float(boxes[node, 1, k]) - y, 0.0, y - float(boxes[node, 4, k]))
        dz = max(float(boxes[node, 2, k]) - z, 0.0, z - float(boxes[node, 5, k]))
        gaps2[k] = dx * dx + dy * dy + dz * dz


@kernel
def _edge_gaps2(leaves, leaf, x, y, z, gaps2, along):
    """Squares of the distances to the WIDE edges of a leaf, and where along each the nearest point lies (0 to 1).

    A leaf holds starting points, directions and one over the squared length; a point has length 0 and 0 there.
    """
    for k in range(WIDE):
        vx = x - leaves[leaf, 0, k]
        vy = y - leaves[leaf, 1, k]
        vz = z - leaves[leaf, 2, k]
        ux = leaves[leaf, 3, k]
        uy = leaves[leaf, 4, k]
        uz = leaves[leaf, 5, k]
        t = min(max((ux * vx + uy * vy + uz * vz) * leaves[leaf, 6, k], 0.0), 1.0)
        dx = vx - t * ux
        dy = vy - t * uy
        dz = vz - t * uz
        gaps2[k] = dx * dx + dy * dy + dz * dz
        along[k] = t


@kernel
def nearest(order, lat_deg, lon_deg, limit_m, leaves, ends, boxes, level_from, out_m, out_edge):
    """Distance in metres from each point to the nearest edge, and that edge's number in tree order.

    ``order`` says in which order to take the points; any gives the same answers, but neighbours that follow each
    other are quick. ``ends`` (n, 4: lon, lat, lon, lat) are the edges, ``leaves`` (leaf, 7, WIDE) the same in
    earth-centred metres, ``boxes`` (node, 6, WIDE) the boxes of each node's children, level by level from the root
    down to the nodes whose children are leaves; ``level_from`` where each level begins, the last entry being the end.
    A missing position, or none within ``limit_m``, gives NaN and -1. Of edges at the same distance the first in tree
    order counts.

    A descent from the root keeps all leaves up to some distance ``known_m``. As long as the following points are so
    near to that point that no other leaf can matter, they look at these leaves only (4 times faster on tracks).
    """
    n_edges = len(ends)
    levels = len(level_from) - 1
    stack_node = np.empty(STACK, np.int64)
    stack_level = np.empty(STACK, np.int64)
    stack_gap2 = np.empty(STACK, np.float64)
    gaps2 = np.empty(WIDE, np.float64)
    along = np.empty(WIDE, np.float64)
    kept_leaf = np.empty(KEPT, np.int64)
    kept_gap_m = np.empty(KEPT, np.float64)
    kept = 0
    known_m = -1.0
    x0 = 0.0
    y0 = 0.0
    z0 = 0.0
    for n in range(len(order)):
        i = int(order[n])
        la = float(lat_deg[i])
        lo = float(lon_deg[i])
        out_m[i] = math.nan
        out_edge[i] = -1
        if not (-90.0 <= la <= 90.0) or not (-540.0 <= lo <= 540.0) or n_edges == 0:
            continue
        x, y, z = ecef_m(la, lo)
        best2 = limit_m * limit_m
        best = -1
        best_t = 0.0
        moved_m = math.sqrt((x - x0) * (x - x0) + (y - y0) * (y - y0) + (z - z0) * (z - z0))
        for j in range(kept):
            reach_m = kept_gap_m[j] - moved_m
            if reach_m > 0.0 and reach_m * reach_m > best2:
                break
            _edge_gaps2(leaves, kept_leaf[j], x, y, z, gaps2, along)
            for k in range(WIDE):
                e = kept_leaf[j] * WIDE + k
                if gaps2[k] < best2 or (gaps2[k] == best2 and e < best):
                    best2 = gaps2[k]
                    best = e
                    best_t = along[k]
        if best < 0 or math.sqrt(best2) + moved_m + 0.001 > known_m:
            x0 = x
            y0 = y
            z0 = z
            kept = 0
            lost_m = 1e9
            depth = 1
            stack_node[0] = 0
            stack_level[0] = 0
            stack_gap2[0] = 0.0
            best_m = math.sqrt(best2)
            wide_m = best_m + min(KEEP_SHARE * best_m + KEEP_M, KEEP_MOST_M)
            while depth > 0:
                depth -= 1
                if stack_gap2[depth] > wide_m * wide_m:
                    continue
                node = stack_node[depth]
                level = stack_level[depth]
                if level == levels:
                    _edge_gaps2(leaves, node, x, y, z, gaps2, along)
                    for k in range(WIDE):
                        e = node * WIDE + k
                        if gaps2[k] < best2 or (gaps2[k] == best2 and e < best):
                            best2 = gaps2[k]
                            best = e
                            best_t = along[k]
                    best_m = math.sqrt(best2)
                    wide_m = best_m + min(KEEP_SHARE * best_m + KEEP_M, KEEP_MOST_M)
                    gap_m = math.sqrt(stack_gap2[depth])
                    if gap_m <= wide_m:
                        at = kept
                        if kept == KEPT:
                            lost_m = min(lost_m, max(gap_m, kept_gap_m[KEPT - 1]))
                            if gap_m >= kept_gap_m[KEPT - 1]:
                                continue
                            at = KEPT - 1
                        else:
                            kept += 1
                        while at > 0 and kept_gap_m[at - 1] > gap_m:
                            kept_gap_m[at] = kept_gap_m[at - 1]
                            kept_leaf[at] = kept_leaf[at - 1]
                            at -= 1
                        kept_gap_m[at] = gap_m
                        kept_leaf[at] = node
                    continue
                _box_gaps2(boxes, node, x, y, z, gaps2)
                first = int(level_from[level + 1]) if level + 1 < levels else 0  # leaves are counted from 0
                first += (node - int(level_from[level])) * WIDE
                top = depth
                for k in range(WIDE):
                    gap2 = gaps2[k]
                    if gap2 > wide_m * wide_m:
                        continue
                    at = depth
                    while at > top and stack_gap2[at - 1] < gap2:  # nearest child on top of the stack
                        stack_node[at] = stack_node[at - 1]
                        stack_level[at] = stack_level[at - 1]
                        stack_gap2[at] = stack_gap2[at - 1]
                        at -= 1
                    stack_node[at] = first + k
                    stack_level[at] = level + 1
                    stack_gap2[at] = gap2
                    depth += 1
            known_m = min(wide_m, lost_m)
        if best >= 0:
            out_edge[i] = best
            if best_t >= 1.0:
                out_m[i] = distance_m(la, lo, ends[best, 3], ends[best, 2])
            else:
                q_lat = ends[best, 1] + best_t * (ends[best, 3] - ends[best, 1])
                q_lon = ends[best, 0] + best_t * wrap_lon(ends[best, 2] - ends[best, 0])
                out_m[i] = distance_m(la, lo, q_lat, q_lon)
