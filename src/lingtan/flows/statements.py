"""What parties said: statements in the canonical unit, replaced, disputed, and joined to chains without a hole."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from lingtan.flows.model import Source
from lingtan.ledger import units
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import Statement, Stream
from lingtan.reference.model import Commodity


@dataclass(frozen=True, slots=True)
class Told:
    """A statement brought to the canonical unit and to the time in which its stream exists.

    ``disputed``: another statement of the same kind and reporter overlaps it with a different span.
    """

    statement: Statement
    amount: Decimal
    start: datetime
    end: datetime
    disputed: bool = False

    @property
    def ref(self) -> str:
        """``file:line`` of the row."""
        at = self.statement.at
        return f"{at.file}:{at.line}" if at.line is not None else at.file

    def source(self, amount: Decimal | None, start: datetime, end: datetime) -> Source:
        """Return the statement as an input that gives ``amount`` to [start, end)."""
        row = self.statement
        return Source(row.kind, self.ref, start, end, amount, row.reporter, row.evidence)


@dataclass(frozen=True, slots=True)
class Chain:
    """Statements of one kind and reporter that follow each other without a hole, in order of time."""

    kind: str
    reporter: str
    told: tuple[Told, ...]

    @property
    def start(self) -> datetime:
        """Begin of the first statement."""
        return self.told[0].start

    @property
    def end(self) -> datetime:
        """End of the last statement."""
        return self.told[-1].end


def read(stream: Stream, rows: Iterable[Statement], commodity: Commodity) -> tuple[tuple[Told, ...], list[Finding]]:
    """Return the statements of a stream that stand: the later of equal rows, converted, clipped to its validity.

    Rows whose unit does not convert and rows outside the stream's validity are left out with a finding. A blank
    reporter matches nobody, not even another blank one: such rows replace and dispute nothing.
    """
    standing: dict[tuple[datetime, datetime, str, str | int], Statement] = {}
    for place, row in enumerate(sorted(rows, key=lambda row: (row.at.file, row.at.line or 0))):
        standing[row.start, row.end, row.kind, row.reporter or place] = row
    told, findings = [], []
    for row in standing.values():
        one = _told(stream, row, commodity)
        if isinstance(one, Told):
            told.append(one)
        else:
            findings.append(one)
    if len(told) > 1:
        told = _mark_disputed(sorted(told, key=lambda one: (one.start, one.end, one.statement.kind)))
    return tuple(told), findings


def chains(told: Sequence[Told]) -> tuple[Chain, ...]:
    """Join undisputed statements of one kind and reporter to chains without a hole."""
    return tuple(_join([one for one in told if not one.disputed]))


def forced_chains(told: Sequence[Told]) -> tuple[Chain, ...]:
    """Join statements where adoption.csv names a disputed party: the shorter span wins, then the later row."""
    kept: list[Told] = []
    by_claim = sorted(told, key=lambda one: (one.statement.at.file, one.statement.at.line or 0), reverse=True)
    for one in sorted(by_claim, key=lambda one: one.end - one.start):
        if not any(one.start < other.end and other.start < one.end and _same_party(one, other) for other in kept):
            kept.append(one)
    return tuple(_join(sorted(kept, key=lambda one: one.start)))


def _told(stream: Stream, row: Statement, commodity: Commodity) -> Told | Finding:
    """Bring one row to the canonical unit and the stream's validity, or say why it cannot be used."""
    where = Where(file=row.at.file, line=row.at.line, stream=stream.id)
    try:
        amount = units.convert(row.amount, row.unit, commodity.unit, commodity)
    except units.UnitError as fault:
        message = f"The statement for {stream.id} is left out: {fault}"
        return Finding("statement_unit", "error", message, where, row.start, row.end, params={"unit": row.unit})
    valid = stream.valid
    start = row.start if valid.start is None else max(row.start, valid.start)
    end = row.end if valid.end is None else min(row.end, valid.end)
    if end > start:
        return Told(row, amount, start, end)
    message = (
        f"The statement for {stream.id} lies outside the time in which the stream exists and is left out: "
        "correct its dates or the stream's from and to"
    )
    return Finding("statement_outside_stream", "finding", message, where, row.start, row.end, amount, commodity.unit)


def _mark_disputed(told: list[Told]) -> list[Told]:
    """Mark statements of one party that overlap each other."""
    parties: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, one in enumerate(told):
        if one.statement.reporter:
            parties[one.statement.kind, one.statement.reporter].append(position)
    disputed: set[int] = set()
    for positions in parties.values():
        latest = positions[0]
        for position in positions[1:]:
            if told[position].start < told[latest].end:
                disputed |= {latest, position}
            if told[position].end > told[latest].end:
                latest = position
    return [replace(one, disputed=True) if position in disputed else one for position, one in enumerate(told)]


def _join(told: Sequence[Told]) -> Iterable[Chain]:
    """Cut statements, in order of time, into chains of one party without a hole.

    Rows without a reporter follow each other too; of such chains the longest comes first, then the later row.
    """
    parties: dict[tuple[str, str], list[list[Told]]] = defaultdict(list)
    for one in told:
        links = parties[one.statement.kind, one.statement.reporter]
        before = next((link for link in reversed(links) if link[-1].end == one.start), None)
        if before is None:
            links.append([one])
        else:
            before.append(one)
    for (kind, reporter), links in parties.items():
        if not reporter:
            links.reverse()
            links.sort(key=lambda link: link[0].start - link[-1].end)
        yield from (Chain(kind, reporter, tuple(link)) for link in links)


def _same_party(one: Told, other: Told) -> bool:
    """Tell whether two statements come from one reporter and are of one kind."""
    return (one.statement.kind, one.statement.reporter) == (other.statement.kind, other.statement.reporter)
