"""What a reader must know about the choices: cut bills, overrides, several reporters, holes, statements left over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import combinations

from lingtan.flows.checks import Desk
from lingtan.flows.grid import cut, local_text
from lingtan.flows.order import NEVER, Option, Override
from lingtan.flows.pieces import Run, is_whole
from lingtan.flows.statements import Told
from lingtan.ledger.finding import Finding, Where


def notes_of(
    desk: Desk, told: Sequence[Told], options: Sequence[Option], ruled: Sequence[Override], ordered: Sequence[Run]
) -> Iterator[Finding]:
    """Return the findings about how a stream's flows were chosen."""
    yield from _calendarised(desk, ordered)
    yield from _overridden(desk, ruled)
    yield from _parallel(desk, options)
    yield from _several_reporters(desk, options)
    for run in ordered:
        if run.option is None:
            yield from _hole(desk, run, told, options)


def _span(desk: Desk, start: datetime, end: datetime) -> str:
    """Write a span for a message."""
    return f"{local_text(start, desk.zone)} to {local_text(end, desk.zone)}"


def _calendarised(desk: Desk, ordered: Sequence[Run]) -> Iterator[Finding]:
    """Say once per chain which statements were cut by days."""
    by_chain: dict[int, list[tuple[Run, Told]]] = defaultdict(list)
    for run in ordered:
        if run.option is not None and run.option.chain is not None:
            by_chain[id(run.option)] += [(run, one) for one in run.option.chain.told if _is_cut(desk, run, one)]
    for cuts in by_chain.values():
        if not cuts:
            continue
        spans = [(max(run.start, one.start), min(run.end, one.end)) for run, one in cuts]
        parts = [
            cut(one.amount, (one.start, one.end), span, desk.zone) for (_, one), span in zip(cuts, spans, strict=True)
        ]
        rows = list(dict.fromkeys(one.ref for _, one in cuts))
        first = cuts[0][1].statement
        shown = ", ".join(rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
        message = (
            f"Stream {desk.stream.id}: {first.kind} {shown} does not keep to the limits of the months it counts for, "
            "and was cut by days: those months are marked estimates"
        )
        where = Where(first.at.file, first.at.line, stream=desk.stream.id)
        amount = sum(parts, Decimal(0))
        params = {"rows": rows, "kind": first.kind}
        yield Finding("calendarised", "note", message, where, spans[0][0], spans[-1][1], amount, desk.unit, params)


def _is_cut(desk: Desk, run: Run, told: Told) -> bool:
    """Tell whether a statement gives parts of itself to the months of a run."""
    if told.start >= run.end or told.end <= run.start or is_whole(told, run, desk.meters.grid):
        return False
    months = desk.meters.grid.touched(told.start, told.end)
    return len(months) > 1 or told.start < run.start or told.end > run.end


def _overridden(desk: Desk, ruled: Sequence[Override]) -> Iterator[Finding]:
    """Say where adoption.csv changed the order, with its reason; and where it could not rule."""
    grid = desk.meters.grid
    for override in ruled:
        row = override.row
        where = Where(row.at.file, row.at.line, stream=desk.stream.id)
        params = {"order": list(row.order), "reason": row.reason}
        if override.months:
            start, end = grid.edges[min(override.months)], grid.edges[max(override.months) + 1]
            message = (
                f"Stream {desk.stream.id}, {_span(desk, start, end)}: adopted in the order {' '.join(row.order)}. "
                f"Reason: {row.reason or 'none given'}"
            )
            yield Finding("adoption_override", "note", message, where, start, end, params=params)
        elif row.valid.start is None or row.valid.start < grid.end:
            if row.valid.end is not None and row.valid.end <= grid.start:
                continue
            message = (
                f"The order {' '.join(row.order)} for stream {desk.stream.id} holds for no whole month that is not "
                "already ruled by a later row: months are adopted whole, so let it begin and end with months"
            )
            yield Finding("adoption_idle", "finding", message, where, row.valid.start, row.valid.end, params=params)


def _parallel(desk: Desk, options: Sequence[Option]) -> Iterator[Finding]:
    """Say that several main meters were added as parallel feeders."""
    for option in options:
        if option.role != "main" or len(option.points) < 2 or option.origin != "meter":
            continue
        together = sorted(
            index for index, reading in option.readings.items() if _overlap(desk, [one.ref for one in reading.sources])
        )
        if together:
            grid = desk.meters.grid
            start, end = grid.edges[together[0]], grid.edges[together[-1] + 1]
            message = f"Stream {desk.stream.id}: main meters {option.label} are parallel feeders and were added"
            params = {"points": list(option.points)}
            yield Finding("parallel_mains", "note", message, Where(stream=desk.stream.id), start, end, params=params)


def _overlap(desk: Desk, points: Sequence[str]) -> bool:
    """Tell whether device periods of two of the points overlap in time."""
    rows = [desk.meters.devices[desk.stream.id].get(point, ()) for point in points]
    return any(one.valid.overlaps(other.valid) for a, b in combinations(rows, 2) for one in a for other in b)


def _several_reporters(desk: Desk, options: Sequence[Option]) -> Iterator[Finding]:
    """Say which of several reporters of the same kind and months was preferred."""
    by_kind: dict[str, list[Option]] = defaultdict(list)
    for option in options:
        if option.chain is not None:
            by_kind[option.chain.kind].append(option)
    for kind, ranked in by_kind.items():
        ranked.sort(key=lambda option: option.place)
        for position, loser in enumerate(ranked):
            winner = next((one for one in ranked[:position] if one.whole & loser.whole), None)
            if winner is None:
                continue
            both = winner.whole & loser.whole
            if not any(desk.chosen.get(index) is winner for index in both):
                continue
            grid = desk.meters.grid
            message = (
                f"Stream {desk.stream.id}: {kind} of {winner.label or 'an unknown party'} and of "
                f"{loser.label or 'an unknown party'} speak for the same months; the first counts (buyer's side, "
                "then seller's side, then by id), the other is a cross-check"
            )
            params = {"kind": kind, "adopted": winner.label, "other": loser.label}
            start, end = grid.edges[min(both)], grid.edges[max(both) + 1]
            yield Finding("several_reporters", "note", message, Where(stream=desk.stream.id), start, end, params=params)


def _hole(desk: Desk, run: Run, told: Sequence[Told], options: Sequence[Option]) -> Iterator[Finding]:
    """Say what is missing, and which statements and meters touch it without speaking for a whole month."""
    left = [one for one in told if one.start < run.end and one.end > run.start]
    for one in left:
        start, end = max(one.start, run.start), min(one.end, run.end)
        amount = cut(one.amount, (one.start, one.end), (start, end), desk.zone)
        cause = (
            "it overlaps another statement of the same party and kind"
            if one.disputed
            else "it does not cover a whole month, alone or with its neighbours, or adoption.csv does not name it"
        )
        message = (
            f"Stream {desk.stream.id}, {_span(desk, start, end)}: {one.statement.kind} {one.ref} is not counted, "
            f"because {cause}; nobody else speaks for these months"
        )
        where = Where(one.statement.at.file, one.statement.at.line, stream=desk.stream.id)
        stake = {"disputed": one.disputed, "kind": one.statement.kind, "ref": one.ref}
        yield Finding("statement_not_placed", "finding", message, where, start, end, amount, desk.unit, stake)
    if not left:
        able = [o.label for o in options if o.place[0] >= NEVER and o.role != "sub" and o.whole & set(run.months)]
        hint = f" {', '.join(able)} would know it: name it in adoption.csv" if able else ""
        message = f"Stream {desk.stream.id}, {_span(desk, run.start, run.end)}: nobody says how much flowed.{hint}"
        where = Where(stream=desk.stream.id)
        yield Finding("flow_missing", "finding", message, where, run.start, run.end, params={"able": able})
