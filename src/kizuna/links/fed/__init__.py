"""The line between two nodes: HTTPS to a pinned certificate, each request signed (RFC 9421)."""
