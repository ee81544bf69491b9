"""Pages for people: presence, transits and trends as HTML that needs nothing else and runs no script."""
