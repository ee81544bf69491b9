"""The pipeline stages, run locally."""
