"""OGC API - Features, Part 1 (core, OpenAPI 3.0, GeoJSON) over the view. Self-tested, not certified."""
