"""Daily series: tables that others publish, days that are missing, spans."""

import numpy as np
import pytest

from kizuna.base.errors import InputError
from kizuna.picture.series import days_of, make_series, series_from_csv, span


def day(text):
    return int(np.datetime64(text, "D").astype(int))


def test_every_column_of_numbers_is_a_series_and_empty_cells_are_missing():
    found = series_from_csv(
        b"date,a,b,map\n2026-01-02,3,,x.jpg\n2026-01-01,1,2,y.jpg\n", source="S", unit="ships a day"
    )
    assert sorted(found) == ["a", "b"]
    assert found["a"].day.tolist() == [day("2026-01-01"), day("2026-01-02")]
    assert found["a"].value.tolist() == [1.0, 3.0]
    assert found["b"].day.tolist() == [day("2026-01-01")]
    assert (found["a"].source, found["a"].unit) == ("S", "ships a day")


def test_rows_can_be_chosen_where_a_table_has_several_a_day():
    data = b"date,zone,n\n2026-01-01,x,1\n2026-01-01,y,2\n"
    with pytest.raises(InputError, match="two values for 2026-01-01"):
        series_from_csv(data)
    assert series_from_csv(data, where={"zone": "y"})["n"].value.tolist() == [2.0]


def test_another_name_for_the_dates_and_times_behind_them():
    assert series_from_csv("n,when\n4,2026/01/05 12:00\n".encode())["n"].day.tolist() == [day("2026-01-05")]


def test_rows_without_a_date_are_counted():
    assert "1 rows without a date" in series_from_csv(b"date,n\n2026-01-01,1\ntotal,1\n")["n"].notes[0]


@pytest.mark.parametrize("data", [b"", b"date,n\n", b"\xff\xfe", b"x,y\n1,2\n", b"date,n\n2026-01-01,many\n",
                                  b"date,n\n2026-01-01,-4\n", b"date,n\n2026-02-30,4\n"])  # fmt: skip
def test_what_is_no_table_of_daily_numbers_is_refused(data):
    with pytest.raises(InputError):
        series_from_csv(data)


@pytest.mark.parametrize(("text", "first", "last"), [
    ("2025-10..2025-12", "2025-10-01", "2025-12-31"), ("2026-02", "2026-02-01", "2026-02-28"),
    ("2024", "2024-01-01", "2024-12-31"), ("2026-01-05..2026-02-03", "2026-01-05", "2026-02-03"),
])  # fmt: skip
def test_spans_hold_both_their_ends(text, first, last):
    assert span(text) == (day(first), day(last) + 1)
    assert days_of(span(text)) == f"{first} to {last}"


@pytest.mark.parametrize("text", ["", "2026-13", "2026-02..2026-01", "..", "2026-02-30", "1/2/2026", "2026-01.."])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(InputError):
        span(text)


def test_the_published_file_loads_with_its_source(shared):
    from kizuna.links.series_files import read_series

    found = read_series(shared / "activity" / "pla_daily_activity_mnd.csv")
    assert sorted(found) == ["aircraft_total", "crossed_median", "entered_adiz", "vessels_naval", "vessels_official"]
    one = found["vessels_naval"]
    assert (len(one.day), days_of((int(one.day[0]), int(one.day[-1]) + 1))) == (316, "2025-10-01 to 2026-08-22")
    assert "Ministry of National Defense" in one.source


def test_missing_values_are_left_out():
    assert make_series("x", [3, 1, 2], [1.0, np.nan, 2.0]).day.tolist() == [2, 3]
