"""What happened, with its evidence: one detector per file."""
