"""Facts about times, dates, periods and clocks of the folder."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingtan.ledger import clock
from lingtan.ledger.clock import TimeError, parse_instant

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
SAO_PAULO, HAVANA = ZoneInfo("America/Sao_Paulo"), ZoneInfo("America/Havana")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def code_of(text: str, zone: ZoneInfo = SHANGHAI) -> str:
    with pytest.raises(TimeError) as caught:
        parse_instant(text, zone)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-01T08:00", "2025-03-01 08:00", "2025-03-01 08:00:00", "2025-03-01T08:00:00.000", "2025-03-01T00:00Z",
        "2025-03-01T01:00+01:00", "2025-03-01T01:00+0100", "2025-03-01 01:00+01", "2025-02-28T16:00:00-08:00",
    ],
)  # fmt: skip
def test_all_written_forms_of_an_instant_give_the_same_instant(text: str) -> None:
    assert parse_instant(text, SHANGHAI).utc == utc(2025, 3, 1)


def test_an_offset_in_the_text_is_told() -> None:
    assert parse_instant("2025-03-01T00:00Z", SHANGHAI).offset
    assert not parse_instant("2025-03-01T00:00", SHANGHAI).offset


def test_24_00_is_midnight_of_the_next_day() -> None:
    read = parse_instant("2024-02-29 24:00", SHANGHAI)
    assert (read.utc, read.end_of_day) == (parse_instant("2024-03-01", SHANGHAI).utc, True)


def test_24_00_with_an_offset_is_midnight_of_the_next_day_there() -> None:
    assert parse_instant("2025-12-31T24:00:00+08:00", BERLIN).utc == utc(2025, 12, 31, 16)


def test_24_01_is_refused() -> None:
    assert code_of("2025-01-01 24:01") == "bad_time"


def test_a_date_is_local_midnight() -> None:
    read = parse_instant("2025-07-01", BERLIN)
    assert (read.utc, read.date_only) == (utc(2025, 6, 30, 22), True)


def test_fractions_of_seconds_are_kept() -> None:
    assert parse_instant("2025-01-01T00:00:00.25Z", SHANGHAI).utc == utc(2025, 1, 1, 0, 0, 0, 250_000)


@pytest.mark.parametrize("text", ["2025/01/31", "31/1/2025 10:00", "1/2/25"])
def test_slash_dates_are_named(text: str) -> None:
    assert code_of(text) == "slash_date"


@pytest.mark.parametrize("text", ["0000-01-01", "1899-12-31T23:00", "2101-01-01", "9999-12-31 24:00"])
def test_years_outside_1900_to_2100_are_refused(text: str) -> None:
    assert code_of(text) == "year_out_of_range"


def test_the_last_day_of_2100_may_end_at_24_00() -> None:
    assert parse_instant("2100-12-31T24:00Z", SHANGHAI).utc == utc(2101, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "2025-02-29", "2025-1-1", "20250101", "2025-01-01T5:00", "2025-01-01T25:00", "2025-01-01T10:60",
        "2025-01-01T10:00:60", "2025-01-01t10:00", "2025-01-01T10", "2025-01-01  10:00", "2025-01-01T10:00 ",
        "2025-01-01T10:00:00.1234567", "２０２５-01-01", "noon", "45292", "2025-W05-1",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    assert code_of(text) == "bad_time"


@pytest.mark.parametrize("text", ["2025-01-01T10:00+15:01", "2025-01-01T10:00-12:60", "2025-01-01T10:00+99:00"])
def test_impossible_offsets_are_refused(text: str) -> None:
    assert code_of(text) == "bad_offset"


def test_an_error_says_what_was_expected_and_what_came() -> None:
    with pytest.raises(TimeError, match=r"expected a date such as 2025-01-31 .*; came '2025/1/5'; slash dates"):
        parse_instant("2025/1/5", SHANGHAI)


def test_an_hour_that_does_not_exist_is_refused() -> None:
    # Germany, 2024-03-31: 02:00 to 03:00 is jumped over.
    assert code_of("2024-03-31T02:30", BERLIN) == "nonexistent_hour"


def test_a_repeated_hour_is_summer_time_at_first() -> None:
    # Germany, 2024-10-27: 02:30 is 00:30 UTC in summer time and 01:30 UTC in standard time.
    read = parse_instant("2024-10-27T02:30", BERLIN)
    assert (read.utc, read.repeated) == (utc(2024, 10, 27, 0, 30), True)


def test_repeated_quarter_hours_follow_row_order() -> None:
    rows = ["01:45", "02:00", "02:15", "02:30", "02:45", "02:00", "02:15", "02:30", "02:45", "03:00"]
    previous, found = None, []
    for row in rows:
        previous = parse_instant(f"2024-10-27T{row}", BERLIN, previous=previous).utc
        found.append(previous)
    first = utc(2024, 10, 26, 23, 45)
    assert found == [first + timedelta(minutes=15 * step) for step in range(10)]


def test_a_repeated_hour_of_an_hourly_logger_is_the_second_pass() -> None:
    first = parse_instant("2024-10-27T02:00", BERLIN).utc
    assert parse_instant("2024-10-27T02:00", BERLIN, previous=first).utc == first + timedelta(hours=1)


def test_a_repeated_hour_with_offset_is_as_written() -> None:
    read = parse_instant("2024-10-27T02:30+02:00", BERLIN, previous=utc(2024, 10, 27, 0, 45))
    assert (read.utc, read.repeated) == (utc(2024, 10, 27, 0, 30), False)


def test_an_ordinary_time_does_not_heed_the_row_before() -> None:
    assert parse_instant("2024-06-01T00:00Z", BERLIN, previous=utc(2025, 1, 1)).utc == utc(2024, 6, 1)


def test_a_day_whose_midnight_is_jumped_over_begins_with_its_first_instant() -> None:
    # Brazil, 2018-11-04: clocks jump from 00:00 (-03:00) to 01:00 (-02:00), at 03:00 UTC.
    assert clock.local_midnight(date(2018, 11, 4), SAO_PAULO) == utc(2018, 11, 4, 3)


def test_a_day_whose_midnight_comes_twice_begins_with_the_first() -> None:
    # Cuba, 2023-11-05: clocks fall from 01:00 (-04:00) to 00:00 (-05:00); the first midnight is 04:00 UTC.
    assert clock.local_midnight(date(2023, 11, 5), HAVANA) == utc(2023, 11, 5, 4)


def test_december_ends_with_the_year() -> None:
    assert clock.month_bounds(2025, 12, SHANGHAI) == (utc(2025, 11, 30, 16), utc(2025, 12, 31, 16))


def test_a_year_has_twelve_months_that_touch() -> None:
    start, end = clock.year_bounds(2024, BERLIN)
    found = clock.months(start, end, BERLIN)
    assert len(found) == 12
    assert found[0][0] == start
    assert found[-1][1] == end
    assert all(one[1] == two[0] for one, two in pairwise(found))


def test_months_are_whole_even_where_the_window_is_not() -> None:
    found = clock.months(utc(2025, 1, 15), utc(2025, 2, 2), ZoneInfo("UTC"))
    assert found == ((utc(2025, 1, 1), utc(2025, 2, 1)), (utc(2025, 2, 1), utc(2025, 3, 1)))


def test_a_window_that_ends_at_a_month_edge_does_not_touch_the_next_month() -> None:
    assert len(clock.months(utc(2025, 1, 1), utc(2025, 2, 1), ZoneInfo("UTC"))) == 1


def test_days_of_a_leap_year_are_366_and_one_has_23_hours() -> None:
    found = clock.days(*clock.year_bounds(2024, BERLIN), BERLIN)
    assert len(found) == 366
    assert [end - start for start, end in found].count(timedelta(hours=23)) == 1


def test_an_empty_window_has_no_buckets() -> None:
    assert clock.days(utc(2025, 1, 1), utc(2025, 1, 1), BERLIN) == ()
    assert clock.months(utc(2025, 1, 1), utc(2025, 1, 1), BERLIN) == ()
    assert clock.years(utc(2025, 1, 1), utc(2025, 1, 1), BERLIN) == ()


def test_years_of_a_window_are_whole() -> None:
    assert clock.years(utc(2024, 6, 1), utc(2025, 1, 1), SHANGHAI) == (
        clock.year_bounds(2024, SHANGHAI),
        clock.year_bounds(2025, SHANGHAI),
    )


def test_the_month_label_is_local() -> None:
    assert clock.month_label(utc(2024, 12, 31, 16), SHANGHAI) == "2025-01"


def test_a_change_day_is_told() -> None:
    assert clock.is_change_day(date(2024, 3, 31), BERLIN)
    assert not clock.is_change_day(date(2024, 3, 31), SHANGHAI)


def test_an_end_on_the_last_day_of_a_month_is_told() -> None:
    assert clock.on_last_day(parse_instant("2025-01-31", SHANGHAI).utc, SHANGHAI)
    assert clock.on_last_day(parse_instant("2024-02-29", SHANGHAI).utc, SHANGHAI)
    assert not clock.on_last_day(parse_instant("2025-02-01", SHANGHAI).utc, SHANGHAI)
    assert not clock.on_last_day(parse_instant("2025-01-31T12:00", SHANGHAI).utc, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT15M", 900), ("PT1H", 3600), ("P1D", 86_400), ("P1DT12H", 129_600), ("PT90S", 90), ("P1W", 604_800)],
)
def test_fixed_durations_are_read(text: str, seconds: int) -> None:
    assert clock.parse_period(text) == seconds


@pytest.mark.parametrize("text", ["P1M", "P1Y", "P1Y2M"])
def test_calendar_durations_are_refused(text: str) -> None:
    with pytest.raises(TimeError, match="months and years vary"):
        clock.parse_period(text)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "PT0S", "15M", "PT15", "-PT15M", "PT0.5H", "P367D", "pt15m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(TimeError) as caught:
        clock.parse_period(text)
    assert caught.value.code == "bad_period"


def test_clocks_are_read() -> None:
    assert clock.parse_clock("", SHANGHAI) is SHANGHAI
    assert clock.parse_clock("utc", SHANGHAI) is UTC
    assert clock.parse_clock("+01:00", SHANGHAI) == timezone(timedelta(hours=1))
    assert clock.parse_clock("-07:00", SHANGHAI) == timezone(timedelta(hours=-7))
    assert clock.parse_clock("Europe/Berlin", SHANGHAI) == BERLIN


@pytest.mark.parametrize("text", ["Mars/Olympus", "../zone", "/etc/localtime", "Europe", "local"])
def test_unknown_clocks_are_refused(text: str) -> None:
    with pytest.raises(TimeError) as caught:
        clock.parse_clock(text, SHANGHAI)
    assert caught.value.code == "unknown_clock"


def test_a_date_with_a_time_is_no_date() -> None:
    assert clock.parse_date("2025-05-06") == date(2025, 5, 6)
    with pytest.raises(TimeError, match="expected a date such as"):
        clock.parse_date("2025-05-06T10:00")


instants = st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2100, 12, 30), timezones=st.just(UTC))


@given(instants, st.sampled_from([SHANGHAI, BERLIN, SAO_PAULO, HAVANA]), st.sampled_from([SHANGHAI, BERLIN]))
def test_what_is_written_reads_as_the_same_instant_in_any_zone(
    instant: datetime, writing: ZoneInfo, reading: ZoneInfo
) -> None:
    assert parse_instant(clock.written(instant, writing), reading).utc == instant


@given(instants, st.sampled_from([SHANGHAI, BERLIN, SAO_PAULO, HAVANA]))
def test_every_instant_lies_in_one_local_day_and_month(instant: datetime, zone: ZoneInfo) -> None:
    until = instant + timedelta(microseconds=1)
    [(day, next_day)], [(month, next_month)] = clock.days(instant, until, zone), clock.months(instant, until, zone)
    assert month <= day <= instant < next_day <= next_month


@given(instants, st.sampled_from([SHANGHAI, BERLIN, SAO_PAULO, HAVANA]))
def test_a_local_time_reads_back_when_rows_follow_in_order(instant: datetime, zone: ZoneInfo) -> None:
    local = instant.astimezone(zone).replace(tzinfo=None).isoformat()
    assert parse_instant(local, zone, previous=instant - timedelta(microseconds=1)).utc == instant


def test_a_span_over_the_edge_of_a_year_speaks_of_the_years_it_holds_enough_of() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    edge = [clock.local_midnight(date(2024, 12, 25), zone), clock.local_midnight(date(2025, 1, 25), zone)]
    month, day = timedelta(days=28), timedelta(days=1)
    assert clock.years_of([("bill", *edge, month)], zone) == {2025}  # 7 and 24 days: the year it lies in most
    assert clock.years_of([("bill", *edge, day)], zone) == {2024, 2025}
    assert clock.years_of([("reading", edge[0], edge[0], day)], zone) == {2024}
