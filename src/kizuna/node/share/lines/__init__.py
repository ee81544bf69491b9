"""What runs while a node shares: loops of the door, lines to partners, the listener; and what goes over them."""
