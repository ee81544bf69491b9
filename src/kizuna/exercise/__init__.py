"""Simulated traffic with known truth, always marked EXERCISE; and scores of detectors on it."""
