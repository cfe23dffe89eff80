"""Certificates of the example: lots issued, transferred and retired, with a serial used twice and an excess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from lingtan.example.grid import Window
from lingtan.example.papers import Papers, enter

PURCHASES = ("EL_GRID_U01", "EL_GRID_E01", "EL_GRID_CS2")
FARM = "内蒙古示例风电场 / Inner Mongolia example wind farm"


@dataclass(slots=True)
class Cover:
    """What hand logic accepts: covered purchases by (stream, year) [kWh], and retirements with their fate."""

    covered: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)


def build(papers: Papers, window: Window, bought: Mapping[tuple[str, int], Decimal]) -> Cover:
    """Write ``certificates.csv`` and return what of it counts; ``bought`` is power by (stream, year) [kWh]."""
    cover = Cover()
    for year in window.years:
        span = (max(date(year, 1, 1), window.start), min(date(year + 1, 1, 1), window.end))
        if year == window.years[-1]:
            _last_year(papers, cover, year, span, bought)
        elif year > window.years[0]:
            _pro_rata(papers, cover, year, span, bought)
    return cover


def _share(bought: Decimal, share: str) -> int:
    """Return a share of a purchase in whole certificates [MWh]."""
    return int((bought * Decimal(share) / 1000).to_integral_value(rounding=ROUND_DOWN))


def _event(papers: Papers, lot: str, event: str, day: date, amount: int, serial: int, **more: Any) -> int:
    return papers.add(
        "certificates.csv",
        id=lot, kind=more.get("kind", "GEC"), event=event, date=day, amount=amount, unit="MWh", serial_from=serial,
        serial_to=serial + amount - 1, generator=FARM, holder=more.get("holder", ""),
        beneficiary=more.get("beneficiary", ""), start=more.get("start", ""), end=more.get("end", ""),
        evidence=papers.paper(f"certificates-{day.year}") if event == "retire" else "",
    )  # fmt: skip


def _retire(
    papers: Papers,
    cover: Cover,
    lot: str,
    amount: int,
    serial: int,
    *,
    accepted: Decimal,
    stream: str,
    year: int,
    **more: Any,
) -> int:
    line = _event(papers, lot, "retire", date(year + 1, 2, 15), amount, serial, **more)
    key = (stream, year)
    cover.covered[key] = cover.covered.get(key, Decimal(0)) + accepted
    cover.claims.append({"lot": lot, "line": line, "year": year, "stream": stream, "retired_kwh": amount * 1000,
                         "accepted_kwh": float(accepted), "refused_kwh": float(amount * 1000 - accepted)})  # fmt: skip
    return line


def _issue(papers: Papers, lot: str, year: int, amount: int, serial: int, *, kind: str = "GEC", month: int = 3) -> int:
    line = _event(papers, lot, "issue", date(year, month, 10), amount, serial, kind=kind, holder="trader-synthetic")
    _event(papers, lot, "transfer", date(year, month + 2, 10), amount, serial, kind=kind, holder="E12")
    return line


def _pro_rata(
    papers: Papers, cover: Cover, year: int, span: tuple[date, date], bought: Mapping[tuple[str, int], Decimal]
) -> None:
    """Retire without naming a beneficiary: the default boundary's purchases share in proportion."""
    total = sum((bought[stream, year] for stream in PURCHASES), start=Decimal(0))
    amount = _share(total, "0.1")
    lot, serial = f"GEC-{year}-P", year * 10_000_000
    _issue(papers, lot, year, amount, serial)
    line = _event(
        papers, lot, "retire", date(year + 1, 2, 10), amount, serial, holder="E12", start=span[0], end=span[1]
    )
    for stream in PURCHASES:
        cover.covered[stream, year] = Decimal(amount * 1000) * bought[stream, year] / total
    cover.claims.append({"lot": lot, "line": line, "year": year, "stream": None, "retired_kwh": amount * 1000,
                         "accepted_kwh": amount * 1000.0, "refused_kwh": 0.0})  # fmt: skip


def _last_year(
    papers: Papers, cover: Cover, year: int, span: tuple[date, date], bought: Mapping[tuple[str, int], Decimal]
) -> None:
    base = year * 10_000_000
    when: dict[str, Any] = {"year": year, "start": span[0], "end": span[1], "holder": "E12"}
    lot_a = _share(bought["EL_GRID_U01", year], "0.45")
    used = lot_a * 2 // 3
    issued = _issue(papers, f"GEC-{year}-A", year, lot_a, base)
    _retire(papers, cover, f"GEC-{year}-A", used, base, accepted=Decimal(used * 1000), stream="EL_GRID_U01",
            beneficiary="U01", **when)  # fmt: skip
    steel = _share(bought["EL_GRID_E01", year], "0.2")
    trade = f"GT-{year}-01"
    _issue(papers, trade, year, steel, base + 5_000_000, kind="green_trade", month=4)
    _retire(papers, cover, trade, steel, base + 5_000_000, accepted=Decimal(steel * 1000), stream="EL_GRID_E01",
            beneficiary="E01", kind="green_trade", **when)  # fmt: skip
    _excess(papers, cover, bought["EL_GRID_CS2", year], base + 7_000_000, when)
    _twice(papers, cover, (base + lot_a // 2, issued), when)


def _excess(papers: Papers, cover: Cover, bought: Decimal, serial: int, when: dict[str, Any]) -> None:
    """Retire 0.6 and then 0.7 of what charging station 2 bought: the second is cut at what is left."""
    year = when["year"]
    first, second = _share(bought, "0.6"), _share(bought, "0.7")
    lots = (f"GEC-{year}-C", f"GEC-{year}-D")
    given = {"stream": "EL_GRID_CS2", "beneficiary": "CS2", **when}
    _issue(papers, lots[0], year, first, serial)
    _issue(papers, lots[1], year, second, serial + first)
    taken = Decimal(first * 1000)
    line = _retire(papers, cover, lots[0], first, serial, accepted=taken, **given)
    late = _retire(papers, cover, lots[1], second, serial + first, accepted=bought - taken, **given)
    enter(papers, "excess_retirement", "certificates.csv", [line, late], span=(when["start"], when["end"]),
          amount=Decimal(second * 1000) + taken - bought, unit="kWh", finding="claim_excess", lot=lots[1])  # fmt: skip


def _twice(papers: Papers, cover: Cover, reused: tuple[int, int], when: dict[str, Any]) -> None:
    """Issue a lot with serials that another lot already has: the issue and all that follows are refused."""
    year, lot, amount = when["year"], f"GEC-{when['year']}-B", 1000
    line = _issue(papers, lot, year, amount, reused[0], month=7)
    _retire(papers, cover, lot, amount, reused[0], accepted=Decimal(0), stream="EL_GRID_U01", beneficiary="U01", **when)
    enter(papers, "serial_twice", "certificates.csv", [reused[1], line], span=(when["start"], when["end"]),
          amount=Decimal(amount * 1000), unit="kWh", finding="serial_used_twice", lot=lot)  # fmt: skip
