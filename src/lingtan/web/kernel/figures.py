"""The one formatter of figures and periods; ``static/app/figures.js`` is the same for the browser (a test compares)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

Number = Decimal | float | int | str
MINUS, THIN, NONE = "\u2212", "\u2009", "\u2014"
#: Below the first a total is a lower limit, below the second there is none: only what is known.
FULL, ENOUGH = Decimal("0.95"), Decimal("0.80")
PLACES = {"ratio": 2, "share": 1, "uncertainty": 1, "money": 2}


def decimal(value: Number) -> Decimal:
    """Return a number as the decimal that a person would write; floats by their shortest text."""
    return value if isinstance(value, Decimal) else Decimal(str(value).strip())


def _places(value: Decimal, kind: str) -> int:
    """Return the decimals of a total: whole from 100 upwards, else three figures; money whole from 1,000."""
    if kind == "money":
        return 0 if abs(value) >= 1000 else 2
    if kind in PLACES:
        return PLACES[kind]
    return 0 if abs(value) >= 100 or value == 0 else 2 - value.adjusted()


def number(value: Number, kind: str = "total", digits: int | None = None) -> str:
    """Return the figure without its unit.

    ``kind``: ``total`` (whole from 100, else three figures), ``ratio`` (two decimals), ``share`` and ``uncertainty``
    (a fraction shown in per cent, one decimal), ``factor`` (as published), ``money`` (whole from 1,000, else cents).
    ``digits`` overrides the decimals. Halves are rounded away from zero; a total under 0.0005 in size is ``<0.001``,
    a share that is not whole never ``100.0``.
    """
    amount = decimal(value)
    if not amount.is_finite():
        return NONE
    if kind in {"share", "uncertainty"}:
        amount *= 100
    if digits is None and kind == "factor":
        return f"{amount:,f}".replace("-", MINUS)
    if digits is None and kind == "total" and 0 < abs(amount) < Decimal("0.0005"):
        return "<0.001" if amount > 0 else f"{MINUS}<0.001"
    if digits is None and kind == "share" and Decimal("99.95") <= amount < 100:
        return ">99.9"
    places = _places(amount, kind) if digits is None else digits
    shown = f"{amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,f}"
    if kind == "total" and digits is None and "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown.replace("-", "" if not shown.strip("-0.,") else MINUS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure in words: what stands before it, the figure, its unit, and why it is not the whole."""

    text: str
    unit: str = ""
    before: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.before}{self.text}{THIN + self.unit if self.unit else ''}"


def shown(
    value: Number | None, *, kind: str = "total", unit: str = "", digits: int | None = None,
    coverage: Number | None = None, empty: bool = False,
) -> Shown:  # fmt: skip
    """Return a figure with its unit and what its coverage (a fraction) allows to say; None is never 0."""
    if value is None or value == "":
        return Shown(_("not filled") if empty else NONE)
    text = number(value, kind, digits)
    unit = "%" if kind in {"share", "uncertainty"} and not unit else unit
    known = None if coverage is None else decimal(coverage)
    if text == NONE or known is None or known >= FULL:
        return Shown(text, "" if text == NONE else unit)
    share = {"share": f"{number(1 - known, 'share')}{THIN}%"}
    if known >= ENOUGH:
        return Shown(text, unit, "≥" + THIN, _("%(share)s of the data is missing") % share)
    return Shown(text, unit, _("known: "), _("no total: %(share)s of the data is missing") % share)


def amount(value: Number | None, kind: str = "total", unit: str = "", **more: Any) -> str:
    """Return a figure as text, ``548,219 t``; see `shown` for the rest."""
    return str(shown(value, kind=kind, unit=unit, **more))


def change(now: Number | None, before: Number | None) -> Decimal | None:
    """Return the change as a fraction of what was before; None where there is nothing to compare with."""
    if now in (None, "") or before in (None, "") or not decimal(before):
        return None
    return (decimal(now) - decimal(before)) / abs(decimal(before))


def day(value: date | datetime | None) -> str:
    """Return a date, or a date with the minute in the zone of the page, as tables show it: ``2026-01-06 09:12``."""
    if value is None:
        return NONE
    if not isinstance(value, datetime):
        return value.isoformat()
    return (timezone.localtime(value) if timezone.is_aware(value) else value).strftime("%Y-%m-%d %H:%M")


def period(value: str) -> str:
    """Return a period (``2025``, ``2025-Q1``, ``2025-03``, ``2025-03-09``, two by dots) in words of the page."""
    first, _dots, last = value.partition("..")
    if last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    year, _q, quarter = value.partition("-Q")
    if quarter:
        return _("Q%(number)s %(year)s") % {"number": quarter, "year": year}
    written = (pgettext("date format", "Y"), pgettext("date format", "F Y"), pgettext("date format", "j F Y"))
    parts = [int(part) for part in first.split("-")]
    return date_format(date(*[*parts, 1, 1][:3]), written[len(parts) - 1])
