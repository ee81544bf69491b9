"""What pages and commands show of sharing: read from what the desk and the logs hold, changing nothing but rules."""
