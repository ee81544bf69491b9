"""What one viewer sees: presence, trends, the history of a vessel."""
