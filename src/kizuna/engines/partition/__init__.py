"""Inputs larger than memory: vessels routed to buckets, each bucket worked on alone, the same tables in the end."""
