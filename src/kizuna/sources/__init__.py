"""Bytes to tables, without input or output."""
