"""The demonstration of two desks and an onlooker: nodes, their bonds, what they are fed, and the line between them."""
