"""Writing sheets: every cell is text, number or a live formula with its value; never a formula from the park's text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

#: A fixed stamp, so that the same account gives the same bytes.
_STAMP = datetime(2025, 1, 1)  # noqa: DTZ001
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


@dataclass(frozen=True, slots=True)
class Live:
    """A formula and the value it gives now."""

    formula: str
    value: Decimal


@dataclass(slots=True)
class Sheet:
    """A sheet that is filled row by row; ``row`` counts from 0."""

    name: str
    sheet: Any
    bold: Any
    row: int = 0
    widths: dict[int, int] = field(default_factory=dict)

    def head(self, *columns: tuple[str, str]) -> None:
        """Write a heading row: Chinese and English in one cell."""
        for at, (zh, en) in enumerate(columns):
            label = zh if zh == en else f"{zh} / {en}"
            self.sheet.write_string(self.row, at, label, self.bold)
            self._fit(at, label)
        self.row += 1

    def add(self, *cells: object) -> int:
        """Write a row and return its number; None leaves a cell empty, text stays text whatever it begins with."""
        for at, value in enumerate(cells):
            self._cell(at, value)
        self.row += 1
        return self.row - 1

    def gap(self) -> None:
        """Leave a row empty."""
        self.row += 1

    @staticmethod
    def live(formula: str, value: Decimal | None) -> Live | Decimal | None:
        """Return a live cell, or the bare value where there is no formula, or nothing where the value is not known."""
        if value is None:
            return None
        return Live(formula, value) if formula else value

    def _cell(self, at: int, value: object) -> None:
        if value is None or value == "":
            return
        if isinstance(value, Live):
            self.sheet.write_formula(self.row, at, value.formula, None, float(value.value))
        elif isinstance(value, bool):
            self.sheet.write_boolean(self.row, at, value)
        elif isinstance(value, (int, float, Decimal)):
            self.sheet.write_number(self.row, at, float(value))
        else:
            self.sheet.write_string(self.row, at, str(value))
            self._fit(at, str(value))

    def _fit(self, at: int, text: str) -> None:
        size = sum(2 if ord(sign) > 0x2E80 else 1 for sign in text[:60])
        self.widths[at] = max(self.widths.get(at, 10), min(size + 2, 48))

    def finish(self) -> None:
        """Set the columns to the width of what they hold."""
        for at, size in self.widths.items():
            self.sheet.set_column(at, at, size)


@dataclass(slots=True)
class Book:
    """A workbook being written."""

    workbook: Any
    bold: Any
    sheets: list[Sheet] = field(default_factory=list)

    def sheet(self, name: str) -> Sheet:
        """Add a sheet with a frozen first row."""
        raw = self.workbook.add_worksheet(name)
        raw.freeze_panes(1, 0)
        made = Sheet(name, raw, self.bold)
        self.sheets.append(made)
        return made


@contextmanager
def open_workbook(path: Path) -> Iterator[Book]:
    """Open a workbook for writing; it is closed, and so written, at the end of the block."""
    import xlsxwriter  # here, so that a page or a table on the terminal does not wait for it

    workbook = xlsxwriter.Workbook(str(path), _OPTIONS)
    workbook.set_properties({"title": "Lingtan account", "created": _STAMP})
    book = Book(workbook, workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}))
    try:
        yield book
        for sheet in book.sheets:
            sheet.finish()
    finally:
        workbook.close()
