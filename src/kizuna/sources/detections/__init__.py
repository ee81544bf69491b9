"""Readers of detections (CSV, GeoJSON) and of the scenes that they belong to (GeoJSON)."""
