"""Finding what was told and received without reading whole logs: tables, sheets, and the search over them."""
