"""What people wrote about the park: invoices, reports, properties, stocks, facts, prices - and the faults in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lingtan.example import defects, tables
from lingtan.example import world as park
from lingtan.example.grid import QUARTERS, Window, draw
from lingtan.example.world import World

Rows = list[dict[str, str]]

#: Metered streams that someone also writes about each month: stream -> (kind, reporter, unit, divisor, file).
MONTHLY = {
    "EL_GRID_U01": ("invoice", "GRID", "kWh", 1, "electricity"),
    "EL_GRID_E01": ("invoice", "GRID", "kWh", 1, "electricity"),
    "EL_GRID_CS2": ("invoice", "GRID", "kWh", 1, "electricity"),
    "EL_E05": ("invoice", "E12", "1e4 kWh", 10000, "electricity"),
    "GAS_E01": ("invoice", "GASNET", "1e4 Nm3", 10000, "gas"),
    "GAS_E07": ("invoice", "GASNET", "1e4 Nm3", 10000, "gas"),
    "HT_HN": ("invoice", "E11", "GJ", 1, "heat"),
    "HT_E09": ("report", "E09", "GJ", 1, "heat"),
    "ST_E02": ("report", "E02", "t", 1, "heat"),
    "WA_E03": ("report", "E03", "m3", 1, "water"),
    "EL_U01_LOSS": ("estimate", "E12", "kWh", 1, "electricity"),
}
#: Statement faults: stream -> (where in the window, code, factor on the amount, expected finding).
WRONG = {
    "EL_E05": (0.74, "invoice_off", Decimal("1.06"), "deviation"),
    "WA_E03": (0.86, "unit_tenfold", Decimal(10), "deviation"),
    "HT_E09": (0.70, "unit_mwh_as_gj", 1 / Decimal("3.6"), "deviation"),
}
MISSING_REPORT, REPLACED_REPORT, LOST_EVIDENCE = "WS_E05", "PR_E02", "CL_K"


@dataclass(slots=True)
class Papers:
    """The written part of the folder: file name -> rows, the list of truth, and the files of ``evidence/``."""

    files: dict[str, Rows] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    evidence: set[str] = field(default_factory=set)

    def add(self, name: str, **row: Any) -> int:
        """Add a row to a file and return its physical line."""
        rows = self.files.setdefault(name, [])
        rows.append({key: str(value) for key, value in row.items()})
        return len(rows) + 1

    def paper(self, name: str) -> str:
        """Name a document that the folder shall hold."""
        self.evidence.add(f"evidence/{name}.txt")
        return f"evidence/{name}.txt"


def exact(amount: int, decimals: int) -> Decimal:
    """Return an amount in base units as a Decimal of the canonical unit."""
    return Decimal(amount).scaleb(-decimals)


def text(amount: Decimal) -> str:
    """Write a number without exponent and without trailing zeros."""
    plain = f"{amount:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def build(world: World) -> Papers:
    """Write all papers of the park."""
    papers = Papers()
    for stream in MONTHLY:
        _monthly(papers, world, stream)
    _yearly_statistics(papers, world)
    for row in tables.read("daily"):
        _WRITERS[row["paper"]](papers, world, row)
    start, end = defects.slow_months(world)
    papers.add(
        "adoption.csv", stream="GAS_E07", **{"from": start, "to": end}, order="invoice", reason=
        "主表检定偏慢，按双方确认的结算单 / main meter found slow at calibration, settled amount counts (synthetic)",
    )  # fmt: skip
    _properties(papers, world)
    _stocks(papers, world)
    _facts(papers, world.window)
    _prices(papers)
    _observations(papers, world)
    return papers


def _statement(papers: Papers, name: str, span: tuple[date, date], row: dict[str, Any]) -> int:
    return papers.add(
        f"statements/{name}.csv",
        stream=row["stream"], start=span[0], end=span[1], amount=row["amount"], unit=row["unit"], kind=row["kind"],
        reporter=row["reporter"], sigma_pct="", evidence=row.get("evidence", ""), note="synthetic",
    )  # fmt: skip


def _wrong_month(world: World, stream: str) -> tuple[date, date] | None:
    if stream not in WRONG:
        return None
    months = world.window.months()
    return months[int(WRONG[stream][0] * len(months))]


def _monthly(papers: Papers, world: World, stream: str) -> None:
    kind, reporter, unit, divisor, name = MONTHLY[stream]
    commodity = tables.streams()[stream]["commodity"]
    decimals = tables.decimals_of(commodity)
    for span in world.window.months():
        first, last = (world.window.step(day) for day in span)
        amount = exact(int(world.flows[stream][first:last].sum()), decimals)
        told, wrong = amount, span == _wrong_month(world, stream)
        if wrong:
            told = (amount * WRONG[stream][2]).quantize(Decimal("0.01"))
        evidence = papers.paper(f"{name}-{span[0].year}") if kind == "invoice" else ""
        row = {"stream": stream, "amount": text(told / divisor), "unit": unit, "kind": kind, "reporter": reporter}
        line = _statement(papers, name, span, {**row, "evidence": evidence})
        if wrong:
            enter(papers, WRONG[stream][1], f"statements/{name}.csv", line, stream=stream, span=span,
                  amount=abs(told - amount), finding=WRONG[stream][3])  # fmt: skip


def enter(papers: Papers, code: str, file: str, line: int | list[int] | None, *, stream: str = "", **more: Any) -> None:
    """Enter a fault of a paper in the list of truth."""
    span = more.pop("span", None)
    amount = more.pop("amount", None)
    unit = tables.unit_of(tables.streams()[stream]["commodity"]) if stream else ""
    papers.entries.append(
        {
            "code": code,
            "stream": stream or None,
            "file": file,
            "line": line,
            "start": span[0].isoformat() if span else None,
            "end": span[1].isoformat() if span else None,
            "amount": None if amount is None else float(amount),
            "unit": more.pop("unit", unit) or None,
            **more,
        }
    )


def _yearly_statistics(papers: Papers, world: World) -> None:
    """Write the statistics form of the glass works for whole years; it agrees with the meter to 0.2 %."""
    window = world.window
    for year in window.years:
        span = (date(year, 1, 1), date(year + 1, 1, 1))
        if window.start <= span[0] and span[1] <= window.end:
            first, last = (window.step(day) for day in span)
            amount = exact(int(world.flows["EL_E07"][first:last].sum()), 1) * Decimal("1.002")
            row = {"stream": "EL_E07", "amount": text(amount.quantize(Decimal(1))), "unit": "kWh"}
            _statement(papers, "statistics", span, {**row, "kind": "statistics", "reporter": "E07"})


def _month_paper(papers: Papers, world: World, row: tables.Row) -> None:
    stream, name = row["stream"], f"{row['kind']}-goods"
    months = world.window.months()
    missing = months[len(months) * 2 // 3] if stream == MISSING_REPORT else None
    replaced = months[len(months) // 2] if stream == REPLACED_REPORT else None
    for span in months:
        amount = exact(world.goods.between(stream, *span), 2)
        told = {"stream": stream, "unit": "t", "kind": row["kind"], "reporter": row["reporter"]}
        if span == missing:
            enter(papers, "report_missing", f"statements/{name}.csv", None, stream=stream, span=span, amount=amount,
                  finding="flow_missing")  # fmt: skip
            continue
        if span == replaced:
            first = _statement(papers, name, span, {**told, "amount": text(amount * 2)})
            line = _statement(papers, name, span, {**told, "amount": text(amount)})
            enter(papers, "report_replaced", f"statements/{name}.csv", [first, line], stream=stream, span=span,
                  amount=amount, finding="statement_replaced")  # fmt: skip
            continue
        lost = stream == LOST_EVIDENCE and span == months[-1]
        evidence = "evidence/scan-not-found.pdf" if lost else papers.paper(f"{row['kind']}-{span[0].year}")
        line = _statement(papers, name, span, {**told, "amount": text(amount), "evidence": evidence})
        if lost:
            enter(papers, "evidence_missing", f"statements/{name}.csv", line, stream=stream, span=span,
                  finding="evidence_missing")  # fmt: skip


def bills(window: Window) -> list[tuple[date, date]]:
    """Return billing periods from the 25th to the next 25th that together cover the window."""
    before = window.start - timedelta(days=1)
    first, found = before.replace(day=25), []
    while first < window.end:
        after = date(first.year + first.month // 12, first.month % 12 + 1, 25)
        found.append((first, after))
        first = after
    return found


def _bill_paper(papers: Papers, world: World, row: tables.Row) -> None:
    for span in bills(world.window):
        amount = exact(world.goods.between(row["stream"], *span), 2)
        told = {"stream": row["stream"], "amount": text(amount), "unit": "t", "kind": row["kind"]}
        evidence = papers.paper(f"bills-{span[0].year}")
        _statement(papers, "bills", span, {**told, "reporter": row["reporter"], "evidence": evidence})


def _zero_paper(papers: Papers, world: World, row: tables.Row) -> None:
    for span in world.window.months():
        told = {"stream": row["stream"], "amount": "0", "unit": "t", "kind": "confirmed_zero"}
        _statement(papers, "confirmed-zero", span, {**told, "reporter": row["reporter"]})


_WRITERS = {"month": _month_paper, "bill": _bill_paper, "zero": _zero_paper}


def kiln_coal(world: World, first: date) -> tuple[Decimal, Decimal]:
    """Return heat value [GJ/t] and carbon [tC/GJ] of the kiln's coal in the month that begins on ``first``."""
    rng = draw(world.seed, f"kiln coal {first:%Y-%m}")
    heat = Decimal(round(100 * rng.normal(park.KILN_COAL_GJ, 0.25))).scaleb(-2)
    return heat, Decimal(round(100000 * rng.normal(0.0262, 0.00015))).scaleb(-5)


def boiler_coal(world: World, year: int) -> tuple[Decimal, Decimal]:
    """Return heat value [GJ/t] and carbon [tC/GJ] of the boiler's coal in a year."""
    rng = draw(world.seed, f"boiler coal {year}")
    heat = Decimal(round(100 * rng.normal(park.BOILER_COAL_GJ, 0.3))).scaleb(-2)
    return heat, Decimal(round(100000 * rng.normal(0.0263, 0.00015))).scaleb(-5)


def _properties(papers: Papers, world: World) -> None:
    window = world.window
    years = [(date(year, 1, 1), date(year + 1, 1, 1)) for year in window.years]
    measured = [("CL_K", span, kiln_coal(world, span[0])) for span in window.months()]
    measured += [("CL_CB", span, boiler_coal(world, span[0].year)) for span in years]
    for stream, span, values in measured:
        paper = papers.paper(f"coal-laboratory-{span[0].year}")
        units = (("NCV", "GJ/t", values[0]), ("carbon_content", "tC/GJ", values[1]))
        for name, unit, value in units:
            papers.add("properties.csv", stream=stream, start=span[0], end=span[1], property=name, value=text(value),
                       unit=unit, sigma_pct="0.5", evidence=paper)  # fmt: skip
    for span in window.months():
        moisture = draw(world.seed, f"moisture {span[0]}").uniform(7.0, 12.0)
        papers.add("properties.csv", stream="CL_Y08", start=span[0], end=span[1], property="moisture",
                   value=f"{moisture:.1f}", unit="%", sigma_pct="", evidence="")  # fmt: skip


def _stocks(papers: Papers, world: World) -> None:
    days = [span[0] for span in world.window.months()] + [world.window.end]
    for node, commodity in world.goods.stocks:
        for day in days:
            amount = text(exact(world.goods.stock(node, commodity, day), 2))
            papers.add("stocks.csv", node=node, commodity=commodity, time=day, amount=amount, unit="t",
                       evidence=papers.paper(f"stock-taking-{day.year}"))  # fmt: skip


def _facts(papers: Papers, window: Window) -> None:
    people = {"E01": 620, "E02": 310, "E03": 280, "E04": 450, "E05": 240, "E06": 330, "E07": 210, "E08": 260,
              "E09": 540, "E10": 46, "E11": 120, "E12": 60}  # fmt: skip
    for year in window.years:
        span = {"from": date(year, 1, 1), "to": date(year + 1, 1, 1)}
        for node, heads in people.items():
            value = heads + 3 * (year - 2023)
            papers.add("facts.csv", subject=node, quantity="headcount", **span, value=value, unit="person", evidence="")
            output = heads * 160 + 900 * (year - 2023)
            papers.add("facts.csv", subject=node, quantity="output_value", **span, value=output, unit="1e4 CNY",
                       evidence="")  # fmt: skip


def _prices(papers: Papers) -> None:
    for subject, component, value, unit in (
        ("EL_GRID_U01", "energy", "0.6480", "kWh"), ("EL_GRID_E01", "energy", "0.6610", "kWh"),
        ("EL_WIND_U01", "energy", "0.4120", "kWh"), ("natural_gas", "delivered", "3.42", "Nm3"),
        ("bituminous", "delivered", "865", "t"), ("fresh_water", "delivered", "3.10", "m3"),
    ):  # fmt: skip
        papers.add("prices.csv", subject=subject, component=component, **{"from": "2023-01-01", "to": ""}, value=value,
                   currency="CNY", unit=unit, note="synthetic")  # fmt: skip


def _observations(papers: Papers, world: World) -> None:
    for day, content in zip(world.window.dates().astype(object), world.stored[::QUARTERS], strict=False):
        papers.add("observations/battery.csv", subject="BAT", quantity="energy_stored", time=f"{day}T00:00",
                   value=text(exact(int(content), 1)), unit="kWh")  # fmt: skip
