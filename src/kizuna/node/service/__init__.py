"""The node as a process: settings, sources, ingest, detection, health, upkeep."""
