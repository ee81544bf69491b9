"""The compiled passes of the detectors: arrays and numbers in, arrays out."""
