"""The row of reference: one dated, sourced fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class FactorRow:
    """One value of one parameter of one subject, with its document.

    Attributes
    ----------
    id : stable identifier; library rows are ``<set_id>:<subject>:<parameter>[:<qualifier>][:<region>]:<year>``, the
        region only where a set covers several (grids), the year ``-`` where the document gives none.
    subject : commodity, product, gas or region-independent thing the value belongs to.
    parameter : code of ``reference/parameters``.
    applies_to : blank for the whole park, else a stream, a node (what it supplies) or a role word.
    value, unit : the figure exactly as the document gives it.
    data_year : year the figure describes; None where the document gives none.
    applies_from, applies_until : half-open span of use; None is open.
    region : ISO-like code (``CN``, ``CN-EAST``, ``CN-32``, ``GLOBAL``).
    status : measured, supplier, own, found2, found1 or recalled.
    set_id : library table the row comes from; blank for a park's own row.
    sigma_pct : one standard deviation [% of value]; None where unknown.
    content_hash : sha-256 over the fields that carry meaning, 16 hex digits.
    file, line : where a park's own row stands; blank and None for library rows.
    """

    id: str
    subject: str
    parameter: str
    value: Decimal
    unit: str
    applies_to: str = ""
    data_year: int | None = None
    applies_from: date | None = None
    applies_until: date | None = None
    region: str = ""
    document: str = ""
    source: str = ""
    status: str = "own"
    set_id: str = ""
    qualifier: str = ""
    sigma_pct: Decimal | None = None
    note: str = ""
    content_hash: str = ""
    file: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Commodity:
    """What flows.

    ``unit`` is the canonical unit; ``kind`` is fuel, electricity, heat, steam, cooling, water, waste, product,
    material, pollutant, gas or other. ``fossil`` is None where the word has no meaning.
    ``p_mpa`` [MPa, absolute] and ``t_c`` [degC] give the state of steam; ``t_c`` None with ``p_mpa`` set = saturated.
    ``lineage`` lists the code itself and its parents, nearest first: look-ups fall back along it.
    ``aliases`` are other words people use for it; they serve the search, never a look-up.
    """

    code: str
    kind: str
    unit: str
    name_zh: str = ""
    name_en: str = ""
    parent: str = ""
    fossil: bool | None = None
    p_mpa: Decimal | None = None
    t_c: Decimal | None = None
    note: str = ""
    lineage: tuple[str, ...] = ()
    file: str = ""
    line: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A word of ``made_as`` or ``used_as``: what happens to the commodity at that end of the stream."""

    code: str
    side: str
    name_zh: str
    name_en: str
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word of the closed parameter table; a row's unit must share a dimension with one of the example ``units``."""

    code: str
    name_zh: str
    name_en: str
    units: tuple[str, ...]
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class StatementKind:
    """A kind of statement: ``rank`` in the default order of adoption (1 first), default sigma [% of value]."""

    code: str
    rank: int
    sigma_pct: Decimal
    name_zh: str
    name_en: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AdoptionRank:
    """A line of the default order of adoption: ``word`` at ``rank`` (1 first); ``least_known`` is a share of time."""

    word: str
    rank: int
    least_known: Decimal | None
    name_zh: str
    name_en: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """A place factors are given for. ``parent`` is the next larger one; a look-up never climbs to it by itself."""

    code: str
    parent: str
    kind: str
    name_zh: str
    name_en: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class FactorSet:
    """A table of one publisher: rows of different sets are never mixed in one look-up.

    ``terms`` says under which terms the figures stand in this package.
    """

    id: str
    kind: str
    name_zh: str
    name_en: str
    publisher: str
    terms: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """All tables of the package, keyed by code.

    ``index`` holds the factor rows by (subject, parameter); ``aliases`` maps (set, commodity code) to the code that
    the set itself uses; ``properties`` are the words of ``properties.csv``; ``adoption`` is the default order.
    """

    commodities: Mapping[str, Commodity] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    properties: Mapping[str, Parameter] = field(default_factory=dict)
    statement_kinds: Mapping[str, StatementKind] = field(default_factory=dict)
    adoption: tuple[AdoptionRank, ...] = ()
    regions: Mapping[str, Region] = field(default_factory=dict)
    sets: Mapping[str, FactorSet] = field(default_factory=dict)
    aliases: Mapping[tuple[str, str], str] = field(default_factory=dict)
    factors: tuple[FactorRow, ...] = ()
    index: Mapping[tuple[str, str], tuple[FactorRow, ...]] = field(default_factory=dict)
