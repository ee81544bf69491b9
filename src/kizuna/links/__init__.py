"""Bytes in and out: files, TCP, UDP."""
