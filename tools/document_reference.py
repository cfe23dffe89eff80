"""Write the pages of ``docs/reference`` from the tables: ``python tools/document_reference.py [--to DIR]``.

The same tables give the same bytes; a test compares the pages in the repository with a fresh run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lingtan.reference import FactorRow, Library, library
from lingtan.reference.model import Commodity, Parameter, Region, Role
from lingtan.reference.tables import FACTOR_TABLES, factor_table

DOCS = Path(__file__).resolve().parent.parent / "docs" / "reference"
MARK = "<!-- written by tools/document_reference.py -->"

TITLES = {
    "fuels": "Fuels: heat values, carbon, oxidation, factors",
    "tce": "Coal equivalents",
    "grid": "Electricity",
    "gwp": "Global warming potentials",
    "process": "Process emissions",
    "heat": "Purchased heat",
}


def main(arguments: list[str] | None = None) -> int:
    """Write all pages and print their names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=DOCS)
    target = parser.parse_args(arguments).to
    for name, text in pages(library()).items():
        (target / name).write_text(text, encoding="utf-8", newline="\n")
        print(name)
    return 0


def pages(tables: Library) -> dict[str, str]:
    """Return the text of each page by its file name."""
    words = {file: page(*heads, map(cells, rows_of(tables))) for file, (heads, rows_of, cells) in WORDS.items()}
    factors = {f"{name}.md": factor_page(name) for name in FACTOR_TABLES}
    return {**words, "statement-kinds.md": statement_page(tables), "sets.md": sets_page(tables), **factors}


def commodity_cells(row: Commodity) -> Sequence[str]:
    """Return the cells of a commodity."""
    fossil = "" if row.fossil is None else str(row.fossil).lower()
    return (row.code, row.name_zh, row.name_en, row.kind, row.parent, row.unit, fossil, row.note)


def role_cells(row: Role) -> Sequence[str]:
    """Return the cells of a role."""
    return (row.code, row.side, row.name_zh, row.name_en, row.meaning)


def parameter_cells(row: Parameter) -> Sequence[str]:
    """Return the cells of a parameter or a property."""
    return (row.code, row.name_zh, row.name_en, ", ".join(row.units), row.meaning)


def region_cells(row: Region) -> Sequence[str]:
    """Return the cells of a region."""
    return (row.code, row.parent, row.kind, row.name_zh, row.name_en, row.note)


PARAMETER_HEAD = ("code", "中文", "name", "example units", "meaning")
# File -> ((title, sentence, head), rows of the library, cells of a row).
WORDS: dict[
    str, tuple[tuple[str, str, Sequence[str]], Callable[[Library], Iterable[Any]], Callable[[Any], Sequence[str]]]
]
WORDS = {
    "commodities.md": (
        (
            "Commodities",
            "What flows. A park adds its own in `commodities.csv`; look-ups fall back along `parent`.",
            ("code", "中文", "name", "kind", "parent", "unit", "fossil", "note"),
        ),
        lambda tables: tables.commodities.values(),
        commodity_cells,
    ),
    "roles.md": (
        (
            "Roles: made_as and used_as",
            "What happens to the commodity at the source and at the target of a stream; blank is plain.",
            ("code", "side", "中文", "name", "meaning"),
        ),
        lambda tables: tables.roles.values(),
        role_cells,
    ),
    "parameters.md": (
        (
            "Parameters of factors",
            "The closed table behind `factors.csv`. A unit must share its dimension with one of the examples.",
            PARAMETER_HEAD,
        ),
        lambda tables: tables.parameters.values(),
        parameter_cells,
    ),
    "properties.md": (
        (
            "Properties of deliveries",
            "The closed table behind `properties.csv`. Pressure is absolute.",
            PARAMETER_HEAD,
        ),
        lambda tables: tables.properties.values(),
        parameter_cells,
    ),
    "regions.md": (
        (
            "Regions",
            "Places that factors are given for. A look-up takes the region exactly and never climbs to its parent.",
            ("code", "parent", "kind", "中文", "name", "note"),
        ),
        lambda tables: tables.regions.values(),
        region_cells,
    ),
}


def statement_page(tables: Library) -> str:
    """Return the page of statement kinds with the default order of adoption."""
    kinds = page(
        "Kinds of statements",
        "Who says what an amount was. The default sigma is one standard deviation in per cent of the amount.",
        ("code", "rank", "sigma %", "中文", "name", "note"),
        (
            (row.code, str(row.rank), str(row.sigma_pct), row.name_zh, row.name_en, row.note)
            for row in tables.statement_kinds.values()
        ),
    )
    order = grid(
        ("rank", "word", "least known share", "中文", "name", "note"),
        (
            (str(row.rank), row.word, str(row.least_known or ""), row.name_zh, row.name_en, row.note)
            for row in tables.adoption
        ),
    )
    return f"{kinds}\n## Default order of adoption\n\n{order}"


def sets_page(tables: Library) -> str:
    """Return the page of sets with the number of rows of each."""
    count: dict[str, int] = {}
    for row in tables.factors:
        count[row.set_id] = count.get(row.set_id, 0) + 1
    return page(
        "Sets",
        "A set is the table of one publisher; a look-up names one set and never leaves it.",
        ("set", "rows", "中文", "name", "publisher", "terms", "note"),
        (
            (row.id, str(count[row.id]), row.name_zh, row.name_en, row.publisher, row.terms, row.note)
            for row in tables.sets.values()
        ),
    )


def factor_page(name: str) -> str:
    """Return the page of one factor table; documents, sources and notes stand in the table itself."""
    rows = factor_table(name)
    return page(
        TITLES[name],
        f"{len(rows)} rows. `lingtan reference show ID` gives document, source and note of a row.",
        ("id", "value", "unit", "from", "until", "region", "status"),
        map(factor_cells, rows),
    )


def factor_cells(row: FactorRow) -> Sequence[str]:
    """Return the cells of a factor."""
    span = ("" if day is None else str(day) for day in (row.applies_from, row.applies_until))
    return (row.id, format(row.value, "f"), row.unit, *span, row.region, row.status)


def page(title: str, lead: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return one page: mark, title, a sentence, a table."""
    return f"{MARK}\n# {title}\n\n{lead}\n\n{grid(head, rows)}"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "/") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
