"""Positions as every function of the room takes them: two arrays of degrees of one length."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError

Floats = npt.NDArray[np.float64]


def positions(lat_deg: Any, lon_deg: Any) -> tuple[Floats, Floats]:
    """Latitudes and longitudes as contiguous float64 of shape (n,); numbers become arrays of one.

    Raises InputError where they do not go together. Missing (NaN) and impossible values pass: the kernels answer them
    with "nowhere".
    """
    lat = np.atleast_1d(np.ascontiguousarray(lat_deg, np.float64))
    lon = np.atleast_1d(np.ascontiguousarray(lon_deg, np.float64))
    if lat.shape != lon.shape or lat.ndim != 1:
        raise InputError(f"latitudes {lat.shape} and longitudes {lon.shape} do not go together")
    return lat, lon
