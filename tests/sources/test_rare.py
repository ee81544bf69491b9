"""Bodies of rare messages."""

import sys

import pytest
from sources.nmea_make import armour, bytes_of, number, parts, plain, text

from kizuna.base.errors import InputError, UnavailableError
from kizuna.sources import rare
from kizuna.sources.nmea import decode_bytes

pytest.importorskip("pyais")


def head(kind: int, mmsi: int = 412000001) -> str:
    return number(kind, 6) + number(0, 2) + number(mmsi, 30)


def body(bits: str) -> dict:
    return rare.read(*armour(bits))


def met_hydro(*, missing: bool) -> str:
    """IMO SN.1/Circ.289 meteorological and hydrographic data (DAC 1, FID 31)."""
    if missing:
        values = [(181 * 60_000, 25), (91 * 60_000, 24), (0, 1), (0, 5), (24, 5), (60, 6), (127, 7), (127, 7), (360, 9), (360, 9),
                  (-1024, 11), (101, 7), (501, 10), (511, 9), (3, 2), (0, 1), (127, 7), (4001, 12), (3, 2), (255, 8), (360, 9),
                  (255, 8), (360, 9), (31, 5), (255, 8), (360, 9), (31, 5), (255, 8), (63, 6), (360, 9), (255, 8), (63, 6),
                  (360, 9), (13, 4), (501, 10), (7, 3), (510, 9), (3, 2)]  # fmt: skip
    else:
        values = [(-7_200_000, 25), (1_500_000, 24), (1, 1), (31, 5), (23, 5), (0, 6), (20, 7), (126, 7), (359, 9), (0, 9),
                  (-55, 11), (88, 7), (-10, 10), (213, 9), (1, 2), (1, 1), (100, 7), (950, 12), (0, 2), (12, 8), (90, 9),
                  (0, 8), (0, 9), (30, 5), (251, 8), (10, 9), (5, 5), (25, 8), (7, 6), (180, 9), (0, 8), (0, 6),
                  (270, 9), (12, 4), (255, 10), (1, 3), (350, 9), (0, 2)]  # fmt: skip
    bits = head(8, 2190001) + "00" + number(1, 10) + number(31, 6)
    return bits + "".join(number(v, w) for v, w in values) + "0" * 10


def test_measured_values_have_their_scales():
    got = body(met_hydro(missing=False))
    expected = {"lon": -120, "lat": 25, "day": 31, "hour": 23, "wspeed": 20, "wgust": 126, "wdir": 359, "airtemp": -5.5,
                "humidity": 88, "dewpoint": -1.0, "pressure": 1012, "visibility": 10.0, "waterlevel": -0.5, "cspeed": 1.2,
                "waveheight": 2.5, "seastate": 12, "watertemp": 25.5, "preciptype": 1, "salinity": 35.0, "ice": 0,
                "dac": 1, "fid": 31, "accuracy": True}  # fmt: skip
    assert {k: got[k] for k in expected} == pytest.approx(expected)


def test_codes_for_not_available_are_none():
    got = body(met_hydro(missing=True))
    given = {k: v for k, v in got.items() if v is not None}
    assert given == {
        "msg_type": 8,
        "repeat": 0,
        "mmsi": 2190001,
        "dac": 1,
        "fid": 31,
        "accuracy": False,
        "visgreater": False,
    }


def test_the_older_form_sends_all_ones_where_there_is_nothing():
    bits = (
        head(8, 2190001)
        + "00"
        + number(1, 10)
        + number(11, 6)
        + number(0x7FFFFF, 24)
        + number(0xFFFFFF, 25)
        + "1" * 241
        + "0" * 6
    )
    got = body(bits)
    assert {k for k, v in got.items() if v is not None} == {"msg_type", "repeat", "mmsi", "dac", "fid"}


def test_a_cut_body_never_gives_a_field_whose_bits_are_cut():
    whole = met_hydro(missing=False)
    for length in range(56, 360, 7):
        got = body(whole[:length])
        assert got["lat"] == (25 if length >= 105 else None)
        assert got["airtemp"] == (-5.5 if length >= 165 else None)
        assert got["ice"] == (0 if length >= 350 else None)


def test_listed_values_stay_the_number_that_was_sent():
    bits = head(23) + "00" + "".join(number(v, w) for v, w in (
        (72_000, 18), (15_000, 17), (71_000, 18), (14_000, 17), (13, 4), (104, 8)))  # fmt: skip
    got = body(bits + "0" * 22 + number(3, 2) + number(15, 4) + number(2, 4) + "0" * 6)
    assert (got["station_type"], got["ship_type"], got["txrx"], got["interval"]) == (13, 104, 3, 15)
    assert (got["ne_lon"], got["ne_lat"]) == (120, 25)


def test_differential_corrections_lie_west_and_south_too():
    got = body(head(17, 2190001) + "00" + number(-72_000, 18) + number(-15_000, 17) + "0" * 5 + "10101010" * 5)
    assert (got["lon"], got["lat"], got["data"]) == (-120, -25, "aa" * 5)


def test_safety_texts_keep_leading_blanks_and_lose_trailing_ones():
    got = body(head(14) + "00" + text(" MAYDAY  ", 9))
    assert got["text"] == " MAYDAY"


def test_acknowledgements_list_only_the_stations_that_are_there():
    got = body(head(7) + "00" + number(412000002, 30) + number(1, 2) + number(0, 30) + number(0, 2))
    assert (got["mmsi1"], got["mmsiseq1"], got["mmsi2"], got["mmsi3"]) == (412000002, 1, None, None)


def test_rows_of_others_are_decoded_in_order_and_by_type():
    lines = [plain(head(14) + "00" + text("HELLO", 5)), *parts(met_hydro(missing=False), (40,), seq="1"),
             plain(head(10) + "00" + number(412000002, 30) + "00")]  # fmt: skip
    table = decode_bytes(bytes_of(*lines), "x").others
    assert [(m.msg_type, m.problem) for m in rare.messages(table)] == [(14, ""), (8, ""), (10, "")]
    only = list(rare.messages(table, types={8}))
    assert [m.msg_id for m in only] == [int(table["msg_id"][1])]
    assert only[0].fields["wspeed"] == 20


@pytest.mark.parametrize(("payload", "fill"), [("", 0), ("~~~~", 0), ("8" + "0" * 2000, 0), ("8", 5)])
def test_a_payload_that_is_no_message_is_an_input_error(payload, fill):
    with pytest.raises(InputError):
        rare.read(payload, fill)


def test_fill_of_a_whole_character_is_understood():
    payload, fill = armour(head(10) + "00" + number(412000002, 30) + "00")
    assert fill == 0
    assert rare.read(payload + "0", 6)["dest_mmsi"] == 412000002


def test_without_pyais_the_error_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyais", None)
    with pytest.raises(UnavailableError, match=r"kizuna\[rare\]"):
        rare.read("800000000", 0)
