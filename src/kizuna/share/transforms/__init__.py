"""The closed list of ways to make a statement coarser before it leaves."""
