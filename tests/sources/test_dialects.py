import pytest

from kizuna.base.errors import InputError
from kizuna.sources.dialects import ALIASES, Reading, recognise
from kizuna.sources.words import CARGO, EPFD, NAV_STATUS, SHIP_TYPE, number_of, plain


@pytest.mark.parametrize(
    ("header", "name", "utc", "order"),
    [
        ("MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading", "marinecadastre", True, ""),
        ("mmsi,base_date_time,longitude,latitude,sog,cog,heading", "marinecadastre-csv2", True, ""),
        ("# Timestamp,Type of mobile,MMSI,Latitude,Longitude,ROT", "dma", True, "dmy"),
        ("mmsi,longitude,latitude,timestamp,score,navstat,hdg,rot,cog,sog", "gfw-research", True, ""),
        ("created_at,timestamp,mmsi,msg_type,latitude,longitude,speed,course", "spire", True, ""),
        ("MMSI,Message_ID,Repeat_indicator,Time,Millisecond,Longitude,Latitude", "exactearth", True, ""),
        ("mmsi,time_utc,lat,lon", "headers", True, ""),
    ],
)
def test_known_layouts(header, name, utc, order):
    found = recognise(header.split(","))
    assert (found.name, found.utc, found.date_order) == (name, utc, order)


def test_rate_of_turn_is_read_only_where_its_unit_is_known():
    assert "rot" in recognise("timestamp,Type of mobile,MMSI,Latitude,Longitude,ROT".split(",")).columns
    assert recognise(["mmsi", "time", "lat", "lon", "rot"]).unmapped == ("rot",)
    assert "rot" in recognise(["mmsi", "time", "lat", "lon", "rot_dpm"]).columns


def test_what_the_caller_says_goes_before_every_alias():
    found = recognise(["mmsi", "time", "lat", "latitude", "lon"], Reading({"lat": "latitude"}))
    assert found.columns["lat"] == 3
    assert found.unmapped == ("lat",)


def test_better_alias_wins_and_the_other_column_is_reported():
    found = recognise(["mmsi", "time", "lat", "lon", "speed", "SOG"])
    assert found.columns["sog"] == 5
    assert found.unmapped == ("speed",)


@pytest.mark.parametrize(
    ("mapping", "word"),
    [({"latitude": "a"}, "no field"), ({"lat": "nope"}, "no column called 'nope'"), ({"lat": "A"}, "2 columns")],
)
def test_wrong_mappings_are_named(mapping, word):
    with pytest.raises(InputError, match=word):
        recognise(["mmsi", "time", "a", "a", "lon"], Reading(mapping))


def test_long_headers_are_shortened_in_messages():
    with pytest.raises(InputError) as caught:
        recognise([f"column{i}" for i in range(200)])
    assert "200 in all" in str(caught.value)
    assert len(str(caught.value)) < 700


def test_no_alias_belongs_to_two_fields():
    seen = [alias for aliases in ALIASES.values() for alias in aliases]
    assert len(seen) == len(set(seen))
    assert all(alias == plain(alias) for alias in seen)


def test_words_stand_for_the_numbers_of_m1371():
    assert number_of("Engaged in fishing", NAV_STATUS, 15) == 7
    assert number_of("POWER-DRIVEN VESSEL TOWING ASTERN", NAV_STATUS, 15) == 11
    assert number_of("8.0", NAV_STATUS, 15) == 8
    assert number_of("16", NAV_STATUS, 15) is None
    assert number_of("nonsense", NAV_STATUS, 15) is None
    assert number_of("nan", NAV_STATUS, 15) is None
    assert (SHIP_TYPE["tanker"], CARGO["categoryz"], EPFD["surveyed"]) == (80, 3, 7)
    assert set(NAV_STATUS.values()) == set(range(16))
