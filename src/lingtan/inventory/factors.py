"""Finding the arguments of a rule: the park's evidence first, then the library, every value with its row.

Order for one stream and span: properties of its deliveries, rows of factors.csv (narrowest ``for`` first: stream, node
at its source, role word, blank; then nearest commodity, latest ``from``, best status), library sets by name. A way of
a recipe is taken whole or not at all, so that sets are never mixed unless the method says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from lingtan.inventory.model import FactorUse
from lingtan.inventory.rules import RULES
from lingtan.inventory.shapes import Need, Recipe, Way
from lingtan.ledger import steam, units
from lingtan.ledger.boundary import ancestors
from lingtan.ledger.park import Park, Property, Stream
from lingtan.ledger.unit_table import LABELS
from lingtan.reference import AmbiguousFact, FactorRow, Library, MissingFact, find
from lingtan.reference.model import Commodity

STATUS_ORDER = ("measured", "supplier", "own", "found2", "found1", "recalled")
_ROLE, _BLANK = 1000, 2000
NO_DATE = date.min
GRID, COUNTRY = "grid", "country"
"""Regions that stand for the grid region and the country of the park."""
PLAIN_SOURCES = ("property", "own", "supplier", "state", "method")
"""Sources that are no set of the library."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a recipe gave: rule and arguments, or what was missing.

    ``unused`` are the park's own rows that a better way would have taken, had nothing else been missing; ``tied`` are
    pairs of equal rows that were set aside; ``averaged`` names properties that were averaged over the span by time.
    """

    rule: str = ""
    uses: tuple[tuple[str, FactorUse], ...] = ()
    missing: tuple[str, ...] = ()
    unused: tuple[FactorRow, ...] = ()
    tied: tuple[tuple[FactorRow, FactorRow], ...] = ()
    averaged: tuple[str, ...] = ()
    note: str = ""
    stands_for: str = ""

    @property
    def recalled(self) -> bool:
        """Tell whether a row was used that nobody has found in a source yet."""
        return any(use.row.status == "recalled" for _, use in self.uses)

    @property
    def key(self) -> tuple[object, ...]:
        """Return what tells two findings of factors apart: rule, rows and values."""
        return (self.rule, tuple((name, use.row.id, use.value) for name, use in self.uses))


@dataclass(frozen=True, slots=True)
class Book:
    """All factors there are for a park and a year; ``on`` is the day library rows are asked for.

    ``measured`` are the streams with properties of their own.
    """

    park: Park
    library: Library
    on: date
    allow_recalled: bool
    own: Mapping[tuple[str, str], tuple[FactorRow, ...]]
    properties: Mapping[tuple[str, str], tuple[Property, ...]]
    rows: Mapping[str, FactorRow]
    measured: frozenset[str]
    memo: dict[tuple[object, ...], Found] = field(default_factory=dict, compare=False)
    names: dict[str, dict[str, int]] = field(default_factory=dict, compare=False)
    touched: dict[tuple[str, str], bool] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: the stream, its commodity, the span of the piece, the local day it starts on, the substance."""

    stream: Stream
    commodity: Commodity
    start: datetime
    end: datetime
    day: date
    substance: str = "CO2"


def book(park: Park, library: Library, *, on: date, allow_recalled: bool = False) -> Book:
    """Return the factors of a park and a library, indexed."""
    own: dict[tuple[str, str], list[FactorRow]] = {}
    for row in park.factors:
        if row.status != "recalled" or allow_recalled:
            own.setdefault((row.subject, row.parameter), []).append(row)
    properties: dict[tuple[str, str], list[Property]] = {}
    for item in park.properties:
        properties.setdefault((item.stream, item.property), []).append(item)
    return Book(
        park,
        library,
        on,
        allow_recalled,
        {key: tuple(rows) for key, rows in own.items()},
        {key: tuple(items) for key, items in properties.items()},
        {row.id: row for row in library.factors},
        frozenset(item.stream for item in park.properties),
    )


def answer(held: Book, recipe: Recipe, ask: Ask) -> Found:
    """Return the first way of a recipe whose arguments are all found, or what was missing."""
    key = _key(held, recipe, ask)
    known = held.memo.get(key)
    if known is None:
        known = held.memo[key] = _answer(held, recipe, ask)
    return known


def general(held: Book, recipe: Recipe, ask: Ask) -> Found | None:
    """Return the answer for any piece of a stream without evidence of its own; None where the pieces must be asked."""
    if ask.stream.id in held.measured or touches(held, recipe, ask.commodity):
        return None
    key = (recipe.key, ask.commodity.code, ask.substance, "")
    known = held.memo.get(key)
    if known is None:
        known = held.memo[key] = _answer(held, recipe, ask)
    return known


def touches(held: Book, recipe: Recipe, commodity: Commodity) -> bool:
    """Tell whether the park has rows that a recipe could take, or ignore, for a commodity, wherever they apply."""
    key = (recipe.key, commodity.code)
    if key not in held.touched:
        pairs = dict.fromkeys(_asked(recipe))
        pairs |= {(name, need.subject): None for way in recipe.ways for need in way.needs for name in need.ignores}
        held.touched[key] = any(
            (code, parameter) in held.own
            for parameter, subject in pairs
            for code in (*(commodity.lineage or (commodity.code,)), subject)
        )
    return held.touched[key]


def own_rows(held: Book, parameter: str, ask: Ask, subject: str = "") -> list[tuple[tuple[int, ...], FactorRow]]:
    """Return the park's rows that apply to a stream on its day, best first, each with its rank (lower is better)."""
    codes = (*ask.commodity.lineage, subject) if subject else ask.commodity.lineage
    ranked = []
    for nearness, code in enumerate(codes or (ask.commodity.code,)):
        for row in held.own.get((code, parameter), ()):
            width = _names(held, ask.stream).get(row.applies_to)
            if width is not None and _holds(row, ask.day):
                begun = -(row.applies_from or NO_DATE).toordinal()
                ranked.append(((width, nearness, begun, STATUS_ORDER.index(row.status)), row))
    return sorted(ranked, key=lambda item: item[0])


def changing(held: Book, recipe: Recipe, ask: Ask, last: date) -> tuple[str, ...]:
    """Return the parameters for which another of the park's rows holds on ``last`` than on the day asked for."""
    later = replace(ask, day=last)
    return tuple(
        parameter
        for parameter, subject in (_asked(recipe) if held.own else ())
        if [row.id for _, row in own_rows(held, parameter, ask, subject)[:1]]
        != [row.id for _, row in own_rows(held, parameter, later, subject)[:1]]
    )


def _key(held: Book, recipe: Recipe, ask: Ask) -> tuple[object, ...]:
    """Return what an answer depends on; streams without evidence of their own share one answer."""
    evidence: list[object] = []
    for parameter, subject in _asked(recipe) if held.own or held.properties else ():
        if held.properties and (items := held.properties.get((ask.stream.id, parameter))):
            evidence += [(ask.start, ask.end)] if _overlapping(items, ask) else []
        if held.own:
            evidence += [(rank, row.id, row.line) for rank, row in own_rows(held, parameter, ask, subject)]
    return (recipe.key, ask.commodity.code, ask.substance, ask.stream.id if evidence else "", *evidence)


@lru_cache(maxsize=1024)
def _asked(recipe: Recipe) -> tuple[tuple[str, str], ...]:
    pairs = {(need.parameter, need.subject): None for way in recipe.ways for need in way.needs}
    if any("state" in need.sources for way in recipe.ways for need in way.needs):
        pairs |= dict.fromkeys((("pressure", ""), ("temperature", ""), ("enthalpy", "")))
    return tuple(pairs)


def _answer(held: Book, recipe: Recipe, ask: Ask) -> Found:
    passed: dict[str, FactorRow] = {}
    missing: list[str] = []
    tied: list[tuple[FactorRow, FactorRow]] = []
    for way in recipe.ways:
        uses, gaps, ties, averaged = _try(held, way, ask)
        tied += ties
        if not gaps:
            taken = {use.row.id for _, use in uses}
            unused = tuple(row for row in passed.values() if row.id not in taken)
            return Found(
                way.rule, tuple(uses), (), unused, tuple(dict.fromkeys(tied)), tuple(averaged), way.note, way.stands_for
            )
        missing += gaps
        passed |= {use.row.id: use.row for _, use in uses if _is_own(use.row)}
    return Found(missing=tuple(dict.fromkeys(missing)), unused=tuple(passed.values()), tied=tuple(dict.fromkeys(tied)))


def _is_own(row: FactorRow) -> bool:
    return not row.set_id


def _try(
    held: Book, way: Way, ask: Ask
) -> tuple[list[tuple[str, FactorUse]], list[str], list[tuple[FactorRow, FactorRow]], list[str]]:
    """Look every argument of a way up; what is missing comes back in words."""
    rule, uses, gaps = RULES[way.rule], [], []
    ties: list[tuple[FactorRow, FactorRow]] = []
    averaged: list[str] = []
    unit = rule.arguments["amount"]
    if unit != "{unit}" and not _convertible(ask.commodity.unit, unit):
        return [], [f"{way.rule} takes {unit}, {ask.commodity.code} is in {ask.commodity.unit}"], [], []
    for need in way.needs:
        label = ask.substance if ask.substance in LABELS else ""
        target = (need.unit or rule.arguments[need.argument]).format(unit=ask.commodity.unit, substance=label)
        unfit: list[FactorRow] = []
        use = _use(held, need, ask, target=target, ties=ties, averaged=averaged, unfit=unfit)
        if use is None:
            gaps.append(_gap(held, need, target, unfit))
        else:
            uses.append((need.argument, use))
    return uses, gaps, ties, averaged


def _gap(held: Book, need: Need, target: str, unfit: Sequence[FactorRow]) -> str:
    """Say which argument was looked for where, and which rows were there in a unit that does not fit."""
    region = _region(held, need)
    place = f"; region {region}" if region and any(source not in PLAIN_SOURCES for source in need.sources) else ""
    rows = "".join(
        f"; {row.file}:{row.line} is in {row.unit}" if row.file else f"; {row.id} is in {row.unit}" for row in unfit
    )
    return f"{need.parameter} ({', '.join(need.sources)}{place}{rows}) [{target}]"


def _region(held: Book, need: Need) -> str:
    settings = held.park.settings
    return {GRID: settings.grid_region, COUNTRY: settings.country}.get(need.region, need.region)


def _convertible(unit: str, to: str) -> bool:
    try:
        units.ratio(unit, to)
    except units.UnitError:
        return False
    return True


def _use(
    held: Book,
    need: Need,
    ask: Ask,
    *,
    target: str,
    ties: list[tuple[FactorRow, FactorRow]],
    averaged: list[str],
    unfit: list[FactorRow],
) -> FactorUse | None:
    for source in need.sources:
        if source == "state":
            use = _state(held, ask, averaged)
            if use is not None:
                return use
            continue
        row = _row(held, need, ask, source=source, target=target, ties=ties, averaged=averaged)
        if row is None:
            continue
        for unit in (target, _equivalent(target)):
            value = _converted(row, unit, ask.commodity) if unit else None
            if value is not None:
                return FactorUse(need.parameter, value, unit, row)
        unfit.append(row)
    return None


def _equivalent(target: str) -> str:
    """Return the unit with CO2e for CO2 and the other way round: such factors are published in either."""
    if target.startswith("tCO2/"):
        return target.replace("tCO2/", "tCO2e/")
    return target.replace("tCO2e/", "tCO2/") if target.startswith("tCO2e/") else ""


def _row(
    held: Book,
    need: Need,
    ask: Ask,
    *,
    source: str,
    target: str,
    ties: list[tuple[FactorRow, FactorRow]],
    averaged: list[str],
) -> FactorRow | None:
    if source == "property":
        return _property(held, need.parameter, ask, averaged)
    if source in ("own", "supplier"):
        return _best_own(held, need, ask, named=source == "supplier", ties=ties)
    if source == "method":
        return _of_method(need, target)
    if source.startswith("row:"):
        row = held.rows.get(source[4:])
        return row if row is not None and (held.allow_recalled or row.status != "recalled") else None
    return _of_library(held, need, ask, source)


def _best_own(
    held: Book, need: Need, ask: Ask, *, named: bool, ties: list[tuple[FactorRow, FactorRow]]
) -> FactorRow | None:
    ranked = own_rows(held, need.parameter, ask, need.subject)
    if named:
        ranked = [(rank, row) for rank, row in ranked if rank[0] < _ROLE]
    while len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        ties.append((ranked[0][1], ranked[1][1]))
        ranked = [item for item in ranked if item[0] != ranked[0][0]]
    return ranked[0][1] if ranked else None


def _of_method(need: Need, target: str) -> FactorRow:
    assert need.value is not None  # noqa: S101 - the reader of method files has refused this
    return FactorRow(
        id=f"method:{need.parameter}:{need.value}",
        subject=need.subject,
        parameter=need.parameter,
        value=need.value,
        unit=need.unit or target,
        document=need.document,
        status=need.status,
        set_id="method",
    )


def _of_library(held: Book, need: Need, ask: Ask, source: str) -> FactorRow | None:
    set_id, _, qualifier = source.partition(":")
    region = _region(held, need)
    codes = (*ask.commodity.lineage, need.subject) if need.subject else ask.commodity.lineage
    try:
        return find(
            held.library,
            codes or (ask.commodity.code,),
            need.parameter,
            set_id=set_id,
            region=region,
            on=held.on,
            qualifier=qualifier or need.qualifier,
            allow_recalled=held.allow_recalled,
        )
    except (MissingFact, AmbiguousFact):
        return None


def _converted(row: FactorRow, target: str, commodity: Commodity) -> Decimal | None:
    try:
        return units.factor_value(row.value, row.unit, target, commodity)
    except units.UnitError:
        return None


def _overlapping(items: Sequence[Property], ask: Ask) -> list[Property]:
    return [item for item in items if item.start < ask.end and ask.start < item.end]


def _property(held: Book, name: str, ask: Ask, averaged: list[str]) -> FactorRow | None:
    """Return the property of the deliveries in a span; several are weighted by time, which ``averaged`` tells."""
    items = _overlapping(held.properties.get((ask.stream.id, name), ()), ask)
    if not items:
        return None
    whole = [item for item in items if item.start <= ask.start and ask.end <= item.end]
    if len(whole) == 1 and len(items) == 1:
        return _as_row(items[0], ask)
    if len({item.unit for item in items}) > 1:
        items = [replace(item, value=units.factor_value(item.value, item.unit, items[0].unit)) for item in items]
    weights = [Decimal((min(item.end, ask.end) - max(item.start, ask.start)).total_seconds()) for item in items]
    same = len({item.value for item in items}) == 1
    if not same or sum(weights) < Decimal((ask.end - ask.start).total_seconds()):
        averaged.append(name)
    if same:
        return _as_row(items[0], ask)
    mean = sum((item.value * weight for item, weight in zip(items, weights, strict=True)), Decimal(0)) / sum(weights)
    row = _as_row(items[0], ask)
    return replace(row, id=f"{row.id}+{len(items) - 1}", value=mean, unit=items[0].unit, note="weighted by time")


def _as_row(item: Property, ask: Ask) -> FactorRow:
    place = f"{item.at.file}:{item.at.line}" if item.at.file else f"{item.stream}:{item.property}:{item.start:%Y%m%d}"
    return FactorRow(
        id=place,
        subject=ask.commodity.code,
        parameter=item.property,
        value=item.value,
        unit=item.unit,
        applies_to=item.stream,
        document="; ".join(item.evidence) or "properties.csv",
        status="measured",
        sigma_pct=item.sigma_pct,
        file=item.at.file,
        line=item.at.line,
    )


def _state(held: Book, ask: Ask, averaged: list[str]) -> FactorUse | None:
    """Return the enthalpy of steam [kJ/kg] by measured enthalpy, measured state, or the state of the commodity."""
    direct = _property(held, "enthalpy", ask, averaged)
    if direct is not None and (value := _converted(direct, "kJ/kg", ask.commodity)) is not None:
        return FactorUse("enthalpy", value, "kJ/kg", direct)
    pressure = _property(held, "pressure", ask, averaged)
    warmth = _property(held, "temperature", ask, averaged)
    p_mpa, t_c, place = ask.commodity.p_mpa, ask.commodity.t_c, f"commodities.csv {ask.commodity.code}"
    if pressure is not None:
        p_mpa, t_c, place = units.convert(pressure.value, pressure.unit, "MPa"), None, pressure.id
    if warmth is not None:
        t_c, place = units.temperature(warmth.value, warmth.unit, "degC"), f"{place}, {warmth.id}"
    if p_mpa is None:
        return None
    try:
        value = steam.enthalpy(p_mpa, t_c)
    except steam.SteamError:
        return None
    state = f"{p_mpa} MPa, {'saturated' if t_c is None else f'{t_c} degC'}"
    row = FactorRow(
        id=f"IF97:{p_mpa}:{'sat' if t_c is None else t_c}",
        subject=ask.commodity.code,
        parameter="enthalpy",
        value=value,
        unit="kJ/kg",
        document="IAPWS R7-97(2012)",
        source=place,
        status="found2",
        set_id="IF97",
        note=state,
    )
    return FactorUse("enthalpy", value, "kJ/kg", row)


def _holds(row: FactorRow, day: date) -> bool:
    begun = row.applies_from is None or row.applies_from <= day
    return begun and (row.applies_until is None or day < row.applies_until)


def _names(held: Book, stream: Stream) -> Mapping[str, int]:
    """Return the words of ``for`` that mean a stream, with their width: stream, nodes at its source, roles, blank."""
    if stream.id not in held.names:
        found = {"": _BLANK}
        found |= {role: _ROLE for role in (stream.made_as, stream.used_as) if role}
        found |= {node: 1 + height for height, node in enumerate(ancestors(held.park, stream.source))}
        found[stream.id] = 0
        held.names[stream.id] = found
    return held.names[stream.id]
