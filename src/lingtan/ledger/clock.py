"""Time as the park folder writes it: text to instants, local days, months and years, durations, clocks.

Everything here is pure: no call asks what time it is. Instants are aware datetimes in UTC; spans are half-open.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FIRST_YEAR, LAST_YEAR = 1900, 2100
_WANTED = "a date such as 2025-01-31 or a time such as 2025-01-31T23:45 or 2025-01-31 23:45:00+08:00"
_INSTANT = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,6}))?)?"
    r"(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2})(?::?(?P<minutes>\d{2}))?", re.ASCII)
_PERIOD = re.compile(
    r"P(?=.)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?",
    re.ASCII,
)
_LONGEST_PERIOD = 366 * 86_400
_TICK = timedelta(microseconds=1)


class TimeError(ValueError):
    """A time, date, duration or clock that cannot be read. ``code`` names the fault; the message says what to do.

    Codes: ``bad_time``, ``slash_date``, ``year_out_of_range``, ``nonexistent_hour``, ``bad_offset``, ``bad_period``,
    ``calendar_period``, ``unknown_clock``.
    """

    def __init__(self, code: str, expected: str, came: str, todo: str = "") -> None:
        self.code, self.expected, self.came = code, expected, came
        super().__init__(f"expected {expected}; came {came!r}" + (f"; {todo}" if todo else ""))


@dataclass(frozen=True, slots=True)
class Instant:
    """A parsed time. ``utc`` is the instant; the rest says how it was written.

    ``offset``: an offset stood in the text. ``date_only``: a date, read as local midnight. ``end_of_day``: written as
    24:00. ``repeated``: a local time without offset that exists twice on that day; row order decided.
    """

    utc: datetime
    offset: bool = False
    date_only: bool = False
    end_of_day: bool = False
    repeated: bool = False


def parse_instant(text: str, zone: tzinfo, *, previous: datetime | None = None) -> Instant:
    """Read a time or a date of the folder.

    Parameters
    ----------
    text : ISO 8601 with ``T`` or a blank, seconds optional, 24:00 allowed, offset optional; or a date.
    zone : the zone that a time without offset is in (park's zone or the logger's clock).
    previous : instant of the row before in the same series. A local hour that exists twice is its first pass
        (summer time) unless that would not lie after ``previous``.

    Raises
    ------
    TimeError
        for slash dates, years outside 1900..2100, times that do not exist on that day and anything unreadable.
    """
    return _read_instant(text, zone) if previous is None else _second_pass(_read_instant(text, zone), zone, previous)


def parse_date(text: str) -> date:
    """Read a date ``YYYY-MM-DD``.

    Raises
    ------
    TimeError
        as in `parse_instant`; a time of day is refused.
    """
    parts = _INSTANT.fullmatch(text)
    if parts is None or parts["hour"] is not None:
        raise _unreadable(text, "a date such as 2025-01-31")
    return _date(parts["date"], text)


def parse_period(text: str) -> int:
    """Read a fixed ISO 8601 duration such as ``PT15M``, ``PT1H``, ``P1D``, ``P1DT12H``: its length [s].

    A day is 86,400 s. Months and years have no fixed length and are refused, as are nought and more than 366 days.

    Raises
    ------
    TimeError
        ``calendar_period`` for months and years, ``bad_period`` otherwise.
    """
    parts = _PERIOD.fullmatch(text)
    if parts is None:
        if re.match(r"P\d+[YM]", text):
            raise TimeError("calendar_period", "a fixed duration", text, "months and years vary: use days, e.g. P30D")
        raise TimeError("bad_period", "an ISO 8601 duration such as PT15M, PT1H or P1D", text)
    count = {name: int(value) for name, value in parts.groupdict(default="0").items()}
    seconds = count["seconds"] + 60 * count["minutes"] + 3_600 * count["hours"] + 86_400 * count["days"]
    seconds += 604_800 * count["weeks"]
    if not 0 < seconds <= _LONGEST_PERIOD:
        raise TimeError("bad_period", "a duration longer than nought and at most 366 days", text)
    return seconds


@lru_cache(maxsize=256)
def parse_clock(text: str, default: tzinfo = UTC) -> tzinfo:
    """Read the clock of a logger: blank = ``default``, ``utc``, a fixed offset such as ``+01:00``, or a zone name.

    Raises
    ------
    TimeError
        ``unknown_clock`` where the text is none of these.
    """
    if not text:
        return default
    if text.lower() in {"utc", "z"}:
        return UTC
    if text[0] in "+-":
        return _offset(text)
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        wanted = "blank, utc, an offset such as +08:00 or a zone such as Asia/Shanghai"
        raise TimeError("unknown_clock", wanted, text) from fault


@lru_cache(maxsize=16_384)
def local_midnight(day: date, zone: tzinfo) -> datetime:
    """Instant at which the local ``day`` begins.

    Where the clocks jump over midnight it is the first instant of the day, where midnight comes twice the first.
    """
    naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is put on in the next step
    begin = naive.replace(tzinfo=zone).astimezone(UTC)
    if begin.astimezone(zone).replace(tzinfo=None) == naive:
        return begin
    # In a gap the two folds stand on either side of the jump; the later offset gives the instant of the jump or before.
    earliest = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _jump(earliest, begin, zone)


def month_bounds(year: int, month: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """Start and end (UTC, half-open) of a local month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return local_midnight(date(year, month, 1), zone), local_midnight(following, zone)


def year_bounds(year: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """Start and end (UTC, half-open) of a local year."""
    return local_midnight(date(year, 1, 1), zone), local_midnight(date(year + 1, 1, 1), zone)


def months(start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
    """Whole local months that share an instant with [start, end), as (start, end) in UTC, in order."""
    if end <= start:
        return ()
    first, last = start.astimezone(zone), (end - timedelta(microseconds=1)).astimezone(zone)
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    steps = (first.year * 12 + first.month - 1 + step for step in range(count))
    return tuple(month_bounds(step // 12, step % 12 + 1, zone) for step in steps)


def days(start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
    """Whole local days that share an instant with [start, end), as (start, end) in UTC, in order."""
    if end <= start:
        return ()
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    edges = [local_midnight(first + timedelta(days=step), zone) for step in range((last - first).days + 2)]
    return tuple(pairwise(edges))


def years(start: datetime, end: datetime, zone: tzinfo) -> tuple[tuple[datetime, datetime], ...]:
    """Whole local years that share an instant with [start, end), as (start, end) in UTC, in order."""
    if end <= start:
        return ()
    first, last = start.astimezone(zone).year, (end - timedelta(microseconds=1)).astimezone(zone).year
    return tuple(year_bounds(year, zone) for year in range(first, last + 1))


def years_of(spans: Iterable[tuple[Hashable, datetime, datetime, timedelta]], zone: tzinfo) -> frozenset[int]:
    """Return the local years that spans speak of.

    Parameters
    ----------
    spans : (source, start, end, least). A span inside one year speaks of it; one that reaches over an edge speaks of
        the years of which its source holds ``least`` altogether. Where no year is left, the one counts that a source
        holds most of.
    """
    held: dict[Hashable, dict[int, timedelta]] = {}
    found: set[int] = set()
    for source, start, end, least in spans:
        parts = years(start, max(end, start + _TICK), zone)
        sums = held.setdefault(source, {})
        for low, high in parts:
            year = low.astimezone(zone).year
            sums[year] = sums.get(year, timedelta()) + min(high, end) - max(low, start)
            if len(parts) == 1 or sums[year] >= least:
                found.add(year)
    return frozenset(found or (max(sums, key=lambda year: sums[year]) for sums in held.values()))


def month_label(instant: datetime, zone: tzinfo) -> str:
    """Local month of an instant as ``YYYY-MM``."""
    local = instant.astimezone(zone)
    return f"{local.year:04d}-{local.month:02d}"


def written(instant: datetime, zone: tzinfo) -> str:
    """Write an instant in ``zone`` with its offset, so that `parse_instant` reads the same instant in any zone.

    Offsets that are not whole minutes (local mean times before standard time) are written in UTC.
    """
    local = instant.astimezone(zone)
    shift = local.utcoffset() or timedelta()
    return (local if shift % timedelta(minutes=1) == timedelta() else instant.astimezone(UTC)).isoformat()


def on_last_day(instant: datetime, zone: tzinfo) -> bool:
    """Tell whether an instant is the local midnight that begins the last day of a month (a likely inclusive end)."""
    local = instant.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) == local
    return midnight and local.day == monthrange(local.year, local.month)[1]


def is_change_day(day: date, zone: tzinfo) -> bool:
    """Tell whether the clocks of ``zone`` change within the local ``day``."""
    begin, end = local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)
    return end - begin != timedelta(days=1)


@lru_cache(maxsize=65_536)
def _read_instant(text: str, zone: tzinfo) -> Instant:
    """Read one text without knowing its neighbours; a repeated local time is its first pass."""
    parts = _INSTANT.fullmatch(text)
    if parts is None:
        raise _unreadable(text, _WANTED)
    day = _date(parts["date"], text)
    if parts["hour"] is None:
        return Instant(local_midnight(day, zone), date_only=True)
    naive, end_of_day = _time_of_day(day, parts, text)
    if parts["offset"] is not None:
        return Instant(naive.replace(tzinfo=_offset(parts["offset"])).astimezone(UTC), True, False, end_of_day)
    if end_of_day:
        return Instant(local_midnight(naive.date(), zone), end_of_day=True)
    return _placed(naive, zone, text)


def _placed(naive: datetime, zone: tzinfo, text: str) -> Instant:
    """Put a local time on its zone's time line."""
    first = naive.replace(tzinfo=zone).astimezone(UTC)
    second = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return Instant(first)
    if first.astimezone(zone).replace(tzinfo=None) == naive:
        return Instant(first, repeated=True)
    todo = "the clocks jump over it: write the time with its offset"
    raise TimeError("nonexistent_hour", f"a local time that exists in {zone}", text, todo)


def _second_pass(instant: Instant, zone: tzinfo, previous: datetime) -> Instant:
    """Move a repeated local time to its second pass where the first would not lie after ``previous``."""
    if not instant.repeated or instant.utc > previous:
        return instant
    naive = instant.utc.astimezone(zone).replace(tzinfo=None)
    second = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return Instant(second, repeated=True)


def _date(written_date: str, text: str) -> date:
    """Read ``YYYY-MM-DD`` within the years allowed."""
    if not FIRST_YEAR <= int(written_date[:4]) <= LAST_YEAR:
        raise TimeError("year_out_of_range", f"a year from {FIRST_YEAR} to {LAST_YEAR}", text)
    try:
        return date.fromisoformat(written_date)
    except ValueError as fault:
        raise TimeError("bad_time", "a day that the calendar has", text) from fault


def _time_of_day(day: date, parts: re.Match[str], text: str) -> tuple[datetime, bool]:
    """Local naive time from its written parts, and whether it was written as 24:00."""
    hour, minute, second = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
    micro = int((parts["fraction"] or "0").ljust(6, "0"))
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local time; the caller puts the zone on
    if hour == 24 and not (minute or second or micro):
        return midnight + timedelta(days=1), True
    if hour > 23 or minute > 59 or second > 59:
        raise TimeError("bad_time", "hours 00..23 (or 24:00), minutes and seconds 00..59", text)
    return midnight.replace(hour=hour, minute=minute, second=second, microsecond=micro), False


def _offset(text: str) -> tzinfo:
    """Read ``Z``, ``+08:00``, ``+0800`` or ``+08``."""
    if text == "Z":
        return UTC
    parts = _OFFSET.fullmatch(text)
    hours, minutes = (int(parts["hours"]), int(parts["minutes"] or 0)) if parts else (99, 0)
    if parts is None or minutes > 59 or hours * 60 + minutes > 15 * 60:
        raise TimeError("bad_offset", "an offset between -15:00 and +15:00 such as +08:00", text)
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(-shift if parts["sign"] == "-" else shift)


def _unreadable(text: str, wanted: str) -> TimeError:
    """Name the fault of a text that has not the form of a time."""
    if re.match(r"\d{1,4}/\d{1,2}(/\d{1,4})?", text):
        return TimeError("slash_date", wanted, text, "slash dates are ambiguous: write year-month-day with hyphens")
    return TimeError("bad_time", wanted, text)


def _jump(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """First instant in (low, high] with the offset of ``high``: where the clocks jump, to the second."""
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high
