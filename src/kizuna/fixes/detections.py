"""Detections: something was seen at a place and time by a sensor that does not know who it is.

Radar, synthetic aperture radar (SAR), radio frequency geolocation (RF), uncrewed aircraft, eyes or cameras, and the
report of a partner give rows of the same form. What a source does not say is missing, never assumed.

A *scene* is where and when a sensor looked, with how much it finds. Only inside a scene can the absence of a detection
mean anything; outside nothing is said. A *scene track* is the position that an AIS track is predicted to have had at
the time of a scene. After matching, a detection that is a vessel with a track carries its MMSI and segment, so that
nothing is drawn twice.
"""

from __future__ import annotations

from typing import Final

from kizuna.base.table import Column, Kind, Schema
from kizuna.fixes.table import ORIGIN

SENSORS: Final = ("radar", "sar", "rf", "uav", "visual", "report")
VERDICTS: Final = ("match", "dark", "not_judged")
"""Of a detection: one track explains it best; no track does; no AIS data for its time, so nothing is said."""
TRACK_VERDICTS: Final = ("match", "not_detected", "outside", "not_judged")
"""Of a track in a scene: found; not found though the sensor looked there; not in the area; no recall stated, too near
the shore, or the track too uncertain."""

DETECTIONS: Final = Schema(
    "detections",
    "What sensors without identity saw: one row a contact, with the AIS track that explains it where one does.",
    (
        Column("det_id", Kind.I64, "Id: 63-bit hash of source, the source's own reference, sensor, time and position."),
        Column("time_ms", Kind.TIME, "When it was seen, UTC.", file_name="timestamp"),
        Column("lat_deg", Kind.F64, "Latitude, WGS 84, north positive.", unit="deg", file_name="lat"),
        Column("lon_deg", Kind.F64, "Longitude, WGS 84, in [-180, 180).", unit="deg", file_name="lon"),
        Column("sensor", Kind.CODE, "Kind of sensor.", codes=SENSORS),
        Column("source_id", Kind.CODE, "File, feed or partner that the row came from."),
        Column("ref", Kind.TEXT, "The source's own name of the detection."),
        Column("scene_id", Kind.TEXT, "Scene, sweep or flight that it belongs to."),
        Column("accuracy_m", Kind.F32, "Standard error (1 sigma) of the position in each direction.", unit="m"),
        Column("length_m", Kind.F32, "Length as the sensor measured it.", unit="m"),
        Column("course_deg", Kind.F32, "Course, from true north.", unit="deg"),
        Column("speed_kn", Kind.F32, "Speed.", unit="kn"),
        Column("score", Kind.F32, "The detector's own score, 0 to 1."),
        Column("image_ref", Kind.TEXT, "Where the image or recording is kept."),
        Column("verdict", Kind.CODE, "What matching made of it; null before.", codes=VERDICTS),
        Column("mmsi", Kind.I32, "MMSI of the matched track.", missing=-1),
        Column("seg_id", Kind.I64, "Segment of the matched track.", missing=-1),
        Column("distance_m", Kind.F32, "To the predicted position of the matched track, else of the likeliest one; null where none is in reach.", unit="m"),
        Column("match_cost", Kind.F32, "Negative log likelihood ratio of the matched (else the likeliest) track against none; below 0 speaks for the track."),
        Column("match_probability", Kind.F32, "Probability that the matched track is the one, among all ways to match the scene."),
        Column("ais_probability", Kind.F32, "Probability that some track of the data explains the detection."),
        *ORIGIN,
    ),
)  # fmt: skip

SCENES: Final = Schema(
    "scenes",
    "Where and when a sensor looked, and how much it finds.",
    (
        Column("scene_id", Kind.TEXT, "Name of the scene, sweep or flight; the detections carry the same."),
        Column("sensor", Kind.CODE, "Kind of sensor.", codes=SENSORS),
        Column("source_id", Kind.CODE, "File or partner that the row came from."),
        Column("time_ms", Kind.TIME, "Middle of the exposure, UTC.", file_name="timestamp"),
        Column("area", Kind.TEXT, "Area looked at, as WKT polygon or multipolygon in degrees (longitude latitude); null where not stated."),
        Column("recall", Kind.F32, "Share of large vessels in the area that give a detection; null where not stated."),
        Column("recall_length_m", Kind.F32, "Length at which half of that share is found; null where recall does not depend on length.", unit="m"),
        Column("false_alarms_per_1000_km2", Kind.F32, "False detections to expect in 1,000 square kilometres; null where not known."),
        Column("accuracy_m", Kind.F32, "Standard error of positions, for detections that bring none.", unit="m"),
        Column("flight_deg", Kind.F32, "SAR: direction of flight, from true north; null where not known.", unit="deg"),
        Column("look", Kind.CODE, "SAR: side to which the radar looks.", codes=("left", "right")),
        Column("shift_s", Kind.F32, "SAR: metres that a target is shifted along the flight per m/s of ground speed away from the radar (slant range over platform speed, times the sine of the incidence angle).", unit="s"),
        *ORIGIN,
    ),
)  # fmt: skip

SCENE_TRACKS: Final = Schema(
    "scene_tracks",
    "AIS tracks as predicted for the time of a scene: found, not found though the sensor looked there, or not judged.",
    (
        Column("scene_id", Kind.TEXT, "Scene."),
        Column("mmsi", Kind.I32, "MMSI."),
        Column("seg_id", Kind.I64, "Segment."),
        Column("time_ms", Kind.TIME, "Time of the scene.", file_name="timestamp"),
        Column("lat_deg", Kind.F64, "Predicted latitude.", unit="deg", file_name="lat"),
        Column("lon_deg", Kind.F64, "Predicted longitude.", unit="deg", file_name="lon"),
        Column("since_s", Kind.F32, "Time to the nearest fix of the track.", unit="s"),
        Column("radius_90_m", Kind.F32, "Half the long axis of the ellipse that holds the vessel in 90 of 100 cases.", unit="m"),
        Column("inside", Kind.F32, "Probability that the vessel was inside the area; 1 where no area was stated and a detection is its match."),
        Column("recall", Kind.F32, "Probability that the sensor finds a vessel of this length there; null where not stated."),
        Column("verdict", Kind.CODE, "What matching made of it.", codes=TRACK_VERDICTS),
        Column("det_id", Kind.I64, "Detection that is its match.", missing=-1),
        Column("match_probability", Kind.F32, "Probability of that match."),
        Column("found_probability", Kind.F32, "Probability that one of the detections is this vessel."),
        *ORIGIN,
    ),
)  # fmt: skip
