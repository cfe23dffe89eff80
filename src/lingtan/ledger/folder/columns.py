"""The files of a park folder and their columns, as one table that drives reading, checking, writing and documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import lru_cache

from lingtan.ledger.park import INSIDE_KINDS, OUTSIDE_KINDS

__all__ = ["PARK_TOML", "READINGS", "TABLES", "Column", "Table", "table_of"]

PARK_TOML = "park.toml"
READINGS = "readings/"
BOUNDARY_KINDS = ("approved", "planned", "administered", "physical", "other")
ROLES = ("main", "check", "sub")
REGISTERS = ("counter", "interval", "rate", "rate_point")
STATUSES = ("measured", "supplier", "own", "found2", "found1", "recalled")
CERTIFICATE_KINDS = ("GEC", "green_trade", "allowance", "CCER", "credit")
EVENTS = ("issue", "transfer", "retire", "cancel")
ONE, HUNDRED = Decimal(1), Decimal(100)
COMMODITY_KINDS = (
    "fuel", "electricity", "heat", "steam", "cooling", "water", "waste", "product", "material", "pollutant", "gas",
    "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    name : as the header has it.
    type : key of `cells.PARSERS`.
    field : attribute of the noun; blank = ``name``.
    needed : a blank cell, or a header without the column, is a fault.
    written : a header without the column is a fault, a blank cell is not.
    of : for ``ref`` the kinds of ids allowed (``node stream``), for ``word`` the closed table of the library.
    words : for ``word`` the words allowed.
    low, high : bounds of a number, inclusive unless ``open_low``.
    default : value of a blank cell.
    """

    name: str
    type: str = "text"
    field: str = ""
    needed: bool = False
    of: str = ""
    words: tuple[str, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    open_low: bool = False
    default: object = None
    written: bool = False

    @property
    def key(self) -> str:
        """Attribute of the noun."""
        return self.field or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One file, or one pattern of files: its columns in the order they are written.

    ``noun`` is the class of `lingtan.ledger.park` (or reference) that a row becomes, ``home`` the file that new rows
    are written to, ``identity`` the column that must not repeat, ``park`` the field of `Park`.
    """

    pattern: str
    noun: str
    park: str
    columns: tuple[Column, ...]
    home: str = ""
    identity: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)


def _text(name: str, field: str = "") -> Column:
    return Column(name, field=field, default="")


def _ref(name: str, of: str, needed: bool = True) -> Column:
    return Column(name, "ref", needed=needed, of=of, default="")


def _word(name: str, words: tuple[str, ...], needed: bool = True, default: str = "") -> Column:
    return Column(name, "word", needed=needed, words=words, default=default)


def _number(name: str, low: Decimal | None = None, high: Decimal | None = None, needed: bool = False) -> Column:
    return Column(name, "number", needed=needed, low=low, high=high)


def _time(name: str, field: str = "", needed: bool = False) -> Column:
    return Column(name, "time", field=field, needed=needed)


_ZERO = Decimal(0)
_SPAN = (_time("from"), _time("to"))
_EVIDENCE = Column("evidence", "evidence", default=())
_SIGMA = _number("sigma_pct", _ZERO)
_NAMES = (_text("name_zh"), _text("name_en"))
_NOTE = _text("note")
_UNIT = Column("unit", "unit", needed=True, default="")

TABLES: Mapping[str, Table] = {
    table.pattern: table
    for table in (
        Table("boundaries.csv", "Boundary", "boundaries", (
            Column("id", "id", needed=True), _word("kind", BOUNDARY_KINDS), *_NAMES, _text("map"), *_SPAN,
        ), identity="id"),
        Table("members.csv", "Member", "members", (
            _ref("boundary", "boundary"), _ref("node", "node"),
            Column("share", "number", low=_ZERO, high=ONE, default=ONE), *_SPAN,
        )),
        Table("nodes.csv", "Node", "nodes", (
            Column("id", "id", needed=True), Column("parent", "parent", default=""),
            _word("kind", INSIDE_KINDS + OUTSIDE_KINDS), *_NAMES, _text("sector"), _text("owner"), _text("operator"),
            _number("rated_kw", _ZERO), _number("area_m2", _ZERO),
            Column("lat", "float", low=Decimal(-90), high=Decimal(90)),
            Column("lon", "float", low=Decimal(-180), high=Decimal(180)), *_SPAN,
        ), identity="id"),
        Table("streams.csv", "Stream", "streams", (
            Column("id", "id", needed=True), Column("commodity", "commodity", needed=True), _ref("source", "node"),
            _ref("target", "node"), Column("made_as", "role", of="made_as", default=""),
            Column("used_as", "role", of="used_as", default=""), *_SPAN, _NOTE,
        ), identity="id"),
        Table("meters.csv", "Meter", "meters", (
            Column("point", "id", needed=True), _ref("stream", "stream"), _word("role", ROLES),
            Column("serial", "label", default=""),
            _word("register", REGISTERS), _UNIT,
            Column("multiplier", "number", low=_ZERO, open_low=True, default=ONE),
            Column("digits", "int", low=ONE, high=Decimal(18)), _number("accuracy_pct", _ZERO, HUNDRED),
            Column("period", "period"), _word("stamp", ("start", "end"), needed=False, default="start"),
            Column("clock", "clock", default=""), Column("bidirectional", "bool", default=False),
            _number("first_value"), _number("last_value"), Column("level", "int", low=_ZERO), *_SPAN,
            _time("calibrated_until"),
        )),
        Table("virtual.csv", "VirtualPoint", "virtual", (
            Column("point", "id", needed=True), _ref("stream", "stream"), _word("role", ROLES), _UNIT,
            Column("expression", "label", needed=True), _NOTE,
        ), identity="point"),
        Table("statements/*.csv", "Statement", "statements", (
            _ref("stream", "stream"), _time("start", needed=True), _time("end", needed=True),
            Column("amount", "number", written=True), Column("unit", "unit", default=""),
            Column("kind", "statement_kind", needed=True), _ref("reporter", "node", needed=False), _SIGMA,
            _EVIDENCE, _NOTE,
        ), home="statements/statements.csv"),
        Table("adoption.csv", "Adoption", "adoption", (
            _ref("stream", "stream"), *_SPAN, Column("order", "order", needed=True), _text("reason"),
        )),
        Table("properties.csv", "Property", "properties", (
            _ref("stream", "stream"), _time("start", needed=True), _time("end", needed=True),
            Column("property", "property", needed=True), _number("value", needed=True), _UNIT, _SIGMA, _EVIDENCE,
        )),
        Table("stocks.csv", "Stock", "stocks", (
            _ref("node", "node"), Column("commodity", "commodity", needed=True), _time("time", needed=True),
            _number("amount", _ZERO, needed=True), _UNIT, _EVIDENCE,
        )),
        Table("facts.csv", "Fact", "facts", (
            _ref("subject", "node boundary park"), Column("quantity", "label", needed=True), *_SPAN,
            Column("value", "label", needed=True), Column("unit", "unit", default=""), _EVIDENCE,
        )),
        Table("commodities.csv", "Commodity", "commodities", (
            Column("code", "id", needed=True), *_NAMES, _word("kind", COMMODITY_KINDS, needed=False),
            Column("parent", "label", default=""),
            Column("unit", "unit", default=""), Column("fossil", "bool"), _number("p_mpa", _ZERO), _number("t_c"),
            _NOTE,
        ), identity="code"),
        Table("factors.csv", "FactorRow", "factors", (
            Column("id", "id", needed=True), Column("subject", "factor_subject", needed=True),
            Column("parameter", "parameter", needed=True),
            Column("for", "factor_for", field="applies_to", default=""), _number("value", needed=True), _UNIT,
            Column("data_year", "int", low=Decimal(1900), high=Decimal(2100)),
            Column("from", "date", field="applies_from"), Column("to", "date", field="applies_until"),
            Column("region", "label", default=""), _text("document"), _text("source"),
            _word("status", STATUSES, needed=False, default="own"), _SIGMA, _NOTE,
        ), identity="id"),
        Table("prices.csv", "Price", "prices", (
            Column("subject", "price_subject", needed=True), Column("component", "label", needed=True), *_SPAN,
            _number("value", needed=True), Column("currency", "label", needed=True), _UNIT, _NOTE,
        )),
        Table("certificates.csv", "CertificateEvent", "certificates", (
            Column("id", "id", needed=True), _word("kind", CERTIFICATE_KINDS), _word("event", EVENTS),
            _time("date", needed=True), Column("amount", "number", needed=True, low=_ZERO, open_low=True), _UNIT,
            Column("serial_from", "int", low=_ZERO), Column("serial_to", "int", low=_ZERO),
            Column("generator", "label", default=""), Column("holder", "label", default=""),
            _ref("beneficiary", "node", needed=False), _time("start"), _time("end"), _EVIDENCE,
        )),
        Table("observations/**.csv", "", "", (
            _ref("subject", "node stream"), Column("quantity", "label", needed=True), _time("time", needed=True),
            Column("value", "number", written=True), Column("unit", "unit", default=""),
        )),
    )
}  # fmt: skip


@lru_cache(maxsize=4096)
def table_of(file: str) -> Table | None:
    """Find the table that a file of the folder belongs to; None for park.toml, readings and unknown files."""
    for pattern, table in TABLES.items():
        if fnmatchcase(file, pattern) and ("**" in pattern or file.count("/") == pattern.count("/")):
            return table
    return None
