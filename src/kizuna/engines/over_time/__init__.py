"""Questions over many days, answered from result directories with memory that does not grow with them."""
