"""Places: the middle of the cell, and nothing beside it from which the finer place could be had."""

from __future__ import annotations

import numpy as np

from kizuna.share.transforms.grid import grid
from kizuna.share.transforms.rows import Array, Rows
from kizuna.share.transforms.steps import CoarsenPosition


def coarsen_position(rows: Rows, step: CoarsenPosition) -> Rows:
    """Every place becomes the middle of its cell; motion and telling columns become missing; ``cell_m`` says the size.

    Rows that were coarsened before keep the larger size.
    """
    cells = grid(step.cell_m)
    changed: dict[str, Array] = {}
    for lat, lon in rows.places:
        changed[lat], changed[lon] = cells.middles(cells.cells(rows[lat], rows[lon]))
    if "cell_m" in rows.columns:
        changed["cell_m"] = np.maximum(rows["cell_m"], step.cell_m)
    return rows.put(**changed).without((*rows.motion, *rows.telling))
