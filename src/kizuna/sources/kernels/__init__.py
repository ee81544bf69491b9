"""Kernels of the sources: bytes and numbers in, columns out."""
