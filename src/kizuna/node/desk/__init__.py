"""The desk: who works at this node, and what they did. One SQLite file, beside the store of fixes and events."""
