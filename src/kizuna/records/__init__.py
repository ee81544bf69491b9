"""Labels, context: what every statement of this node carries."""
