"""Zones, coast and distance to shore, islands, anchorages."""
