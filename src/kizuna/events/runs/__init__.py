"""Runs of rows that detectors cut tracks into: time inside zones, time together."""
