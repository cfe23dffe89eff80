"""The side of a report's page: shares of the emission, and thirteen months of the line in question."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from lingtan.web.reporting.checks import written
from lingtan.web.reporting.report import NOUGHTS, Answer, Report, ReportLine, State

if TYPE_CHECKING:
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.bundle import Bundle, Row


def focus(loaded: Bundle) -> Row | None:
    """Return the line that the drawing shows: a returned one, else the one furthest from the meter, else the first."""
    with_meter = [row for row in loaded.rows if any(value is not None for _month, value in row.near.months)]
    returned = [row for row in with_meter if row.returned]
    off = sorted((row for row in with_meter if row.off is not None), key=lambda row: -abs(row.off or 0))
    return (returned or off or with_meter or [None])[0]


def parts(loaded: Bundle) -> list[tuple[float, float, str]]:
    """Return the shares of the emission as (left, width, class) in per cent; negative parts are not drawn."""
    known = [(row.co2, row) for row in loaded.rows if row.co2 is not None and row.co2 > 0]
    whole = sum((co2 for co2, _row in known), Decimal(0))
    drawn, left = [], 0.0
    for co2, row in sorted(known, key=lambda pair: -pair[0]):
        width = float(co2 / whole * 100)
        drawn.append((round(left, 2), round(width, 2), colour(row)))
        left += width
    return drawn


def colour(row: Row) -> str:
    """Return the colour class of a line's commodity."""
    word = row.line.stream.commodity if row.line.stream_id else ""
    for part, name in _COLOURS:
        if part in word:
            return f"c-{name}"
    return "c-node"


_COLOURS = (
    ("electricity", "elec-grid"), ("steam", "heat"), ("heat", "heat"), ("gas", "gas"), ("coal", "coal"),
    ("bituminous", "coal"), ("coke", "coal"), ("diesel", "diesel"), ("petrol", "diesel"), ("water", "water"),
    ("clinker", "process"), ("waste", "waste"), ("cool", "cooling"), ("bio", "biomass"), ("hydrogen", "hydrogen"),
)  # fmt: skip


def months(row: Row, report: Report, access: Access) -> dict[str, Any]:
    """Return thirteen months of a line as a chart: bars are metered, the dotted line is what was reported."""
    told = _reported(row, report, access)
    names = [month for month, _value in row.near.months]
    return {
        "title": _("Thirteen months: %(item)s") % {"item": row.line},
        "unitline": _("%(unit)s · bars metered, dotted line reported") % {"unit": written(row.line.unit)},
        "unit": written(row.line.unit),
        "months": names,
        "series": [
            {"name": _("metered"), "color": "q-metered", "values": [_float(value) for _m, value in row.near.months]}
        ],
        "line": {"name": _("reported"), "values": [_float(told.get(name)) for name in names]},
    }


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _reported(row: Row, report: Report, access: Access) -> dict[str, Decimal]:
    """Return what the enterprise reported of a line by month, the newest accepted version; the open one for now."""
    rows = (
        ReportLine.objects.visible_to(access)
        .filter(line__code=row.line.code, report__enterprise=report.enterprise_id)
        .filter(report__form__code=report.form.code, report__state=State.ACCEPTED, unit=row.line.unit)
        .exclude(answer=Answer.EMPTY)
        .order_by("report__revision")
        .values_list("report__period", "answer", "amount")
    )
    told = {f"{period:%Y-%m}": Decimal(0) if answer in NOUGHTS else amount for period, answer, amount in rows}
    if row.value is not None:
        told[f"{report.period:%Y-%m}"] = row.value
    return told
