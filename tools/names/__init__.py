"""Makes the table of readings that vessel names are compared by."""
