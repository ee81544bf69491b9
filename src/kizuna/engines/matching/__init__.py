"""Detections of other sensors against the tracks of a run."""
