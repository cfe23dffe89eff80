"""What is missing from a report and what is odd in it: pure, over its lines and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from lingtan.ledger import units
from lingtan.ledger.expression import ExpressionError, parse
from lingtan.web.kernel.figures import THIN, number
from lingtan.web.reporting.beside import Beside
from lingtan.web.reporting.report import NOUGHTS, Answer

#: code -> (words, whether the report cannot be submitted while it stands, whether a reason settles it)
DOUBTS: dict[str, tuple[Any, bool, bool]] = {
    "not_filled": (_("Not filled in. If nothing occurred, say so; an empty field is never taken as 0."), True, False),
    "no_metered": (_("The meter gives no amount for this period yet."), True, False),
    "no_evidence": (_("Evidence is missing: %(evidence)s."), True, False),
    "off_metered": (_("%(share)s against the meter (%(difference)s %(unit)s); tolerance %(limit)s %%."), True, True),
    "off_last_year": (_("%(share)s against last year; tolerance %(limit)s %%."), True, True),
    "below": (_("Below %(limit)s %(unit)s, the least expected."), True, True),
    "above": (_("Above %(limit)s %(unit)s, the most expected."), True, True),
    "nought_but_metered": (_("Said to be nothing, but the meter shows %(amount)s %(unit)s."), True, True),
    "why_nought": (_("Please say since when and why."), True, True),
    "rule": (_("%(rule)s: %(amount)s %(unit)s, expected %(low)s to %(high)s."), False, False),
    "rule_open": (_("%(rule)s cannot be checked yet: a line is not filled in."), False, False),
}


#: Units as files write them -> as people read them.
_WRITTEN = (("1e4 ", "10⁴ "), ("m3", "m³"), ("m2", "m²"), ("CO2", "CO₂"))


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing to be cleared. ``line`` is the id of the line, blank for the whole report."""

    code: str
    line: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    settled: bool = False

    @property
    def stops(self) -> bool:
        """Tell whether the report cannot be submitted while it stands."""
        return DOUBTS[self.code][1] and not self.settled

    @property
    def asks_reason(self) -> bool:
        """Tell whether a reason settles it."""
        return DOUBTS[self.code][2]

    @property
    def text(self) -> str:
        """The words, in the language of the page."""
        return str(DOUBTS[self.code][0]) % self.given


def written(unit: str) -> str:
    """Write a unit as people read it: ``1e4 Nm3`` is 10⁴ Nm³."""
    for plain, shown in _WRITTEN:
        unit = unit.replace(plain, shown)
    return unit


def value_of(row: Any) -> Decimal | None:
    """Return what a line says as a number: nought where nothing occurred, None where nothing is said."""
    return Decimal(0) if row.answer in NOUGHTS else row.amount if row.answer == Answer.GIVEN else None


def share(amount: Decimal | None, against: Decimal | None) -> Decimal | None:
    """Return the difference in per cent of what it is compared with; None where that is missing or nought."""
    return None if amount is None or not against else (amount - against) / abs(against) * 100


def check_line(row: Any, near: Beside, *, documents: int) -> list[Doubt]:
    """Return the doubts about one line; those that a reason settles are settled where one is given."""
    line, settled = row.line, bool(row.reason.strip())
    if row.answer == Answer.EMPTY:
        metered = line.source == "metered"
        return [Doubt("no_metered" if metered else "not_filled", line.code)] if line.needed else []
    if row.answer in NOUGHTS:
        found = [Doubt("why_nought", line.code, {}, settled)] if row.answer != Answer.ZERO else []
        if near.metered:
            given = {"amount": number(near.metered), "unit": written(line.unit)}
            found.append(Doubt("nought_but_metered", line.code, given, settled))
        return found
    found = list(_compared(row, near, settled))
    if line.evidence and not documents and line.source != "metered":
        found.append(Doubt("no_evidence", line.code, {"evidence": line.evidence}))
    return found


def _compared(row: Any, near: Beside, settled: bool) -> Iterable[Doubt]:
    line, amount = row.line, row.amount
    off, change = share(amount, near.metered), share(amount, near.last_year)
    if off is not None and line.metered_pct is not None and abs(off) > line.metered_pct:
        given = {
            "share": _signed(off), "difference": signed(amount - near.metered), "unit": written(line.unit),
            "limit": number(line.metered_pct),
        }  # fmt: skip
        yield Doubt("off_metered", line.code, given, settled)
    if change is not None and line.last_year_pct is not None and abs(change) > line.last_year_pct:
        given = {"share": _signed(change), "limit": number(line.last_year_pct)}
        yield Doubt("off_last_year", line.code, given, settled)
    for code, limit, wrong in (
        ("below", line.low, line.low is not None and amount < line.low),
        ("above", line.high, line.high is not None and amount > line.high),
    ):
        if wrong:
            yield Doubt(code, line.code, {"limit": number(limit), "unit": written(line.unit)}, settled)


def check_rules(rules: Sequence[Any], rows: Iterable[Any]) -> list[Doubt]:
    """Return the doubts about the relations between lines; a rule with an unknown line is open, never passed."""
    rows = list(rows)
    values = {row.line.code: value_of(row) for row in rows}
    measures = {row.line.code: row.line.unit for row in rows}
    found = []
    for rule in rules:
        given = {
            "rule": str(rule), "unit": written(rule.unit), "low": _limit(rule.low), "high": _limit(rule.high),
            "amount": "",
        }  # fmt: skip
        if not _concerns(rule, values):
            continue
        amount = _evaluated(rule, values, measures)
        if amount is None:
            found.append(Doubt("rule_open", "", given))
        elif (rule.low is not None and amount < rule.low) or (rule.high is not None and amount > rule.high):
            found.append(Doubt("rule", "", {**given, "amount": number(amount)}))
    return found


def _concerns(rule: Any, values: Mapping[str, Decimal | None]) -> bool:
    """Tell whether all lines of a rule are lines of this report: a form of several enterprises has rules of each."""
    try:
        return bool(parse(rule.expression, values).names)
    except ExpressionError:
        return False


def _evaluated(rule: Any, values: Mapping[str, Decimal | None], measures: Mapping[str, str]) -> Decimal | None:
    try:
        expression = parse(rule.expression, values)
        amount = expression.evaluate(values)
        return None if amount is None else units.convert(amount, expression.unit(measures), rule.unit or "1")
    except (ExpressionError, units.UnitError):
        return None


def _limit(value: Decimal | None) -> str:
    return "…" if value is None else number(value)


def signed(value: Decimal, digits: int | None = None) -> str:
    """Return a figure with its sign, also where it is more."""
    text = number(value, digits=digits)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def _signed(value: Decimal) -> str:
    return f"{signed(value, 1)}{THIN}%"
