"""Kernels of the room: areas by cell grid, distance to edges by a packed tree, anchorages by grid hash."""
