"""The statistics ledger and the yearly statistical report as a workbook: figures, live formulas, missing cells marked.

A cell without an amount stays empty and is hatched, so that a sum over it stays what is known; it is never 0.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from lingtan.trace import words
from lingtan.web.kernel.language import chinese, in_language
from lingtan.web.reporting.due import cells_of
from lingtan.web.reporting.files.ledger import GROUPS, IN, OUT, STOCKS, Carrier, Cell, Ledger, Row, Section, yearly
from lingtan.web.reporting.report import Answer, Status

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.people.access import Access

#: First column of the months, and of what follows them.
JAN, AFTER = 4, 16
FORMATS: Mapping[str, Mapping[str, Any]] = {
    "head": {"bold": True, "bg_color": "#E1F1EE", "bottom": 1, "text_wrap": True},
    "title": {"bold": True, "font_size": 14},
    "group": {"bold": True, "bg_color": "#F5F7F7"},
    "figure": {"num_format": "#,##0.######"},
    "amount": {"num_format": "#,##0.00"},
    "total": {"num_format": "#,##0.00", "bold": True},
    "ratio": {"num_format": "0.0000##"},
    "sum": {"num_format": "#,##0.######", "bold": True},
    "missing": {"bg_color": "#FBE6E4", "pattern": 13, "fg_color": "#B8322A"},
    "partial": {"num_format": '"≥ "#,##0.######', "bg_color": "#FBF0D9"},
    "estimated": {"num_format": "#,##0.######", "bg_color": "#FBF0D9", "italic": True},
}


class Book:
    """A workbook under construction: sheets of rows, figures as figures, text never run."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.book = xlsxwriter.Workbook(self.out, options)
        self.formats = {name: self.book.add_format(dict(style)) for name, style in FORMATS.items()}

    def sheet(self, name: str, heads: Iterable[Any], *, notes: Iterable[str] = ()) -> tuple[Any, int]:
        """Add a sheet with title, notes and heads; return it and the row below the heads."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.write_string(0, 0, name, self.formats["title"])
        line = 0
        for line, note in enumerate(notes, start=1):
            sheet.write_string(line, 0, note)
        line += 1
        titles = [str(head) for head in heads]
        for at, head in enumerate(titles):
            sheet.write_string(line, at, head, self.formats["head"])
        sheet.set_column(0, max(len(titles) - 1, 0), 15)
        sheet.freeze_panes(line + 1, 2)
        return sheet, line + 1

    def rows(
        self, name: str, heads: Iterable[Any], rows: Iterable[Iterable[Any]], *, notes: Iterable[str] = ()
    ) -> None:
        """Add a sheet of plain rows."""
        sheet, line = self.sheet(name, heads, notes=notes)
        for step, row in enumerate(rows):
            for at, value in enumerate(row):
                self.put(sheet, line + step, at, value)

    def put(self, sheet: Any, line: int, at: int, value: Any) -> None:
        """Write a value by its kind; nothing for what is not known."""
        if value is None or value == "":
            return
        if isinstance(value, Cell):
            self.cell(sheet, line, at, value)
        elif isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            sheet.write_number(line, at, float(value), self.formats["figure"])
        elif isinstance(value, datetime):
            sheet.write_string(line, at, f"{value:%Y-%m-%d %H:%M}")
        else:
            sheet.write_string(line, at, str(value)[:32_000])

    def cell(self, sheet: Any, line: int, at: int, cell: Cell) -> None:
        """Write a month's amount; a missing one is empty and hatched, one known in part carries ≥."""
        if cell.amount is None:
            sheet.write_blank(line, at, None, self.formats["missing"])
            return
        style = "partial" if cell.partial else "estimated" if cell.estimated else "figure"
        sheet.write_number(line, at, float(cell.amount), self.formats[style])

    def done(self) -> bytes:
        """Close the workbook and return it."""
        self.book.close()
        return self.out.getvalue()


def write(park: Park, year: int, access: Access) -> bytes:
    """Return the workbook of a year; an enterprise gets its own rows."""
    made = yearly(park, year, access)
    book, zone = Book(), ZoneInfo(park.timezone)
    _cover(book, made, access, zone)
    for group, (title, _kinds) in GROUPS.items():
        _carriers(book, str(title), group, made.sections, year)
    months = [f"{year}-{number:02}" for number in range(1, 13)]
    heads = [_("Stream"), _("Carrier"), _("Made as"), _("Unit"), *months]
    book.rows(_("Renewables"), heads, ([*row[:4], *row[4]] for row in made.renewables))
    _facts(book, made, zone)
    _reports(book, made, zone)
    return book.done()


def _carriers(book: Book, title: str, group: str, sections: Iterable[Section], year: int) -> None:
    months = [f"{year}-{number:02}" for number in range(1, 13)]
    heads = [
        _("Unit of the park"), _("Carrier"), _("What"), _("Unit"), *months, _("Year"), _("Months with an amount"),
        _("tce per unit"), "tce", _("Origin"),
    ]  # fmt: skip
    sheet, line = book.sheet(title, heads, notes=_legend())
    sheet.set_column(0, 2, 24)
    for section in sections:
        name = in_language(section.name_zh, section.name_en) if section.code else _("Whole park")
        for carrier in section.carriers:
            if carrier.group == group:
                line = _carrier(book, sheet, line, name or section.code, carrier)


def _legend() -> list[str]:
    return [
        _("Red and empty: not known, never 0. ≥: a part is missing. Italic on yellow: estimated in part."),
        _("Year, consumption and tce are formulas over the cells of their row or block."),
    ]


def _carrier(book: Book, sheet: Any, line: int, unit: str, carrier: Carrier) -> int:
    """Write the block of a carrier; return the row below it."""
    at = {row.what: line + step for step, row in enumerate(carrier.rows)}
    for row in carrier.rows:
        here = at[row.what]
        name = in_language(carrier.name_zh, carrier.name_en) or carrier.code
        for column, text in enumerate((unit, name, row.name, carrier.unit)):
            book.put(sheet, here, column, text)
        for month, cell in enumerate(row.months):
            if row.what == "consumed":
                _balance(book, sheet, here, JAN + month, at, cell.amount)
            else:
                book.cell(sheet, here, JAN + month, cell)
        _year(book, sheet, here, row, at)
        _coal(book, sheet, here, row, carrier)
        book.put(sheet, here, AFTER + 4, ", ".join(words.name(word, _lang()) for word in row.origins))
    return line + len(carrier.rows)


def _balance(book: Book, sheet: Any, line: int, column: int, at: Mapping[str, int], value: Decimal | None) -> None:
    """Write consumption as a formula over the block; it stays empty while one of its parts is."""
    letter = xl_col_to_name(column)
    parts = [what for what in (*IN, *OUT, *STOCKS) if what in at]
    cells = [f"{letter}{at[what] + 1}" for what in parts]
    signs = ["-" if what in (*OUT, "closing") else "+" for what in parts]
    sums = "".join(sign + cell for sign, cell in zip(signs, cells, strict=True)).lstrip("+")
    formula = f'=IF(COUNT({",".join(cells)})<{len(cells)},"",{sums})'
    style = book.formats["missing" if value is None else "sum"]
    sheet.write_formula(line, column, formula, style, "" if value is None else float(value))


def _year(book: Book, sheet: Any, line: int, row: Row, at: Mapping[str, int]) -> None:
    value: Any = "" if row.year is None else float(row.year)
    first, last = (f"{xl_col_to_name(column)}{line + 1}" for column in (JAN, AFTER - 1))
    style = book.formats["missing" if row.year is None else "sum"]
    if row.what == "consumed":
        _balance(book, sheet, line, AFTER, at, row.year)
    elif row.what in STOCKS:
        edge = first if row.what == "opening" else last
        sheet.write_formula(line, AFTER, f'=IF(ISNUMBER({edge}),{edge},"")', style, value)
    else:
        sheet.write_formula(line, AFTER, f'=IF(COUNT({first}:{last})=0,"",SUM({first}:{last}))', style, value)
    known = sum(cell.amount is not None for cell in row.months)
    sheet.write_formula(line, AFTER + 1, f"=COUNT({first}:{last})", book.formats["figure"], known)


def _coal(book: Book, sheet: Any, line: int, row: Row, carrier: Carrier) -> None:
    if carrier.tce is None:
        return
    sheet.write_number(line, AFTER + 2, float(carrier.tce), book.formats["figure"])
    year, ratio = (f"{xl_col_to_name(AFTER + step)}{line + 1}" for step in (0, 2))
    value: Any = "" if row.year is None else float(row.year * carrier.tce)
    sheet.write_formula(line, AFTER + 3, f'=IF(ISNUMBER({year}),{year}*{ratio},"")', book.formats["sum"], value)


def _lang() -> str:
    return "zh" if chinese() else "en"


def _cover(book: Book, made: Ledger, access: Access, zone: ZoneInfo) -> None:
    """Say what the year was: totals of the newest account, how final its months are, what is missing."""
    told: list[list[Any]] = [
        [words.name(name, _lang()), value, words.UNITS.get(name, "")]
        for name, value in sorted(made.totals.items())
        if name in words.UNITS
    ]
    cells = [cell for cell in cells_of(access, timezone.now()) if cell.name.year == made.year]
    if cells:
        told.append([_("Reports accepted, of those asked for in the last twelve months"),
                     f"{sum(cell.accepted for cell in cells)}/{len(cells)}", ""])  # fmt: skip
    told.append([_("Months of carriers without a whole amount"), made.missing, ""])
    told += [[month.month, _state(month), ""] for month in made.months]
    park = in_language(made.park_zh, made.park_en)
    notes = [
        _("%(park)s · statistical report of %(year)s") % {"park": park, "year": made.year},
        _("Amounts are adopted flows of the newest account; an empty cell is not known, never 0."),
    ]
    if made.synthetic:
        notes.append(_("Sample data: the park is synthetic."))
    if made.computed is None:
        notes.append(_("Totals of the park are not shown here: there is no account of the year yet, or not for you."))
    else:
        given = {"run": made.run, "method": made.method, "at": f"{made.computed.astimezone(zone):%Y-%m-%d %H:%M}"}
        notes.append(_("Account %(run)s, method %(method)s, computed %(at)s.") % given)
    book.rows(_("Statistical report"), [_("What"), _("Value"), _("Unit")], told, notes=notes)


def _state(month: Any) -> str:
    word = str(Status(month.word).label)
    return _("%(state)s, closed") % {"state": word} if month.closed else word


def _facts(book: Book, made: Ledger, zone: ZoneInfo) -> None:
    heads = [_("Quantity"), _("About"), _("Value"), _("Unit"), _("From"), _("To"), _("Evidence")]
    rows = (
        [
            row.quantity,
            row.subject,
            row.value,
            row.unit,
            _at(row.start, zone),
            _at(row.end, zone),
            "; ".join(row.evidence),
        ]
        for row in made.facts
    )
    book.rows(_("Buildings, travel, management"), heads, rows)


def _at(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)


def _reports(book: Book, made: Ledger, zone: ZoneInfo) -> None:
    heads = [
        _("Period"), _("Enterprise"), _("Item"), _("Amount"), _("Unit"), _("Answer"), _("Reason"), _("Version"),
        _("Status of the figures"), _("Entered by the office"), _("Signed by"), _("Accepted by"), _("Accepted"),
    ]  # fmt: skip
    rows = (
        [
            row.period, in_language(row.enterprise_zh, row.enterprise_en), in_language(row.item_zh, row.item_en),
            row.amount, row.unit, str(Answer(row.answer).label), row.reason, row.revision,
            str(Status(row.status).label), _("yes") if row.on_behalf else "", row.signed_by, row.accepted_by,
            _at(row.accepted_at, zone),
        ]
        for row in made.accepted
    )  # fmt: skip
    book.rows(_("Accepted reports"), heads, rows)
