"""``truth.json``: what truly happened, what a reader of the folder can still know, and every fault put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from lingtan.example import green, oracle, papers, tables
from lingtan.example.defects import Book
from lingtan.example.grid import Ints

NOTES = {
    "true": "what really flowed, month by month",
    "expected": "what the chain can know from the folder: set-aside, missing and flagged readings as they stand, bills "
    "from the 25th cut at month ends by days; a year may hold more than its months where a gap's total is known only "
    "for the year; null = nothing known",
    "accounts": "cn-zcp-2025 by hand: own non-fossil power counted in the energy total, power at 0.30 kgce/kWh "
    "(equivalent), sold power of the PV plant at 0 and of the turbine at 0.8325",
    "finding": "the code that a check of the folder is expected to give; null = handled without a finding of its own; "
    "also = codes that rightly follow from the same fault",
}


@dataclass(slots=True)
class Amounts:
    """Amounts of all streams [canonical unit] by (stream, month), and ``extra`` known by (stream, year) only."""

    true: dict[tuple[str, date], Decimal] = field(default_factory=dict)
    expected: dict[tuple[str, date], Decimal | None] = field(default_factory=dict)
    extra: dict[tuple[str, int], Decimal] = field(default_factory=dict)

    def year(self, stream: str, year: int, *, expected: bool) -> Decimal:
        """Return the sum of a year."""
        table: Mapping[tuple[str, date], Decimal | None] = self.expected if expected else self.true
        known = [value for (name, month), value in table.items() if name == stream and month.year == year and value]
        more = self.extra.get((stream, year), Decimal(0)) if expected else Decimal(0)
        return sum(known, start=more)


def amounts(book: Book) -> Amounts:
    """Return the true and the knowable amounts of every stream."""
    result = Amounts()
    cut = {row["stream"]: row["paper"] for row in tables.read("daily")}
    for stream, row in tables.streams().items():
        if row["model"] == "daily":
            _goods(result, book, stream, cut[stream])
        else:
            _metered(result, book, stream)
    for (point, year), lost in book.yearly.items():
        stream = point.removesuffix(".m")
        decimals = tables.decimals_of(tables.streams()[stream]["commodity"])
        result.extra[stream, year] = papers.exact(lost, decimals)
    return result


def _metered(result: Amounts, book: Book, stream: str) -> None:
    window, flow = book.world.window, book.world.flows[stream]
    seen = book.seen.get(f"{stream}.m", flow)
    decimals = tables.decimals_of(tables.streams()[stream]["commodity"])
    for span in window.months():
        steps = slice(window.step(span[0]), window.step(span[1]))
        result.true[stream, span[0]] = papers.exact(int(flow[steps].sum()), decimals)
        result.expected[stream, span[0]] = papers.exact(int(seen[steps].sum()), decimals)


def _goods(result: Amounts, book: Book, stream: str, paper: str) -> None:
    goods, months = book.world.goods, book.world.window.months()
    missing = {
        entry["start"] for entry in book.entries if entry["code"] == "report_missing" and entry["stream"] == stream
    }
    for first, after in months:
        result.true[stream, first] = papers.exact(goods.between(stream, first, after), 2)
        told: Decimal | None = result.true[stream, first]
        if paper == "bill":
            told = _cut_bills(book, stream, (first, after))
        result.expected[stream, first] = None if first.isoformat() in missing else told


def _cut_bills(book: Book, stream: str, month: tuple[date, date]) -> Decimal:
    """Return a month's part of the bills, each spread evenly over its days."""
    total = Decimal(0)
    for begin, end in papers.bills(book.world.window):
        days = (min(end, month[1]) - max(begin, month[0])).days
        if days > 0:
            amount = papers.exact(book.world.goods.between(stream, begin, end), 2)
            total += amount * days / (end - begin).days
    return total


def bought(known: Amounts, years: tuple[int, ...]) -> dict[tuple[str, int], Decimal]:
    """Return what the folder shows as bought from the grid, by (stream, year) [kWh]."""
    return {(stream, year): known.year(stream, year, expected=True) for stream in green.PURCHASES for year in years}


def document(book: Book, known: Amounts, cover: green.Cover, points: Mapping[str, Ints]) -> dict[str, Any]:
    """Return the whole of truth.json."""
    window = book.world.window
    return {
        "synthetic": True,
        "seed": book.world.seed,
        "start": window.start.isoformat(),
        "end": window.end.isoformat(),
        "notes": NOTES,
        "streams": {stream: _stream(known, stream, window.years) for stream in tables.streams()},
        "points": _points(book, points),
        "defects": book.entries,
        "certificates": {
            "covered_kwh": {f"{stream}/{year}": float(value) for (stream, year), value in cover.covered.items()},
            "claims": cover.claims,
        },
        "accounts": {
            boundary: {str(year): _account(book, known, cover, boundary, year) for year in years}
            for boundary, years in (("B-APPROVED", window.years), ("B-PLAN", window.years[-1:]))
        },
    }


def _stream(known: Amounts, stream: str, years: tuple[int, ...]) -> dict[str, Any]:
    commodity = tables.streams()[stream]["commodity"]
    both: dict[str, Any] = {"commodity": commodity, "unit": tables.unit_of(commodity)}
    for name, expected in (("true", False), ("expected", True)):
        table: Mapping[tuple[str, date], Decimal | None] = known.expected if expected else known.true
        both[name] = {
            "by_year": {str(year): float(known.year(stream, year, expected=expected)) for year in years},
            "by_month": {
                f"{month:%Y-%m}": None if value is None else float(value)
                for (owner, month), value in table.items()
                if owner == stream
            },
        }
    return both


def _points(book: Book, points: Mapping[str, Ints]) -> dict[str, Any]:
    window, found = book.world.window, {}
    for point in tables.points():
        commodity = tables.streams()[point.stream]["commodity"]
        scale = 10 ** tables.decimals_of(commodity)
        years = {}
        for year in window.years:
            begin, end = max(date(year, 1, 1), window.start), min(date(year + 1, 1, 1), window.end)
            years[str(year)] = int(points[point.id][window.step(begin) : window.step(end)].sum()) / scale
        found[point.id] = {"stream": point.stream, "role": point.role, "unit": tables.unit_of(commodity), "true": years}
    return found


def _account(book: Book, known: Amounts, cover: green.Cover, boundary: str, year: int) -> dict[str, Any]:
    extra = {stream: amount for (stream, when), amount in known.extra.items() if when == year}

    def true(stream: str, month: date) -> Decimal | None:
        return known.true[stream, month]

    def expected(stream: str, month: date) -> Decimal | None:
        return known.expected[stream, month]

    return {
        "true": oracle.account(book.world, true, {}, cover, boundary=boundary, year=year),
        "expected": oracle.account(book.world, expected, extra, cover, boundary=boundary, year=year),
    }
