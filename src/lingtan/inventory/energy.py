"""The energy total in tonnes of coal equivalent, by calorific and by equivalent value, term by term."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from lingtan.inventory import engine
from lingtan.inventory.engine import Group, Match, Notes, Run
from lingtan.inventory.model import EnergyLine
from lingtan.inventory.rules import kept
from lingtan.inventory.scope import ZERO, total
from lingtan.inventory.shapes import EnergyEntry, Recipe
from lingtan.ledger.finding import Finding, Where


@dataclass(frozen=True, slots=True)
class Sums:
    """Terms [tce] by both conventions, None where one is not known; see :func:`added`."""

    calorific: tuple[Decimal | None, ...] = ()
    equivalent: tuple[Decimal | None, ...] = ()


def of_entry(run: Run, matched: Iterable[Match], *, entry: EnergyEntry, notes: Notes) -> tuple[EnergyLine, ...]:
    """Return the energy lines of one term over all streams that fall under it."""
    made = [line for match in matched if (line := _line(run, match, entry=entry, notes=notes)) is not None]
    return tuple(made + _stock_lines(run, made, entry=entry) if entry.stock else made)


def sum_of(lines: Iterable[EnergyLine]) -> Sums:
    """Return the terms that count."""
    counted = [line for line in lines if line.counted]
    return Sums(tuple(line.tce_calorific for line in counted), tuple(line.tce_equivalent for line in counted))


def added(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add what is known; nothing at all is nought, only unknown things are None."""
    terms = tuple(amounts)
    known = [amount for amount in terms if amount is not None]
    return sum(known, ZERO) if known or not terms else None


def sum_of_entry(run: Run, matched: Iterable[Match], *, entry: EnergyEntry) -> Sums:
    """Return what the lines of one term add up to, without making them: alternatives need the sums only."""
    if not entry.counted:
        return Sums()
    if entry.stock:
        return sum_of(of_entry(run, matched, entry=entry, notes=Notes()))
    found = tuple(matched)
    return Sums(_over(run, entry.calorific, found, entry.sign), _over(run, entry.equivalent, found, entry.sign))


def _over(run: Run, recipe: Recipe, matched: Iterable[Match], sign: int) -> tuple[Decimal | None, ...]:
    return tuple(group.result for match in matched for group in engine.whole(run, recipe, match, sign))


def numbered(lines: Iterable[EnergyLine]) -> tuple[EnergyLine, ...]:
    """Return the lines in the order of their ids; a stream has one line for each term, so ids are unique."""
    return tuple(sorted(lines, key=lambda line: line.id))


def _line(run: Run, match: Match, *, entry: EnergyEntry, notes: Notes) -> EnergyLine | None:
    parts = run.scope.parts(match.stream, match.side)
    if not parts:
        return None
    calorific = engine.whole(run, entry.calorific, match, entry.sign)
    equivalent = engine.whole(run, entry.equivalent, match, entry.sign)
    _tell(run, entry.calorific, match, calorific, entry=entry, notes=notes)
    if entry.equivalent.key != entry.calorific.key:
        _tell(run, entry.equivalent, match, equivalent, entry=entry, notes=notes)
    uses = {(use.row.id, use.value): use for group in (*calorific, *equivalent) for _, use in group.found.uses}
    unit = run.scope.commodity(match.stream).unit
    amount = total(parts)
    return EnergyLine(
        id=f"energy:{entry.term}:{match.stream.id}",
        stream=match.stream.id,
        node=match.stream.target if match.side in ("received", "used") else match.stream.source,
        commodity=match.stream.commodity,
        term=entry.term,
        amount=None if amount is None else amount * entry.sign,
        unit=unit,
        tce_calorific=_sum(calorific),
        tce_equivalent=_sum(equivalent),
        counted=entry.counted,
        factors=tuple(uses.values()),
        inputs=engine.inputs(parts, unit),
    )


def _stock_lines(run: Run, made: list[EnergyLine], *, entry: EnergyEntry) -> list[EnergyLine]:
    """Deduct what went into stock of a node's inputs, at the mean coal equivalent of those inputs."""
    by_input: dict[tuple[str, str], list[EnergyLine]] = {}
    for line in made:
        if line.tce_calorific is not None:
            by_input.setdefault((line.node, line.commodity), []).append(line)
    out = []
    for (node, commodity), increase in engine.stock_increases(run, by_input).items():
        held = by_input[node, commodity]
        amount = sum((line.amount or ZERO for line in held), ZERO)
        ratio = -increase / amount if amount else ZERO
        out.append(
            replace(
                held[0],
                id=f"energy:stock.{node}.{commodity}",
                stream="",
                amount=-increase * entry.sign,
                tce_calorific=kept(sum((line.tce_calorific or ZERO for line in held), ZERO) * ratio),
                tce_equivalent=kept(sum((line.tce_equivalent or ZERO for line in held), ZERO) * ratio),
                inputs=(),
            )
        )
    return out


def _sum(groups: Iterable[Group]) -> Decimal | None:
    known = [group.result for group in groups if group.result is not None]
    return sum(known, ZERO) if known else None


def _tell(run: Run, recipe: Recipe, match: Match, groups: Iterable[Group], *, entry: EnergyEntry, notes: Notes) -> None:
    for group in groups:
        engine.tell(run, recipe, match, group, notes=notes, optional=True)
        if group.found.rule or not entry.counted:
            continue
        unit = run.scope.commodity(match.stream).unit
        message = (
            f"No coal equivalent for {match.stream.commodity} on {match.stream.id}: looked for "
            f"{'; '.join(group.found.missing)}. It is not in the energy total. Give calorific_tce or NCV in "
            "factors.csv."
        )
        params = {"stream": match.stream.id, "commodity": match.stream.commodity, "term": entry.term}
        finding = Finding(
            "coal_equivalent_missing", "finding", message, Where(stream=match.stream.id), run.scope.start,
            run.scope.end, total(group.parts), unit, params,
        )  # fmt: skip
        notes.add(("coal_equivalent_missing", match.stream.id), finding)
