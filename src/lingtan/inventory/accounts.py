"""The account: lines, energy, units, coverage and the effect of every choice, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Protocol

from lingtan.flows.model import FlowSet
from lingtan.inventory import checks, energy, factors, lines, methods, nodes, origins, scope
from lingtan.inventory.engine import Match, Notes, Run, matches
from lingtan.inventory.methods import CATEGORIES, Method, OpenChoice
from lingtan.inventory.model import Account, Choice, Line
from lingtan.inventory.rules import CONTEXT
from lingtan.inventory.scope import ZERO
from lingtan.inventory.shapes import EnergyEntry, Entry, Option, Plan
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Park
from lingtan.reference import FactorRow, Library, library

Totals = Mapping[str, Decimal | None]
OWN = "own"
HOLES = frozenset({
    "nothing_inside", "activity_missing", "factor_missing", "gwp_missing", "coal_equivalent_missing",
    "fuel_without_use",
})  # fmt: skip
"""Codes of findings that leave an account incomplete."""


class HasCovered(Protocol):
    """What certificates hand on: kWh covered, by (stream, start of the piece)."""

    @property
    def covered(self) -> Mapping[tuple[str, datetime], Decimal]:
        """Amounts covered [canonical unit of the stream]."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """Lines and energy by the entry they come from, for one plan. ``inside``: the boundary has a stream."""

    plan: Plan
    lines: tuple[tuple[Line, ...], ...]
    energy: tuple[energy.Sums, ...]
    inside: bool = True


def account(
    park: Park,
    flow_set: FlowSet,
    coverage: HasCovered | None,
    *,
    method: Method | str,
    year: int,
    boundary: str = "",
    chosen: Mapping[str, str] | None = None,
    allow_recalled: bool = False,
    stock_changes: Mapping[tuple[str, str], Decimal] | None = None,
    tables: Library | None = None,
) -> Account:
    """Compute a park's account of a year in a boundary by a method.

    Parameters
    ----------
    coverage : what certificates cover; None = nothing.
    method : a method that was read, or the id of one that is shipped.
    boundary : id; blank = the park's default.
    chosen : choice -> name of the option to take instead of the method's own.
    allow_recalled : admit library and own rows that nobody has found in a source; the result is then unverified.
    stock_changes : (node, commodity) -> increase of the stock over the year [canonical unit], for conversion balances.
    tables : the library; None = the shipped one.

    Raises
    ------
    MethodError : the method, a choice or an option is not known.
    BoundaryError : the boundary is not known.
    """
    read = methods.load(method) if isinstance(method, str) else method
    with localcontext(CONTEXT):
        shelf = library() if tables is None else tables
        on = max(date(year, 1, 1), read.edition)
        bounds = scope.of(park, flow_set, boundary=boundary, year=year)
        run = Run(
            bounds,
            factors.book(park, shelf, on=on, allow_recalled=allow_recalled),
            origins.of(park, bounds.shared),
            coverage.covered if coverage is not None else {},
            stock_changes or {},
        )
        settled = settle(run, read, chosen or {})
        checks.words(methods.plan(settled, {}), park, shelf)
        return _account(run, settled)


def disregarded(park: Park, method: Method) -> frozenset[str]:
    """Return the streams of a park that a method leaves out by purpose: nothing said about them is no hole of it."""
    return checks.disregarded(methods.plan(method, {}), park)


def settle(run: Run, method: Method, chosen: Mapping[str, str]) -> Method:
    """Return the method with its choices as they stand for this park: own rows taken, candidates not allowed left out.

    A choice that may rest on a row of the park takes the option ``own`` where such a row holds in the year; a measured
    one settles it, so that no alternatives remain.
    """
    for name in chosen:
        methods.picked(method, name, chosen)
    choices = []
    for choice in method.choices:
        options = tuple(option for option in choice.options if _usable(run, option))
        row = _own_row(run, choice)
        if row is None:
            options = tuple(option for option in options if option.name != OWN)
            named = replace(choice, options=options, chosen=chosen.get(choice.id, choice.chosen))
        else:
            measured = row.status == "measured" and choice.id not in chosen
            options = tuple(option for option in options if option.name == OWN) if measured else options
            named = replace(
                choice,
                options=options,
                chosen=chosen.get(choice.id, OWN),
                unverified=choice.unverified and not measured,
                reason=f"{_stated(row)}. {choice.reason}",
                reason_zh=choice.reason_zh and f"{_stated(row)}。{choice.reason_zh}",
            )
        choices.append(named)
    settled = replace(method, choices=tuple(choices))
    for choice in settled.choices:
        methods.picked(settled, choice.id, {})
    return settled


def _stated(row: FactorRow) -> str:
    return f"{row.id}: {row.value} {row.unit}, {row.document} ({row.status})"


def _usable(run: Run, option: Option) -> bool:
    """Tell whether the library rows an option names may be used."""
    words = option.value if isinstance(option.value, list) else [option.value]
    rows = [run.book.rows.get(word[4:]) for word in words if isinstance(word, str) and word.startswith("row:")]
    return all(row is not None and (run.book.allow_recalled or row.status != "recalled") for row in rows)


def _own_row(run: Run, choice: OpenChoice) -> FactorRow | None:
    if choice.own is None:
        return None
    rows = [row for row in run.book.own.get(choice.own, ()) if not row.applies_to]
    first, last = run.scope.start.date(), run.scope.end.date()
    held = [
        row
        for row in rows
        if (row.applies_from is None or row.applies_from <= last)
        and (row.applies_until is None or row.applies_until > first)
    ]
    return min(held, key=lambda row: factors.STATUS_ORDER.index(row.status)) if held else None


def _account(run: Run, method: Method) -> Account:
    plan, notes = methods.plan(method, {}), Notes()
    by_entry = _sorted(matches(run, plan.entries), len(plan.entries))
    by_term = _sorted(matches(run, plan.energy), len(plan.energy))
    by_line = [lines.of_entry(run, plan, by_entry[i], entry=entry, notes=notes) for i, entry in enumerate(plan.entries)]
    used = [energy.of_entry(run, by_term[i], entry=term, notes=notes) for i, term in enumerate(plan.energy)]
    streams = run.scope.park.streams.values()
    inside = any(run.scope.time_us(stream, side) for stream in streams for side in run.scope.sides(stream))
    base = Made(plan, tuple(by_line), tuple(map(energy.sum_of, used)), inside)
    totals = _totals(base)
    made = lines.numbered(line for part in base.lines for line in part)
    choices = tuple(
        _choice(run, method, choice, base, made=made, by_entry=by_entry, by_term=by_term) for choice in method.choices
    )
    by_node, eliminations = nodes.accounts(run, plan, made)
    covered, missing = checks.coverage(run, _needed(plan, by_entry, by_term))
    findings = (
        *notes.found.values(),
        *missing,
        *(() if inside else (checks.nothing_inside(run),)),
        *checks.streams(run, plan, [match for part in by_entry for match in part]),
        *checks.lines(run, plan, made),
        *checks.of_edition(plan, run.scope.year, totals["energy_tce_equivalent"]),
    )
    return Account(
        park=run.scope.park.settings.id,
        year=run.scope.year,
        method=plan.method,
        boundary=run.scope.boundary,
        status=_status(choices, made, findings, totals),
        totals=totals,
        by_category=_categories(base),
        by_node=by_node,
        by_month=_months(run, made, plan.view),
        by_gas=_gases(made, plan.view) if inside else {"CO2": None},
        coverage=covered,
        choices=choices,
        findings=findings,
        lines=made,
        energy=energy.numbered(line for part in used for line in part),
        eliminations=eliminations,
    )


def _sorted(found: Iterable[Match], count: int) -> tuple[tuple[Match, ...], ...]:
    """Sort matches by the entry they fall under."""
    out: list[list[Match]] = [[] for _ in range(count)]
    for match in found:
        out[match.entry].append(match)
    return tuple(map(tuple, out))


def _needed(
    plan: Plan, by_entry: Sequence[Sequence[Match]], by_term: Sequence[Sequence[Match]]
) -> dict[str, tuple[Match, ...]]:
    """Return the streams that the totals need, with the sides they are needed on."""
    needed: dict[str, list[Match]] = {}
    for entry, matched in zip(plan.entries, by_entry, strict=True):
        for match in () if entry.optional else matched:
            needed.setdefault(match.stream.id, []).append(match)
    for term, matched in zip(plan.energy, by_term, strict=True):
        for match in matched if term.counted else ():
            needed.setdefault(match.stream.id, []).append(match)
    return {stream: tuple(found) for stream, found in needed.items()}


def _choice(
    run: Run,
    method: Method,
    choice: OpenChoice,
    base: Made,
    *,
    made: Sequence[Line],
    by_entry: Sequence[Sequence[Match]],
    by_term: Sequence[Sequence[Match]],
) -> Choice:
    others = tuple(option.name for option in choice.options if option.name != choice.chosen)
    effect, touched = {}, set()
    for name in others:
        plan = methods.plan(method, {choice.id: name})
        again = _again(run, plan, base, by_entry=by_entry, by_term=by_term)
        effect[name] = _totals(again)
        touched |= _touched(base, again)
    return Choice(
        choice.id,
        choice.chosen,
        others,
        effect,
        unverified=choice.unverified,
        reason=choice.reason,
        document=choice.document,
        decided=choice.decided,
        title_zh=choice.title_zh,
        title_en=choice.title_en,
        reason_zh=choice.reason_zh,
        names_zh={option.name: option.zh for option in choice.options if option.zh},
        leaves_out=choice.leaves_out,
        lines=tuple(line.id for at, line in enumerate(made) if at in touched),
    )


def _touched(base: Made, again: Made) -> set[int]:
    """Return the positions of the lines that an alternative makes otherwise, or counts otherwise."""
    found: set[int] = set()
    at = 0
    for old, new in zip(base.lines, again.lines, strict=True):
        if old is not new:
            same = len(old) == len(new)
            found.update(at + i for i, line in enumerate(old) if not same or _figures(line) != _figures(new[i]))
        at += len(old)
    if base.plan.view != again.plan.view:
        flat = (line for part in base.lines for line in part)
        found.update(i for i, line in enumerate(flat) if line.view)
    return found


def _figures(line: Line) -> tuple[Decimal | None, Decimal | None]:
    return line.amount_t, line.co2e_t


def _again(
    run: Run, plan: Plan, base: Made, *, by_entry: Sequence[Sequence[Match]], by_term: Sequence[Sequence[Match]]
) -> Made:
    """Compute anew only the entries that an alternative changes; a choice never changes what an entry selects."""
    notes = Notes()

    def redone(old: Entry, new: Entry, i: int) -> tuple[Line, ...]:
        if old == new:
            return base.lines[i]
        return lines.of_entry(run, plan, by_entry[i], entry=new, notes=notes)

    def retermed(old: EnergyEntry, new: EnergyEntry, i: int) -> energy.Sums:
        return base.energy[i] if old == new else energy.sum_of_entry(run, by_term[i], entry=new)

    pairs = enumerate(zip(base.plan.entries, plan.entries, strict=True))
    terms = enumerate(zip(base.plan.energy, plan.energy, strict=True))
    return Made(
        plan,
        tuple(redone(old, new, i) for i, (old, new) in pairs),
        tuple(retermed(old, new, i) for i, (old, new) in terms),
        base.inside,
    )


def _totals(made: Made) -> dict[str, Decimal | None]:
    flat = [line for part in made.lines for line in part if line.view in ("", made.plan.view)]
    co2 = energy.added(line.amount_t for line in flat if line.substance in ("CO2", "CO2e"))
    co2e = energy.added(line.co2e_t for line in flat)
    calorific = energy.added(term for part in made.energy for term in part.calorific) if made.plan.energy else None
    equivalent = energy.added(term for part in made.energy for term in part.equivalent) if made.plan.energy else None
    per_tce = co2 / equivalent if co2 is not None and equivalent else None
    totals = {
        "co2_t": co2,
        "co2e_t": co2e,
        "energy_tce_calorific": calorific,
        "energy_tce_equivalent": equivalent,
        "co2_t_per_tce": per_tce,
    }
    return totals if made.inside else dict.fromkeys(totals)


def _categories(made: Made) -> dict[str, Decimal | None]:
    sums = lines.totals((line for part in made.lines for line in part), made.plan.view)
    names = dict.fromkeys((*CATEGORIES, *made.plan.categories))
    known = made.plan.categories if made.inside else ()
    return {name: sums.get(name, ZERO) if name in known else None for name in names}


def _months(run: Run, made: Iterable[Line], view: str) -> dict[str, Decimal | None]:
    months: dict[str, Decimal | None] = {f"{run.scope.year:04d}-{month:02d}": None for month in range(1, 13)}
    for line in made:
        if line.view in ("", view) and line.co2e_t is not None:
            heavy = lines.weight(line)
            for month, amount in line.months:
                months[month] = (months[month] or ZERO) + amount * heavy
    return months


def _gases(made: Iterable[Line], view: str) -> dict[str, Decimal | None]:
    gases: dict[str, Decimal | None] = {}
    for line in made:
        if line.view in ("", view):
            before = gases.setdefault(line.substance, None)
            if line.amount_t is not None:
                gases[line.substance] = (before or ZERO) + line.amount_t
    return gases or {"CO2": ZERO}


def _status(choices: Iterable[Choice], made: Iterable[Line], findings: Iterable[Finding], totals: Totals) -> str:
    open_matters = any(
        choice.unverified and any(dict(effect) != dict(totals) for effect in choice.effect.values())
        for choice in choices
    )
    codes = {finding.code for finding in findings}
    if open_matters or any(line.status == "recalled" for line in made) or "recalled_factor" in codes:
        return "unverified"
    return "incomplete" if codes & HOLES else "complete"
