"""Kernels of the picture."""
