"""Findings: one per point, code and run of intervals, with the amount at stake; many runs of one code become one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from lingtan.ledger.finding import Finding, Level
from lingtan.series.frames import Lazy, dicts
from lingtan.series.plan import Plan, instant

MOST_RUNS = 12
MOST_LINES = 20
_LINE = 2**32
_BY_START = {"order_by": "start_us"}
Place = Callable[[int], tuple[str, int | None]]

WORDS: Mapping[str, tuple[Level, str]] = {
    "duplicate": ("note", "{readings} came again with the same value; each counts once."),
    "late": ("note", "{intervals} got a reading after a newer one had come; the readings are used in time order."),
    "corrected": (
        "finding",
        "A time already read came again with another value, {times}; the higher seq counts, without seq the later "
        "row. At stake is the difference. Confirm the correction with the meter's operator.",
    ),
    "rolled_over": ("note", "The counter rolled over {times}; the way over the top is counted."),
    "reset": (
        "finding",
        "The counter fell {times} without rolling over; taken as reset, the new value counts from 0. What ran "
        "between the last reading and the reset is unknown. Enter the device change with its registers in "
        "meters.csv.",
    ),
    "counter_dip": (
        "finding",
        "{readings} below the value before, to less than 1 % of it or by less than 1 %, with the counter back at it "
        "afterwards: set aside, and the total over the hole is kept.",
    ),
    "gap_total": (
        "finding",
        "{holes} in the readings: only the counter's total over such a hole is known. It counts in the smallest "
        "calendar bucket that contains the hole and is not spread.",
    ),
    "missing": (
        "finding",
        "Expected a reading every {period}; came {holes}. The register gives no total over a hole: the amount is "
        "missing, not nought. Fetch the readings or give a statement.",
    ),
    "silent": (
        "finding",
        "The point brought no reading for {days} days though its device is in place and other points were "
        "read; nothing "
        "is known of this time. Fetch the readings, give a statement, or end the device period in meters.csv.",
    ),
    "device_change": (
        "finding",
        "At a device change the closing or opening register is unknown; the amount across it is unknown. Enter "
        "last_value and first_value in meters.csv.",
    ),
    "negative": (
        "finding",
        "{amounts} below nought though the register is not bidirectional: set aside, their size is at stake. Set "
        "bidirectional, or correct the sign.",
    ),
    "out_of_range": (
        "finding",
        "{amounts} above twice the rated power x time: counted as read. Check rated_kw, multiplier and unit.",
    ),
    "spike": (
        "finding",
        "{amounts} above {factor:g} times the 99.9th percentile of the point's own steps: counted as read. Check "
        "for energy caught up after an outage, or a wrong reading.",
    ),
    "stuck": (
        "finding",
        "The same value stands for {hours} h though the point moves at these hours otherwise; it is counted as "
        "read. Check the meter and its line.",
    ),
    "unit_suspect": (
        "finding",
        "The level jumps by about {factor} and stays; suspected: a change of unit or multiplier by that factor. "
        "Nothing is converted: enter the change as a device period in meters.csv.",
    ),
    "midnight_same_date": (
        "error",
        "{readings} with 00:00 of the date whose end is meant (24:00): in the file the clock falls back to the "
        "midnight before. Set aside. Correct the dates, or switch the repair midnight_same_date on for this point "
        "in park.toml; it moves them by a day and marks them.",
    ),
    "midnight_repaired": (
        "note",
        "{readings} with 00:00 of the date whose end is meant (24:00): moved by a day and marked by the repair "
        "midnight_same_date, which is switched on for this point.",
    ),
    "clock_follows_dst": (
        "finding",
        "The logger's clock does not run as declared: {how} at the changes of the {rule} summer-time rule. Daily "
        "figures near midnight and all hours of the summers are shifted; nothing is moved. Correct `clock` in "
        "meters.csv.",
    ),
    "outside_device": (
        "error",
        "{readings} in no device period of the point: not counted. Extend from/to in meters.csv, or the stream's span.",
    ),
    "no_readings": (
        "finding",
        "The point has a device in the window and brought no reading; nothing is known of its amount.",
    ),
    "period_assumed": ("note", "No period is declared; the commonest distance, {period}, is taken."),
    "period_unknown": (
        "error",
        "No period is declared and fewer than two readings are there to tell it; nothing can be counted. Enter period "
        "in meters.csv.",
    ),
    "unit_mix": (
        "finding",
        "The devices of the point measure in units without a common measure; amounts are rounded to a millionth of the "
        "smallest step. Give all devices of the point one unit.",
    ),
    "scale_note": ("note", "Readings have more than 6 decimals; they are rounded to 10^-{power}."),
    "scale_limit": (
        "finding",
        "Readings are too large for 64-bit sums with their decimals; they are rounded to 10^-{power}. At stake: the "
        "largest rounding times the number of readings. Check the unit and multiplier.",
    ),
}
_NOUNS = ("reading", "interval", "amount", "hole")
_CODES = {"scale_note": "scale_limit", "silent": "missing"}


@dataclass(frozen=True, slots=True)
class Writer:
    """What findings need to know: the plan, the size of quanta, and how to tell file and line from ``order``."""

    plan: Plan
    quantum: Mapping[int, Decimal]
    place: Place | None = None

    def write(
        self,
        kind: str,
        code: int,
        *,
        span: tuple[int, int] | None = None,
        quanta: int | Decimal | None = None,
        orders: Sequence[int] = (),
        most: int = MOST_LINES,
        **params: Any,
    ) -> Finding:
        """Make a finding of a kind of `WORDS` for a point; ``quanta`` is at stake, ``most`` lines are named."""
        level, words = WORDS[kind]
        start, end = (instant(span[0]), instant(span[1])) if span else (None, None)
        amount = None if quanta is None else abs(Decimal(quanta)) * self.quantum.get(code, Decimal(1))
        point, unit = self.plan.points[code], self.plan.units.get(self.plan.points[code], "")
        text = f"{point}{_when(start, end, self.plan.park.settings.zone)}: {words.format(**params, **_numbers(params))}"
        found = Finding(
            _CODES.get(kind, kind), level, text, self.plan.where(code), start, end, amount,
            unit if amount is not None else "", {"point": point, "said": kind, **params, "orders": tuple(orders)},
        )  # fmt: skip
        return self._placed(found, orders[:most])

    def runs(self, kind: str, table: Iterable[Mapping[str, Any]], **params: Any) -> list[Finding]:
        """Make the findings of a run table (from `runs`): one each; one for all of a point for notes and where many."""
        by_code: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
        for row in table:
            by_code[row["code"]].append(row)
        return [
            self.write(
                kind, code, span=(row["start_us"], row["end_us"]), quanta=row["amount"], count=row["n"],
                orders=row.get("orders", ()), **params,
            )
            for code, rows in sorted(by_code.items())
            for row in (rows if len(rows) <= (1 if WORDS[kind][0] == "note" else MOST_RUNS) else [_together(rows)])
        ]  # fmt: skip

    def _placed(self, found: Finding, orders: Sequence[int]) -> Finding:
        """Add file and lines."""
        if not orders:
            return found
        if self.place is None:
            lines = tuple(order % _LINE for order in orders)
            return replace(found, where=replace(found.where, line=lines[0], lines=lines))
        places = [self.place(order) for order in orders]
        lines = tuple(line for file, line in places if file == places[0][0] and line is not None)
        return replace(
            found, where=replace(found.where, file=places[0][0], line=lines[0] if lines else None, lines=lines)
        )


def file_of(order: int) -> int:
    """Give the position of the file that a reading's ``order`` names."""
    return order // _LINE


def runs(rows: Lazy) -> list[dict[str, Any]]:
    """Join neighbouring rows (``code, start_us, end_us, amount, order``) to runs, oldest first.

    A run ends where the next row begins later than one of its own lengths after the end of the last.
    """
    before = nw.col("end_us").shift(1).over("code", **_BY_START)
    apart = (nw.col("start_us") - before > nw.col("end_us") - nw.col("start_us")).fill_null(True)
    numbered = rows.with_columns(apart=apart.cast(nw.Int64))
    numbered = numbered.with_columns(run=nw.col("apart").cum_sum().over("code", **_BY_START).cast(nw.Int64))
    table = numbered.group_by("code", "run").agg(
        start_us=nw.col("start_us").min(),
        end_us=nw.col("end_us").max(),
        amount=nw.col("amount").sum().cast(nw.Int64),
        n=nw.len(),
        order=nw.col("order").min(),
    )
    found = dicts(table.sort("code", "start_us"))
    return [{**row, "orders": () if row["order"] is None else (row["order"],)} for row in found]


def duration(us: int | None) -> str:
    """Say a period in words."""
    if not us:
        return "unknown"
    minutes, rest = divmod(us, 60_000_000)
    return f"{minutes} min" if not rest else f"{us / 1e6:g} s"


def _together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Join the runs of one point to one."""
    amounts = [row["amount"] for row in rows if row["amount"] is not None]
    orders = [order for row in rows for order in row.get("orders", ())]
    return {
        "start_us": min(row["start_us"] for row in rows),
        "end_us": max(row["end_us"] for row in rows),
        "amount": sum(amounts) if amounts else None,
        "n": sum(row["n"] for row in rows),
        "orders": orders[:MOST_LINES],
    }


def _when(start: datetime | None, end: datetime | None, zone: ZoneInfo) -> str:
    """Span in words, in the park's zone."""
    if start is None or end is None:
        return ""
    return f", {start.astimezone(zone):%Y-%m-%d %H:%M} to {end.astimezone(zone):%Y-%m-%d %H:%M}"


def _numbers(params: Mapping[str, Any]) -> dict[str, str]:
    """Say the count of a finding with each noun that the words use."""
    count = params.get("count")
    if count is None:
        return {}
    nouns = {f"{noun}s": f"{count} {noun}" + ("" if count == 1 else "s") for noun in _NOUNS}
    return {**nouns, "times": {1: "once", 2: "twice"}.get(count, f"{count} times")}
