"""Payloads of the room's charts, in the shapes of ``static/app/charts.js``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from lingtan.web.account.methods import BY_KEY
from lingtan.web.account.pages.rows import said
from lingtan.web.account.run import Run
from lingtan.web.kernel.language import chinese

KILO = 1000


def labels(year: int) -> list[str]:
    """Return the months of a year."""
    return [f"{year}-{month:02d}" for month in range(1, 13)]


def months(run: Run, before: Run | None) -> dict[str, Any]:
    """Return the months of a run stacked by source [kt CO2], with the comparison year as a line."""
    at = labels(run.year)
    told = run.more["by_month"]
    series = [
        {
            "name": said(group),
            "color": group["token"],
            "values": [_kilo(group["t"].get(month)) for month in at],
            "estimated": [group["group"] in told.get(month, {}).get("estimated", ()) for month in at],
        }
        for group in run.more["months"]
    ]
    made: dict[str, Any] = {
        "title": _("Where each month's CO₂ comes from"),
        "unitline": _("kt CO₂ · hatched = with estimates · below zero = sent out"),
        "unit": "kt",
        "months": at,
        "series": series,
        "coverage": [told.get(month, {}).get("known") for month in at],
        "stack": True,
    }
    if before is not None:
        values = before.result["by_month"]
        made["line"] = {"name": str(before.year), "values": [_kilo(values.get(one)) for one in labels(before.year)]}
    return made


def own_months(run: Run, code: str) -> dict[str, Any] | None:
    """Return the months of one enterprise's own emission [t CO2]; None where it has none by month."""
    stacks = run.more["nodes"].get(code, {}).get("months", {})
    groups = {group["group"]: group for group in run.more["months"]}
    at = labels(run.year)
    series = [
        {"name": said(group), "color": group["token"], "values": [stacks[key].get(month) for month in at]}
        for key, group in groups.items()
        if any(stacks.get(key, {}).values())
    ]
    if not series:
        return None
    return {
        "title": _("Which months, which sources?"),
        "unitline": _("t CO₂, the enterprise's own fuels and processes"),
        "unit": "t",
        "months": at,
        "series": series,
        "stack": True,
    }


def bridge(run: Run, other: str) -> dict[str, Any]:
    """Return the steps from a run's total to the same year under another method [t CO2e]; they add up exactly."""
    told = run.more["bridges"][other]
    names = {run.variant: BY_KEY[run.variant].short, other: BY_KEY[other].short}
    steps = [
        {"name": _named(step["zh"] if chinese() else step["en"], run, other), "value": step["amount_t"], "note": ""}
        for step in told["steps"]
    ]
    ends = (told["before"]["co2e_t"], told["after"]["co2e_t"])
    rows = [
        {"name": str(names[run.variant]), "value": ends[0], "sum": True, "color": "elec-grid"},
        *steps,
        {"name": str(names[other]), "value": ends[1], "sum": True, "color": "node"},
    ]
    return {
        "title": _("What differs under another method"),
        "unitline": _("t CO₂e, step by step from this method to the other; the steps add up exactly"),
        "unit": "t",
        "rows": rows if None not in ends else [],
        "lying": True,
        "good": "down",
    }


def _named(text: str, run: Run, other: str) -> str:
    """Return a step's sentence with the methods called as people do."""
    for key in (run.variant, other):
        text = text.replace(BY_KEY[key].method, str(BY_KEY[key].short))
    return text[:1].upper() + text[1:]


def _kilo(value: float | None) -> float | None:
    return None if value is None else value / KILO
