"""From tables to records for partners: candidates, what is due and in which form, bytes."""

from kizuna.share.publish.candidates import Candidates, SourcesOf, of_detections, of_events, of_fixes
from kizuna.share.publish.memory import Memory, unpack
from kizuna.share.publish.records import Author, Way, derived_name, salt_of
from kizuna.share.publish.run import Batch, Count, Made, Offer, Told, Workshop, publish, reach_ms

__all__ = [
    "Author", "Batch", "Candidates", "Count", "Made", "Memory", "Offer", "SourcesOf", "Told", "Way", "Workshop",
    "derived_name", "of_detections", "of_events", "of_fixes", "publish", "reach_ms", "salt_of", "unpack",
]  # fmt: skip
