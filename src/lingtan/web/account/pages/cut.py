"""What a figure is in a period shorter than its year, from what the run holds by month; never spread over months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lingtan.web.account.part import added, stacks_of
from lingtan.web.account.run import Figure, MonthFlow, Run
from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.period import Period

Months = Mapping[str, float | None]
_TERMS = {"total:energy_tce_equivalent": "equivalent", "total:energy_tce_calorific": "calorific"}


@dataclass(frozen=True, slots=True)
class Cut:
    """A figure in a period: its value, the year's months (word, value, inside), and whether it is known by month."""

    period: Period
    value: float | None
    months: list[tuple[str, float | None, bool]]

    @property
    def by_month(self) -> bool:
        """Tell whether the run holds the figure by month."""
        return bool(self.months)


def cut_of(request: ParkRequest, figure: Figure) -> Cut | None:
    """Return a figure in the period of the address; None where that is its year. Of another year only its own part."""
    period = Period.read(request.GET.get("period", ""))
    if period is None or period.kind == "year":
        return None
    held = by_month(request, figure)
    at = [f"{figure.year}-{month:02d}" for month in range(1, 13)]
    inside = [month for month in at if month in period.months]
    if not inside:
        return None
    if figure.name == "total:co2_t_per_tce":
        co2, tce = (added(one.get(month) for month in inside) for one in _ratio(figure.run))
        return Cut(period, co2 / tce if co2 is not None and tce else None, _rows(at, inside, held))
    return Cut(period, added(held.get(month) for month in inside), _rows(at, inside, held))


def _rows(at: list[str], inside: list[str], held: Months) -> list[tuple[str, float | None, bool]]:
    return [(month, held.get(month), month in inside) for month in at] if held else []


def by_month(request: ParkRequest, figure: Figure) -> Months:
    """Return month -> value of a figure; nothing where the run does not hold it by month."""
    kind, _colon, key = figure.name.partition(":")
    run = figure.run
    if kind == "flow":
        rows = MonthFlow.objects.visible_to(request.access).filter(run=run.with_flows, stream=figure.stream)
        return {row.month: None if row.amount is None else float(row.amount) for row in rows}
    if kind == "node":
        return _sum(list(stacks_of(run, key).values()))
    if figure.name in ("total:co2_t", "total:co2e_t"):
        return dict(run.result["by_month"])
    if figure.name in _TERMS:
        return _energy(run, _TERMS[figure.name])
    if figure.name == "total:co2_t_per_tce":
        co2, tce = _ratio(run)
        return {month: (co2[month] or 0.0) / (tce[month] or 0.0) for month in co2 if co2[month] and tce.get(month)}
    return _sum([line["months"] for line in _lines(run, kind, key)])


def _ratio(run: Run) -> tuple[Months, Months]:
    return run.result["by_month"], _energy(run, "equivalent")


def _energy(run: Run, word: str) -> Months:
    return _sum([term.get("months", {}).get(word, {}) for term in run.more["energy"] if term["counted"]])


def _lines(run: Run, kind: str, key: str) -> list[dict[str, Any]]:
    """Return the lines that a line, a source or a category is made of."""
    rows = run.more["ledger"]
    if kind == "line":
        return [line for row in rows for line in row["lines"] if line["id"] == key]
    word = {"source": "key", "category": "category"}.get(kind)
    return [line for row in rows if word and row[word] == key for line in row["lines"]]


def _sum(held: list[Months]) -> Months:
    made: dict[str, float | None] = {}
    for one in held:
        for month, value in one.items():
            if value is not None:
                made[month] = (made.get(month) or 0.0) + value
    return dict(sorted(made.items()))
