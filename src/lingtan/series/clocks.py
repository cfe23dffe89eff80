"""Clock faults of loggers: 00:00 written for 24:00 of the same date, summer time followed against the declaration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import cos, pi, sin

import narwhals as nw

from lingtan.ledger.quality import BIT
from lingtan.series.frames import Lazy, dicts
from lingtan.series.plan import DAY, HOUR, micros

CLOCK = BIT["clock_suspect"]
_IN_FILE = {"order_by": "order"}


# --- 24:00 written as 00:00 -------------------------------------------------------------------------------------------


def midnight_rows(rows: Lazy, clock: nw.Expr, ahead: nw.Expr) -> Lazy:
    """Mark (``midnight``) readings that carry 00:00 of the date whose end they mean; ``moved_us`` is that end.

    In file order the clock falls back from late on a date to midnight of the same date, and the time a day later is
    free and fits between the neighbours. ``rows`` in file order (``order``); ``clock`` is the offset [us] of the
    logger's clock at ``us``, ``ahead`` a day later: a day of 23 or 25 hours ends at its own midnight.
    """
    before = nw.col("us").shift(1).over("code", **_IN_FILE)
    earlier = nw.col("us").shift(2).over("code", **_IN_FILE)
    after = nw.col("us").shift(-1).over("code", **_IN_FILE)
    moved = nw.col("moved_us")
    step = before - earlier
    fits = (before < moved) & (before > nw.col("us")) & (moved - before <= step * 3 // 2) & (step > 0)
    free = (after > moved).fill_null(True)
    at_midnight = (nw.col("us") + clock) % DAY == 0
    placed = rows.with_columns(moved_us=nw.col("us") + DAY + clock - ahead)
    return placed.with_columns(midnight=(fits & free & at_midnight).fill_null(False))


def repaired(marked: Lazy, codes: list[int]) -> Lazy:
    """Move the marked readings of the points ``codes`` (repair switched on) by a day and flag them; drop the others."""
    switched = nw.col("code").is_in(codes) if codes else nw.lit(False)
    kept = marked.filter(~nw.col("midnight") | switched)
    return kept.with_columns(
        us=nw.when(nw.col("midnight")).then(nw.col("moved_us")).otherwise(nw.col("us")),
        marks=(nw.col("marks") + nw.col("midnight").cast(nw.Int32) * CLOCK).cast(nw.Int32),
    ).drop("midnight", "moved_us")


# --- Summer time ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """A summer-time rule: month and number of the Sunday (-1 = last) of either change, and when on that day.

    ``utc_hour`` is the hour in UTC (EU); None = 02:00 of the local clock before the change (US).
    """

    name: str
    spring: tuple[int, int]
    autumn: tuple[int, int]
    utc_hour: int | None


# EU: Directive 2000/84/EC, articles 2 and 3. US: 15 U.S.C. 260a as amended by the Energy Policy Act of 2005, sec. 110.
RULES = (Rule("EU", (3, -1), (10, -1), 1), Rule("US", (3, 2), (11, 1), None))

WINDOW_DAYS = 21
LEAST_DAYS = 8
STEP_HOURS = (0.6, 1.4)
MEAN_HOURS = (0.7, 1.3)
SINGLE = (0.8, 1.2, 0.12)
NIGHT = (0.25, 0.8)
LEAST_SPAN = 60


@dataclass(frozen=True, slots=True)
class Follows:
    """A logger's clock that follows a summer-time rule: sizes of the steps [h] and the summers concerned [us]."""

    code: int
    rule: str
    steps: tuple[float, ...]
    summers: tuple[tuple[int, int], ...]


def changes(rule: Rule, year: int, standard: timedelta) -> tuple[int, int]:
    """Instants [us] of a year's change to and from summer time, for a clock with winter offset ``standard``."""
    moments = []
    for (month, number), ahead in ((rule.spring, timedelta(0)), (rule.autumn, timedelta(hours=1))):
        day = datetime.combine(_sunday(year, month, number), datetime.min.time(), UTC)
        local = timedelta(hours=2) - standard - ahead
        moments.append(micros(day + (timedelta(hours=rule.utc_hour) if rule.utc_hour is not None else local)))
    return moments[0], moments[1]


def bell_suspects(cells: Lazy) -> list[int]:
    """Codes that stand still for a good part of the time over two months or more; ``cells`` of two hours."""
    night = cells.group_by("code").agg(
        n=nw.len(),
        nought=((nw.col("low") == 0) & (nw.col("high") == 0)).cast(nw.Int64).sum(),
        first=nw.col("id").min(),
        last=nw.col("id").max(),
    )
    return [
        row["code"]
        for row in dicts(night)
        if NIGHT[0] <= int(row["nought"]) / row["n"] <= NIGHT[1]
        and row["last"] - row["first"] >= LEAST_SPAN * 12
        and row["n"] * 2 >= row["last"] - row["first"]
    ]


def centroids(statements: Lazy, standard_us: int) -> Lazy:
    """Energy centroid of each day [h of the fixed local clock], days cut at local standard midnight.

    Returns ``code, day`` (days since 1970), ``energy`` [quanta], ``centre`` [h].
    """
    local = nw.col("start_us") + standard_us
    middle = (local % DAY + (nw.col("end_us") - nw.col("start_us")) / 2) / HOUR
    return (
        statements.filter(~nw.col("amount").is_null(), ~nw.col("gap"), nw.col("amount") > 0)
        .with_columns(day=local // DAY, weight=nw.col("amount").cast(nw.Float64), middle=middle)
        .with_columns(moment=nw.col("weight") * nw.col("middle"))
        .group_by("code", "day")
        .agg(energy=nw.col("weight").sum(), moment=nw.col("moment").sum())
        .with_columns(centre=nw.col("moment") / nw.col("energy"))
        .select("code", "day", "energy", "centre")
    )


def follows(
    code: int, days: list[tuple[int, float, float]], *, standard_us: int, standard: timedelta, solar: bool
) -> Follows | None:
    """Judge by one point's days ``(day, energy, centre)`` whether the solar noon steps by an hour at a rule's changes.

    ``standard`` is the winter offset of the declared clock. A load that keeps summer hours moves its centroid EARLIER
    in summer on a fixed clock; a logger that follows summer time moves it later, and only that is accused - for a
    generator (``solar``) also the opposite, a logger that stays behind where its declared clock changes.
    """
    noons = {day: (energy, centre + equation_of_time(day)) for day, energy, centre in days}
    if not noons:
        return None
    verdicts = [
        verdict
        for rule in RULES
        for sign in ((1, -1) if solar else (1,))
        if (verdict := _verdict(code, noons, rule, sign=sign, standard_us=standard_us, standard=standard))
    ]
    return max(verdicts, key=lambda item: sum(map(abs, item.steps)) / len(item.steps), default=None)


def equation_of_time(day: int) -> float:
    """Apparent less mean solar time [h] on a day since 1970-01-01.

    Fourier form after Spencer (1971), as given in Iqbal, An Introduction to Solar Radiation (1983), eq. 1.4.1.
    """
    when = date(1970, 1, 1) + timedelta(days=day)
    angle = 2 * pi * (when.timetuple().tm_yday - 1) / 365
    minutes = 229.18 * (
        0.000075 + 0.001868 * cos(angle) - 0.032077 * sin(angle) - 0.014615 * cos(2 * angle) - 0.04089 * sin(2 * angle)
    )
    return minutes / 60


def repeats(times: list[int], standard: timedelta) -> tuple[str, list[int]] | None:
    """Rule whose autumn hours hold nearly all of the times [us] that were read twice with different values."""
    if len(times) < 2:
        return None
    years = {datetime.fromtimestamp(us / 1e6, UTC).year for us in times}
    for rule in RULES:
        hours = [changes(rule, year, standard)[1] for year in years]
        inside = [us for us in times if any(begin <= us < begin + HOUR for begin in hours)]
        if len(inside) >= 2 and len(inside) >= 0.8 * len(times):
            return rule.name, inside
    return None


def _verdict(
    code: int,
    noons: dict[int, tuple[float, float]],
    rule: Rule,
    *,
    sign: int,
    standard_us: int,
    standard: timedelta,
) -> Follows | None:
    """Test one rule: steps at its changes, summers concerned; None where it does not hold."""
    first, last = min(noons), max(noons)
    steps: list[tuple[float, float]] = []
    summers = []
    for year in range(_year(first), _year(last) + 1):
        spring, autumn = changes(rule, year, standard)
        for at, way in ((spring, sign), (autumn, -sign)):
            step = _step(noons, (at + standard_us) // DAY)
            if step is not None:
                steps.append((way * step[0], step[1]))
        summers.append((spring, autumn))
    if not steps or not all(STEP_HOURS[0] <= size <= STEP_HOURS[1] for size, _ in steps):
        return None
    mean = sum(size for size, _ in steps) / len(steps)
    low, high, doubt = SINGLE
    alone = len(steps) > 1 or (low <= mean <= high and steps[0][1] <= doubt)
    if not alone or not MEAN_HOURS[0] <= mean <= MEAN_HOURS[1]:
        return None
    limits = (first * DAY - standard_us, (last + 1) * DAY - standard_us)
    touched = tuple((max(low, limits[0]), min(high, limits[1])) for low, high in summers)
    return Follows(code, rule.name, tuple(sign * size for size, _ in steps), tuple(s for s in touched if s[0] < s[1]))


def _step(noons: dict[int, tuple[float, float]], change: int) -> tuple[float, float] | None:
    """Median solar noon in the weeks from a change on less that before [h], and its standard error."""
    before = _clear(noons, range(change - WINDOW_DAYS, change))
    after = _clear(noons, range(change + 1, change + 1 + WINDOW_DAYS))
    if len(before) < LEAST_DAYS or len(after) < LEAST_DAYS:
        return None
    error = (_error(before) ** 2 + _error(after) ** 2) ** 0.5
    return _median(after) - _median(before), error


def _clear(noons: dict[int, tuple[float, float]], days: range) -> list[float]:
    """Solar noons of the days whose energy is no less than half of the window's median: dull days scatter."""
    found = [noons[day] for day in days if day in noons]
    if not found:
        return []
    enough = 0.5 * _median([energy for energy, _ in found])
    return [noon for energy, noon in found if energy >= enough]


def _error(values: list[float]) -> float:
    """Estimate the standard error of a median from the median deviation (normal scatter: 1.2533 x 1.4826)."""
    middle = _median(values)
    return 1.858 * _median([abs(value - middle) for value in values]) / float(len(values) ** 0.5)


def _median(values: list[float]) -> float:
    """Middle value."""
    ranked = sorted(values)
    half = len(ranked) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2


def _year(day: int) -> int:
    """Year of a day since 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=day)).year


def _sunday(year: int, month: int, number: int) -> date:
    """Find the number-th Sunday of a month; -1 is the last."""
    days: Iterator[date] = (date(year, month, 1) + timedelta(days=ahead) for ahead in range(31))
    sundays = [day for day in days if day.month == month and day.weekday() == 6]
    return sundays[number - 1 if number > 0 else number]
