"""Files of other houses (utilities, the statistics bureau) as rows of text; bounds and faults as in `workbook`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from lingtan.web.sheets import workbook
from lingtan.web.sheets.workbook import SheetError, Told

_DATE = re.compile(r"(\d{4})\D?(\d{1,2})\D(\d{1,2})\D?(?:\s.*)?|(\d{4})(\d{2})(\d{2})")
#: Rows from the top in which heads are looked for.
SEARCHED = 40
_MONTH = re.compile(r"(\d{4})\D?(\d{1,2})\D?|(\d{4})\D(\d{1,2})\D\d{1,2}\D?")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heads; ``rows`` are (row number in the file, head -> text)."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]

    def place(self, line: int, head: str) -> str:
        """Name a cell as a spreadsheet does."""
        letter = workbook.letters(self.heads.index(head)) if head in self.heads else "A"
        return f"{self.title}!{letter}{line}"


def read(name: str, data: bytes, *, sheet: str, head_row: int, needed: set[str]) -> Table:
    """Read a table whose heads stand in row ``head_row`` (0: the first that has all of ``needed``).

    What stands in other columns and above is left out. CSV may be in UTF-8 or GB 18030, as utilities send it. Of a
    workbook's formulas the last values are taken; one without a value is refused.

    Raises
    ------
    SheetError : the file cannot be read, or heads are missing.
    """
    if len(data) > workbook.BYTES:
        limit, came = workbook.BYTES // workbook.MEGABYTE, -(-len(data) // workbook.MEGABYTE)
        raise SheetError(workbook.told("bytes", name, limit=limit, came=came))
    if data.startswith(b"PK"):
        title, lines = _workbook(name, data, sheet)
    elif name.lower().endswith((".csv", ".txt")):
        title, lines = name, list(_text(name, data))
    else:
        raise SheetError(workbook.told("kind", name))
    head_row = head_row or _found(lines, needed)
    heads = next((cells for line, cells in lines if line == head_row), [])
    absent = sorted(needed - set(heads))
    if absent:
        words = _("Row %(row)s has no column %(absent)s. It has: %(heads)s. Mend the mapping or the file.")
        given = {"row": head_row, "absent": ", ".join(absent), "heads": ", ".join(filter(None, heads))[:400] or "—"}
        raise SheetError(Told("head", f"{title}!A{head_row}", words % given))
    _computed(name, data, title, [at for at, head in enumerate(heads) if head in needed], head_row)
    rows = tuple(
        (line, {head: cells[at] if at < len(cells) else "" for at, head in enumerate(heads) if head in needed})
        for line, cells in lines
        if line > head_row and any(cells)
    )
    return Table(title, tuple(heads), rows)


def _found(lines: list[tuple[int, list[str]]], needed: set[str]) -> int:
    """Return the row that has all heads, else the one of the first rows that has the most of them."""
    near = [(len(needed & set(cells)), -line) for line, cells in lines[:SEARCHED]]
    return -max(near, default=(0, -1))[1]


def _computed(name: str, data: bytes, title: str, columns: list[int], head_row: int) -> None:
    """Refuse formulas that no spreadsheet has computed: their cells look empty, and empty is not known.

    Raises
    ------
    SheetError : with the first cells of that kind.
    """
    import openpyxl

    if not data.startswith(b"PK"):
        return
    options = {"read_only": True, "keep_links": False}
    formulas = openpyxl.load_workbook(io.BytesIO(data), **options)[title]
    values = openpyxl.load_workbook(io.BytesIO(data), data_only=True, **options)[title]
    for sheet in (formulas, values):
        sheet.reset_dimensions()
    bounds = {"min_row": head_row + 1, "max_row": workbook.REACH, "max_col": workbook.COLUMNS, "values_only": True}
    told = []
    words = _("The formula has no value. Open the file in a spreadsheet, save it, or write the amount.")
    for line, (cells, known) in enumerate(
        zip(formulas.iter_rows(**bounds), values.iter_rows(**bounds), strict=False), start=head_row + 1
    ):
        for at in columns:
            text, value = (row[at] if at < len(row) else None for row in (cells, known))
            if isinstance(text, str) and text.startswith("=") and value is None:
                told.append(Told("formula", f"{title}!{workbook.letters(at)}{line}", words))
    if told:
        raise SheetError(*told[:20])


def _text(name: str, data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = ""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if not text or "\x00" in text:
        raise SheetError(workbook.told("kind", name))
    try:
        for line, cells in enumerate(csv.reader(io.StringIO(text)), start=1):
            if line > workbook.ROWS:
                raise SheetError(workbook.told("rows", name, limit=workbook.ROWS))
            yield line, [cell.strip().lstrip("\t") for cell in cells]
    except csv.Error as fault:
        raise SheetError(workbook.told("broken", name)) from fault


def _workbook(name: str, data: bytes, wanted: str) -> tuple[str, list[tuple[int, list[str]]]]:
    import openpyxl

    workbook._bounded(name, data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False, data_only=True)
        sheets = [sheet for sheet in book.worksheets if not wanted or sheet.title == wanted]
        if not sheets:
            came = ", ".join(sheet.title for sheet in book.worksheets)[:200]
            raise SheetError(workbook.told("sheet", name, wanted=wanted, came=came))
        sheet = sheets[0]
        sheet.reset_dimensions()
        rows = sheet.iter_rows(max_row=workbook.REACH + 1, max_col=workbook.COLUMNS, values_only=True)
        lines = [(line, [_cell(value) for value in cells]) for line, cells in enumerate(rows, start=1)]
    except SheetError:
        raise
    except Exception as fault:  # openpyxl lets every kind of error out of a damaged workbook
        raise SheetError(workbook.told("broken", name)) from fault
    if len(lines) > workbook.REACH:
        raise SheetError(workbook.told("reach", name, limit=workbook.REACH))
    return sheet.title, [(line, cells) for line, cells in lines if any(cells)]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value).strip()


def day(text: str) -> date:
    """Read a day as utilities write it: 2026-03-01, 2026/3/1, 20260301, 2026年3月1日.

    Raises
    ------
    ValueError : it is none of these.
    """
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    year, month, number = (part for part in found.groups() if part is not None)
    return date(int(year), int(month), int(number))


def month(text: str) -> date:
    """Read a month as utilities write it: 2026-03, 202603, 2026年3月, 2026/3/1; return its first day.

    Raises
    ------
    ValueError : it is none of these.
    """
    found = _MONTH.fullmatch(text.strip())
    if not found:
        raise ValueError(text)
    year, number = (part for part in found.groups() if part is not None)
    return date(int(year), int(number), 1)
