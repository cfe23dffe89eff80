"""The register: lots issued, transferred, retired and cancelled; what goes beyond a holding is refused."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from lingtan.ledger import units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import CertificateEvent

COVERING = ("GEC", "green_trade")
"""Kinds whose retirement covers power; allowances, CCER and credits never do."""
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Retired:
    """A retirement that stands; ``amount`` in the unit of the register: kWh for the covering kinds."""

    event: CertificateEvent
    amount: Decimal


@dataclass(slots=True)
class _Lot:
    """A lot while the events run: amounts by holder in the order they came to hold, serials issued, rows so far."""

    kind: str
    unit: str
    generator: str
    held: dict[str, Decimal] = field(default_factory=dict)
    serials: list[tuple[int, int]] = field(default_factory=list)
    rows: list[CertificateEvent] = field(default_factory=list)


@dataclass(slots=True)
class _Register:
    """All lots, and the serial ranges that are in use: (purpose, kind, generator) -> sorted (from, to, position)."""

    lots: dict[str, _Lot] = field(default_factory=dict)
    ranges: dict[tuple[str, str, str], list[tuple[int, int, int]]] = field(default_factory=dict)
    rows: list[CertificateEvent] = field(default_factory=list)


def settle(events: Iterable[CertificateEvent]) -> tuple[tuple[Retired, ...], list[Finding]]:
    """Run the events by date, then row; return the retirements that stand, and what was refused.

    A holding is what a holder has of a lot: issue gives it to the row's ``holder``, transfer moves it to the row's
    ``holder`` from the others (who held first gives first), retire and cancel take it from the row's ``holder``
    (blank: from whoever holds). A refused event has no effect.
    """
    register = _Register()
    retired: list[Retired] = []
    findings: list[Finding] = []
    for event in sorted(events, key=lambda one: (one.date, one.at.file, one.at.line or 0)):
        result = _run(register, event)
        if isinstance(result, Finding):
            findings.append(result)
        elif event.event == "retire":
            retired.append(Retired(event, result))
    return tuple(retired), findings


def place_of(event: CertificateEvent) -> str:
    """``file:line`` of a row."""
    return f"{event.at.file}:{event.at.line}"


def where_of(event: CertificateEvent, *others: CertificateEvent) -> Where:
    """Place of a finding on a row, with the lines of the other rows that it names."""
    lines = (row.at.line for row in (event, *others) if row.at.line is not None)
    return Where(event.at.file, event.at.line, lines=tuple(dict.fromkeys(lines)) if others else ())


def _run(register: _Register, event: CertificateEvent) -> Decimal | Finding:
    """Apply one event, or refuse it."""
    lot = register.lots.get(event.id)
    if lot is None:
        unit = "kWh" if event.kind in COVERING else event.unit
        lot = _Lot(event.kind, unit, event.generator)
    elif lot.kind != event.kind:
        message = f"expected kind {lot.kind}, which lot {event.id} has; came {event.kind}"
        return _refused("certificate_kind", event, message, lot.rows[0])
    try:
        amount = units.convert(event.amount, event.unit, lot.unit)
    except units.UnitError as fault:
        return _refused("certificate_unit", event, f"{fault}; a certificate of 1 MWh is written with unit MWh")
    if event.event == "issue":
        return _issue(register, lot, event, amount)
    refused = _serials(register, lot, event) or _beyond(lot, event, amount)
    if refused is not None:
        return refused
    _move(lot, event, amount)
    _note(register, lot, event)
    return amount


def _issue(register: _Register, lot: _Lot, event: CertificateEvent, amount: Decimal) -> Decimal | Finding:
    """Give a lot, or more of it, to its first holder."""
    other = _taken(register, "issue", lot, event)
    if other is not None:
        return _twice(event, other)
    register.lots[event.id] = lot
    lot.held[event.holder] = lot.held.get(event.holder, _ZERO) + amount
    if event.serial_from is not None and event.serial_to is not None:
        lot.serials.append((event.serial_from, event.serial_to))
    _note(register, lot, event)
    return amount


def _beyond(lot: _Lot, event: CertificateEvent, amount: Decimal) -> Finding | None:
    """Refuse an event that is larger than the holding."""
    if event.event == "transfer":
        holding = sum((held for holder, held in lot.held.items() if holder != event.holder), _ZERO)
    else:
        holding = lot.held.get(event.holder, _ZERO) if event.holder else sum(lot.held.values(), _ZERO)
    if amount <= holding:
        return None
    who = f" of {event.holder}" if event.holder and event.event != "transfer" else ""
    shown = f"{amount.normalize():f} {lot.unit}"
    message = (
        f"{event.event} of {shown} goes beyond the holding{who} in lot {event.id}, {holding.normalize():f} {lot.unit}"
        f"{_by(lot.rows)}: correct the amount or the holder, or enter the issue or transfer that is missing"
    )
    return _refused("beyond_holding", event, message, *lot.rows, amount=amount - holding, unit=lot.unit)


def _serials(register: _Register, lot: _Lot, event: CertificateEvent) -> Finding | None:
    """Refuse serials that the lot never had, or that were retired or cancelled before."""
    if event.serial_from is None or event.serial_to is None:
        return None
    first, last = event.serial_from, event.serial_to
    if lot.serials and not _inside(first, last, lot.serials):
        message = f"serials {first} to {last} are not among those issued for lot {event.id}{_by(lot.rows[:1])}"
        return _refused("serial_outside_lot", event, message, *lot.rows[:1])
    other = _taken(register, "end", lot, event) if event.event != "transfer" else None
    return _twice(event, other) if other is not None else None


def _inside(first: int, last: int, issued: Iterable[tuple[int, int]]) -> bool:
    """Tell whether all serials from ``first`` to ``last`` were issued, in one range or in several without a hole."""
    for low, high in sorted(issued):
        if low <= first <= high:
            first = high + 1
    return first > last


def _move(lot: _Lot, event: CertificateEvent, amount: Decimal) -> None:
    """Take an amount from its holders, and give it to the next where it is a transfer."""
    if event.event == "transfer":
        givers = [holder for holder in lot.held if holder != event.holder]
    else:
        givers = [event.holder] if event.holder else list(lot.held)
    left = amount
    for holder in givers:
        part = min(left, lot.held[holder])
        lot.held[holder] -= part
        left -= part
    if event.event == "transfer":
        lot.held[event.holder] = lot.held.get(event.holder, _ZERO) + amount


def _taken(register: _Register, purpose: str, lot: _Lot, event: CertificateEvent) -> CertificateEvent | None:
    """Return an earlier row that used one of the serials for the same purpose (issue, or end: retire and cancel)."""
    if event.serial_from is None or event.serial_to is None:
        return None
    known = register.ranges.get((purpose, lot.kind, lot.generator), [])
    place = bisect_right(known, (event.serial_to, event.serial_to, len(register.rows)))
    if place and known[place - 1][1] >= event.serial_from:
        return register.rows[known[place - 1][2]]
    return None


def _note(register: _Register, lot: _Lot, event: CertificateEvent) -> None:
    """Remember an accepted row, and its serials."""
    lot.rows.append(event)
    register.rows.append(event)
    if event.event != "transfer" and event.serial_from is not None and event.serial_to is not None:
        purpose = "issue" if event.event == "issue" else "end"
        ranges = register.ranges.setdefault((purpose, lot.kind, lot.generator), [])
        insort(ranges, (event.serial_from, event.serial_to, len(register.rows) - 1))


def _by(rows: Iterable[CertificateEvent]) -> str:
    """Name rows in a message."""
    shown = ", ".join(f"{row.event} in {place_of(row)}" for row in rows)
    return f" ({shown})" if shown else " (no accepted event before)"


def _twice(event: CertificateEvent, other: CertificateEvent) -> Finding:
    """Refuse a row whose serials another row used."""
    message = (
        f"serials {event.serial_from} to {event.serial_to} of {event.kind} were used before: {other.event} of lot "
        f"{other.id} in {place_of(other)} has {other.serial_from} to {other.serial_to}. One of the two rows is wrong"
    )
    amount, unit = event.amount, event.unit
    if event.kind in COVERING:
        amount, unit = units.convert(event.amount, event.unit, "kWh"), "kWh"
    return _refused("serial_used_twice", event, message, other, amount=amount, unit=unit)


def _refused(
    code: str,
    event: CertificateEvent,
    message: str,
    *others: CertificateEvent,
    amount: Decimal | None = None,
    unit: str = "",
) -> Finding:
    """Say that a row is set aside, and why."""
    rows = [place_of(row) for row in (event, *others)]
    params = {"lot": event.id, "event": event.event, "rows": rows}
    text = f"{place_of(event)}, {event.event} of lot {event.id}, is refused: {message}"
    where = where_of(event, *others)
    start = event.start or event.date
    return Finding(code, "error", text, where, start, event.end, amount, unit, params)
