"""Workbooks and CSV files: uploads as text, read within bounds, every fault told by its cell; and writing them."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from lingtan.ledger.folder.cells import near
from lingtan.ledger.folder.text import RawTable, raw_table
from lingtan.trace import tell
from lingtan.web.kernel.language import chinese

if TYPE_CHECKING:
    from lingtan.ledger.finding import Finding

MEGABYTE = 1024 * 1024
BYTES, UNPACKED, PARTS = 20 * MEGABYTE, 96 * MEGABYTE, 2_000
ROWS, REACH, COLUMNS, LETTERS = 50_000, 100_000, 100, 10_000
NOTE = "※"
RISKY = ("=", "+", "-", "@", "\t", "\r")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*ref=\"([A-Z0-9:]+)\"")

FAULTS = {
    "none": _("No file was chosen. Choose an Excel workbook (.xlsx) or a CSV file."),
    "bytes": _("Expected a file of at most %(limit)s MB, got %(came)s MB. Split the table."),
    "kind": _("Expected an Excel workbook (.xlsx) or a CSV file. Save the table as .xlsx and upload it again."),
    "macros": _("The workbook holds macros, which are not accepted. Save it as .xlsx without macros."),
    "unpacked": _("Unpacked, the workbook takes more than %(limit)s MB. Copy the table alone into a new workbook."),
    "broken": _("The workbook is damaged or protected by a password. Open it, save it as .xlsx, upload it again."),
    "sheet": _("Expected a sheet named %(wanted)s, got %(came)s. Rename the sheet or start from the template."),
    "empty": _("The first row should hold the names of the columns; it is empty. Start from the template."),
    "rows": _("Expected at most %(limit)s rows. Split the table."),
    "reach": _("The sheet reaches beyond row %(limit)s. Delete the empty rows below the table."),
    "columns": _("Expected at most %(limit)s columns. Delete what stands right of the table."),
    "merged": _("Expected single cells, got the merged cells %(came)s. Unmerge them and fill every cell."),
    "formula": _("Expected a value, got the formula %(came)s. Copy the cells and paste them as values."),
    "error": _("Expected a value, got the error %(came)s. Mend the cell or leave it blank."),
    "long": _("Expected at most %(limit)s letters, got %(came)s. Shorten the text."),
    "outside": _("A value stands outside the columns of the table. Give its column a name or remove it."),
    "head": _("There is no column %(came)s here. Expected one of: %(wanted)s."),
    "head_near": _("There is no column %(came)s here. Did you mean %(wanted)s?"),
    "twice": _("Rows %(lines)s are the same record (%(key)s). Keep one of them."),
    "field": _("%(message)s Got: %(came)s."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A fault or remark of an upload: ``place`` is a cell (``points!B7``), a row or the file."""

    code: str
    place: str
    message: str
    level: str = "error"


class SheetError(Exception):
    """An upload that cannot be read as a whole; ``told`` says why, by cell where there is one."""

    def __init__(self, *told: Told) -> None:
        super().__init__("; ".join(one.message for one in told))
        self.told = told


@dataclass(frozen=True, slots=True)
class Upload:
    """A table as text: ``raw`` has the heads and the rows with their row numbers; ``title`` is the sheet's name."""

    title: str
    raw: RawTable
    told: tuple[Told, ...] = ()

    def place(self, line: int | None, column: str = "") -> str:
        """Name a cell the way a spreadsheet does; without a column of the table, its row."""
        letter = letters(self.raw.header.index(column)) if column in self.raw.header else ""
        return f"{self.title}!{letter or 'A'}{line}" if line else self.title

    def packed(self) -> bytes:
        """Keep what was read; see `unpacked`."""
        told = [asdict(one) for one in self.told]
        held = {"title": self.title, "told": told, "header": self.raw.header, "lines": self.raw.lines}
        return zlib.compress(json.dumps(held | {"records": self.raw.records}).encode(), 1)

    @classmethod
    def unpacked(cls, data: bytes) -> Upload:
        """Return what `packed` kept."""
        held = json.loads(zlib.decompress(data))
        raw = RawTable(held["title"], tuple(held["header"]), held["records"], held["lines"])
        return cls(held["title"], raw, tuple(Told(**one) for one in held["told"]))


def told(code: str, place: str = "", **params: Any) -> Told:
    """Make the fault of a code of `FAULTS`."""
    return Told(code, place, str(FAULTS[code]) % params)


def letters(index: int) -> str:
    """Name a column as a spreadsheet does: 0 is A, 26 is AA."""
    return (letters(index // 26 - 1) if index >= 26 else "") + chr(65 + index % 26)


def read(name: str, data: bytes, *, title: str, names: Sequence[str], needed: Sequence[str] = ()) -> Upload:
    """Read an upload as text, whatever it claims to be.

    ``title`` is the sheet's name in the template, ``names`` are the columns that the table may have; a sheet with
    another title is taken where it alone has all the ``needed`` ones.

    Raises
    ------
    SheetError : the file as a whole cannot be used; nothing of it was kept.
    """
    measured(name, len(data))
    if name.lower().endswith((".xlsm", ".xltm", ".xlsb", ".xlam")):
        raise SheetError(told("macros", name))
    if data.startswith(b"PK"):
        upload = _workbook(name, data, title, set(names), set(needed))
    elif name.lower().endswith((".xlsx", ".xls")) or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SheetError(told("broken", name))
    elif name.lower().endswith((".csv", ".txt")):
        upload = _text(name, data)
    else:
        raise SheetError(told("kind", name))
    return replace(upload, told=(*upload.told, *_heads(upload, names)))


def measured(name: str, size: int) -> None:
    """Refuse a file by its size, before it is read."""
    if size > BYTES:
        raise SheetError(told("bytes", name, limit=BYTES // MEGABYTE, came=-(-size // MEGABYTE)))


def _text(name: str, data: bytes) -> Upload:
    raw, findings = raw_table(data, name)
    blank = Upload(name, RawTable(name))
    if raw is None:
        raise SheetError(*say(findings, blank))
    if len(raw.header) > COLUMNS or len(raw.records) > ROWS:
        code, limit = ("columns", COLUMNS) if len(raw.header) > COLUMNS else ("rows", ROWS)
        raise SheetError(told(code, name, limit=limit))
    rows = [(line, [_plain(cell) for cell in record]) for line, record in zip(raw.lines, raw.records, strict=True)]
    upload = Upload(name, _raw(name, list(raw.header), rows))
    return replace(upload, told=(*say(findings, upload), *_long(upload)))


def _plain(cell: str) -> str:
    """Take the apostrophe away that our own export puts before what a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(RISKY) else cell


def _raw(title: str, header: list[str], rows: Iterable[tuple[int, list[str]]]) -> RawTable:
    """Make the table of a sheet; the row of notes under the heads is left out."""
    table = RawTable(title, tuple(name.strip() for name in header))
    for line, cells in rows:
        if not next((cell for cell in cells if cell), NOTE).startswith(NOTE):
            table.records.append(cells)
            table.lines.append(line)
    return table


def _long(upload: Upload) -> Iterator[Told]:
    for line, cells in zip(upload.raw.lines, upload.raw.records, strict=True):
        for head, cell in zip(upload.raw.header, cells, strict=True):
            if len(cell) > LETTERS:
                yield told("long", upload.place(line, head), limit=LETTERS, came=len(cell))


def _heads(upload: Upload, names: Sequence[str]) -> Iterator[Told]:
    """Name heads that are no column of the table: what they hold would be lost."""
    for index, head in enumerate(upload.raw.header):
        if head and head not in names:
            close = near(head, names).removeprefix("near: ")
            wanted = close or ", ".join(name for name in names if name not in upload.raw.header)
            place = f"{upload.title}!{letters(index)}1"
            yield told("head_near" if close else "head", place, came=head[:60], wanted=wanted)


def _workbook(name: str, data: bytes, title: str, names: set[str], needed: set[str]) -> Upload:
    import openpyxl

    _bounded(name, data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        sheet = _chosen(name, book, title, (names, needed))
        header, rows, faults = _cells(sheet)
    except SheetError:
        raise
    except Exception as wrong:  # openpyxl lets every kind of error out of a damaged workbook
        raise SheetError(told("broken", name)) from wrong
    upload = Upload(sheet.title, _raw(sheet.title, header, rows))
    return replace(upload, told=(*faults, *_long(upload)))


def _bounded(name: str, data: bytes) -> None:
    """Refuse by the archive's directory what would unpack too large, and what holds macros."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as wrong:
        raise SheetError(told("broken", name)) from wrong
    if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise SheetError(told("unpacked", name, limit=UNPACKED // MEGABYTE))
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise SheetError(told("macros", name))


def _chosen(name: str, book: Any, title: str, heads_of: tuple[set[str], set[str]]) -> Any:
    """Choose the sheet: the one named as in the template, else the only one whose heads are those of the table."""
    fitting = []
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        heads = {str(cell.value).strip() for row in sheet.iter_rows(max_row=1) for cell in row if cell.value}
        names, needed = heads_of
        if sheet.title == title or (heads & names and heads >= needed):
            fitting.append(sheet)
    named = [sheet for sheet in fitting if sheet.title == title]
    if not named and len(fitting) != 1:
        came = ", ".join(sheet.title for sheet in book.worksheets)[:200]
        raise SheetError(told("sheet", name, wanted=title, came=came))
    return (named or fitting)[0]


def _cells(sheet: Any) -> tuple[list[str], list[tuple[int, list[str]]], list[Told]]:
    """Read a sheet as text; formulas and errors are faults of their cells, merged cells of the sheet."""
    with sheet.parent._archive.open(sheet._worksheet_path) as part:
        merged = [found.decode() for found in _MERGED.findall(part.read())]
    faults = [told("merged", f"{sheet.title}!{area.split(':')[0]}", came=area) for area in merged[:20]]
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    for line, cells in enumerate(sheet.iter_rows(max_row=REACH + 1), start=1):
        texts = [_cell(cell, f"{sheet.title}!{letters(at)}{line}", faults) for at, cell in enumerate(cells)]
        while texts and not texts[-1]:
            texts.pop()
        if line == 1:
            header = texts
        elif texts:
            rows.append((line, texts))
        _within(sheet.title, line, len(texts), len(rows))
        if line > 1 and len(texts) > len(header):
            faults.append(told("outside", f"{sheet.title}!{letters(len(texts) - 1)}{line}"))
    if not header:
        raise SheetError(told("empty", f"{sheet.title}!A1"))
    width = len(header)
    return header, [(line, [*texts[:width], *[""] * (width - len(texts))]) for line, texts in rows], faults


def _within(title: str, line: int, width: int, rows: int) -> None:
    for code, limit, came in (("reach", REACH, line), ("columns", COLUMNS, width), ("rows", ROWS, rows)):
        if came > limit:
            raise SheetError(told(code, title, limit=limit))


def _cell(cell: Any, place: str, faults: list[Told]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        faults.append(told("formula" if cell.data_type == "f" else "error", place, came=str(value)[:60]))
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        return (value.date() if not (value.hour or value.minute or value.second) else value).isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
    return value.isoformat() if isinstance(value, date) else str(value).strip("\n")


def say(findings: Iterable[Finding], upload: Upload) -> list[Told]:
    """Tell the ledger's findings by cell, in the language of the page."""
    language = "zh" if chinese() else "en"
    return [
        Told(
            one.code,
            upload.place(one.where.line, str(one.params.get("column", ""))),
            tell.sentence(one, language),
            one.level,
        )
        for one in findings
    ]


def neutral(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula when it opens a CSV file."""
    return "'" + text if text.startswith(RISKY) else text


def comma_separated(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Give the lines of a CSV file in UTF-8 with its mark; numbers stay numbers, texts are made harmless."""
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\r\n")
    yield "\ufeff"
    for row in itertools.chain([heads], rows):
        out.writerow([neutral(cell) if isinstance(cell, str) else format(cell, "f") for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def spreadsheet(title: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> IO[bytes]:
    """Write a workbook of one sheet in constant memory; texts are texts, whatever they begin with."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "in_memory": False})
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bottom": 1})
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(heads) - 1, 16)
    for at, head in enumerate(heads):
        sheet.write_string(0, at, head, bold)
    for line, row in enumerate(rows, start=1):
        for at, cell in enumerate(row):
            if isinstance(cell, Decimal) and Decimal(repr(float(cell))) == cell:
                sheet.write_number(line, at, float(cell))
            elif cell != "":
                sheet.write_string(line, at, cell if isinstance(cell, str) else format(cell, "f"))
    book.close()
    target.seek(0)
    return target
