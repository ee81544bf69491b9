"""The account of an event: its evidence and proof, its words, its confidence, its row in the table."""
