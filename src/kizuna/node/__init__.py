"""Wires everything: configuration, command line."""
