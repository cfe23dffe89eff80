"""The yearly statistical report: the statistics ledger of a year as a paper, month by month, gaps marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from lingtan.report.paper import (
    Block,
    Chart,
    Column,
    Heading,
    Missing,
    Paper,
    Row,
    Table,
    Text,
    Tile,
    Tiles,
    charts,
)
from lingtan.report.paper import Figure as Number
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import in_language
from lingtan.web.papers.contents.basis import Basis, comma, facts, language, marks, park_name, state_word
from lingtan.web.papers.contents.monthly import written
from lingtan.web.park.node import Node
from lingtan.web.reporting.files.ledger import GROUPS, ROWS, STOCKS, Carrier, Cell, Section
from lingtan.web.reporting.files.ledger import Row as LedgerRow

MONTHS = 12
MOST_FACTS = 60
CORE = "co2_t_per_tce"


def title(basis: Basis) -> str:
    """Return the title of the report."""
    return _("%(park)s: statistical report of %(year)s") % {"park": park_name(basis.park), "year": basis.year}


def answer(basis: Basis) -> str:
    """Return the answer as plain text."""
    return "".join(part if isinstance(part, str) else f"{part.text} {part.unit}".strip() for part in _answer(basis))


def write(basis: Basis) -> Paper:
    """Return the report as values, in the language at hand."""
    blocks: list[Block] = [Text(_answer(basis), "lead"), _tiles(basis), *_gaps(basis)]
    park = next((section for section in basis.ledger.sections if not section.code), None)
    for at, group in enumerate(GROUPS, start=1):
        blocks += _group(basis, park, group, f"{at}")
    blocks += _renewables(basis)
    blocks += _enterprises(basis)
    blocks += [*_facts(basis), *_accepted(basis), *_states(basis)]
    return Paper(
        title=title(basis), language=language(), day=basis.today, blocks=tuple(blocks),
        subtitle=_("Yearly statistical report from the statistics ledger"), facts=facts(basis), marks=marks(basis),
        sources=tuple(basis.sources.values()),
        running=_("%(park)s · statistical report %(year)s") % {"park": park_name(basis.park), "year": basis.year},
        author=_("Park office of %(park)s") % {"park": park_name(basis.park)},
    )  # fmt: skip


def _answer(basis: Basis) -> tuple[Any, ...]:
    totals, known = basis.run.result["totals"], basis.run.result["coverage"].get("known")
    carriers = {carrier.code for section in basis.ledger.sections for carrier in section.carriers}
    words = {"year": basis.year, "carriers": len(carriers), "missing": basis.ledger.missing}
    head: list[Any] = [_("In %(year)s the park used ") % words]
    energy = totals.get("energy_tce_calorific")
    if energy is None:
        head = [_("The energy of %(year)s cannot be said yet") % words]
    else:
        head.append(basis.number(energy, "tce", key="total:energy_tce_calorific", text=_("Energy consumed, year"),
                                 coverage=known, strong=True))  # fmt: skip
    if totals.get("co2_t") is not None:
        head += [_(" and emitted "), basis.number(totals["co2_t"], "t CO₂", key="total:co2_t",
                 text=_("Total CO₂ of the year"), coverage=known, strong=True)]  # fmt: skip
    tail = _(". The ledger holds %(carriers)s carriers; %(missing)s months of them lack a full amount.")
    return (*head, tail % words)


def _tiles(basis: Basis) -> Tiles:
    totals, coverage = basis.run.result["totals"], basis.run.result["coverage"]
    known = coverage.get("known")
    closed = sum(state.word != "preliminary" for state in basis.ledger.months)
    named = (
        ("energy_tce_calorific", _("Energy, calorific"), "tce", "total"),
        ("energy_tce_equivalent", _("Energy, primary equivalent"), "tce", "total"),
        ("co2_t", _("CO₂"), "t CO₂", "total"),
        (CORE, _("CO₂ per unit energy"), "t CO₂/tce", "ratio"),
    )
    tiles = [
        Tile(name, basis.number(totals.get(word), unit, kind=kind, key=f"total:{word}", text=name, coverage=known))
        for word, name, unit, kind in named
    ]
    final = Number(f"{closed}/{MONTHS}", tone="ok" if closed == MONTHS else "watch")
    return Tiles((*tiles, Tile(_("Months that are final"), final)))


def _gaps(basis: Basis) -> list[Block]:
    if not basis.ledger.missing:
        return []
    why = _("%(count)s months of enterprises' carriers have no amount, or only a part of it.")
    todo = _("They are marked in the tables by — (nothing known) and ≥ (a part is missing); no sum fills them.")
    return [Missing(_("Ledger with gaps"), why % {"count": basis.ledger.missing}, todo)]


def _group(basis: Basis, park: Section | None, group: str, number: str) -> list[Block]:
    """Return one group of carriers of the whole park: table of the year, energy with its chart."""
    name = str(GROUPS[group][0])
    head = Heading(_("%(number)s  %(name)s") % {"number": number, "name": name})
    carriers = [one for one in park.carriers if one.group == group] if park is not None else []
    if not carriers:
        return [head, Missing(name, _("No flow of this kind stands in the ledger."),
                              _("Enter its streams and meters, or ask for it in a report."))]  # fmt: skip
    blocks: list[Block] = [head]
    if group == "energy":
        blocks += _shares(carriers)
    return [*blocks, *(_carrier(basis, carrier) for carrier in carriers)]


def _shares(carriers: Sequence[Carrier]) -> list[Block]:
    rows = [(in_language(one.name_zh, one.name_en) or one.code, one.year_tce) for one in carriers]
    known = sorted(((name, float(tce)) for name, tce in rows if tce), key=lambda row: -row[1])
    if not known:
        return []
    drawn = charts.bars([(name, tce, "primary", figures.amount(tce, unit="tce")) for name, tce in known])
    alt = comma().join(f"{name} {figures.amount(tce, unit='tce')}" for name, tce in known)
    hint = _("tce, calorific · power and heat made in the park stand beside the fuels they come from: no sum is drawn")
    return [Chart(_("Consumption by carrier"), drawn, alt, hint)]


def _carrier(basis: Basis, carrier: Carrier) -> Table:
    """Return a carrier's twelve months in two rows of six, so that figures stay legible on A4."""
    name = in_language(carrier.name_zh, carrier.name_en) or carrier.code
    unit = written(carrier.unit)
    caption = _("%(name)s, %(unit)s") % {"name": name, "unit": unit}
    if carrier.year_tce is not None:
        caption = _("%(name)s, %(unit)s · year %(tce)s") % {
            "name": name, "unit": unit, "tce": figures.amount(carrier.year_tce, unit="tce"),
        }  # fmt: skip
    rows: list[Row] = []
    for half in (0, 6):
        if half:
            heads = (_("Month"), *(str(at) for at in range(7, 13)), _("Year"))
            rows.append(Row(heads, "head"))
        for row in carrier.rows:
            source = basis.source(f"ledger:{carrier.code}:{row.what}", _("Statistics ledger, adopted flows by month"))
            cells = tuple(cell_of(cell) for cell in row.months[half : half + 6])
            rows.append(Row((row.name, *cells, year_of(row) if half else ""), source=source))
    columns = (
        Column(_("Month"), share=1.9),
        *(Column(str(at), figures=True) for at in range(1, 7)),
        Column("", figures=True, share=1.2),
    )
    return Table(columns, tuple(rows), caption=caption)


def year_of(row: LedgerRow) -> str:
    """Return the year of a row: the sum of what is known, a level for stocks; ≥ where months are missing."""
    if row.year is None:
        return figures.NONE
    short = row.known < MONTHS and row.what not in STOCKS
    return f"{'≥ ' if short else ''}{figures.number(row.year)}"


def cell_of(cell: Cell) -> Any:
    """Return a month's amount: a dash where nothing is known, ≥ where a part is missing, marked where estimated."""
    if cell.amount is None:
        return Number(figures.NONE, tone="act")
    text = figures.number(cell.amount)
    if cell.partial:
        return Number(f"≥ {text}", tone="watch")
    return Number(f"{text} *", tone="watch") if cell.estimated else text


def _renewables(basis: Basis) -> list[Block]:
    head = Heading(_("Renewable power by supply"))
    rows = []
    for code, _commodity, made_as, unit, cells in basis.ledger.renewables:
        known = [cell.amount for cell in cells if cell.amount is not None]
        whole = figures.number(sum(known)) if known else figures.NONE
        if known and len(known) < MONTHS:
            whole = f"≥ {whole}"
        source = basis.source(f"flow:{code}", _("Adopted flow of the supply"))
        rows.append(Row((code, _made_as(made_as), written(unit), f"{len(known)}/12", whole), source=source))
    if not rows:
        return [head, Missing(str(head.text), _("No supply from renewable sources stands in the ledger."))]
    columns = (
        Column(_("Stream"), share=1.6), Column(_("Made as"), share=1.6), Column(_("Unit"), share=0.8),
        Column(_("Months with an amount"), figures=True), Column(_("Year"), figures=True, share=1.3),
    )  # fmt: skip
    return [head, Table(columns, tuple(rows))]


def _made_as(word: str) -> str:
    words = {
        "direct_green": _("direct green supply"), "green_trade": _("green power trade"),
        "generation": _("own generation"),
    }  # fmt: skip
    return words.get(word, word)


def _enterprises(basis: Basis) -> list[Block]:
    """Return the consumption of each enterprise by carrier, the year."""
    rows: list[Row] = []
    for section in basis.ledger.sections:
        own = [row for row in _consumption(basis, section) if section.code]
        if own:
            rows.append(Row((in_language(section.name_zh, section.name_en) or section.code,), "group"))
            rows += own
    head = Heading(_("Consumption by enterprise"))
    if not rows:
        return [head, Missing(str(head.text), _("No enterprise has an amount in the ledger."))]
    columns = (
        Column(_("Carrier"), share=2.2), Column(_("Unit"), share=0.8), Column(str(ROWS["bought"]), figures=True),
        Column(str(ROWS["received"]), figures=True), Column(_("Given and delivered"), figures=True),
        Column(str(ROWS["consumed"]), figures=True), Column("tce", figures=True, share=0.9),
        Column(_("Full months"), figures=True, share=0.8),
    )  # fmt: skip
    notes = (_("tce: calorific, of the consumption. — means that it is not known, never that it is nothing."),)
    return [head, Table(columns, tuple(rows), notes=notes)]


def _consumption(basis: Basis, section: Section) -> Iterable[Row]:
    for carrier in section.carriers:
        consumed = carrier.row("consumed")
        if carrier.group not in ("energy", "water") or consumed is None:
            continue
        source = basis.source(f"ledger:{section.code}:{carrier.code}", _("Statistics ledger of the enterprise"))
        given = [carrier.row(what) for what in ("given", "delivered")]
        out = [row.year for row in given if row is not None and row.year is not None]
        yield Row(
            (in_language(carrier.name_zh, carrier.name_en) or carrier.code, written(carrier.unit),
             _year(carrier, "bought"), _year(carrier, "received"), figures.amount(sum(out)) if out else figures.NONE,
             _year(carrier, "consumed"), figures.amount(carrier.year_tce), f"{consumed.known}/12"),
            source=source,
        )  # fmt: skip


def _year(carrier: Carrier, what: str) -> str:
    row = carrier.row(what)
    return figures.NONE if row is None else year_of(row)


def fact_value(text: str) -> str:
    """Return the value of a fact: a number by the one formatter, a word as it was written."""
    try:
        return figures.number(text)
    except ArithmeticError:
        return text


def quantity(word: str) -> str:
    """Return a quantity or unit of facts in words, itself where it has none."""
    words = {
        "headcount": _("employees"), "output_value": _("output value"), "floor_area": _("floor area"),
        "person": _("persons"), "persons": _("persons"),
    }  # fmt: skip
    return words.get(word, word.replace("_", " "))


def _facts(basis: Basis) -> list[Block]:
    head, held = Heading(_("Buildings, travel, management")), basis.ledger.facts
    if not held:
        return [head, Missing(str(head.text), _("No fact holds in this year."), _("Enter them in the register."))]
    names = {node.code: str(node) for node in Node.objects.visible_to(basis.access)}
    rows = tuple(
        Row((quantity(one.quantity), names.get(one.subject, one.subject) or figures.NONE, fact_value(one.value),
             quantity(written(one.unit)),
             figures.day(one.start.astimezone(basis.zone).date() if one.start else None)),
            source=basis.source(f"fact:{one.quantity}:{one.subject}", _("Fact of the park with its evidence"),
                                place=", ".join(one.evidence)[:60] or _("no evidence")))
        for one in held[:MOST_FACTS]
    )  # fmt: skip
    columns = (
        Column(_("Quantity"), share=2.2), Column(_("About"), share=1.4), Column(_("Value"), figures=True),
        Column(_("Unit")), Column(_("From"), share=1.1),
    )  # fmt: skip
    left = len(held) - len(rows)
    return [
        head,
        Table(columns, rows, notes=(_("%(count)s more stand in the workbook.") % {"count": left},) * (left > 0)),
    ]


def _accepted(basis: Basis) -> list[Block]:
    head, held = Heading(_("Accepted reports")), basis.ledger.accepted
    if not held:
        return [head, Text((_("No report of this year was accepted."),))]
    counts: dict[tuple[str, str], list[Any]] = {}
    for one in held:
        counts.setdefault((one.period, in_language(one.enterprise_zh, one.enterprise_en)), []).append(one)
    rows = tuple(
        Row((period, name, f"{len(lines)}", lines[0].signed_by or figures.NONE, lines[0].accepted_by or figures.NONE,
             figures.day(lines[0].accepted_at.astimezone(basis.zone)) if lines[0].accepted_at else figures.NONE))
        for (period, name), lines in counts.items()
    )  # fmt: skip
    columns = (
        Column(_("Period")), Column(_("Enterprise"), share=2), Column(_("Items"), figures=True, share=0.6),
        Column(_("Signed by"), share=1.2), Column(_("Accepted by"), share=1.2), Column(_("Accepted"), share=1.3),
    )  # fmt: skip
    note = _("Each line with its amount stands in the workbook of the statistics ledger.")
    return [head, Table(columns, rows, notes=(note,))]


def _states(basis: Basis) -> list[Block]:
    rows = tuple(
        Row((figures.period(one.month), state_word(one.word), state_word("closed" if one.closed else "open"),
             f"{one.accepted}/{one.due}" if one.due else figures.NONE))
        for one in basis.ledger.months
    )  # fmt: skip
    columns = (
        Column(_("Month")),
        Column(_("Figures")),
        Column(_("Month is")),
        Column(_("Reports accepted"), figures=True),
    )
    return [Heading(_("How final is each month?")), Table(columns, rows)]
