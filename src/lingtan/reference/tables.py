"""The tables inside the package, read once: the only module of the room that opens files.

One CSV a table under ``data/``; columns are the fields of the values in :mod:`lingtan.reference.model`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import TypeVar

from lingtan.reference.layouts import Names, RawName
from lingtan.reference.lookup import index_rows
from lingtan.reference.model import (
    AdoptionRank,
    Commodity,
    FactorRow,
    FactorSet,
    Library,
    Parameter,
    Region,
    Role,
    StatementKind,
)

FACTOR_TABLES = ("fuels", "tce", "grid", "gwp", "process", "heat")

_Value = TypeVar("_Value")
_Row = Mapping[str, str]
_FOSSIL = {"true": True, "false": False, "": None}


@lru_cache(maxsize=1)
def library() -> Library:
    """Return all tables of the package; the same immutable value at every call."""
    factors = tuple(row for table in FACTOR_TABLES for row in factor_table(table))
    return Library(
        commodities=_commodities(),
        roles=_keyed("roles", _role),
        parameters=_keyed("parameters", _parameter),
        properties=_keyed("properties", _parameter),
        statement_kinds=_keyed("statement_kinds", _statement_kind),
        adoption=tuple(map(_adoption, _records("adoption_order"))),
        regions=_keyed("grid_regions", _region),
        sets={row["set_id"]: _factor_set(row) for row in _records("sets")},
        aliases={(row["set_id"], row["code"]): row["alias"] for row in _records("aliases")},
        factors=factors,
        index=index_rows(factors),
    )


def factor_table(name: str) -> tuple[FactorRow, ...]:
    """Return the rows of one of :data:`FACTOR_TABLES`, in file order."""
    return tuple(map(_factor, _records(name)))


def table_text(name: str) -> str:
    """Return the text of ``data/<name>``, for documents and tests; ``name`` carries its suffix."""
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


def raw_names() -> Names:
    """Return the table that maps the names of collected figures to codes (``data/raw_names.csv``)."""
    return Names.of([RawName(**row) for row in _records("raw_names")])


def check_values() -> tuple[_Row, ...]:
    """Return the check points of IAPWS-IF97: item, property, T_K, P_MPa, value, unit, status, note as text."""
    return tuple(_records("iapws_if97"))


def _records(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(table_text(f"{name}.csv").split("\n"))


def _keyed(name: str, build: Callable[[_Row], _Value]) -> dict[str, _Value]:
    return {row["code"]: build(row) for row in _records(name)}


def _commodities() -> dict[str, Commodity]:
    rows = list(_records("commodities"))
    parents = {row["code"]: row["parent"] for row in rows}
    return {row["code"]: _commodity(row, tuple(_line(row["code"], parents))) for row in rows}


def _line(code: str, parents: Mapping[str, str]) -> Iterable[str]:
    while code:
        yield code
        code = parents[code]


def _commodity(row: _Row, lineage: tuple[str, ...]) -> Commodity:
    return Commodity(
        code=row["code"],
        kind=row["kind"],
        unit=row["unit"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        parent=row["parent"],
        fossil=_FOSSIL[row["fossil"]],
        note=row["note"],
        lineage=lineage,
        aliases=_words(row["aliases"]),
    )


def _role(row: _Row) -> Role:
    return Role(row["code"], row["side"], row["name_zh"], row["name_en"], row["meaning"])


def _parameter(row: _Row) -> Parameter:
    return Parameter(row["code"], row["name_zh"], row["name_en"], _words(row["units"]), row["meaning"])


def _statement_kind(row: _Row) -> StatementKind:
    sigma = Decimal(row["sigma_pct"])
    return StatementKind(row["code"], int(row["rank"]), sigma, row["name_zh"], row["name_en"], row["note"])


def _adoption(row: _Row) -> AdoptionRank:
    least = Decimal(row["least_known"]) if row["least_known"] else None
    return AdoptionRank(row["word"], int(row["rank"]), least, row["name_zh"], row["name_en"], row["note"])


def _region(row: _Row) -> Region:
    return Region(row["code"], row["parent"], row["kind"], row["name_zh"], row["name_en"], row["note"])


def _factor_set(row: _Row) -> FactorSet:
    names = (row["set_id"], row["kind"], row["name_zh"], row["name_en"])
    return FactorSet(*names, row["publisher"], row["terms"], row["note"])


def _factor(row: _Row) -> FactorRow:
    return FactorRow(
        id=row["id"],
        subject=row["subject"],
        parameter=row["parameter"],
        value=Decimal(row["value"]),
        unit=row["unit"],
        data_year=int(row["data_year"]) if row["data_year"] else None,
        applies_from=date.fromisoformat(row["from"]) if row["from"] else None,
        applies_until=date.fromisoformat(row["until"]) if row["until"] else None,
        region=row["region"],
        document=row["document"],
        source=row["source"],
        status=row["status"],
        set_id=row["set_id"],
        qualifier=row["qualifier"],
        sigma_pct=Decimal(row["sigma_pct"]) if row["sigma_pct"] else None,
        note=row["note"],
        content_hash=row["content_hash"],
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()
