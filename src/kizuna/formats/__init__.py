"""Tables to bytes, without input or output."""
