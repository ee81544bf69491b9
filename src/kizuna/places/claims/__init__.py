"""Rival maritime claims, side by side: who claims what, on what basis, who objects, and bands from land."""
