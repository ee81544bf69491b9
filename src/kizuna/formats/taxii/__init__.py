"""TAXII 2.1 (OASIS Standard, 2021): one more way to read what was released. Requests in, replies out; no network."""
