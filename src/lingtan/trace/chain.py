"""The links of a chain: inventory line, flows, readings or statements, factors, rule, clause, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from lingtan.flows.model import Flow, Source
from lingtan.flows.stocks import NEAR
from lingtan.inventory.model import Choice, FactorUse, Line, LineInput
from lingtan.ledger.boundary import subtree
from lingtan.ledger.finding import Finding
from lingtan.trace import choices, recompute, show, tell
from lingtan.trace.context import ON_BEHALF, Context
from lingtan.trace.model import Step

STATEMENTS = ("invoice", "statistics", "report", "estimate", "confirmed_zero")
METERS = ("meter", "virtual")
MAX_REFUSED = 5

#: Lines and findings that one explanation names one by one.
LISTED = 60


def line_step(context: Context, line: Line, *, opened: bool = True) -> Step:
    """Return the step of one line; ``opened`` hangs its whole chain below."""
    if line.amount_t is None:
        activity = line.activity or line.category
        values: dict[str, Any] = {
            "id": line.id,
            "notation": line.notation or "NE",
            "activity": activity,
            "note": line.note,
        }
        return Step("line", "line.unknown", values, line_chain(context, line) if opened else (), broken=True)
    values = {
        "id": line.id,
        "amount": line.amount_t,
        "substance": line.substance,
        "node": line.node,
        "activity": line.activity or line.category,
    }
    return Step("line", "line", values, line_chain(context, line) if opened else ())


def line_chain(context: Context, line: Line, *, pieces: bool = False) -> tuple[Step, ...]:
    """Return what stands behind a line; ``pieces`` lists every adopted piece, else only their sources."""
    return (
        *about(context, line),
        *flow_steps(context, line.inputs, pieces=pieces),
        *stock_steps(context, line),
        *(factor_step(context, use) for use in line.factors),
        *rule_steps(line),
        clause_step(context, line),
    )


def about(context: Context, line: Line) -> tuple[Step, ...]:
    """Return where and when a line holds."""
    stream = context.park.streams.get(line.stream)
    values = {
        "boundary": line.boundary,
        "node": line.node,
        "stream": line.stream,
        "source": stream.source if stream else None,
        "target": stream.target if stream else None,
        "start": context.local(line.start),
        "end": context.local(line.end),
    }
    return (Step("line", "line.about", values),)


def flow_steps(context: Context, inputs: Sequence[LineInput], *, pieces: bool) -> tuple[Step, ...]:
    """Return the flows of a line: their sum by quality, on request each piece, then readings and statements."""
    if not inputs:
        return ()
    listed = tuple(piece_step(context, part.flow, part.share, part.unit) for part in inputs) if pieces else ()
    flows = [part.flow for part in inputs]
    return (
        Step("flow", "flows", _by_quality(inputs), listed),
        *(missing_step(context, flow) for flow in flows if flow.amount is None and not pieces),
        *source_steps(context, flows, inputs[0].unit, each=pieces),
    )


def stock_steps(context: Context, line: Line) -> tuple[Step, ...]:
    """Return the levels of stock behind a line that stands for a change of stock: those near its ends."""
    mark, _, commodity = line.id.partition(f"stock.{line.node}.")
    if not mark or not commodity:
        return ()
    inside = subtree(context.park, line.node)
    rows = (row for row in context.park.stocks if row.node in inside and row.commodity == commodity)
    near = [row for row in rows if min(abs(row.time - line.start), abs(row.time - line.end)) <= NEAR]
    return tuple(
        Step(
            "statement",
            "stock",
            {
                "node": row.node,
                "commodity": row.commodity,
                "start": context.local(row.time),
                "amount": row.amount,
                "unit": row.unit,
                "ref": f"{row.at.file}:{row.at.line}",
                "evidence": row.evidence,
            },
        )
        for row in near
    )


def _by_quality(inputs: Sequence[LineInput]) -> dict[str, object]:
    known = [part for part in inputs if part.amount is not None]

    def part_of(kinds: Sequence[str], estimated: bool | None) -> Decimal | None:
        chosen = [
            part.amount
            for part in known
            if part.amount is not None and part.flow.origin in kinds and estimated in (None, part.flow.estimated)
        ]
        return sum(chosen, Decimal(0)) if chosen else None

    stated = tuple(kind for kind in STATEMENTS if kind != "estimate")
    return {
        "amount": sum((part.amount for part in known if part.amount is not None), Decimal(0)) if known else None,
        "unit": inputs[0].unit,
        "count": len(inputs),
        "measured": part_of(METERS, None),
        "reported": part_of(stated, False),
        "estimated": _added(part_of(stated, True), part_of(("estimate",), None)),
        "missing": sum(part.flow.amount is None for part in inputs),
    }


def _added(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return second if first is None else first if second is None else first + second


def piece_step(context: Context, flow: Flow, share: Decimal, unit: str) -> Step:
    """Return one adopted piece."""
    if flow.amount is None:
        return missing_step(context, flow)
    marks = [*flow.flags, *(["cut"] if flow.estimated else [])]
    values = {
        "start": context.local(flow.start),
        "end": context.local(flow.end),
        "amount": flow.amount,
        "unit": unit,
        "origin": flow.origin,
        "share": share,
        "known": show.share(flow.known),
        "resolved": show.share(flow.resolved),
        "unplaced": flow.unplaced,
        "flags": marks,
        "marks": f" [{', '.join(marks)}]" if marks else " ",
    }
    return Step("flow", "flow", values)


def missing_step(context: Context, flow: Flow) -> Step:
    """Return a span of which nothing is known."""
    values = {
        "start": context.local(flow.start),
        "end": context.local(flow.end),
        "notation": flow.notation or "NE",
        "stream": flow.stream,
    }
    return Step("missing", "missing", values, broken=True)


def source_steps(context: Context, flows: Iterable[Flow], unit: str, *, each: bool = True) -> tuple[Step, ...]:
    """Return metering points (one step each over the whole span) and statement rows behind ``flows``.

    Without ``each`` the rows of one kind, file and reporter are told together.
    """
    grouped: dict[tuple[str, str, str], list[Source]] = {}
    for flow in flows:
        for source in flow.sources:
            told_by = source.kind in METERS or each
            place = source.ref if told_by else source.ref.rpartition(":")[0]
            grouped.setdefault((source.kind, place, source.reporter), []).append(source)
    return tuple(_source_step(context, sources, unit) for sources in grouped.values())


def _source_step(context: Context, sources: Sequence[Source], unit: str) -> Step:
    if sources[0].kind in METERS:
        return _meter_step(context, sources, unit)
    same = len({source.ref for source in sources}) == 1
    return _statement_step(context, sources, unit) if same else _statements_step(context, sources, unit)


def _statements_step(context: Context, sources: Sequence[Source], unit: str) -> Step:
    amount, _, _ = _together(sources)
    places = [source.ref.rpartition(":") for source in sources]
    values = {
        "kind": sources[0].kind,
        "file": places[0][0],
        "rows": tuple(dict.fromkeys(line for _, _, line in places)),
        "reporter": sources[0].reporter,
        **_who(context, sources[0].reporter),
        "amount": amount,
        "unit": unit,
        "evidence": tuple(dict.fromkeys(file for source in sources for file in source.evidence)),
    }
    return Step("statement", "statements", values)


def _together(sources: Sequence[Source]) -> tuple[Decimal | None, datetime, datetime]:
    amounts = [source.amount for source in sources if source.amount is not None]
    total = sum(amounts, Decimal(0)) if amounts else None
    return total, min(source.start for source in sources), max(source.end for source in sources)


def _meter_step(context: Context, sources: Sequence[Source], unit: str) -> Step:
    amount, start, end = _together(sources)
    point = sources[0].ref
    meter = context.meter(point, start)
    virtual = context.virtual(point)
    if meter is None and virtual is not None:
        values: dict[str, Any] = {"point": point, "expression": virtual.expression, "amount": amount, "unit": unit}
        return Step("readings", "readings.virtual", values)
    values = {
        "point": point,
        "role": meter.role if meter else None,
        "register": meter.register if meter else None,
        "serial": meter.serial if meter else None,
        "amount": amount,
        "unit": unit,
        "start": context.local(start),
        "end": context.local(end),
    }
    return Step("readings", "readings", values, _files(context, point, start, end))


def _files(context: Context, point: str, start: datetime, end: datetime) -> tuple[Step, ...]:
    if context.place is None:
        return (Step("readings", "readings.gone", {}),)
    return tuple(
        Step(
            "readings",
            "readings.file",
            {
                "file": part.file,
                "first_line": part.first_line,
                "last_line": part.last_line,
                "readings": part.readings,
                "sha256": part.sha256,
            },
        )
        for part in context.place(point, start, end)
    )


def _statement_step(context: Context, sources: Sequence[Source], unit: str) -> Step:
    amount, _, _ = _together(sources)
    first = sources[0]
    values = {
        "origin": first.kind,
        "kind": first.kind,
        "ref": first.ref,
        "reporter": first.reporter,
        **_who(context, first.reporter),
        **({"behalf": ON_BEHALF, "behalf_zh": "园区办代填"} if context.on_behalf(first.ref) else {}),
        "amount": amount,
        "unit": unit,
        "evidence": first.evidence,
    }
    return Step("statement", "statement", values)


def _who(context: Context, node: str) -> dict[str, str]:
    return {"who": context.node_label(node, "en"), "who_zh": context.node_label(node, "zh")}


def factor_step(context: Context, use: FactorUse) -> Step:
    """Return a factor as used, with its row as published and the rows that were not used."""
    row = use.row
    values = {
        "parameter": use.parameter,
        "value": use.value,
        "unit": use.unit,
        "row": row.id,
        "document": row.document,
        "source": row.source,
        "data_year": str(row.data_year) if row.data_year else None,
        "status": row.status,
        "set_id": row.set_id,
    }
    published = {
        "value": row.value,
        "unit": row.unit,
        "from": row.applies_from.isoformat() if row.applies_from else None,
        "until": row.applies_until.isoformat() if row.applies_until else None,
        "region": row.region,
        "content_hash": row.content_hash,
        "source": row.source,
    }
    below = [Step("factor", "factor.published", published)]
    if row.file:
        below.append(Step("factor", "factor.own", {"file": row.file, "line": row.line}))
    below.extend(_refused(context, use))
    return Step("factor", "factor", values, tuple(below), broken=row.status == "recalled")


def _refused(context: Context, use: FactorUse) -> list[Step]:
    used = use.row
    others = [
        row
        for row in context.candidates
        if row.subject == used.subject and row.parameter == use.parameter and row.id != used.id
    ]
    others.sort(key=lambda row: (row.set_id != used.set_id, -(row.data_year or 0), row.id))
    return [
        Step(
            "factor",
            "factor.refused",
            {
                "value": row.value,
                "unit": row.unit,
                "row": row.id,
                "document": row.document,
                "status": row.status,
                "region": row.region,
            },
        )
        for row in others[:MAX_REFUSED]
    ]


def rule_steps(line: Line) -> tuple[Step, ...]:
    """Return the rule with its own numbers and its citation."""
    if not line.rule:
        return ()
    values = {
        "rule": line.rule,
        "formula": recompute.formula(line),
        "amount": line.amount_t,
        "substance": line.substance,
        "arguments": dict(line.arguments),
        "sign": line.sign,
    }
    cite = Step("rule", "rule.cite", {"citation": recompute.citation(line.rule)})
    return (Step("rule", "rule", values, (cite, *_amount_steps(line))),)


def _amount_steps(line: Line) -> tuple[Step, ...]:
    """Tell where the rule's amount comes from when it is not simply the sum of the inputs."""
    stated, summed = line.arguments.get(recompute.AMOUNT), recompute.from_inputs(line)
    if stated is None or summed is None or stated == summed:
        return ()
    unit = recompute.argument_unit(line, recompute.AMOUNT)
    values = {"stated": stated, "summed": summed, "difference": stated - summed, "unit": unit, "note": line.note}
    return (Step("rule", "rule.amount", values),)


def clause_step(context: Context, line: Line) -> Step:
    """Return the method's clause that a line stands under."""
    values = {"method": line.method, "category": line.category, "scope": line.scope or None}
    document = context.documents.get(line.category) or context.documents.get("")
    if not document:
        return Step("clause", "clause", values)
    title = context.documents.get("title", line.method)
    titles = {"title": title, "title_zh": context.documents.get("title_zh") or title, "document": document}
    return Step("clause", "clause", values, (Step("clause", "clause.document", titles),))


def version_steps(context: Context) -> tuple[Step, ...]:
    """Return the package and the edition of the method that the account was computed with, where they are known."""
    package, edition = context.documents.get("package"), context.documents.get("edition")
    if not package:
        return ()
    return (Step("version", "version", {"package": package, "method": context.account.method, "edition": edition}),)


def choice_step(context: Context, choice: Choice, totals: Iterable[str] | None = None) -> Step:
    """Return a choice of the method with what each alternative would change, of ``totals`` where they are given."""
    account = context.account
    below = [_alternative(choice, name, moved) for name, moved in choices.moved(account, choice, totals).items()]
    if choices.leaves_out(account, choice):
        gone = [line.id for line in account.lines if line.category in choice.leaves_out and line.amount_t is None]
        below.append(Step("choice", "choice.leaves_out", {"lines": gone}))
    if not below and totals is None:
        below.append(Step("choice", "choice.nothing", {}))
    values = {
        "id": choice.id,
        "title": choices.title(choice, "en"),
        "title_zh": choices.title(choice, "zh"),
        "chosen": choice.chosen,
        "chosen_zh": choices.option(choice, choice.chosen, "zh"),
        "reason": choice.reason.rstrip("."),
        "reason_zh": choices.reason(choice, "zh").rstrip("。."),
        "document": choice.document,
    }
    is_open = choices.is_open(account, choice)
    return Step("choice", "choice.open" if is_open else "choice", values, tuple(below), broken=is_open)


def _alternative(choice: Choice, name: str, moved: Mapping[str, Decimal]) -> Step:
    values = {"alternative": name, "alternative_zh": choices.option(choice, name, "zh"), "totals": moved}
    return Step("choice", "choice.alternative", values)


def finding_steps(context: Context, findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return findings as steps."""
    return tuple(Step("finding", "finding", _finding(context, finding)) for finding in findings)


def _finding(context: Context, finding: Finding) -> dict[str, Any]:
    where = finding.where
    spot = " ".join(
        part for part in (where.file and f"{where.file}:{where.line or 1}", where.point, where.stream) if part
    )
    return {
        "code": finding.code,
        "title": tell.title_of(finding, "zh"),
        "level": finding.level,
        "message": finding.message,
        "message_zh": tell.sentence(finding, "zh", context.park),
        "place": " ".join(part for part in (spot, tell.when(finding, context.zone)) if part),
        "amount": finding.amount,
        "unit": finding.unit,
        "where": where.as_json(),
    }


def touching(
    context: Context, streams: Iterable[str], *, nodes: Iterable[str] = (), month: str = ""
) -> tuple[Step, ...]:
    """Return the findings about streams, their points and nodes, in a month where one is given; notes last.

    Of more than `LISTED` the first ones stand and the others are counted: a park of many enterprises has thousands.
    """
    wanted = set(streams) - {""}
    points = {point for stream in wanted for point in context.points(stream)}
    found = [
        finding
        for _at, finding in context.findings(wanted, points, nodes)
        if not month or context.in_month(finding.start, finding.end, month)
    ]
    ordered = sorted(found, key=lambda finding: finding.level == "note")
    steps = finding_steps(context, ordered[:LISTED])
    rest = len(ordered) - LISTED
    return (*steps, Step("finding", "finding.more", {"count": rest})) if rest > 0 else steps
