"""Units, UTC time, geodesy, column tables, errors, ids and the one door to Numba."""
