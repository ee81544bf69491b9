"""Events for the tests, as a detector would tell them."""

from station import NOW

HOUR = 3_600_000


def gap(event_id="gap1", mmsi=431000001, start=NOW - 10 * HOUR, **more):
    return {
        "event_id": event_id,
        "event_type": "gap",
        "vessel_ids": [f"mmsi:{mmsi}"],
        "mmsis": [mmsi],
        "seg_ids": [2**62 + 1],
        "start_ms": start,
        "end_ms": start + 7 * HOUR,
        "start_lat_deg": 24.5,
        "start_lon_deg": 123.2,
        "end_lat_deg": 24.9,
        "end_lon_deg": 123.9,
        "lat_mean_deg": 24.7,
        "lon_mean_deg": 123.5,
        "lat_min_deg": 24.5,
        "lat_max_deg": 24.9,
        "lon_min_deg": 123.2,
        "lon_max_deg": 123.9,
        "duration_h": 7.0,
        "start_distance_from_shore_m": 30_000.0,
        "confidence": 0.7,
        "confidence_word": "moderate",
        "rule_id": "gaps",
        "rule_version": "2",
        "params": '{"threshold_h": 6.0}',
        "summary": "Silent for 7.0 h, 30 km from shore.",
        "evidence": [
            {"test": "silence", "measured": 7.0, "threshold": 6.0, "relation": ">", "unit": "h", "passed": True}
        ],
        "proof": [{"table": "fixes", "msg_ids": [1, 2]}],
        "alternatives": ["the transmitter failed"],
        "would_settle": ["a radar picture"],
        "sources": ["AIS only"],
        **more,
    }
