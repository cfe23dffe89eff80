"""The seven national indicators: value or honest range where runs hold what they need, else what is missing.

A range is shown where what is known leaves two readings open; it meets its target only where both ends do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from lingtan.reference import library
from lingtan.web.account.pages.sankey import flows_of
from lingtan.web.account.part import Part
from lingtan.web.kernel import figures
from lingtan.web.kernel.pages import ParkRequest

CORE = "co2_t_per_tce"
GREEN_TARGET, CLEAN_TARGET, WASTE_TARGET, WATER_TARGET = 50, 90, 80, 80
#: What becomes of waste: used, surely not used; anything else may be either.
USED = frozenset({"process_input", "final_fuel", "conversion_input", "feedstock", "heat_supply", "power_generation"})
NOT_USED = frozenset({"landfill", "incineration", "storage_in"})
_BIO = "bio"


@dataclass(frozen=True, slots=True)
class Span:
    """What can be said of an indicator [%]: from ``low`` to ``high`` (None: not known), and on what it rests."""

    low: float
    high: float | None
    note: str


def indicators(request: ParkRequest, part: Part, share: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the seven; ``share`` is the direct green supply as the overview shows it."""
    return [
        _core(part),
        _green(part, share),
        _shown(_("Clean energy share"), CLEAN_TARGET, clean(request, part),
               _("needs every energy term of the account; this method has none")),
        _missing(_("Products at level 2 or better"), "100 %", _("needs output and limit value of each product")),
        _shown(_("Solid waste used"), WASTE_TARGET, waste(request, part),
               _("needs the amounts of waste made, every month")),
        _missing(_("Waste heat, cold, pressure used"), "≥ 50 %", _("needs what could be recovered at each process")),
        _shown(_("Water reused by industry"), WATER_TARGET, water(request, part),
               _("needs fresh, reclaimed and circulating water, every month")),
    ]  # fmt: skip


def _core(part: Part) -> dict[str, Any]:
    value, limit = part.totals.get(CORE), part.run.more["band"]
    known = (part.coverage.get("known") or 0) >= 0.8
    word = "unknown" if value is None or limit is None or not known else "met" if value <= limit else "gap"
    row = {
        "name": _("CO₂ per unit energy"), "value": value, "unit": "", "kind": "ratio", "word": word,
        "wanted": f"≤ {figures.number(limit, 'ratio')}" if limit is not None else _("no band"),
        "explain": f"total:{CORE}", "run": part.run.pk, "target": limit, "top": max(value or 0, limit or 0) * 1.1 or 1,
    }  # fmt: skip
    return row if value is not None else {**row, "missing": _("needs an energy total by month or year")}


def _green(part: Part, share: dict[str, Any]) -> dict[str, Any]:
    row = {
        "name": _("Direct green supply"), "value": share["value"], "unit": "%", "digits": 1, "kind": "total",
        "wanted": f"≥ {GREEN_TARGET} %", "word": "met" if share["met"] else "gap", "explain": "share:direct_green",
        "run": share["run"], "target": GREEN_TARGET, "top": 100,
    }  # fmt: skip
    if share["value"] is not None:
        return row
    return {**row, "word": "unknown", "missing": _("needs the amount of every power supply")}


def _missing(name: str, wanted: str, why: str) -> dict[str, Any]:
    return {"name": name, "wanted": wanted, "word": "unknown", "missing": why}


def _shown(name: str, target: int, span: Span | None, why: str) -> dict[str, Any]:
    """Return an indicator that asks for at least ``target`` per cent."""
    wanted = f"≥ {target} %"
    if span is None:
        return _missing(name, wanted, why)
    short = span.high is not None and span.high < target
    word = "met" if span.low >= target else "gap" if short else "unknown"
    low = figures.number(span.low, digits=1)
    high = figures.number(span.high, digits=1) if span.high is not None else low
    shown = f"≥ {low}" if span.high is None else low if low == high else f"{low}–{high}"
    return {
        "name": name, "value": span.low, "unit": "%", "wanted": wanted, "word": word, "note": span.note,
        "shown": shown, "target": target, "top": 100,
    }  # fmt: skip


def _lineage(code: str) -> tuple[str, ...]:
    known = library().commodities.get(code)
    return tuple(known.lineage) if known is not None else (code,)


def clean(request: ParkRequest, part: Part) -> Span | None:
    """Return the share of clean energy in the energy total [tce, equivalent value].

    Clean for certain: own power that burns nothing, power by direct green lines, biomass. The notice leaves natural gas
    open, so it makes the upper end; grid power counts as not clean, whatever certificates cover it.
    """
    whole = part.totals.get("energy_tce_equivalent")
    if not whole or whole <= 0:
        return None
    direct = set(
        flows_of(part, request.access).filter(stream__made_as="direct_green").values_list("stream__code", flat=True)
    )
    sure = maybe = 0.0
    for run in part.runs:
        for term in run.more["energy"]:
            tce = _tce(part, term)
            if not term["counted"] or tce is None:
                continue
            own = term["term"] in ("own_generation", "own_generation_sent")
            sure += tce if own or term["stream"] in direct or _is_bio(term) else 0.0
            maybe += tce if term["term"] == "fuel" and "natural_gas" in _lineage(term["commodity"]) else 0.0
    note = _("lower end without, upper end with natural gas; grid power counts as not clean")
    return Span(100 * sure / whole, 100 * (sure + maybe) / whole, note)


def _tce(part: Part, term: dict[str, Any]) -> float | None:
    if part.whole:
        return term["equivalent"]  # type: ignore[no-any-return]
    return part.summed([term.get("months", {}).get("equivalent", {})])


def _is_bio(term: dict[str, Any]) -> bool:
    return term["term"] == "fuel" and any(word.startswith(_BIO) for word in _lineage(term["commodity"]))


def _amounts(request: ParkRequest, part: Part, root: str) -> list[tuple[str, str, float]] | None:
    """Return commodity, use and amount of the streams of a kind; None where a month of one is not known."""
    codes = [code for code in part.run.more["commodities"] if root in _lineage(code)]
    rows = flows_of(part, request.access).filter(stream__commodity__in=codes)
    named = list(rows.values_list("stream__commodity", "stream__used_as", "amount"))
    if not named or any(amount is None for _code, _use, amount in named):
        return None
    return [(code, use, float(amount)) for code, use, amount in named]


def waste(request: ParkRequest, part: Part) -> Span | None:
    """Return the share of industrial waste that was used; waste sent to treatment may have been used or not."""
    rows = _amounts(request, part, "industrial_waste")
    if not rows:
        return None
    whole = _added(rows)
    used = sum(amount for _code, use, amount in rows if use in USED)
    surely_not = sum(amount for _code, use, amount in rows if use in NOT_USED)
    if not whole:
        return None
    note = _("of %(amount)s t recorded; upper end if all that went to treatment was used") % {
        "amount": figures.number(whole)
    }
    return Span(100 * used / whole, 100 * (whole - surely_not) / whole, note)


def water(request: ParkRequest, part: Part) -> Span | None:
    """Return the least share of water that was used again: reclaimed water only, circulation is not recorded."""
    fresh, again = (_amounts(request, part, root) for root in ("fresh_water", "reclaimed_water"))
    if not fresh or not again:
        return None
    whole = _added([*fresh, *again])
    if not whole:
        return None
    note = _("lower end: reclaimed water only; water that circulates within enterprises is not recorded")
    return Span(100 * _added(again) / whole, None, note)


def _added(rows: Iterable[tuple[str, str, float]]) -> float:
    return sum(amount for _code, _use, amount in rows)
