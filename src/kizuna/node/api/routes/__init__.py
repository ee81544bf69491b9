"""The routes, one file a topic. Each names the action that it needs; the table of rules decides."""
