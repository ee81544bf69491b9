"""One incident handled by two desks: opening, break-glass, shared timeline, phrasebook, tasks, hand-over, closure."""
