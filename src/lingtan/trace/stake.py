"""How much hangs on a finding, in t CO2 where the account can say so, and the order that findings are told in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from lingtan.inventory.model import Account
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Park
from lingtan.trace.context import counted_view

_LEVELS = {"error": 0, "finding": 1, "note": 2}
#: Rough energy of a unit [GJ], only to order findings where no account says their weight; never shown.
_WEIGHT: Mapping[str, Decimal] = {
    "kWh": Decimal("0.0036"),
    "MWh": Decimal("3.6"),
    "GJ": Decimal(1),
    "t": Decimal(20),
    "tce": Decimal("29.3"),
    "Nm3": Decimal("0.036"),
    "m3": Decimal("0.001"),
}
_CARBON_UNITS = ("t CO2", "tCO2", "t CO₂", "tCO2e", "t CO2e")


def intensities(account: Account) -> dict[tuple[str, str], Decimal]:
    """Return (stream, unit) -> t CO2 per unit of flow, from the account's lines."""
    amount: dict[tuple[str, str], Decimal] = {}
    emitted: dict[tuple[str, str], Decimal] = {}
    view = counted_view(account)
    for line in account.lines:
        if line.co2e_t is None or line.view not in ("", view):
            continue
        for part in line.inputs[:1]:
            key = (line.stream, part.unit)
            amounts = [abs(item.amount) for item in line.inputs if item.amount is not None]
            amount[key] = amount.get(key, Decimal(0)) + sum(amounts, Decimal(0))
            emitted[key] = emitted.get(key, Decimal(0)) + abs(line.co2e_t)
    return {key: emitted[key] / total for key, total in amount.items() if total}


def at_stake(
    finding: Finding, weights: Mapping[tuple[str, str], Decimal], streams: Mapping[str, str]
) -> Decimal | None:
    """Return what hangs on ``finding`` [t CO2]; None where it cannot be said.

    ``weights`` come from :func:`intensities`; ``streams`` maps points to their streams.
    """
    if finding.amount is None:
        return None
    if finding.unit in _CARBON_UNITS:
        return abs(finding.amount)
    stream = finding.where.stream or streams.get(finding.where.point, "")
    weight = weights.get((stream, finding.unit))
    return abs(finding.amount) * weight if weight is not None else None


def point_streams(park: Park) -> dict[str, str]:
    """Return point -> stream of a park."""
    pairs = [(meter.point, meter.stream) for meter in park.meters]
    return {**dict(pairs), **{point.point: point.stream for point in park.virtual}}


def about(
    findings: Iterable[Finding], start: datetime, end: datetime, *, quiet: frozenset[str] = frozenset()
) -> list[Finding]:
    """Return the findings that touch [start, end); one without time concerns every year.

    ``quiet`` are streams that a method leaves out by purpose: that nobody speaks for them is no hole of its account
    and becomes a note.
    """

    def touches(finding: Finding) -> bool:
        before = finding.end is not None and finding.end <= start
        return not (before or (finding.start is not None and finding.start >= end))

    def told(finding: Finding) -> Finding:
        idle = finding.code == "flow_missing" and finding.where.stream in quiet
        return replace(finding, level="note") if idle else finding

    return [told(finding) for finding in findings if touches(finding)]


def merged(
    findings: Iterable[Finding], *, park: Park | None = None, account: Account | None = None
) -> tuple[Finding, ...]:
    """Return findings without repetitions: by what hangs on them, largest first, then by code; notes come last.

    With an account the weight is t CO2 on the stream concerned; else a rough energy content, for the order only.
    Errors whose weight is unknown stand before all.
    """
    unique = {_identity(finding): finding for finding in findings}
    weights = intensities(account) if account else {}
    streams = point_streams(park) if park else {}

    def key(finding: Finding) -> tuple[object, ...]:
        stake = at_stake(finding, weights, streams)
        rough = (
            abs(finding.amount) * _WEIGHT.get(finding.unit, Decimal(0)) if finding.amount is not None else Decimal(0)
        )
        first = finding.level == "error" and finding.amount is None
        where = finding.where
        return (
            finding.level == "note",
            not first,
            -(stake if stake is not None else Decimal(0)),
            -rough,
            _LEVELS[finding.level],
            finding.code,
            where.file,
            where.line or 0,
            where.stream,
            where.point,
            str(finding.start),
        )

    return tuple(sorted(unique.values(), key=key))


def _identity(finding: Finding) -> tuple[object, ...]:
    return (finding.code, finding.level, finding.message, finding.where, finding.start, finding.end, finding.amount)
