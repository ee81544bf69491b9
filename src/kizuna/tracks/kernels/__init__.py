"""Kernels of the tracks room, one file for each step; they see numbers only."""
