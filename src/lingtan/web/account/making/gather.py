"""What a run shows beyond the stable keys of the account: ledger by source, energy, choices, months, commodities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from lingtan.inventory.bridge import counted
from lingtan.inventory.model import Account, Line
from lingtan.ledger.finding import plain
from lingtan.ledger.park import Park
from lingtan.ledger.steam import SteamError, enthalpy
from lingtan.report import colour, view
from lingtan.trace import Explanation, Step, choices
from lingtan.trace.model import Check

#: Calorific values of GB/T 2589-2020, annexes: electricity 0.1229 kgce/kWh, heat 0.03412 kgce/MJ.
TCE_OF_UNIT: Mapping[str, Decimal] = {"kWh": Decimal("0.0001229"), "GJ": Decimal("0.03412")}
_WEAKEST = ("recalled", "found1", "found2", "own", "supplier", "measured")
_STATED = ("invoice", "statistics", "report", "confirmed_zero")
QUALITIES = ("measured", "reported", "estimated", "missing")


def more(account: Account, park: Park) -> dict[str, Any]:
    """Return the part of a run that pages show beyond ``lingtan account --json``."""
    band = view.band(account)
    return {
        "band": plain(band),
        "spans": {word: [plain(span.low), plain(span.high)] for word, span in _spans(account)},
        "ledger": ledger(account, park),
        "months": [
            {
                "group": stack.group,
                "token": colour.GROUPS[stack.group][0],
                "zh": colour.GROUPS[stack.group][1],
                "en": colour.GROUPS[stack.group][2],
                "t": {month: plain(amount) for month, amount in stack.months.items()},
            }
            for stack in colour.stacks(account, park, counted(account))
        ],
        "by_month": _months(account, park),
        "energy": [_term(term, park) for term in account.energy],
        "choices": [_choice(account, choice) for choice in choices.ordered(account)],
        "commodities": _commodities(account, park),
        "nodes": _nodes(account, park),
    }


def _spans(account: Account) -> Iterable[tuple[str, view.Range]]:
    spans = ((word, view.span_of(account, word)) for word in account.totals)
    return ((word, span) for word, span in spans if span is not None and span.open)


def key_of(line: Line, park: Park) -> str:
    """Return the source that a line belongs to: category, commodity, origin and side."""
    what = view.commodity_of(park, line.stream) or line.commodity or line.activity or line.id
    parts = (line.category, what, line.origin, "out" if line.sign < 0 else "", line.substance)
    return ".".join(part for part in parts if part and part != "CO2")


def sources(account: Account, park: Park) -> dict[str, list[Line]]:
    """Return the account's lines by source, in the order of the method and by size."""
    groups: dict[str, list[Line]] = {}
    shown = [line for line in account.lines if line.view in ("", view_of(account))]
    for lines in view.by_category(shown).values():
        held: dict[str, list[Line]] = {}
        for line in lines:
            held.setdefault(key_of(line, park), []).append(line)
        ordered = sorted(held.items(), key=lambda item: -abs(_sum(line.co2e_t for line in item[1]) or Decimal(0)))
        groups.update(ordered)
    return groups


def view_of(account: Account) -> str:
    """Return the view that the account's totals show."""
    return next((choice.chosen for choice in account.choices if choice.id == "view"), "location")


def ledger(account: Account, park: Park) -> list[dict[str, Any]]:
    """Return one row a source, each with the rows of its lines."""
    rows = []
    for key, lines in sources(account, park).items():
        zh, en = (_label(lines[0], park, lang) for lang in ("zh", "en"))
        parts = [_row(line, park) for line in lines]
        rows.append(
            {
                **_together(lines),
                "key": key,
                "category": lines[0].category,
                "zh": zh,
                "en": en,
                "token": colour.token(lines[0], park),
                "lines": parts,
            }
        )
    return rows


def _label(line: Line, park: Park, lang: str) -> str:
    """Return what a source is about: commodity, origin, and that it was sent out."""
    place = view.node_name(park, line.node, lang)
    return view.line_name(park, line, lang).removesuffix(place).removesuffix(" · ") or line.id


def _row(line: Line, park: Park) -> dict[str, Any]:
    return {
        **_together([line]),
        "id": line.id,
        "node": line.node,
        "stream": line.stream,
        "zh": view.line_name(park, line, "zh"),
        "en": view.line_name(park, line, "en"),
        "notation": line.notation,
        "months": _co2e_by_month(line),
        "amounts": amounts(line.inputs, park),
        "how": {month: list(held.values()) for month, held in times(line.inputs, park).items()},
        "side": line.side,
    }


def _co2e_by_month(line: Line) -> dict[str, Any]:
    """Return month -> t CO2e of what is known by month."""
    heavy = line.co2e_t / line.amount_t if line.amount_t and line.co2e_t is not None else Decimal(1)
    return {month: plain(amount * heavy) for month, amount in line.months}


def amounts(inputs: Iterable[Any], park: Park) -> dict[str, Any]:
    """Return month -> amount of the inputs that lie within one month, in their unit."""
    found: dict[str, Decimal] = {}
    for part in inputs:
        months = _labels(part.flow, park)
        if part.amount is not None and len(months) == 1:
            found[months[0]] = found.get(months[0], Decimal(0)) + part.amount
    return {month: plain(amount) for month, amount in sorted(found.items())}


def times(inputs: Iterable[Any], park: Park) -> dict[str, dict[str, float]]:
    """Return month -> seconds that inputs are measured, reported, estimated, missing; a longer input is in each."""
    found: dict[str, dict[str, float]] = {}
    for part in inputs:
        months = _labels(part.flow, park)
        seconds = (part.flow.end - part.flow.start).total_seconds() / len(months)
        for month in months:
            found.setdefault(month, dict.fromkeys(QUALITIES, 0.0))[_quality(part.flow)] += seconds
    return dict(sorted(found.items()))


def _together(lines: Sequence[Line]) -> dict[str, Any]:
    """Return activity, factor, emission and quality of lines taken together; a sum of unlike units is not given."""
    amounts = [view.line_amount(line) for line in lines]
    units = {unit for _, unit in amounts}
    amount = _sum(value for value, _ in amounts) if len(units) == 1 else None
    total = _sum(line.co2e_t for line in lines)
    uses = {(use.parameter, use.value, use.unit): use for line in lines for use in line.factors}
    statuses = {use.row.status for use in uses.values()}
    one = next(iter(uses.values())) if len(uses) == 1 else None
    effective = abs(total / amount) if total is not None and amount else None
    return {
        "amount": plain(amount),
        "unit": units.pop() if len(units) == 1 else "",
        "factor": plain(one.value if one else effective),
        "factor_unit": one.unit if one else (f"t/{amounts[0][1]}" if effective is not None else ""),
        "factor_count": len(uses),
        "factor_row": one.row.id if one else "",
        "status": next((word for word in _WEAKEST if word in statuses), ""),
        "t": plain(total),
        "sigma": plain(lines[0].sigma_pct) if len(lines) == 1 else None,
        "quality": quality(lines),
    }


def quality(lines: Iterable[Line]) -> dict[str, float]:
    """Return the shares of time that lines are measured, reported, estimated, missing."""
    weights = dict.fromkeys(QUALITIES, 0.0)
    for line in lines:
        for part in line.inputs:
            weights[_quality(part.flow)] += (part.flow.end - part.flow.start).total_seconds()
    whole = sum(weights.values())
    return {word: weight / whole for word, weight in weights.items()} if whole else {}


def _quality(flow: Any) -> str:
    if flow.amount is None:
        return "missing"
    if flow.estimated or flow.origin == "estimate":
        return "estimated"
    return "reported" if flow.origin in _STATED else "measured"


def _months(account: Account, park: Park) -> dict[str, dict[str, Any]]:
    """Return by month how much of the time of the inputs is known and how, and which groups rest on an estimate."""
    time: dict[str, list[float]] = {}
    guessed: dict[str, set[str]] = {}
    how: dict[str, dict[str, float]] = {}
    for line in counted(account):
        group = colour.group_of(line, park)
        for month, held in times(line.inputs, park).items():
            whole = how.setdefault(month, dict.fromkeys(QUALITIES, 0.0))
            for word, seconds in held.items():
                whole[word] += seconds
        for part in line.inputs:
            flow, seconds = part.flow, (part.flow.end - part.flow.start).total_seconds()
            for month in _labels(flow, park):
                held_time = time.setdefault(month, [0.0, 0.0])
                held_time[0] += seconds * float(flow.known) * (flow.amount is not None)
                held_time[1] += seconds
                if _quality(flow) == "estimated":
                    guessed.setdefault(month, set()).add(group)
    return {
        month: {
            "known": known / whole if whole else None,
            "time": whole,
            "how": list(how[month].values()),
            "estimated": sorted(guessed.get(month, ())),
        }
        for month, (known, whole) in sorted(time.items())
    }


def _labels(flow: Any, park: Park) -> list[str]:
    """Return the local months that a flow touches."""
    zone = park.settings.zone
    first = flow.start.astimezone(zone)
    last = (flow.end - timedelta(microseconds=1)).astimezone(zone)
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in numbers]


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def _term(term: Any, park: Park) -> dict[str, Any]:
    """Return a term of the energy total; its coal equivalent by month where one factor holds for all its inputs."""
    parameters = [use.parameter for use in term.factors]
    one = len(parameters) == len(set(parameters)) and term.amount
    sign = -1 if term.amount is not None and term.amount < 0 else 1
    by_month = amounts(term.inputs, park) if one else {}
    ratios = {"calorific": term.tce_calorific, "equivalent": term.tce_equivalent}
    months = {
        word: {month: sign * value * float(tce / term.amount) for month, value in by_month.items()}
        for word, tce in ratios.items()
        if tce is not None and one
    }
    return {
        "id": term.id,
        "stream": term.stream,
        "node": term.node,
        "commodity": term.commodity,
        "term": term.term,
        "amount": plain(term.amount),
        "unit": term.unit,
        "calorific": plain(term.tce_calorific),
        "equivalent": plain(term.tce_equivalent),
        "counted": term.counted,
        "months": months,
    }


def _choice(account: Account, choice: Any) -> dict[str, Any]:
    moved = choices.moved(account, choice)
    return {
        "id": choice.id,
        "zh": choices.title(choice, "zh"),
        "en": choices.title(choice, "en"),
        "chosen_zh": choices.option(choice, choice.chosen, "zh"),
        "chosen_en": choice.chosen,
        "reason_zh": choices.reason(choice, "zh"),
        "reason_en": choice.reason,
        "document": choice.document,
        "open": choices.is_open(account, choice),
        "matters": choices.matters(account, choice),
        "leaves_out": choices.leaves_out(account, choice),
        "alternatives": [
            {
                "zh": choices.option(choice, name, "zh"),
                "en": name,
                "totals": {word: plain(value) for word, value in totals.items()},
            }
            for name, totals in moved.items()
        ],
    }


def _commodities(account: Account, park: Park) -> dict[str, Any]:
    """Return the names, unit and coal equivalent [tce per unit, calorific] of what flows in the park."""
    used = {stream.commodity for stream in park.streams.values()} & set(park.commodities)
    ratios = _ratios(account)
    found = {}
    for code in sorted(used):
        known = park.commodities[code]
        found[code] = {
            "zh": known.name_zh or known.name_en or code,
            "en": known.name_en or known.name_zh or code,
            "unit": known.unit,
            "kind": known.kind,
            "tce": plain(ratios.get(code) or _by_unit(known)),
        }
    return found


def _ratios(account: Account) -> dict[str, Decimal]:
    """Return commodity -> tce per unit, from the energy term of the largest amount."""
    best: dict[str, Any] = {}
    for term in account.energy:
        if term.amount and term.tce_calorific is not None:
            held = best.get(term.commodity)
            if held is None or abs(term.amount) > abs(held.amount):
                best[term.commodity] = term
    return {code: term.tce_calorific / term.amount for code, term in best.items()}


def _by_unit(commodity: Any) -> Decimal | None:
    """Return the coal equivalent of a unit of energy, and of a tonne of steam whose state is given."""
    if commodity.unit in TCE_OF_UNIT and commodity.kind not in ("water", "waste", "product"):
        return TCE_OF_UNIT[commodity.unit]
    if commodity.unit == "t" and commodity.p_mpa is not None and "steam" in (commodity.lineage or ()):
        try:
            return enthalpy(commodity.p_mpa, commodity.t_c) / 1000 * TCE_OF_UNIT["GJ"]
        except SteamError:
            return None
    return None


def _nodes(account: Account, park: Park) -> dict[str, Any]:
    """Return what the account of each unit is made of by category and month, from its own lines."""
    from lingtan.ledger.boundary import ancestors

    found: dict[str, Any] = {}
    for line in counted(account):
        unit = next((above for above in ancestors(park, line.node) if above in account.by_node), "")
        if not unit:
            continue
        held = found.setdefault(unit, {"months": {}, "lines": []})
        held["lines"].append(line.id)
        stacks = held["months"].setdefault(colour.group_of(line, park), {})
        for month, amount in line.months:
            stacks[month] = stacks.get(month, 0.0) + float(amount)
    return found


def explained_source(key: str, lines: Sequence[Line], park: Park, told: Mapping[str, Explanation]) -> Explanation:
    """Return the explanation of a source: the sum of its lines, each with its own chain."""
    value = _sum(line.co2e_t for line in lines)
    steps = []
    for line in lines:
        values = {
            "id": line.id, "amount": line.amount_t, "substance": line.substance, "node": line.node,
            "activity": line.activity or line.category, "notation": line.notation or "NE", "note": line.note,
        }  # fmt: skip
        unknown = line.amount_t is None
        below = told[line.id].steps if line.id in told else ()
        chain = tuple(step for step in below if step.kind != "version")
        steps.append(Step("line", "line.unknown" if unknown else "line", values, chain, broken=unknown))
    names = tuple(_label(lines[0], park, lang) for lang in ("zh", "en"))
    head = Step("lines", "lines" if len(lines) > 1 else "lines.one", {"count": len(lines)}, tuple(steps))
    version = (step for line in lines[:1] if line.id in told for step in told[line.id].steps if step.kind == "version")
    again = _sum(told[line.id].value for line in lines if line.id in told) if _same(lines) else value
    check = Check("sum of lines", value, again)
    unit = "t CO₂" if all(line.substance == "CO2" for line in lines) else "t CO₂e"
    return Explanation(f"source:{key}", "source", (names[0], names[1]), value, unit, "", "", (head, *version), check)


def _same(lines: Sequence[Line]) -> bool:
    """Tell whether tonnes of substance are tonnes of CO2e, so that the lines' own figures add up to the source's."""
    return all(line.amount_t == line.co2e_t for line in lines)
