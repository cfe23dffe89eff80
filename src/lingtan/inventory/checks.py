"""What an account rests on and what it leaves out: coverage by time, and findings about streams rather than factors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from lingtan.inventory import factors, origins, scope
from lingtan.inventory.engine import Match, Run, means
from lingtan.inventory.methods import MethodError
from lingtan.inventory.model import Line
from lingtan.inventory.scope import ZERO, Part
from lingtan.inventory.shapes import Need, Plan
from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.park import INSIDE_KINDS, OUTSIDE_KINDS, Park, Stream
from lingtan.reference.model import Library

MEASURED = ("meter", "virtual")
KINDS = ("measured", "reported", "estimated", "missing")


def words(plan: Plan, park: Park, library: Library) -> None:
    """See that a method speaks in words that the library and the park know; own commodities and sets among them.

    Raises
    ------
    MethodError : a word is not known; the message names it, where it stands, and near ones.
    """
    kinds = {commodity.kind for commodity in (*library.commodities.values(), *park.commodities.values())}
    known: Mapping[str, Collection[str]] = {
        "kinds": kinds | {"cooling", "other"},
        "made_as": {role.code for role in library.roles.values() if role.side == "made_as"},
        "used_as": {role.code for role in library.roles.values() if role.side == "used_as"},
        "origins": origins.WORDS,
        "node_kinds": INSIDE_KINDS + OUTSIDE_KINDS,
        "commodities": library.commodities.keys() | park.commodities.keys(),
    }
    selects = [*(entry.select for entry in plan.entries), *(term.select for term in plan.energy), plan.disregarded]
    for select in selects:
        for key, held in known.items():
            for word in getattr(select, key):
                _known_word(plan, key, word, held)
    for entry in plan.entries:
        _known_word(plan, "category", entry.category, plan.categories)
    sets = library.sets.keys() | {row.set_id for row in library.factors}
    if plan.gwp_set:
        _known_word(plan, "gwp_set", plan.gwp_set, {row.set_id for row in library.factors if row.parameter == "gwp"})
    for need in _needs(plan):
        named = [source.partition(":")[0] for source in need.sources if source not in factors.PLAIN_SOURCES]
        for source in named:
            _known_word(plan, "from", source, {*sets, *factors.PLAIN_SOURCES, "row"})
        if named or {"own", "supplier", "property"} & set(need.sources):
            _known_word(plan, "parameter", need.parameter, library.parameters.keys() | library.properties.keys())


def disregarded(plan: Plan, park: Park) -> frozenset[str]:
    """Return the streams of a park that a method leaves out by purpose."""
    held = park.commodities
    return frozenset(stream.id for stream in park.streams.values() if means(plan.disregarded, held[stream.commodity]))


def _known_word(plan: Plan, key: str, word: str, known: Collection[str]) -> None:
    if word in known:
        return
    near = get_close_matches(word, sorted(known), n=3)
    hint = f"near: {', '.join(near)}" if near else f"there are: {', '.join(sorted(known)[:20])}"
    raise MethodError(f"{plan.method}: {key} names {word!r}, which neither the library nor the park knows ({hint}).")


def _needs(plan: Plan) -> Iterator[Need]:
    """Yield every argument that a plan looks for."""
    recipes = [recipe for entry in plan.entries for recipe in (entry.recipe, entry.covered) if recipe]
    recipes += [recipe for term in plan.energy for recipe in (term.calorific, term.equivalent)]
    recipes += [recipe for trade in plan.trades for recipe in (trade.supplier, trade.default)]
    for recipe in recipes:
        for way in recipe.ways:
            yield from way.needs


def coverage(
    run: Run, needed: Mapping[str, tuple[Match, ...]]
) -> tuple[Mapping[str, Decimal | None], tuple[Finding, ...]]:
    """Return the shares of stream-time that are resolved, known, measured, reported, estimated and missing.

    ``needed`` holds the sides a stream is needed on; each stream weighs by its time in the boundary and the year.
    The last four shares add up to 1.
    """
    names = ("resolved", "known", *KINDS)
    sums = dict.fromkeys(names, ZERO)
    whole = 0
    findings = []
    for matched in needed.values():
        stream = matched[0].stream
        side = max((match.side for match in matched), key=lambda side: run.scope.time_us(stream, side))
        time = run.scope.time_us(stream, side)
        if not time:
            continue
        whole += time
        shares = _shares(run.scope.parts(stream, side), time)
        for name in names:
            sums[name] += shares[name]
        if shares["missing"]:
            findings.append(_missing(run, stream, shares["missing"] / time))
    if not whole:
        return dict.fromkeys(names), ()
    result: dict[str, Decimal | None] = {name: sums[name] / whole for name in names}
    result["missing"] = 1 - sum((result[name] or ZERO for name in KINDS[:3]), ZERO)
    return result, tuple(findings)


def _shares(parts: Iterable[Part], time: int) -> dict[str, Decimal]:
    """Return the time [us] of a stream by what is known about it; a gap's total fills time that was missing."""
    found = dict.fromkeys(("resolved", "known", *KINDS), ZERO)
    gaps = ZERO
    for part in parts:
        if part.amount is None:
            continue
        if scope.is_gap(part):
            gaps += part.span_us
            continue
        known = part.flow.known * part.span_us
        found["resolved"] += part.flow.resolved * part.span_us
        found["known"] += known
        found[_kind(part)] += known
    gaps = min(gaps, max(time - found["known"], ZERO))
    found["known"] += gaps
    found["measured"] += gaps
    found["missing"] = max(time - found["known"], ZERO)
    return found


def _kind(part: Part) -> str:
    if part.cut or part.flow.estimated or part.flow.origin == "estimate":
        return "estimated"
    return "measured" if part.flow.origin in MEASURED else "reported"


def _missing(run: Run, stream: Stream, share: Decimal) -> Finding:
    message = (
        f"{stream.id} ({stream.commodity}, {stream.source} to {stream.target}) is needed and unknown for "
        f"{share:.1%} of its time in {run.scope.year}. Nothing is put in its place; give readings or a statement."
    )
    params = {"stream": stream.id, "share": str(share)}
    start, end = run.scope.start, run.scope.end
    return Finding("activity_missing", "finding", message, Where(stream=stream.id), start, end, params=params)


def nothing_inside(run: Run) -> Finding:
    """Say that no stream begins or ends inside the boundary, so that the totals are not known rather than nought."""
    message = (
        f"No stream begins or ends inside boundary {run.scope.boundary or 'of all nodes'} in {run.scope.year}: nothing "
        "is known of it, which is not nought. See that members.csv, nodes.csv and streams.csv are there and not set "
        "aside (lingtan check), and that their from and to reach the year."
    )
    params = {"boundary": run.scope.boundary, "year": run.scope.year}
    return Finding("nothing_inside", "finding", message, Where(), run.scope.start, run.scope.end, params=params)


def streams(run: Run, plan: Plan, matched: Iterable[Match]) -> tuple[Finding, ...]:
    """Return findings on streams that no entry takes: fuels without use, commodities that the method does not cover."""
    used = {match.stream.id for match in matched if match.side == "used"}
    selects = [entry.select for entry in plan.entries] + [entry.select for entry in plan.energy]
    leaving = _leaving(run)
    uncovered: dict[str, list[str]] = {}
    findings = []
    for stream in run.scope.park.streams.values():
        inside = run.scope.sides(stream)
        if not inside:
            continue
        commodity = run.scope.commodity(stream)
        if commodity.kind in plan.use_required and "used" in inside and stream.id not in used:
            if stream.used_as not in plan.known_idle and not _passed_on(run, stream, leaving):
                findings.append(_without_use(run, stream))
        elif not means(plan.disregarded, commodity) and not any(means(select, commodity) for select in selects):
            uncovered.setdefault(stream.commodity, []).append(stream.id)
    return (*findings, *(_not_covered(plan, code, ids) for code, ids in uncovered.items()))


def _leaving(run: Run) -> Mapping[str, set[str]]:
    """Return node -> the commodities (with their parents) that leave it or one of its children."""
    out: dict[str, set[str]] = {}
    for stream in run.scope.park.streams.values():
        out.setdefault(stream.source, set()).update(run.scope.commodity(stream).lineage or (stream.commodity,))
    return out


def _passed_on(run: Run, stream: Stream, leaving: Mapping[str, set[str]]) -> bool:
    codes = set(run.scope.commodity(stream).lineage or (stream.commodity,))
    return any(codes & leaving.get(node, set()) for node in run.origins.within(stream.target))


def _without_use(run: Run, stream: Stream) -> Finding:
    amount, unit = scope.total(run.scope.parts(stream, "used")), run.scope.commodity(stream).unit
    message = (
        f"{stream.id} brings {stream.commodity} to {stream.target}, and used_as = {stream.used_as or 'blank'!r} does "
        "not say that it is burned, converted, kept as feedstock or passed on. It is not counted; set used_as in "
        "streams.csv."
    )
    return Finding(
        "fuel_without_use", "finding", message, Where(stream.at.file, stream.at.line, stream=stream.id),
        run.scope.start, run.scope.end, amount, unit, {"stream": stream.id, "used_as": stream.used_as},
    )  # fmt: skip


def _not_covered(plan: Plan, code: str, ids: list[str]) -> Finding:
    message = (
        f"{plan.method} neither uses nor disregards {code} ({len(ids)} streams, first {ids[0]}): it is not in the "
        "account."
    )
    return Finding("commodity_not_covered", "note", message, params={"commodity": code, "streams": tuple(ids)})


def lines(run: Run, plan: Plan, made: Iterable[Line]) -> tuple[Finding, ...]:
    """Return findings on how amounts were placed: cut by time, known for the year only, rows of older years, mixes."""
    findings: list[Finding] = []
    unplaced = ZERO
    cut: dict[str, Decimal] = {}
    lagging: dict[str, tuple[int, str]] = {}
    passed_on: dict[str, Decimal | None] = {}
    dated = {need.parameter for need in _needs(plan) if need.lag}
    for line in made:
        if line.amount_t is not None and line.view in ("", plan.view):
            unplaced += line.amount_t - sum((value for _, value in line.months), ZERO)
        edges = _cut_edges(run, line)
        for item in line.inputs if edges else ():
            if item.amount is not None and (item.flow.start, item.flow.end) in edges:
                cut[line.stream] = cut.get(line.stream, ZERO) + item.amount
        if line.origin == "pass_through" and line.side == "sent":
            passed_on[line.stream] = line.amount_t
        for use in line.factors:
            if use.row.data_year is not None and use.parameter in dated:
                lagging[use.row.id] = (run.scope.year - use.row.data_year, use.row.region or use.row.subject)
    if unplaced:
        findings.append(_year_only(run, unplaced))
    findings += [_cut(run, stream, amount) for stream, amount in cut.items()]
    findings += [_lag(run, row, *lag) for row, lag in lagging.items() if lag[0]]
    findings += [_passed(stream, amount) for stream, amount in passed_on.items()]
    return tuple(findings)


def _cut_edges(run: Run, line: Line) -> set[tuple[datetime, datetime]]:
    if not line.inputs:
        return set()
    parts = run.scope.parts(run.scope.park.streams[line.stream], line.side)
    return {(part.flow.start, part.flow.end) for part in parts if part.cut}


def _passed(stream: str, amount: Decimal | None) -> Finding:
    message = (
        f"{stream} sends power out of a node that makes none: it is taken as passed on, at the factor of power "
        "received. Set made_as = generation where it is made there."
    )
    params = {"stream": stream}
    return Finding("power_passed_on", "note", message, Where(stream=stream), amount=amount, unit="t", params=params)


def _year_only(run: Run, amount: Decimal) -> Finding:
    message = (
        f"{amount:.3f} t are known for longer spans than a month only (yearly statements, stock changes, gaps across "
        "months): they are in the year and in no month."
    )
    start, end = run.scope.start, run.scope.end
    return Finding("year_only", "note", message, start=start, end=end, amount=amount, unit="t")


def _cut(run: Run, stream: str, amount: Decimal) -> Finding:
    unit = run.scope.commodity(run.scope.park.streams[stream]).unit
    message = (
        f"An amount on {stream} reaches over the edge of the year or of a membership: "
        f"{round(amount, 3).normalize():f} {unit} were divided "
        "by time, an estimate. Give amounts up to the edge."
    )
    where, params = Where(stream=stream), {"stream": stream}
    return Finding(
        "cut_by_time", "finding", message, where, run.scope.start, run.scope.end, amount, unit, params
    )  # fmt: skip


def _lag(run: Run, row: str, years: int, region: str) -> Finding:
    message = (
        f"The latest factor of {region} that applies to {run.scope.year} is {row}: its data are {years} years old."
    )
    return Finding("factor_lag", "note", message, params={"row": row, "years": years, "region": region})


def of_edition(plan: Plan, year: int, tce: Decimal | None) -> tuple[Finding, ...]:
    """Return notes on the method itself: a year before its edition, a park below its smallest band."""
    findings = []
    if year < plan.edition.year:
        message = f"{plan.method} dates from {_day(plan.edition)}; {year} lies before it and is computed by its rules."
        findings.append(Finding("before_edition", "note", message, params={"year": year, "edition": str(plan.edition)}))
    if plan.band is not None and tce is not None and tce < plan.band.least_tce:
        message = (
            f"The core indicator has bands from {plan.band.least_tce:f} tce a year; this boundary uses {tce:.1f} tce "
            "(equivalent value). There is no national band for it."
        )
        params = {"least_tce": str(plan.band.least_tce)}
        findings.append(Finding("no_national_band", "note", message, amount=tce, unit="tce", params=params))
    return tuple(findings)


def _day(day: date) -> str:
    return day.isoformat()
