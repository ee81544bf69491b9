"""Files for programs and people beside the line between nodes: what a partner was told, out; what others sent, in."""
