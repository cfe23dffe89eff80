"""Why is this figure what it is? One function per kind of figure, each giving the chain and a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from lingtan.flows.model import CrossCheck, Flow, FlowSet
from lingtan.inventory.model import Account, Line
from lingtan.ledger.boundary import ancestors, subtree
from lingtan.ledger.park import Park
from lingtan.reference.model import FactorRow
from lingtan.trace import chain, choices, names, recompute, show
from lingtan.trace.chain import LISTED
from lingtan.trace.context import Context, Place
from lingtan.trace.model import Check, Explanation, Step
from lingtan.trace.words import UNITS, both

OPENED = 12


def explain(
    account: Account,
    figure: str,
    *,
    park: Park,
    flow_set: FlowSet,
    place: Place | None = None,
    candidates: Iterable[FactorRow] = (),
    documents: Mapping[str, str] | None = None,
) -> Explanation:
    """Return the chain behind ``figure``: lines, flows, readings or statements, factors, rule, clause, findings.

    Parameters
    ----------
    figure : ``total:co2_t``, ``category:fuel``, ``month:2025-03``, ``node:E01``, ``line:<id>``, ``flow:<stream>``,
        ``flow:<stream>@2025-03``, ``deviation:<stream>``, ``coverage`` or ``choice:<id>``.
    place : tells the files and lines of a point's readings; without it the chain stops at the point.
    candidates : factor rows that could have been used; those of the same subject and parameter are shown as not used.
    documents : category (or blank) -> document and clause of the method; ``title`` names the method file.

    Raises
    ------
    UnknownFigure : no such figure; the message names near ones.
    """
    one = explainer(account, park=park, flow_set=flow_set, place=place, candidates=candidates, documents=documents)
    return one(figure)


def explainer(
    account: Account,
    *,
    park: Park,
    flow_set: FlowSet,
    place: Place | None = None,
    candidates: Iterable[FactorRow] = (),
    documents: Mapping[str, str] | None = None,
) -> Callable[[str], Explanation]:
    """Return `explain` for the figures of one account; what they share is gathered once."""
    context = Context(account, park, flow_set, place, tuple(candidates), documents or {})
    known = dict.fromkeys(names.known(account, flow_set))

    def one(figure: str) -> Explanation:
        name = names.parse(figure, known)
        return _BY_KIND[name.kind](context, name)

    return one


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """Add what is known as inventory does: nothing at all is nought, only unknown things are None."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    return sum(known, Decimal(0)) if known or not listed else None


def _weight(line: Line) -> Decimal:
    return next((use.value for use in line.factors if use.parameter == "gwp"), Decimal(1))


def _by_size(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-abs(line.co2e_t or Decimal(0)), line.id))


def _line_steps(context: Context, lines: Sequence[Line]) -> tuple[Step, ...]:
    ordered = _by_size(lines)
    shown = [chain.line_step(context, line, opened=at < OPENED) for at, line in enumerate(ordered[:LISTED])]
    rest = ordered[LISTED:]
    if rest:
        shown.append(_more(len(rest), _sum(line.amount_t for line in rest)))
    key = "lines" if len(ordered) > 1 else "lines.one" if ordered else "lines.none"
    return (Step("lines", key, {"count": len(ordered)}, tuple(shown)),)


def _more(count: int, amount: Decimal | None) -> Step:
    return Step("more", "more", {"count": count, "amount": amount, "unit": "t"})


def _choices(context: Context, *totals: str) -> tuple[Step, ...]:
    """Return the choices that an alternative of which changes one of ``totals``, with these totals only."""
    account = context.account
    moving = (choice for choice in context.choices() if choices.moved(account, choice, totals))
    return tuple(chain.choice_step(context, choice, totals) for choice in moving)


def _missing_choices(context: Context, lines: Iterable[Line]) -> tuple[Step, ...]:
    """Return the choices that change one of ``lines``, or are why one of them has no amount."""
    listed = tuple(lines)
    ids = {line.id for line in listed}
    gone = {line.category for line in listed if line.amount_t is None}
    about = (choice for choice in context.choices() if ids & set(choice.lines) or (gone & set(choice.leaves_out)))
    return tuple(chain.choice_step(context, choice, ("co2_t", "co2e_t", "co2_t_per_tce")) for choice in about)


def _touching(context: Context, lines: Iterable[Line], *, month: str = "") -> tuple[Step, ...]:
    return chain.touching(context, [line.stream for line in lines], month=month)


def _total(context: Context, name: names.Name) -> Explanation:
    word = name.key
    if word == "co2_t_per_tce":
        return _ratio(context)
    if word.startswith("energy_tce"):
        return _energy(context, word)
    lines = context.counted()
    steps = (*_line_steps(context, lines), *_choices(context, word), *_touching(context, lines))
    value = context.account.totals[word]
    carbon = (line.amount_t for line in lines if line.substance in ("CO2", "CO2e"))
    again = _sum(line.co2e_t for line in lines) if word == "co2e_t" else _sum(carbon)
    formula = _parts_formula(context.account.by_category)
    return _explanation(context, name, value, UNITS.get(word, ""), formula, steps, Check("sum of lines", value, again))


def _parts_formula(parts: Mapping[str, Decimal | None]) -> tuple[str, str]:
    """Return the sum of the categories in Chinese and in English; those that are nought are left out."""
    known = [(both(word), value) for word, value in parts.items() if value]
    told = ["", ""]
    for names_of, value in known:
        for at, word in enumerate(names_of):
            sign = "" if not told[at] else f" {show.MINUS} " if value < 0 else " + "
            amount = show.total(abs(value) if sign else value)
            told[at] += f"{sign}{amount}" + (f"（{word}）" if at == 0 else f" ({word})")
    return told[0], told[1]


def _ratio(context: Context) -> Explanation:
    totals = context.account.totals
    co2, tce = totals.get("co2_t"), totals.get("energy_tce_equivalent")
    value = totals["co2_t_per_tce"]
    again = co2 / tce if co2 is not None and tce else None
    stated = value.normalize() if value is not None else None
    check = Check("co2_t / energy_tce_equivalent", value, _like(again, value))
    words = ("co2_t", "energy_tce_equivalent")
    parts = [(word, _total(context, names.Name("total", word))) for word in words]
    steps = tuple(
        Step("figure", "quality", {"name": word, "share": f"{show.exact(part.value)} {part.unit}"}, _below(part))
        for word, part in parts
    )
    formula = f"{show.exact(co2)} t CO₂ / {show.exact(tce)} tce" if stated is not None else ""
    name = names.Name("total", "co2_t_per_tce")
    return _explanation(context, name, value, UNITS[name.key], formula, (*steps, *_choices(context, name.key)), check)


def _below(part: Explanation) -> tuple[Step, ...]:
    """Return the lines or terms of a total; its choices and findings stand with the ratio."""
    return tuple(step for step in part.steps if step.kind in ("lines", "term"))


def _like(again: Decimal | None, value: Decimal | None) -> Decimal | None:
    """Round a quotient to the digits the stated one has: a quotient has no exact decimal form."""
    if again is None or value is None:
        return again
    exponent = value.as_tuple().exponent
    return again.quantize(value) if isinstance(exponent, int) and exponent < 0 else again


def _energy(context: Context, word: str) -> Explanation:
    field = "tce_equivalent" if word.endswith("equivalent") else "tce_calorific"
    terms = context.account.energy
    steps = []
    for term in sorted(terms, key=lambda term: (not term.counted, -abs(getattr(term, field) or Decimal(0)), term.id)):
        values = {
            "id": term.id,
            "amount": term.amount,
            "unit": term.unit,
            "calorific": term.tce_calorific,
            "equivalent": term.tce_equivalent,
            "term": term.term,
            "stream": term.stream,
        }
        below = tuple(chain.factor_step(context, use) for use in term.factors)
        steps.append(Step("term", "term" if term.counted else "term.left_out", values, below))
    value = context.account.totals[word]
    again = _sum(getattr(term, field) for term in terms if term.counted) if terms else None
    check = Check("sum of counted energy terms", value, again)
    return _explanation(
        context, names.Name("total", word), value, UNITS[word], "", (*steps, *_choices(context, word)), check
    )


def _category(context: Context, name: names.Name) -> Explanation:
    lines = [line for line in context.counted() if line.category == name.key]
    value = context.account.by_category[name.key]
    covered = value is not None or bool(lines)
    again = _sum(line.co2e_t for line in lines) if covered else None
    check = Check("sum of the category's lines", value, again)
    steps = (*_line_steps(context, lines), *_missing_choices(context, lines), *_touching(context, lines))
    return _explanation(context, name, value, "t CO₂", "", steps, check)


def _month(context: Context, name: names.Name) -> Explanation:
    lines = context.counted()
    parts = [(line, amount * _weight(line)) for line in lines for month, amount in line.months if month == name.key]
    ordered = sorted(parts, key=lambda part: (-abs(part[1]), part[0].id))
    steps = [
        Step(
            "line",
            "line.month",
            {"id": line.id, "month": name.key, "amount": amount},
            _month_sources(context, line, name.key),
        )
        for line, amount in ordered[:LISTED]
    ]
    if rest := ordered[LISTED:]:
        steps.append(_more(len(rest), _sum(amount for _, amount in rest)))
    left = _sum(line.amount_t - sum((part for _, part in line.months), Decimal(0)) for line in lines if line.amount_t)
    if left:
        steps.append(Step("lines", "year_only", {"amount": left}))
    value = context.account.by_month[name.key]
    again = _sum(amount for _, amount in parts) if parts else None
    check = Check("sum of the lines' months", value, again)
    found = _touching(context, (line for line, _ in parts), month=name.key)
    return _explanation(context, name, value, "t CO₂", "", (*steps, *found), check)


def _month_sources(context: Context, line: Line, month: str) -> tuple[Step, ...]:
    return tuple(
        chain.piece_step(context, part.flow, part.share, part.unit)
        for part in line.inputs
        if part.flow.start.astimezone(context.zone).strftime("%Y-%m") == month
    )


def _node(context: Context, name: names.Name) -> Explanation:
    node = context.account.by_node[name.key]
    inside = {node for node in subtree(context.park, name.key) if _unit_of(context, node) == name.key}
    lines = [line for line in context.counted() if line.node in inside]
    own = [line for line in lines if line.side in ("made", "used")]
    steps = (
        Step("trade", "trade.own", {"amount": node.own}, _line_steps(context, own)),
        Step("trade", "trade.received", {"amount": node.received}),
        Step("trade", "trade.sent", {"amount": node.sent}),
        *_line_steps(context, [line for line in lines if line not in own]),
        *chain.touching(context, (line.stream for line in lines), nodes=inside),
    )
    formula = f"{show.exact(node.own)} + {show.exact(node.received)} − {show.exact(node.sent)}"
    check = Check(
        "own lines + received - sent",
        node.net,
        (_sum(line.co2e_t for line in own) or Decimal(0)) + node.received - node.sent,
    )
    return _explanation(context, name, node.net, "t CO₂", formula, steps, check)


def _unit_of(context: Context, node: str) -> str:
    """Return the unit in whose account a node stands: the nearest above that has one."""
    return next((above for above in ancestors(context.park, node) if above in context.account.by_node), "")


def _line(context: Context, name: names.Name) -> Explanation:
    line = context.line(name.key)
    steps = (
        *chain.line_chain(context, line, pieces=True),
        *_missing_choices(context, [line]),
        *_touching(context, [line]),
    )
    formula = recompute.formula(line)
    check = Check("rule applied to the listed arguments", line.amount_t, recompute.line_amount(line))
    return _explanation(context, name, line.amount_t, f"t {line.substance}", formula, steps, check)


def _flow(context: Context, name: names.Name) -> Explanation:
    pieces = _in_month(context, context.flow_set.pieces[name.key], name.month)
    unit = _unit(context, name.key)
    value = _sum(piece.amount for piece in pieces)
    steps = (
        *(chain.piece_step(context, piece, Decimal(1), unit) for piece in pieces),
        *chain.source_steps(context, pieces, unit),
        *(_check_step(context, check, unit) for check in _checks(context, name)),
        *(chain.line_step(context, line, opened=False) for line in context.lines_of(name.key)),
        *chain.touching(context, [name.key], month=name.month),
    )
    sources = [source.amount for piece in pieces for source in piece.sources]
    check = Check("sum of the sources", value, _sum(sources) if sources else None)
    return _explanation(context, name, value, unit, "", steps, check)


def _in_month(context: Context, pieces: Sequence[Flow], month: str) -> list[Flow]:
    if not month:
        return list(pieces)
    return [piece for piece in pieces if context.in_month(piece.start, piece.end, month)]


def _unit(context: Context, stream: str) -> str:
    code = context.park.streams[stream].commodity if stream in context.park.streams else ""
    return context.park.commodities[code].unit if code in context.park.commodities else ""


def _checks(context: Context, name: names.Name) -> list[CrossCheck]:
    own = (check for check in context.flow_set.checks if check.stream == name.key)
    return [check for check in own if not name.month or context.in_month(check.start, check.end, name.month)]


def _check_step(context: Context, check: CrossCheck, unit: str) -> Step:
    values = {
        "start": context.local(check.start),
        "end": context.local(check.end),
        "adopted": check.adopted,
        "other": check.other,
        "kind": check.source.kind,
        "ref": check.source.ref,
        "difference": check.other - check.adopted,
        "allowed": 2 * check.sigma,
        "unit": unit,
        "deviates": check.deviates,
    }
    return Step("check", "deviation.beyond" if check.deviates else "deviation", values, broken=check.deviates)


def _deviation(context: Context, name: names.Name) -> Explanation:
    checks = sorted(_checks(context, name), key=lambda check: -abs(check.other - check.adopted))
    unit = _unit(context, name.key)
    worst = checks[0] if checks else None
    value = worst.other - worst.adopted if worst else None
    formula = f"{show.exact(worst.other)} − {show.exact(worst.adopted)}" if worst else ""
    steps = (
        *(_check_step(context, check, unit) for check in checks),
        *chain.source_steps(context, _in_month(context, context.flow_set.pieces.get(name.key, ()), name.month), unit),
        *chain.touching(context, [name.key], month=name.month),
    )
    stated_by = worst.source.amount if worst and worst.source.amount is not None else worst.other if worst else None
    again = stated_by - worst.adopted if worst and stated_by is not None else None
    return _explanation(context, name, value, unit, formula, steps, Check("other - adopted, the largest", value, again))


def _coverage(context: Context, name: names.Name) -> Explanation:
    parts = context.account.coverage
    shares = [parts.get(word) for word in ("measured", "reported", "estimated", "missing")]
    gone = [
        chain.missing_step(context, part.flow)
        for line in context.account.lines
        for part in line.inputs
        if part.flow.amount is None
    ]
    steps = (
        *(Step("figure", "quality", {"name": word, "share": show.share(value)}) for word, value in parts.items()),
        *gone,
    )
    again = _sum(shares)
    stated = Decimal(1) if again is not None else None
    near = again.quantize(Decimal("1e-9")) if again is not None else None
    return _explanation(
        context,
        name,
        parts.get("known"),
        "",
        "",
        steps,
        Check("metered + reported + estimated + missing", stated, near),
    )


def _choice(context: Context, name: names.Name) -> Explanation:
    account = context.account
    choice = next(choice for choice in account.choices if choice.id == name.key)
    changed = choices.moved(account, choice)
    word = next((word for word in _MOVED_FIRST if any(word in totals for totals in changed.values())), _MOVED_FIRST[0])
    base = account.totals.get(word)
    changes = [totals[word] - base for totals in changed.values() if word in totals and base is not None]
    known = [totals[word] for totals in choice.effect.values() if totals.get(word) is not None]
    value = max(changes, key=abs) if changes else Decimal(0) if known else None
    step = chain.choice_step(context, choice)
    check = Check("alternative - chosen, the largest", value, value)
    return _explanation(context, name, value, UNITS[word], "", (step,), check)


#: Of the totals that an alternative changes, the one that its explanation is told in.
_MOVED_FIRST = ("co2_t", "co2e_t", "co2_t_per_tce", "energy_tce_equivalent", "energy_tce_calorific")

_NAMED: Mapping[str, tuple[str, str]] = {
    "month": ("{key} 月排放", "emission of {key}"),
    "node": ("{key} 的净排放", "net emission of {key}"),
    "line": ("清册行 {key}", "line {key}"),
    "flow": ("流量 {key} {month}", "flow {key} {month}"),
    "deviation": ("偏差 {key} {month}", "deviation on {key} {month}"),
    "coverage": ("数据覆盖（总量可知）", "coverage (known as a total)"),
    "choice": ("口径选择 {key} 的最大影响", "the most that choice {key} changes"),
}


def _explanation(
    context: Context,
    name: names.Name,
    value: Decimal | None,
    unit: str,
    formula: str | tuple[str, str],
    steps: tuple[Step, ...],
    check: Check,
) -> Explanation:
    figure = name.kind if not name.key else f"{name.kind}:{name.key}"
    if name.month:
        figure = f"{figure}@{name.month}"
    pair = _NAMED.get(name.kind) or both(name.key)
    zh, en = (text.format(key=name.key, month=name.month).strip() for text in pair)
    formulas = (formula, formula) if isinstance(formula, str) else formula
    status = context.account.status
    told = (*steps, *chain.version_steps(context))
    return Explanation(figure, name.kind, (zh, en), value, unit, status, formulas[1], told, check, formulas[0])


_BY_KIND: Mapping[str, Callable[[Context, names.Name], Explanation]] = {
    "total": _total,
    "category": _category,
    "month": _month,
    "node": _node,
    "line": _line,
    "flow": _flow,
    "deviation": _deviation,
    "coverage": _coverage,
    "choice": _choice,
}
