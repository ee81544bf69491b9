"""Simulated traffic with known truth, always marked EXERCISE."""
