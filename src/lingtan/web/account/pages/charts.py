"""Payloads of the room's charts, in the shapes of ``static/app/charts.js``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from lingtan.trace.words import name as word_of
from lingtan.web.account.methods import BY_KEY
from lingtan.web.account.pages.rows import said
from lingtan.web.account.part import LEAST_T, Part, stacks_of
from lingtan.web.account.run import Run
from lingtan.web.kernel.language import chinese
from lingtan.web.period import Period, shifted

KILO = 1000


def labels(part: Part) -> list[str]:
    """Return the months of the years that a period touches."""
    return [f"{run.year}-{month:02d}" for run in part.runs for month in range(1, 13)]


def months(part: Part, former: Part | None) -> dict[str, Any]:
    """Return the months of the period's years stacked by source [kt CO2], with those of the comparison as a line."""
    at = labels(part)
    told = {month: one for run in part.runs for month, one in run.more["by_month"].items()}
    groups = {group["group"]: group for run in part.runs for group in run.more["months"]}
    held = {key: _merged(group["t"] for run in part.runs for group in run.more["months"] if group["group"] == key)
            for key in groups}  # fmt: skip
    series = [
        {
            "name": said(group),
            "color": group["token"],
            "values": [_kilo(held[key].get(month)) for month in at],
            "estimated": [key in told.get(month, {}).get("estimated", ()) for month in at],
        }
        for key, group in groups.items()
    ]
    made: dict[str, Any] = {
        "title": _("Where each month's CO₂ comes from"),
        "unitline": _("kt CO₂ · hatched = with estimates · below zero = sent out") + _chosen(part),
        "unit": "kt",
        "months": at,
        "series": series,
        "faded": [] if part.whole else [month not in part.months for month in at],
        "coverage": [told.get(month, {}).get("known") for month in at],
        "stack": True,
        "empty": _("No source of this account is known by month; its figures of the year stand in the account."),
    }
    line = _line(part, former, len(at))
    return {**made, "line": line} if line else made


def _chosen(part: Part) -> str:
    return "" if part.whole else _(" · strong = %(period)s") % {"period": part.period}


def _line(part: Part, former: Part | None, count: int) -> dict[str, Any] | None:
    """Return the comparison's months, moved to where the period's own months stand."""
    if former is None:
        return None
    values = _merged(run.result["by_month"] for run in former.runs)
    start, other = part.period.start, former.period.start
    back = (start.year - other.year) * 12 + start.month - other.month
    first = Period.of_months(part.period.start.replace(month=1, day=1), count)
    wanted = Period.of_months(shifted(first.start, -back), count).months
    name = str(former.run.year) if back % 12 == 0 else former.period.text if back < 12 else _("compared")
    return {"name": name, "values": [_kilo(values.get(one)) for one in wanted]}


def _merged(held: Iterable[Mapping[str, float | None]]) -> dict[str, float | None]:
    return {month: value for one in held for month, value in one.items()}


def own_months(part: Part, code: str) -> dict[str, Any] | None:
    """Return the months of one enterprise's own emission [t CO2]; None where it has none by month."""
    groups = {group["group"]: group for run in part.runs for group in run.more["months"]}
    at = labels(part)
    held = {key: _merged(stacks_of(run, code).get(key, {}) for run in part.runs) for key in groups}
    series = [
        {"name": said(group), "color": group["token"], "values": [held[key].get(month) for month in at]}
        for key, group in groups.items()
        if any(held[key].values())
    ]
    if not series:
        return None
    return {
        "title": _("Which months, which sources?"),
        "unitline": _("t CO₂, the enterprise's own fuels and processes") + _chosen(part),
        "unit": "t",
        "months": at,
        "series": series,
        "faded": [] if part.whole else [month not in part.months for month in at],
        "stack": True,
    }


def composition(part: Part) -> dict[str, Any]:
    """Return by month how much of the time of the account's inputs is measured, reported, estimated, missing [%]."""
    at = labels(part)
    told = {month: one.get("how") for run in part.runs for month, one in run.more["by_month"].items()}
    shares = {month: [100 * part / sum(how) for part in how] for month, how in told.items() if how and sum(how)}
    names = (_("metered"), _("reported"), _("estimated"), _("missing"))
    tokens = ("q-metered", "q-reported", "q-estimated", "act")
    series = [
        {"name": str(name), "color": token,
         "values": [shares[month][number] if month in shares else None for month in at]}
        for number, (name, token) in enumerate(zip(names, tokens, strict=True))
    ]  # fmt: skip
    return {
        "title": _("On what does each month rest?"),
        "unitline": _("% of the time of all inputs") + _chosen(part),
        "unit": "%",
        "top": 100,
        "months": at,
        "series": series,
        "faded": [] if part.whole else [month not in part.months for month in at],
        "stack": True,
        "empty": _("This account was drawn before its data was told by month; draw it anew to see it."),
    }


def bridge_of(part: Part, other: Part | None, key: str) -> dict[str, Any]:
    """Return the bridge to another method: named reasons for a year, differences by category for other periods."""
    if part.whole:
        return bridge(part.run, key)
    names = {part.run.variant: BY_KEY[part.run.variant].short, key: BY_KEY[key].short}
    rows: list[dict[str, Any]] = []
    ends = (part.totals["co2e_t"], other.totals["co2e_t"] if other else None)
    if other is not None and ends[0] is not None and ends[1] is not None:
        rows = _by_category(part, other, ends[1] - ends[0])
        rows.insert(0, {"name": str(names[part.run.variant]), "value": ends[0], "sum": True, "color": "elec-grid"})
        rows.append({"name": str(names[key]), "value": ends[1], "sum": True, "color": "node"})
    return {
        "title": _("What differs under another method"),
        "unitline": _("t CO₂e by category; the named reasons are known for whole years"),
        "unit": "t",
        "rows": rows,
        "lying": True,
        "good": "down",
        "empty": _("The other method has no account of every year of this period."),
    }


def _by_category(part: Part, other: Part, apart: float) -> list[dict[str, Any]]:
    """Return what each category differs by; what no category tells stands last, so that the steps add up."""
    lang = "zh" if chinese() else "en"
    steps = []
    for category in dict.fromkeys((*part.by_category, *other.by_category)):
        differs = (other.by_category.get(category) or 0.0) - (part.by_category.get(category) or 0.0)
        if abs(differs) >= LEAST_T:
            steps.append({"name": word_of(category, lang), "value": differs, "note": ""})
    left = apart - sum(step["value"] for step in steps)
    if abs(left) >= LEAST_T:
        steps.append({"name": _("other views of the same energy"), "value": left, "note": ""})
    return steps


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
