"""One position of one MMSI at one time; static ship data; their declared schemas."""
