"""The traps of dirty AIS input, one by one, with synthetic sentences."""

import numpy as np
import pytest
from sources.nmea_make import (
    armour,
    bytes_of,
    checksum,
    number,
    part_a,
    part_b,
    parts,
    pghp,
    plain,
    position,
    sentence,
    sum_of,
    tag,
    text,
    voyage,
)
from sources.nmea_rows_of import everything, reasons, rows

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.ids import source_base
from kizuna.sources.batch import Batch
from kizuna.sources.nmea import NmeaDecoder, decode_bytes

T = 1_559_347_200_000  # 2019-06-01T00:00:00Z
SECONDS = T // 1000


def decode(*lines: str, **options: object) -> Batch:
    return decode_bytes(bytes_of(*lines), "test", **options)


def fixes(*lines: str, **options: object) -> list[dict]:
    return rows(decode(*lines, **options).fixes)


def statics(*lines: str) -> list[dict]:
    return rows(decode(*lines).statics)


# ---- the sentence ---------------------------------------------------------------------------------------------------


def test_a_wrong_checksum_is_a_reject_however_sound_the_payload():
    line = plain(position())
    wrong = line[:-2] + f"{int(line[-2:], 16) ^ 1:02X}"
    batch = decode(wrong)
    assert len(batch.fixes) == 0
    assert reasons(batch) == ["bad_checksum"]
    assert rows(batch.rejects)[0]["raw"] == wrong.encode()
    assert batch.counts == {"lines": 1, "messages": 0, "bad_checksum": 1}


def test_hexadecimal_digits_of_a_checksum_may_be_lower_case():
    line = next(s for s in (plain(position(cog=c)) for c in range(3600)) if any(d in "ABCDEF" for d in s[-2:]))
    assert len(fixes(line[:-2] + line[-2:].lower())) == 1


def test_a_checksum_may_lack_its_leading_zero():
    line = next(s for s in (plain(position(cog=c)) for c in range(3600)) if s[-2] == "0")
    assert len(fixes(line[:-2] + line[-1])) == 1


def test_a_sentence_without_checksum_is_refused():
    assert reasons(decode(plain(position()).split("*")[0])) == ["no_checksum"]
    assert reasons(decode(plain(position()).split("*")[0] + "*")) == ["bad_checksum"]


@pytest.mark.parametrize("wrap", ["{}\r", "{}  ", "\0{}", "{}\0", "${1}", "{},1559347200", "text {}"])
def test_what_stands_around_a_sentence_does_not_hide_it(wrap):
    line = plain(position())
    wrapped = "$" + line[1:] if wrap == "${1}" else wrap.format(line)
    row = fixes(wrapped)[0]
    assert (row["mmsi"], row["byte_offset"]) == (412000001, 0)


def test_glued_sentences_are_taken_apart_and_keep_their_own_place():
    a, b = plain(position(mmsi=412000001)), plain(position(mmsi=412000002))
    got = fixes(a + b, plain(position(mmsi=412000003)))
    assert [(r["mmsi"], r["byte_offset"]) for r in got] == [
        (412000001, 0), (412000002, len(a)), (412000003, len(a + b) + 1)]  # fmt: skip
    assert len({r["msg_id"] for r in got}) == 3


def test_a_sentence_cut_by_the_next_one_is_counted_and_the_next_is_read():
    whole = plain(position())
    batch = decode(whole[:25] + whole)
    assert [r["byte_offset"] for r in rows(batch.fixes)] == [25]
    assert reasons(batch) == ["no_checksum"]


def test_lines_may_end_in_carriage_returns_alone():
    data = bytes_of(*[plain(position(mmsi=412000000 + k)) for k in range(60)], end="\r")
    assert decode_bytes(data, "x").fixes["mmsi"].tolist() == [412000000 + k for k in range(60)]


def test_a_line_without_end_is_refused_once_and_the_next_line_is_read():
    batch = decode("x" * 5000, plain(position()))
    assert reasons(batch) == ["line_too_long"]
    assert len(rows(batch.rejects)[0]["raw"]) == 1024
    assert rows(batch.fixes)[0]["byte_offset"] == 5001


def test_the_last_line_needs_no_newline():
    assert len(decode_bytes(plain(position()).encode(), "x").fixes) == 1


def test_other_sentences_are_counted_and_kept_only_on_demand():
    gnss = "GPGLL,5013.4693,N,00346.6503,W,035258,A,A"
    gnss = f"${gnss}*{checksum(gnss)}"
    batch = decode(gnss, "# comment", "", plain(position()))
    assert batch.counts == {"lines": 4, "messages": 1, "other_sentence": 1, "no_sentence": 1}
    assert reasons(batch) == ["no_sentence"]
    assert reasons(decode(gnss, keep_other=True)) == ["other_sentence"]


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q", "bad_format"),
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,7", "bad_format"),
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0,0", "bad_format"),
        ("AIVDM,1,x,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_format"),
        ("AIVDM,1,1,,AB,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_format"),
        ("AIVDM,0,0,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_fragment"),
        ("AIVDM,1,0,,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_fragment"),
        ("AIVDM,2,3,1,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_fragment"),
        ("AIVDM,12,3,1,A,15Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_fragment"),
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>~,0", "bad_payload_character"),
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>X,0", "bad_payload_character"),
        ("AIVDM,1,1,,A,15Mj3>g000o?@W>K;vvb6nTl0H>\xe9,0", "bad_payload_character"),
        ("AIVDM,1,1,,A,,0", "too_short"),
        ("AIVDM,1,1,,A,15Mj3>,0", "too_short"),
        ("AIVDM,1,1,,A,15Mj3>g,5", "too_short"),
        ("AIVDM,1,1,,A,H5Mj3>g,4", "too_short"),
        ("AIVDM,1,1,,A,05Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_type"),
        ("AIVDM,1,1,,A,w5Mj3>g000o?@W>K;vvb6nTl0H>q,0", "bad_type"),
    ],
)  # fmt: skip
def test_malformed_sentences_are_refused_by_reason(inner, reason):
    batch = decode(f"!{inner}*{checksum(inner)}")
    assert reasons(batch) == [reason]
    assert len(batch.fixes) + len(batch.statics) + len(batch.others) == 0


def test_type_24_with_part_number_2_or_3_is_refused():
    assert reasons(decode(plain(part_b(part=2)), plain(part_b(part=3)))) == ["bad_part_number"] * 2


@pytest.mark.parametrize("talker", ["AI", "AB", "AD", "AN", "AR", "AS", "AT", "AX", "BS", "SA", "BY", "SS"])
def test_talkers_are_kept(talker):
    assert fixes(plain(position(), talker=talker))[0]["talker"] == talker


def test_an_unknown_talker_or_channel_is_missing_and_the_message_kept():
    row = fixes(plain(position(), talker="--", channel="Z"))[0]
    assert row["talker"] is None
    assert row["channel"] is None


@pytest.mark.parametrize("channel", ["A", "B", "1", "2", "C", "D", ""])
def test_channels_are_kept(channel):
    assert fixes(plain(position(), channel=channel))[0]["channel"] == (channel or None)


def test_own_ship_sentences_are_marked():
    assert [r["own_ship"] for r in fixes(plain(position()), plain(position(), kind="VDO"))] == [False, True]


def test_message_ids_count_from_the_base_of_the_source_by_byte_offset():
    line = plain(position())
    ids = decode(line, line).fixes["msg_id"].tolist()
    assert ids == [(source_base("test") + k * (len(line) + 1)) % 2**63 for k in range(2)]


# ---- times and stations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "source", "station"),
    [
        (tag(f"s:r1,c:{SECONDS}"), "", "tag", "r1"),
        (tag(f"c:{T},s:r1"), "", "tag", "r1"),
        (tag(f"c:{T}000"), "", "tag", None),
        (tag(f"c:{T}000000"), "", "tag", None),
        (tag(f"x:9,q:u,c:{SECONDS},n:7,t:hello"), "", "tag", None),
        (tag("g:1-2-7337") + tag(f"s:r1,c:{SECONDS}"), "", "tag", "r1"),
        ("", f",r003669987,{SECONDS}", "suffix", "r003669987"),
        ("", f",d-085,S0119,t132041.00,T41.52,r07SMAY1,{SECONDS},1272413381", "suffix", "r07SMAY1"),
        ("", f",b003669976,{SECONDS}", "suffix", "b003669976"),
        ("", f",{SECONDS}", "suffix", None),
        ("", f",{T}", "suffix", None),
        (f"{SECONDS} ", "", "prefix", None),
        (f"{T} ", "", "prefix", None),
        (f"{T}000000 ", "", "prefix", None),
        ("2019-06-01T00:00:00Z ", "", "prefix", None),
        ("2019-06-01T09:00:00+09:00,", "", "prefix", None),
        ("2019-05-31T19:00:00.000-0500;", "", "prefix", None),
        ("[2019-06-01 00:00:00] ", "", "prefix", None),
        ("20190601T000000Z ", "", "prefix", None),
        ('"2019-06-01T00:00:00.000Z","AIS","r1","', '"', "prefix", None),
        ("nmea0183 n0183-AIVDM AIVDM ", "", "none", None),
        (tag(f"s:r1,c:{SECONDS}"), f",r2,{SECONDS + 9}", "tag", "r1"),
        (tag("s:r1"), f",r2,{SECONDS}", "suffix", "r1"),
        (f"{SECONDS + 9} ", f",{SECONDS}", "suffix", None),
    ],
)
def test_time_and_station_come_from_the_wrapper(before, after, source, station):
    row = fixes(before + plain(position()) + after)[0]
    assert row["time_source"] == source
    assert row["time_ms"] == (T if source != "none" else None)
    assert row["station_id"] == station
    assert ("no_time" in row["flags"]) == (source == "none")


@pytest.mark.parametrize("clock", ["0", "123", "86400", "99999999999999999999", "4102444800", "1e9"])
def test_a_time_before_ais_or_after_this_century_is_no_time(clock):
    assert fixes(tag(f"c:{clock}") + plain(position()))[0]["time_source"] == "none"


@pytest.mark.parametrize("block", [f"\\s:r1,c:{SECONDS}*00\\", f"\\s:r1,c:{SECONDS}\\", f"\\s:r1,c:{SECONDS}*5\\"])
def test_a_tag_block_without_right_checksum_is_not_trusted_but_its_sentence_is_kept(block):
    batch = decode(block + plain(position()))
    row = rows(batch.fixes)[0]
    assert (row["time_ms"], row["station_id"], row["time_source"]) == (None, None, "none")
    assert reasons(batch) == ["bad_tag"]


def test_an_unclosed_tag_block_is_counted_and_the_sentence_read():
    batch = decode(f"\\s:r1,c:{SECONDS}*00" + plain(position()))
    assert len(batch.fixes) == 1
    assert reasons(batch) == ["bad_tag"]


def test_a_tag_block_alone_on_a_line_belongs_to_the_next_sentence_only():
    got = fixes(tag(f"s:r1,c:{SECONDS}"), plain(position()), plain(position()))
    assert [r["station_id"] for r in got] == ["r1", None]
    assert [r["time_ms"] for r in got] == [T, None]
    assert got[0]["byte_offset"] > 0


def test_the_feeds_own_source_name_serves_as_station_where_nothing_else_does():
    assert [r["station_id"] for r in fixes(tag("si:AISD"), plain(position()), tag("si:AISD,s:r1") + plain(position()))] == [
        "AISD", "r1"]  # fmt: skip


DAY = (2019, 6, 1, 0, 0, 0, 0)


def test_a_gatehouse_line_times_the_sentence_with_its_checksum():
    line = plain(position())
    row = fixes(tag("si:AISD"), pghp(DAY, [sum_of(line)]), line)[0]
    assert (row["time_ms"], row["time_source"], row["station_id"]) == (T, "pghp", "2190067")


def test_a_gatehouse_line_for_another_sentence_is_not_used():
    line = plain(position())
    other = f"{int(sum_of(line), 16) ^ 1:02X}"
    assert [r["time_source"] for r in fixes(pghp(DAY, [other]), line, line)] == ["none", "none"]


def test_a_gatehouse_line_is_used_up_by_the_sentence_that_it_names():
    line = plain(position())
    ends = (a + b for a in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "abcdefghijklmnopqrstuvwxyz0123456789")
    inner = next(f"PSTT,203,001,{end}" for end in ends if checksum(f"PSTT,203,001,{end}") == sum_of(line))
    assert fixes(pghp(DAY, [sum_of(line)]), f"${inner}*{checksum(inner)}", line)[0]["time_source"] == "none"


def test_a_gatehouse_line_times_a_message_in_parts_by_the_sum_of_their_checksums():
    two = parts(voyage(), seq="1")
    row = statics(pghp(DAY, [sum_of(s) for s in two]), *two)[0]
    assert (row["time_ms"], row["time_source"], row["station_id"]) == (T, "pghp", "2190067")
    row = statics(pghp(DAY, [sum_of(two[0])]), *two)[0]
    assert row["time_source"] == "none"


def test_a_gatehouse_line_with_sum_00_times_the_own_ship_sentence_behind_it():
    line = next(s for s in (plain(position(cog=c), kind="VDO") for c in range(9)) if sum_of(s) != "00")
    heard = next(s for s in (plain(position(cog=c)) for c in range(9)) if sum_of(s) != "00")
    assert fixes(pghp(DAY, ["00"]), line)[0]["time_source"] == "pghp"
    assert fixes(pghp(DAY, ["00"]), heard)[0]["time_source"] == "none"


def test_a_gatehouse_line_that_cannot_be_read_is_refused():
    inner = "PGHP,1,2019,13,1,0,0,0,0,219,,1,1,5B"
    batch = decode(f"${inner}*{checksum(inner)}", plain(position()))
    assert reasons(batch) == ["bad_format"]
    assert len(batch.fixes) == 1


def test_time_of_receipt_is_set_to_the_second_of_the_message():
    def at(received: int, second: int) -> int:
        decoder = NmeaDecoder("x")
        row = rows(decoder.feed(bytes_of(plain(position(second=second))), received_ms=received).fixes)[0]
        assert row["time_source"] == "receive"
        assert row["received_ms"] == received
        return row["time_ms"]

    assert at(T + 31_250, 30) == T + 30_000
    assert at(T + 1_000, 59) == T - 1_000
    assert at(T + 59_000, 2) == T + 62_000
    assert at(T + 31_250, 60) == T + 31_250


def test_time_of_receipt_serves_static_and_other_messages():
    decoder = NmeaDecoder("x")
    batch = decoder.feed(
        bytes_of(plain(part_a()), plain(number(20, 6) + number(0, 2) + number(2190001, 30) + "0" * 40)), T + 5
    )
    for table in (batch.statics, batch.others):
        assert [(r["time_ms"], r["time_source"]) for r in rows(table)] == [(T + 5, "receive")]


def base_report(kind: int = 4, moment: tuple[int, ...] = (2019, 6, 1, 0, 0, 0)) -> str:
    bits = number(kind, 6) + number(0, 2) + number(2190001, 30)
    for value, width in zip(moment, (14, 4, 5, 5, 6, 6), strict=True):
        bits += number(value, width)
    return (
        bits + number(1, 1) + number(6_000_000, 28) + number(30_000_000, 27) + number(1, 4) + "0" * 10 + number(0, 20)
    )


def test_a_base_station_gives_the_time_of_its_own_report_only():
    got = fixes(plain(base_report()), plain(base_report(11)), plain(position()))
    assert [(r["time_source"], r["time_ms"]) for r in got] == [("base", T), ("base", T), ("none", None)]
    row = fixes(tag(f"c:{SECONDS + 7}") + plain(base_report()))[0]
    assert (row["time_source"], row["time_ms"]) == ("tag", T + 7000)


@pytest.mark.parametrize(
    "moment", [(0, 0, 0, 24, 60, 60), (2019, 2, 29, 0, 0, 0), (2019, 6, 1, 24, 0, 0), (1980, 1, 6, 0, 0, 0)]
)
def test_an_impossible_time_of_a_base_station_is_no_time(moment):
    row = fixes(plain(base_report(4, moment)))[0]
    assert (row["time_source"], row["time_ms"]) == ("none", None)


# ---- messages in parts ----------------------------------------------------------------------------------------------


def test_two_parts_make_one_message_that_begins_at_the_first():
    two = parts(voyage(), seq="3")
    row = statics(plain(position()), *two)[0]
    assert row["shipname"] == "HAI FENG 7"
    assert row["byte_offset"] == len(plain(position())) + 1


@pytest.mark.parametrize("order", [(1, 0), (2, 0, 1), (1, 2, 0)])
def test_parts_may_come_in_any_order(order):
    some = parts(voyage(), (30, 20) if len(order) == 3 else (56,), seq="3")
    got = statics(*[some[k] for k in order])
    assert [r["destination"] for r in got] == ["KAOHSIUNG"]
    assert got[0]["byte_offset"] == 0


def test_an_empty_sequence_id_is_common_and_works():
    assert len(statics(*parts(voyage()))) == 1


def test_two_stations_with_the_same_sequence_id_do_not_mix():
    a = parts(voyage(412000001, name="ALPHA"), seq="1")
    b = parts(voyage(412000002, name="BRAVO"), seq="1")
    lines = [tag("s:one") + a[0], tag("s:two") + b[0], tag("s:one") + a[1], tag("s:two") + b[1]]
    assert [(r["mmsi"], r["shipname"], r["station_id"]) for r in statics(*lines)] == [
        (412000001, "ALPHA", "one"), (412000002, "BRAVO", "two")]  # fmt: skip


def test_groups_of_tag_blocks_keep_messages_apart():
    a = parts(voyage(412000001, destination="TOKYO"), seq="1")
    b = parts(voyage(412000002, destination="KEELUNG"), seq="1")
    lines = [tag(f"g:1-2-7,s:one,c:{SECONDS}") + a[0], tag(f"g:1-2-8,s:two,c:{SECONDS}") + b[0],
             tag("g:2-2-8") + b[1], tag("g:2-2-7") + a[1]]  # fmt: skip
    assert [(r["mmsi"], r["destination"], r["station_id"], r["time_ms"]) for r in statics(*lines)] == [
        (412000002, "KEELUNG", "two", T), (412000001, "TOKYO", "one", T)]  # fmt: skip


def test_interleaved_parts_that_nothing_tells_apart_are_refused():
    a = parts(voyage(412000001, destination="TOKYO"), seq="1")
    b = parts(voyage(412000002, destination="KEELUNG"), seq="1")
    batch = decode(a[0], b[0], a[1], b[1])
    assert len(batch.statics) == 0
    assert sorted(reasons(batch)) == ["part_conflict"] * 3 + ["part_missing"]


def test_a_lost_part_does_not_spoil_a_later_message_with_the_same_sequence_id():
    a = parts(voyage(412000001, destination="TOKYO"), seq="1")
    b = parts(voyage(412000002, destination="KEELUNG"), seq="1")
    batch = decode(a[0], *[plain(position())] * 8, *b)
    assert [(r["mmsi"], r["destination"]) for r in rows(batch.statics)] == [(412000002, "KEELUNG")]
    assert reasons(batch) == ["part_conflict"]


def test_one_message_heard_by_two_stations_gives_two_rows():
    two = parts(voyage(), seq="1")
    assert len(statics(two[0], two[0], two[1], two[1])) == 2
    assert len(fixes(plain(position()), plain(position()))) == 2


def test_parts_too_far_apart_in_time_are_not_glued():
    two = parts(voyage(), seq="1")
    batch = decode(tag(f"c:{SECONDS}") + two[0], tag(f"c:{SECONDS + 11}") + two[1])
    assert len(batch.statics) == 0
    assert reasons(batch) == ["part_late", "part_missing"]
    batch = decode(tag(f"c:{SECONDS}") + two[0], *[plain(position())] * 300, tag(f"c:{SECONDS + 9}") + two[1])
    assert len(batch.statics) == 1


def test_parts_too_far_apart_in_the_text_are_not_glued_where_times_are_missing():
    two = parts(voyage(), seq="1")
    assert len(decode(two[0], *[plain(position())] * 31, two[1]).statics) == 1
    assert len(decode(two[0], *[plain(position())] * 32, two[1]).statics) == 0
    assert len(decode(two[1], *[plain(position())] * 15, two[0]).statics) == 1
    assert len(decode(two[1], *[plain(position())] * 16, two[0]).statics) == 0


def test_parts_far_apart_in_time_of_receipt_are_not_glued():
    two = parts(voyage(), seq="1")
    decoder = NmeaDecoder("x")
    decoder.feed(bytes_of(two[0]), received_ms=T)
    assert len(decoder.feed(bytes_of(two[1]), received_ms=T + 60_000).statics) == 0


def test_missing_parts_become_rejects_at_the_end_with_their_own_lines():
    two = parts(voyage(), seq="1")
    batch = decode(plain(position()), two[0])
    assert (
        rows(batch.rejects)[0] | {"reason": "part_missing", "line_no": 2, "raw": two[0].encode()}
        == rows(batch.rejects)[0]
    )


def test_waiting_messages_are_bounded_and_the_oldest_gives_way():
    firsts = [parts(voyage(412000000 + k), seq=str(k % 10), channel="AB"[k // 10 % 2], talker=("AI", "BS")[k // 20])[0]
              for k in range(30)]  # fmt: skip
    batch = decode(*firsts, pending_max=4, part_gap_lines=1000)
    assert reasons(batch) == ["part_missing"] * 30
    assert rows(batch.rejects)[0]["line_no"] == 1


def test_a_part_with_fill_bits_in_the_middle_ends_the_certain_bits():
    payload, _ = armour(voyage())
    batch = decode(
        sentence(payload[:60], 2, total=2, part=1, seq="1"), sentence(payload[60:], 2, total=2, part=2, seq="1")
    )
    row = rows(batch.statics)[0]
    assert row["shipname"] == "HAI FENG 7"
    assert row["destination"] is None
    assert "truncated" in row["flags"]


def test_nine_parts_are_joined():
    assert len(statics(*parts(voyage(), (8,) * 8, seq="2"))) == 1


def test_a_message_in_parts_is_judged_as_a_whole():
    assert reasons(decode(*parts(number(40, 6) + "0" * 200, (10,), seq="1"))) == ["bad_type", "bad_type"]
    assert reasons(decode(*parts("0" * 30, (2,), seq="1"))) == ["too_short"] * 2


# ---- payloads -------------------------------------------------------------------------------------------------------


def test_a_whole_position_report_gives_all_its_columns():
    row = fixes(plain(position(3, 412000001, repeat=1, status=5, rot=-20, sog=1022, lon=-179.999, lat=-33.25, cog=3599,
                               heading=359, second=59, raim=1, accuracy=0)))[0]  # fmt: skip
    assert row["lon_deg"] == -179.999
    assert row["lat_deg"] == -33.25
    assert row["sog_kn"] == pytest.approx(102.2)
    assert row["cog_deg"] == pytest.approx(359.9)
    assert row["rot_dpm"] == pytest.approx(-((20 / 4.733) ** 2))
    assert (row["msg_type"], row["repeat"], row["nav_status"], row["heading_deg"], row["second"]) == (3, 1, 5, 359, 59)
    assert (row["raim"], row["accuracy"], row["ais_class"], row["seg_id"]) == (True, False, "A", None)
    assert row["flags"] == {"no_time"}


def test_codes_for_not_available_become_missing():
    row = fixes(plain(position(status=15, rot=-128, sog=1023, lon=181, lat=91, cog=3600, heading=511, second=60)))[0]
    for name in ("nav_status", "rot_dpm", "sog_kn", "lon_deg", "lat_deg", "cog_deg", "heading_deg", "second"):
        assert row[name] is None, name
    assert row["flags"] == {"no_position", "no_time"}


@pytest.mark.parametrize(("heading", "cog"), [(360, 3601), (400, 4000), (510, 4095)])
def test_headings_and_courses_beyond_the_circle_are_missing(heading, cog):
    row = fixes(plain(position(heading=heading, cog=cog)))[0]
    assert (row["heading_deg"], row["cog_deg"]) == (None, None)


@pytest.mark.parametrize("rot", [-127, 127])
def test_rate_of_turn_over_the_scale_is_a_flag_and_no_rate(rot):
    row = fixes(plain(position(rot=rot)))[0]
    assert row["rot_dpm"] is None
    assert "rot_over" in row["flags"]


@pytest.mark.parametrize(("lon", "lat", "flags"), [
    (181, 25.5, {"half_position"}), (123.4, 91, {"half_position"}), (200, 25.5, {"out_of_range"}),
    (123.4, -95, {"out_of_range"}), (-180.0001, 91, {"out_of_range", "half_position"}), (180.5, 25.5, {"out_of_range"}),
])  # fmt: skip
def test_half_and_impossible_positions_do_not_plot(lon, lat, flags):
    row = fixes(plain(position(lon=lon, lat=lat)))[0]
    assert (row["lat_deg"], row["lon_deg"]) == (None, None)
    assert row["flags"] == flags | {"no_position", "no_time"}


def test_longitude_180_is_minus_180():
    assert [r["lon_deg"] for r in fixes(plain(position(lon=180)), plain(position(lon=-180)))] == [-180, -180]


@pytest.mark.parametrize(("sog", "flagged"), [(512, True), (630, True), (511, False), (1023, False)])
def test_speeds_of_cut_bits_are_flagged(sog, flagged):
    assert ("junk_speed" in fixes(plain(position(sog=sog)))[0]["flags"]) == flagged


@pytest.mark.parametrize(
    ("mmsi", "bad"), [(0, True), (1, False), (999_999_999, False), (1_000_000_000, True), (2**30 - 1, True)]
)
def test_impossible_numbers_are_kept_and_flagged(mmsi, bad):
    row = fixes(plain(position(mmsi=mmsi)))[0]
    assert row["mmsi"] == mmsi
    assert ("bad_mmsi" in row["flags"]) == bad


@pytest.mark.parametrize(("mmsi", "kind", "name"), [
    (970123456, 1, "sart"), (972123456, 1, "mob"), (974123456, 1, "epirb"), (111219501, 1, "sar_aircraft"),
    (992191234, 1, "aton"), (984121234, 3, "auxiliary"), (2190067, 1, "base"), (41200001, 1, "other"), (412000001, 2, "A"),
    (812000001, 1, "A"),
])  # fmt: skip
def test_the_number_tells_the_kind_of_station(mmsi, kind, name):
    assert fixes(plain(position(kind, mmsi)))[0]["ais_class"] == name


def test_a_cut_report_never_gives_a_field_whose_bits_are_cut():
    bits = position(lat=48.38, lon=-4.5)
    for length in range(38, 168):
        payload, fill = armour(bits[:length])
        row = fixes(sentence(payload, fill))[0]
        assert ("truncated" in row["flags"]) is True
        assert row["lat_deg"] == (48.38 if length >= 116 else None), length
        assert row["lon_deg"] == (-4.5 if length >= 116 else None), length
        assert row["second"] == (30 if length >= 143 else None)
        assert row["raim"] == (False if length >= 149 else None)
        assert ("half_position" in row["flags"]) == (89 <= length < 116)


def test_bits_behind_the_report_do_no_harm():
    whole = fixes(plain(position()))[0]
    longer = fixes(plain(position() + "1" * 36))[0]
    assert longer == whole


def test_a_payload_of_a_thousand_bits_gives_no_field_that_its_type_lacks():
    for bits in (position() + "1" * 900, class_b() + "1" * 900, long_range() + "1" * 900):
        got, short = fixes(plain(bits))[0], fixes(plain(bits[:168]))[0]
        assert got == short | {"flags": got["flags"]}
        assert got["altitude_m"] is None


def test_bits_of_one_message_do_not_leak_into_the_next_shorter_one():
    stub = position(raim=0)[:140]
    alone = rows(decode(plain(stub)).fixes)[0]
    after = rows(decode(plain("1" * 6 + position(raim=1)[6:]).replace("w", "1", 0), plain(stub)).fixes)[-1]
    assert {k: v for k, v in after.items() if k not in ("byte_offset", "msg_id")} == {
        k: v for k, v in alone.items() if k not in ("byte_offset", "msg_id")}  # fmt: skip


def test_fill_bits_of_any_number_are_cut_off():
    for fill in range(7):
        payload, _ = armour(position() + "1" * 6)
        row = fixes(sentence(payload, fill))[0]
        assert row["lat_deg"] == 25.5


@pytest.mark.parametrize(
    ("length", "whole"), [(424, True), (423, True), (422, True), (420, True), (426, True), (400, False)]
)
def test_static_reports_of_odd_lengths_give_the_fields_that_are_whole(length, whole):
    bits = voyage() + "00"
    row = statics(*parts(bits[:length], seq="1"))[0]
    assert row["imo"] == 9123456
    assert row["callsign"] == "BQKL"
    assert row["eta"] == "05-09T18:00"
    assert row["draught_m"] == pytest.approx(7.3)
    assert row["destination"] == ("KAOHSIUNG" if length >= 422 else None)
    assert row["dte"] == (True if length >= 423 else None)
    assert (row["to_bow_m"], row["to_stern_m"], row["to_port_m"], row["to_starboard_m"]) == (100, 20, 8, 10)
    assert whole or row["destination"] is None


def test_static_codes_for_not_available_become_missing():
    row = statics(*parts(voyage(imo=0, callsign="", name="", size=(0, 0, 0, 0), eta=(0, 0, 24, 60), draught=0,
                                destination="", dte=1, ship_type=0, epfd=15)))[0]  # fmt: skip
    for name in (
        "imo",
        "callsign",
        "shipname",
        "to_bow_m",
        "to_starboard_m",
        "eta",
        "draught_m",
        "destination",
        "part",
        "vendor",
    ):
        assert row[name] is None, name
    assert (row["ship_type"], row["dte"], row["epfd"]) == (0, False, 15)


def test_a_size_without_reference_point_keeps_length_and_beam():
    row = statics(*parts(voyage(size=(0, 120, 0, 0))))[0]
    assert (row["to_bow_m"], row["to_stern_m"], row["to_port_m"], row["to_starboard_m"]) == (0, 120, None, None)


@pytest.mark.parametrize(("eta", "written"), [
    ((12, 31, 23, 59), "12-31T23:59"), ((0, 3, 4, 5), "---03T04:05"), ((1, 0, 24, 60), "01---T--:--"),
    ((13, 1, 25, 63), "---01T--:--"),
])  # fmt: skip
def test_parts_of_an_eta_that_are_not_given_are_dashes(eta, written):
    assert statics(*parts(voyage(eta=eta)))[0]["eta"] == written


@pytest.mark.parametrize("ship_type", [1, 10, 104, 115, 232, 255])
def test_ship_types_without_a_name_are_kept_as_sent(ship_type):
    assert statics(*parts(voyage(ship_type=ship_type)))[0]["ship_type"] == ship_type


@pytest.mark.parametrize(("sent", "kept"), [
    (" LEADING", " LEADING"), ("TRAILING  ", "TRAILING"), ("CUT@HERE", "CUT"), ("O'BRIEN_2", "O'BRIEN_2"),
    ('<B>,"*\\', '<B>,"*\\'), ("    ", None),
])  # fmt: skip
def test_texts_end_at_the_at_sign_and_lose_trailing_blanks_only(sent, kept):
    assert statics(*parts(voyage(name=sent)))[0]["shipname"] == kept


@pytest.mark.parametrize("spare", [0, 8])
def test_part_a_of_type_24_is_known_by_its_part_number_not_by_its_length(spare):
    row = statics(plain(part_a(spare=spare)))[0]
    assert (row["part"], row["shipname"], row["flags"]) == (0, "MIN SHI YU 0388", set())


@pytest.mark.parametrize("length", [158, 160, 162, 168])
def test_part_b_of_type_24_of_any_length_is_no_name(length):
    row = statics(plain(part_b(length=length)))[0]
    assert row["shipname"] is None
    assert (row["part"], row["ship_type"], row["vendor"], row["callsign"]) == (1, 30, "SRT", "BYQ12")
    assert row["to_bow_m"] == 12
    assert row["to_port_m"] == (2 if length >= 162 else None)
    assert row["epfd"] == (1 if length >= 166 else None)


def test_an_auxiliary_craft_names_its_mother_ship_instead_of_a_size():
    row = statics(plain(part_b(984121234, last=number(412000001, 30))))[0]
    assert row["mothership_mmsi"] == 412000001
    assert row["to_bow_m"] is None
    assert statics(plain(part_b(412000001)))[0]["mothership_mmsi"] is None


def class_b(kind: int = 18, mmsi: int = 412000009, length: int | None = None) -> str:
    bits = (
        number(kind, 6) + number(0, 2) + number(mmsi, 30) + number(0, 8) + number(55, 10) + number(1, 1)
        + number(round(121.5 * 600_000), 28) + number(round(25.25 * 600_000), 27) + number(1800, 12) + number(511, 9)
        + number(20, 6)
    )  # fmt: skip
    if kind == 18:
        bits += number(0, 2) + "1" * 6 + number(1, 1) + number(0, 20)
    else:
        bits += (number(0, 4) + text("LUCKY 8", 20) + number(36, 8) + number(5, 9) + number(6, 9) + number(2, 6)
                 + number(1, 6) + number(1, 4) + number(1, 1) + number(1, 1) + number(0, 5))  # fmt: skip
    return bits[:length]


def test_class_b_reports():
    row = fixes(plain(class_b()))[0]
    assert (row["lon_deg"], row["lat_deg"], row["cog_deg"], row["heading_deg"]) == (121.5, 25.25, 180.0, None)
    assert (row["ais_class"], row["nav_status"], row["raim"], row["rot_dpm"]) == ("B", None, True, None)


@pytest.mark.parametrize("length", [312, 308, 300])
def test_type_19_gives_a_fix_and_a_static_row_also_when_short(length):
    batch = decode(*parts(class_b(19, length=length), (30,), seq="4"))
    fix, static = rows(batch.fixes)[0], rows(batch.statics)[0]
    assert fix["msg_id"] == static["msg_id"]
    assert (fix["lat_deg"], static["shipname"], static["ship_type"]) == (25.25, "LUCKY 8", 36)
    assert static["epfd"] == (1 if length >= 305 else None)
    assert fix["raim"] == (True if length >= 306 else None)


def aid(name: str = "BUOY", extension: str = "", second: int = 30, off: int = 1) -> str:
    return (
        number(21, 6) + number(0, 2) + number(994121234, 30) + number(25, 5) + text(name, 20) + number(0, 1)
        + number(round(120 * 600_000), 28) + number(round(24 * 600_000), 27) + number(1, 9) + number(1, 9) + number(1, 6)
        + number(1, 6) + number(7, 4) + number(second, 6) + number(off, 1) + number(0, 8) + number(0, 1) + number(1, 1)
        + number(0, 1) + number(0, 1) + (text(extension, len(extension)) if extension else "")
    )  # fmt: skip


def test_an_aid_to_navigation_gives_a_fix_and_a_static_row():
    batch = decode(plain(aid()))
    fix, static = rows(batch.fixes)[0], rows(batch.statics)[0]
    assert (fix["lat_deg"], fix["lon_deg"], fix["ais_class"]) == (24, 120, "aton")
    assert (static["aid_type"], static["off_position"], static["virtual"], static["epfd"]) == (25, True, True, 7)


def test_the_off_position_flag_counts_only_with_a_valid_second():
    assert rows(decode(plain(aid(second=61))).statics)[0]["off_position"] is None


@pytest.mark.parametrize(("name", "extension", "whole"), [
    ("ABCDEFGHIJKLMNOPQRST", "UVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ("SHORT", "UVWXYZ", "SHORT"),
    ("ABCDEFGHIJKLMNOPQRST", "ABCDEFGHIJKLMN", "ABCDEFGHIJKLMNOPQRSTABCDEFGHIJKLMN"),
])  # fmt: skip
def test_the_extension_continues_a_name_that_fills_its_field(name, extension, whole):
    assert rows(decode(plain(aid(name, extension))).statics)[0]["shipname"] == whole


def test_search_and_rescue_aircraft_have_altitude_and_whole_knots():
    bits = (number(9, 6) + number(0, 2) + number(111219501, 30) + number(303, 12) + number(128, 10) + number(0, 1)
            + number(6_000_000, 28) + number(30_000_000, 27) + number(900, 12) + number(12, 6) + "0" * 34)  # fmt: skip
    row = fixes(plain(bits))[0]
    assert (row["altitude_m"], row["sog_kn"], row["ais_class"]) == (303, 128, "sar_aircraft")
    assert fixes(plain(bits[:38] + "1" * 12 + bits[50:]))[0]["altitude_m"] is None


def long_range(sog: int = 12, cog: int = 345, lon: int = 72_000, lat: int = 15_000) -> str:
    return (number(27, 6) + number(3, 2) + number(412000001, 30) + number(0, 1) + number(1, 1) + number(0, 4)
            + number(lon, 18) + number(lat, 17) + number(sog, 6) + number(cog, 9) + number(0, 1) + number(0, 1))  # fmt: skip


def test_long_range_reports_have_their_own_scales_and_codes():
    row = fixes(plain(long_range()))[0]
    assert (row["lon_deg"], row["lat_deg"], row["sog_kn"], row["cog_deg"]) == (120, 25, 12, 345)
    assert (row["second"], row["nav_status"]) == (None, 0)
    row = fixes(plain(long_range(63, 511, 181 * 600, 91 * 600)))[0]
    assert [row[k] for k in ("lon_deg", "lat_deg", "sog_kn", "cog_deg")] == [None] * 4
    assert row["flags"] == {"no_position", "no_time"}


def test_other_types_keep_header_and_payload():
    six = number(6, 6) + number(0, 2) + number(412000001, 30) + number(1, 2) + number(412000002, 30) + "00" + number(
        235, 10) + number(10, 6) + number(5, 32)  # fmt: skip
    eight = number(8, 6) + number(0, 2) + number(2190001, 30) + "00" + number(1, 10) + number(31, 6) + "1" * 30
    got = rows(decode(plain(six), plain(eight), plain(number(10, 6) + number(0, 2) + number(412000001, 30))).others)
    payload, fill = armour(six)
    assert [(r["msg_type"], r["mmsi"], r["dest_mmsi"], r["dac"], r["fid"]) for r in got] == [
        (6, 412000001, 412000002, 235, 10), (8, 2190001, None, 1, 31), (10, 412000001, None, None, None)]  # fmt: skip
    assert (got[0]["payload"], got[0]["fill_bits"]) == (payload, fill)


@pytest.mark.parametrize(("addressed", "structured"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_slot_messages_name_addressee_and_application_where_they_have_them(addressed, structured):
    bits = number(25, 6) + number(0, 2) + number(412000001, 30) + number(addressed, 1) + number(structured, 1)
    bits += number(412000002, 30) if addressed else ""
    bits += number(440, 10) + number(3, 6) if structured else ""
    row = rows(decode(plain(bits + "1" * 20)).others)[0]
    assert row["dest_mmsi"] == (412000002 if addressed else None)
    assert (row["dac"], row["fid"]) == ((440, 3) if structured else (None, None))


# ---- the decoder ----------------------------------------------------------------------------------------------------


def test_label_context_source_and_receiver_stand_in_every_row():
    batch = decode(plain(position()), plain(part_a()), plain(number(20, 6) + "0" * 60), "junk", label="partner-x",
                   context="exercise:umi", receiver_type="satellite")  # fmt: skip
    for table in (batch.fixes, batch.statics, batch.others, batch.rejects):
        assert [(r["label"], r["context"], r["source_id"]) for r in rows(table)] == [
            ("partner-x", "exercise:umi", "test")
        ]
    assert rows(batch.fixes)[0]["receiver_type"] == "satellite"


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="receiver type"):
        NmeaDecoder("x", receiver_type="boat")
    with pytest.raises(ConfigError, match="pending_max"):
        NmeaDecoder("x", pending_max=0)
    with pytest.raises(InputError, match="context"):
        NmeaDecoder("x", context="game")


def test_nothing_gives_nothing():
    for data in (b"", b"\n", b"\r\n\r\n", b"\0\0\n"):
        batch = decode_bytes(data, "x")
        assert len(batch.fixes) + len(batch.statics) + len(batch.others) + len(batch.rejects) == 0


def test_more_messages_and_rejects_than_one_scan_can_hold_lose_nothing():
    good = bytes_of(plain(position()[:42], channel="")) * 60_000
    bad = b"x\n" * 30_000
    batch = decode_bytes(good + bad, "x")
    assert batch.counts == {"lines": 90_000, "messages": 60_000, "no_sentence": 30_000}
    assert np.array_equal(batch.rejects["line_no"], np.arange(60_001, 90_001))
    assert np.array_equal(np.diff(batch.fixes["byte_offset"]), np.full(59_999, len(good) // 60_000))


def test_decoders_do_not_share_state():
    two = parts(voyage(), seq="1")
    a, b = NmeaDecoder("a"), NmeaDecoder("b")
    a.feed(bytes_of(two[0]))
    assert len(b.feed(bytes_of(two[1])).statics) == 0
    assert len(a.feed(bytes_of(two[1])).statics) == 1


def test_stations_beyond_the_limit_stay_unnamed():
    got = fixes(*[tag(f"s:r{k}") + plain(position()) for k in range(5)], stations_max=3)
    assert [r["station_id"] for r in got] == ["r0", "r1", "r2", None, None]


def test_station_names_are_told_apart_whatever_their_length_or_bytes():
    names = ["a", "b", "ab", "ba", "abcdefghijklmnop", "abcdefghijklmnoq", "x" * 48, "\xe9\xff", "a b"]
    got = fixes(*[tag(f"s:{n}") + plain(position()) for n in names + names])
    assert [r["station_id"] for r in got[:6]] == names[:6]
    assert len({r["station_id"] for r in got}) == len(names)
    assert [r["station_id"] for r in got[:9]] == [r["station_id"] for r in got[9:]]


def test_everything_of_a_batch_is_compared():
    line = plain(position())
    assert everything(decode(line)) != everything(decode(line, line))
