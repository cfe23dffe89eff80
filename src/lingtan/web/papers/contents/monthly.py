"""The monthly brief: what a park's management asks each month, answered first, then shown with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from lingtan.report.paper import (
    Block,
    Chart,
    Column,
    Heading,
    Missing,
    Note,
    Paper,
    Row,
    Table,
    Text,
    Tile,
    Tiles,
    charts,
)
from lingtan.report.paper.model import Tone
from lingtan.web.account.run import Run
from lingtan.web.kernel import figures
from lingtan.web.kernel.language import in_language
from lingtan.web.kernel.tags import QUALITIES
from lingtan.web.papers.contents import open_matters
from lingtan.web.papers.contents.basis import (
    Basis,
    added,
    change,
    comma,
    facts,
    language,
    marks,
    months_of,
    park_name,
    state_of,
)  # fmt: skip
from lingtan.web.period import Period

ENOUGH = 0.8
FULL = 0.95
CORE = "co2_t_per_tce"
MOST_UNITS = 12
#: Group of the month bars -> category of the account.
CATEGORIES = {"gas": "fuel", "coal": "fuel", "liquid": "fuel"}
ENERGY_ROWS = ("bought", "made", "given")


@dataclass(frozen=True, slots=True)
class Span:
    """Sums of a span of months and of the same span a year before; ``missing`` months are in none of them."""

    now: Decimal | None
    before: Decimal | None
    missing: tuple[str, ...] = ()


def month_of(basis: Basis) -> str:
    """Return the month as it is written: ``2025-03``."""
    return basis.period.text


def so_far(basis: Basis) -> list[str]:
    """Return the months of the year up to the brief's."""
    return months_of(Period(month_of(basis), "custom", basis.period.start.replace(month=1), basis.period.end))


def known_share(run: Run, month: str) -> float | None:
    """Return how much of a month's inputs is known (0 to 1); None where the account says nothing of it."""
    share: float | None = run.more.get("by_month", {}).get(month, {}).get("known")
    return share


def emitted(basis: Basis, months: Sequence[str]) -> Span:
    """Return the CO2 [t] of months, and of the same months a year before where all of those are known."""
    told = basis.run.result["by_month"]
    former = basis.before.result["by_month"] if basis.before else {}
    earlier = [former.get(f"{basis.year - 1}{month[4:]}") for month in months]
    missing = tuple(month for month in months if told.get(month) is None)
    return Span(added([told.get(month) for month in months]), None if None in earlier else added(earlier), missing)


def title(basis: Basis) -> str:
    """Return the title of the brief."""
    return _("%(park)s: carbon and energy in %(month)s") % {"park": park_name(basis.park), "month": basis.period}


def answer(basis: Basis) -> str:
    """Return the answer as plain text."""
    return "".join(part if isinstance(part, str) else f"{part.text} {part.unit}".strip() for part in _answer(basis))


def write(basis: Basis) -> Paper:
    """Return the brief as values, in the language at hand."""
    blocks: list[Block] = [Text(_answer(basis), "lead"), _tiles(basis)]
    blocks += _gaps(basis)
    blocks += [Heading(_("Where did the carbon come from?")), _months(basis), *_groups(basis)]
    blocks += _core(basis)
    blocks += [Heading(_("Which energy did the park use?")), *_energy(basis)]
    blocks += [Heading(_("Who emits how much?")), *_units(basis)]
    blocks += _quality(basis)
    blocks += [*open_matters.findings(basis), *open_matters.reports(basis)]
    blocks += [*open_matters.green(basis), *open_matters.deadlines(basis)]
    return Paper(
        title=title(basis), language=language(), day=basis.today, blocks=tuple(blocks),
        subtitle=_("Monthly brief for the park's management"), facts=facts(basis, _reported(basis)),
        marks=marks(basis), sources=tuple(basis.sources.values()),
        running=_("%(park)s · monthly brief %(month)s") % {"park": park_name(basis.park), "month": month_of(basis)},
        author=_("Park office of %(park)s") % {"park": park_name(basis.park)},
    )  # fmt: skip


def _reported(basis: Basis) -> tuple[str, str]:
    state = basis.states[month_of(basis)]
    if not state.due:
        return (_("Reports of the month"), _("none asked for"))
    return (_("Reports of the month"), _("%(done)s of %(all)s accepted") % {"done": state.accepted, "all": state.due})


def _month_source(basis: Basis, run: Run, month: str) -> tuple[str, str]:
    return f"month:{month}", _("CO₂ of %(month)s") % {"month": figures.period(month)}


def _total(basis: Basis, months: Sequence[str], *, strong: bool = False) -> Any:
    """Return the figure of the CO2 of months: one that is not known in full is a lower limit."""
    span = emitted(basis, months)
    key, text = f"month:{months[-1]}", _("CO₂ of %(month)s") % {"month": figures.period(months[-1])}
    if len(months) > 1:
        text = _("CO₂ of %(first)s to %(last)s, sum of the months") % {
            "first": figures.period(months[0]), "last": figures.period(months[-1]),
        }  # fmt: skip
        key = f"month:{months[0]}..{months[-1]}"
    shares = [known_share(basis.run, month) or 0.0 for month in months if month not in span.missing]
    known = 1 - len(span.missing) / len(months) if span.missing else min(shares, default=1.0)
    return basis.number(span.now, "t CO₂", key=key, text=text, coverage=known, strong=strong)


def _answer(basis: Basis) -> tuple[Any, ...]:
    """Return the answer in two or three sentences, its figures with their sources."""
    month = month_of(basis)
    span = emitted(basis, [month])
    values = {"month": str(basis.period), "year": basis.year}
    if span.now is None:
        first: list[Any] = [
            _("%(month)s cannot be said yet: no amount of the month is known.") % values
        ]  # fmt: skip
    else:
        first = [_("%(month)s: ") % values, _total(basis, [month], strong=True), _versus(span, basis.year - 1)]
    whole = emitted(basis, so_far(basis))
    if whole.now is not None and month[5:] != "01":
        first += [_(" The year so far: ") % values, _total(basis, so_far(basis), strong=True),
                  _versus(whole, basis.year - 1)]  # fmt: skip
    return (*first, *_against(basis))


def _versus(span: Span, year: int) -> str:
    """Return the end of a sentence about an amount: how it compares with the year before."""
    part = None if span.missing else figures.change(span.now, span.before)
    if part is None:
        return _("; the year before cannot be compared.")
    words = {"share": figures.amount(abs(part), "share"), "year": year}
    if part < 0:
        return _(", %(share)s less than in the same span of %(year)s.") % words
    return _(", %(share)s more than in the same span of %(year)s.") % words


def _against(basis: Basis) -> tuple[Any, ...]:
    """Return the sentence about the core indicator of the year and its line."""
    value, limit = basis.run.result["totals"].get(CORE), basis.run.more.get("band")
    known = basis.run.result["coverage"].get("known") or 0
    if value is None or known < ENOUGH:
        return (_(" The core indicator of the year cannot be said yet."),)
    shown = basis.number(value, "t CO₂", kind="ratio", key=f"total:{CORE}", text=_("CO₂ per unit energy, year"),
                         strong=True)  # fmt: skip
    head = _(" In the account of %(year)s each tonne of coal equivalent carries ") % {"year": basis.year}
    if limit is None:
        return (head, shown, _("; no national line applies to a park of this size."))
    words = {"limit": figures.number(limit, "ratio")}
    if value <= limit:
        return (head, shown, _("; the national line of %(limit)s is met.") % words)
    return (head, shown, _("; the national line is %(limit)s, acceptance cannot be requested yet.") % words)


def _tiles(basis: Basis) -> Tiles:
    month, months = month_of(basis), so_far(basis)
    one, whole = emitted(basis, [month]), emitted(basis, months)
    known = known_share(basis.run, month)
    open_ones = open_matters.counted(basis)
    totals = basis.run.result["totals"]
    limit, value = basis.run.more.get("band"), totals.get(CORE)
    tone: Tone = "" if limit is None or value is None else "ok" if value <= limit else "act"
    line = _("national line ≤ %(limit)s") % {"limit": figures.number(limit, "ratio")} if limit is not None else ""
    return Tiles(
        (
            Tile(_("CO₂ of the month"), _total(basis, [month]), _than_before(one)),
            Tile(_("CO₂ of the year so far"), _total(basis, months), _than_before(whole)),
            Tile(_("CO₂ per unit energy, year"), basis.number(value, "t CO₂/tce", kind="ratio", key=f"total:{CORE}",
                 text=_("CO₂ per unit energy, year"), tone=tone), line or _("no line applies")),
            Tile(_("Inputs known"), basis.number(known, "%", kind="share", key=f"month:{month}",
                 text=_month_source(basis, basis.run, month)[1]), _("of the month's time")),
            Tile(_("Findings that wait"), basis.number(open_ones.count, "", key="findings",
                 text=_("Register of findings")), open_ones.said),
        )
    )  # fmt: skip


def _than_before(span: Span) -> Any:
    if span.missing or span.before is None:
        return _("no year before to compare")
    part = change(span.now, span.before, good="down")
    return part if part.text == figures.NONE else type(part)(
        _("%(change)s %% against the year before") % {"change": part.text}, tone=part.tone
    )  # fmt: skip


def _gaps(basis: Basis) -> list[Block]:
    """Return the marked gaps: months without an amount, months that are not known in full, preliminary figures."""
    found: list[Block] = []
    why = _("The account has no amount of this month; no sum here contains it.")
    todo = _("Look at the meters and reports of the month, then have the account drawn anew.")
    found += [Missing(figures.period(month), why, todo) for month in emitted(basis, so_far(basis)).missing]
    thin = [month for month in so_far(basis) if (known_share(basis.run, month) or 0) < FULL]
    thin = [month for month in thin if basis.run.result["by_month"].get(month) is not None]
    if thin:
        named = comma().join(
            f"{figures.period(month)} {figures.amount(known_share(basis.run, month) or 0, 'share')}" for month in thin
        )
        found.append(
            Missing(_("Inputs known for less than 95 %"), _("%(months)s. Figures of these months are lower limits.")
                    % {"months": named})
        )  # fmt: skip
    if state_of(basis) == "preliminary":
        found.append(Note(_("The month is preliminary: it is not closed, reports may still change its figures.")))
    return found


def _months(basis: Basis) -> Chart:
    labels = [f"{basis.year}-{number:02}" for number in range(1, 13)]
    told = basis.run.more.get("by_month", {})
    later = labels[labels.index(month_of(basis)) + 1 :]
    series = [
        charts.Series(
            in_language(group["zh"], group["en"]), group["token"],
            [None if month in later else _kilo(group["t"].get(month)) for month in labels],
            [group["group"] in told.get(month, {}).get("estimated", ()) for month in labels],
        )
        for group in basis.run.more["months"]
    ]  # fmt: skip
    line = None
    if basis.before is not None:
        former = basis.before.result["by_month"]
        values = [_kilo(former.get(f"{basis.year - 1}{month[4:]}")) for month in labels]
        line = charts.Series(str(basis.year - 1), "", values)
    drawn = charts.months(
        [str(int(month[5:])) for month in labels], series, line=line,
        coverage=[None if month in later else told.get(month, {}).get("known") for month in labels],
        marked=labels.index(month_of(basis)), coverage_name=_("known"), until=labels.index(month_of(basis)),
    )  # fmt: skip
    return Chart(
        _("CO₂ by month and source"), drawn, answer(basis),
        _("kt CO₂ · dotted: year before · hatched: with estimates · strip: share of the inputs known · below zero: "
          "sent out"),
    )  # fmt: skip


def _kilo(value: float | None) -> float | None:
    return None if value is None else value / 1000


def _groups(basis: Basis) -> list[Block]:
    """Return the table of CO2 by source: month and year so far, each against the year before."""
    former = {group["group"]: group["t"] for group in basis.before.more["months"]} if basis.before else {}
    rows = []
    for group in basis.run.more["months"]:
        category = CATEGORIES.get(group["group"], group["group"])
        source = basis.source(
            f"category:{category}", _("CO₂ of the category, lines by month"),
        )  # fmt: skip
        cells = _pair(basis, group["t"], former.get(group["group"], {}))
        rows.append(Row((in_language(group["zh"], group["en"]), *cells), source=source))
    total = _pair(basis, basis.run.result["by_month"], basis.before.result["by_month"] if basis.before else {})
    key = f"month:{month_of(basis)}"
    rows.append(Row((_("Total"), *total), "total", basis.source(key, _month_source(basis, basis.run, key[6:])[1])))
    notes = (_("Parts are rounded apart."), *_year_only(basis))
    return [Table(_pair_columns(basis, _("Source"), "t CO₂"), tuple(rows), notes=notes)]


def _year_only(basis: Basis) -> tuple[str, ...]:
    """Return the note on what is known for the year only and stands in no month, such as a change of stock."""
    whole, months = basis.run.result["totals"].get("co2_t"), list(basis.run.result["by_month"].values())
    if whole is None or None in months:
        return ()
    left = figures.decimal(whole) - (added(months) or 0)
    if abs(left) < 1:
        return ()
    words = _("%(amount)s more are known for the whole of %(year)s only and stand in no month.")
    return (words % {"amount": figures.amount(left, unit="t CO₂"), "year": basis.year},)


def _pair_columns(basis: Basis, name: str, unit: str) -> tuple[Column, ...]:
    month = str(int(month_of(basis)[5:]))
    words = {"month": month, "year": basis.year, "before": basis.year - 1}
    return (
        Column(name, unit, share=2.4),
        Column(figures.period(month_of(basis)), figures=True, share=1.25),
        Column(_("Same month %(before)s") % words, figures=True, share=1.25),
        Column(_("Change"), figures=True, share=0.85),
        Column(_("Year so far"), figures=True, share=1.25),
        Column(_("Same span %(before)s") % words, figures=True, share=1.25),
        Column(_("Change"), figures=True, share=0.85),
    )


def _pair(basis: Basis, now: Any, before: Any) -> tuple[Any, ...]:
    """Return six cells: month, a year before, change; year so far, a year before, change. Unknown is a dash."""
    cells: list[Any] = []
    for months in ([month_of(basis)], so_far(basis)):
        own = [now.get(month) for month in months]
        former = [before.get(f"{basis.year - 1}{month[4:]}") for month in months]
        here, then = added(own), None if None in former else added(former)
        partly = here is not None and None in own
        shown = f"≥ {figures.number(here)}" if partly and here is not None else figures.amount(here)
        cells += [shown, figures.amount(then), figures.NONE if partly else change(here, then)]
    return tuple(cells)


def _core(basis: Basis) -> list[Block]:
    """Return the core indicator of the year against its lines; a gap where it cannot be said."""
    found: list[Block] = [Heading(_("How far is the park from zero carbon?"))]
    value, limit = basis.run.result["totals"].get(CORE), basis.run.more.get("band")
    known = basis.run.result["coverage"].get("known") or 0
    if value is None or known < ENOUGH:
        why = _("Only %(share)s of the year's inputs is known; below 80 %% no indicator is given.")
        return [*found, Missing(_("CO₂ per unit energy"), why % {"share": figures.amount(known, "share")})]
    former = basis.before.result["totals"].get(CORE) if basis.before else None
    span = basis.run.more.get("spans", {}).get(CORE)
    drawn = charts.ladder(
        value, [(limit, f"≤ {figures.number(limit, 'ratio')}")] if limit is not None else [],
        said=figures.number(value, "ratio"), span=tuple(span) if span else None,
        before=(former, f"{basis.year - 1}: {figures.number(former, 'ratio')}") if former is not None else None,
    )  # fmt: skip
    hint = _("t CO₂/tce, whole year · green: passing · bracket: range over the choices that are open")
    told = "".join(part if isinstance(part, str) else f"{part.text} {part.unit}" for part in _against(basis)).strip()
    return [*found, Chart(_("Core indicator"), drawn, told, hint), *_energy_total(basis)]


def _energy_total(basis: Basis) -> list[Block]:
    totals = basis.run.result["totals"]
    parts: list[Any] = []
    for word, text in (
        ("energy_tce_calorific", _("Energy of the year, calorific: ")),
        ("energy_tce_equivalent", _("; primary equivalent: ")),
    ):
        if totals.get(word) is not None:
            parts += [text, basis.number(totals[word], "tce", key=f"total:{word}", text=_("Energy consumed, year"))]
    return [Text((*parts, _(". "))) if parts else Text(("",))][: bool(parts)]


def _energy(basis: Basis) -> list[Block]:
    """Return energy by carrier from the statistics ledger, month and year so far against the year before."""
    former = _carriers(basis.ledger_before) if basis.ledger_before else {}
    rows: list[Row] = []
    for code, carrier in _carriers(basis.ledger).items():
        name = in_language(carrier.name_zh, carrier.name_en) or code
        for what in ENERGY_ROWS:
            row = carrier.row(what)
            if row is None:
                continue
            then = former[code].row(what) if code in former else None
            now = {f"{basis.year}-{at:02}": cell.amount for at, cell in enumerate(row.months, start=1)}
            before = (
                {f"{basis.year - 1}-{at:02}": cell.amount for at, cell in enumerate(then.months, start=1)}
                if then is not None
                else {}
            )
            if added([now.get(month) for month in so_far(basis)]) is None:
                continue
            source = basis.source(f"ledger:{code}:{what}", _("Statistics ledger, adopted flows by month"))
            label = _("%(carrier)s, %(what)s") % {"carrier": name, "what": row.name.lower()}
            rows.append(Row((_("%(name)s [%(unit)s]") % {"name": label, "unit": written(carrier.unit)},
                             *_pair(basis, now, before)), source=source))  # fmt: skip
    if not rows:
        return [Missing(_("Energy by carrier"), _("The account has no flow of energy over the park's bounds."))]
    note = _("Adopted amounts: each carrier in its own unit. Power and heat made in the park stand apart.")
    return [Table(_pair_columns(basis, _("Carrier"), ""), tuple(rows), notes=(note,))]


def _carriers(ledger: Any) -> dict[str, Any]:
    """Return code -> energy carrier of the whole park."""
    parks = [section for section in ledger.sections if not section.code]
    return {one.code: one for section in parks for one in section.carriers if one.group == "energy"}


def written(unit: str) -> str:
    """Return a unit as people write it."""
    return unit.replace("Nm3", "Nm³").replace("m3", "m³").replace("1e4 ", "10⁴ ").replace("CO2", "CO₂")


def _units(basis: Basis) -> list[Block]:
    """Return enterprises by their own emission of the month, with the net amount of the year."""
    from lingtan.web.park.node import Node

    names = {node.code: str(node) for node in Node.objects.visible_to(basis.access)}
    month = month_of(basis)
    held = []
    for code, net in basis.run.result["by_node"].items():
        stacks = basis.run.more["nodes"].get(code, {}).get("months", {})
        former = basis.before.more["nodes"].get(code, {}).get("months", {}) if basis.before else {}
        own = added([group.get(month) for group in stacks.values()])
        then = added([group.get(f"{basis.year - 1}{month[4:]}") for group in former.values()])
        held.append((names.get(code, code), code, own, then, net["net"]))
    held.sort(key=lambda row: (row[4] is None, -(row[4] or 0)))
    rows = [
        Row((name, figures.amount(own), figures.amount(then), change(own, then), figures.amount(net)),
            source=basis.source(f"node:{code}", _("Account of the enterprise: %(name)s") % {"name": name}))
        for name, code, own, then, net in held[:MOST_UNITS]
    ]  # fmt: skip
    columns = (
        Column(_("Enterprise"), "t CO₂", share=2.6),
        Column(_("Own fuels and processes, %(month)s") % {"month": figures.period(month)}, figures=True, share=1.4),
        Column(_("Same month %(before)s") % {"before": basis.year - 1}, figures=True, share=1.2),
        Column(_("Change"), figures=True, share=0.9),
        Column(_("Net, with energy bought and sold, %(year)s") % {"year": basis.year}, figures=True, share=1.4),
    )
    left = len(held) - len(rows)
    more = (_("%(count)s more enterprises are left out here.") % {"count": left},) if left else ()
    return [Table(columns, tuple(rows), notes=(_("Largest net amount first."), *more))]


def _at_least(share: float) -> str:
    """Return a share that is not nought as such, however small."""
    return figures.amount(share, "share") if share >= 0.0005 else f"<{figures.amount(0.001, 'share')}"


def _quality(basis: Basis) -> list[Block]:
    """Return how the account's inputs came about: measured, reported, estimated, missing."""
    told = basis.run.result["coverage"]
    words = {"measured": "metered", "reported": "reported", "estimated": "estimated", "missing": "missing"}
    names = {word: QUALITIES[quality] for word, quality in words.items()}
    parts = [
        (f"{name} {_at_least(told[word])}", float(told[word]), word) for word, name in names.items() if told.get(word)
    ]
    if not parts:
        return [Missing(_("How good are the figures?"), _("The account does not say how its inputs came about."))]
    drawn, alt = charts.composition(parts), comma().join(words for words, *_rest in parts)
    hint = _("Share of the inputs' time, account of %(year)s") % {"year": basis.year}
    basis.source("coverage:known", hint)
    return [Heading(_("How good are the figures?")), Chart("", drawn, alt, hint)]
