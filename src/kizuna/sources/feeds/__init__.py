"""Feeds of decoded AIS messages as JSON objects: gpsd, AIS-catcher, aisstream.io, and documents of last positions."""
