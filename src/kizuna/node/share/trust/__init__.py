"""What changes about who is trusted: lists of members of communities, and this node's own keys."""
