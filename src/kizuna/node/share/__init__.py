"""Sharing in a running node: keys on disk, partners, the door out, the door in, the lines to partners."""
