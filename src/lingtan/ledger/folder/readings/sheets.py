"""Readings in CSV: bytes to a frame, whole columns at a time, with physical lines."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from lingtan.ledger.clock import TimeError, parse_instant
from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.faults import fault, quoted
from lingtan.ledger.folder.readings.meterbook import COLUMNS, FRAME, NEEDED, MeterBook, checked_values, placed
from lingtan.ledger.folder.readings.stamps import read_texts
from lingtan.ledger.folder.readings.tally import tally
from lingtan.ledger.folder.rows import check_header
from lingtan.ledger.folder.text import BOM, decoded, records

__all__ = ["SHEET_BYTES", "read_sheet"]

SHEET_BYTES = 512 * 1024 * 1024
NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$"
NO_BREAK = "\x01"


def read_sheet(data: bytes, file: str, book: MeterBook, base: int) -> tuple[pl.DataFrame, list[Finding]]:
    """Read one CSV file of readings: a frame of good rows in file order, and findings.

    ``base`` is added to the physical line to give ``order``.
    """
    text = decoded(data, file, limit=SHEET_BYTES)
    if not isinstance(text, str):
        return FRAME.to_frame(), [text]
    found: list[Finding] = []
    header, rows = _split(text, data, file, found)
    usable, said = check_header(header, file, COLUMNS, NEEDED)
    found += said
    if not usable:
        return FRAME.to_frame(), found
    rows = _cells(rows, header, file, found)
    rows = _values(rows, file, found)
    rows = checked_values(rows, file, book, found)
    rows = _times(rows, file, book, found)
    frame = rows.with_columns(order=pl.col("line").cast(pl.Int64) + base, point=pl.col("point").cast(pl.Categorical))
    return frame.select(FRAME.names()), found


def _split(text: str, data: bytes, file: str, found: list[Finding]) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Header, and rows of ``line`` and ``cells`` (a struct or list split later) as one text column each."""
    if b'"' in data or NO_BREAK.encode() in data or data.count(b"\r") != data.count(b"\r\n"):
        return _split_quoted(text, file, found)
    lines = pl.read_csv(
        io.BytesIO(data.removeprefix(BOM)), has_header=False, separator=NO_BREAK, quote_char=None, infer_schema=False
    )
    column = lines.to_series(0).fill_null("")
    header = tuple(name.strip() for name in str(column[0]).split(","))
    rows = pl.DataFrame({"line": pl.int_range(2, len(column) + 1, eager=True), "row": column.slice(1)})
    return header, _widths(rows, header, file, found)


def _widths(rows: pl.DataFrame, header: Sequence[str], file: str, found: list[Finding]) -> pl.DataFrame:
    """Split rows at commas; blank rows and rows of another width are set aside."""
    row = pl.col("row")
    blank = row.str.strip_chars(", \t").str.len_bytes() == 0
    right = row.str.count_matches(",", literal=True) == len(header) - 1
    good = right & ~blank
    if not rows.select(good.all()).item():
        marked = rows.with_columns(came=row)
        found += [_blank_rows(marked.filter(blank), file)] if rows.select(blank.any()).item() else []
        todo = "write a point as decimal sign and no thousands separators; a short last row may mean a cut file"
        found += tally(marked.filter(~right & ~blank), "field_count", file, expected=f"{len(header)} cells", todo=todo)
        rows = rows.filter(good)
    cells = row.str.split_exact(",", len(header) - 1).struct.rename_fields(_fields(len(header)))
    return rows.select("line", cells.alias("cells")).unnest("cells")


def _fields(width: int) -> list[str]:
    return [f"cell_{place}" for place in range(width)]


def _blank_rows(rows: pl.DataFrame, file: str) -> Finding:
    return fault(
        "blank_row", file, lines=rows["line"].head(20).to_list(), came=f"{rows.height} rows", count=rows.height
    )


def _split_quoted(text: str, file: str, found: list[Finding]) -> tuple[tuple[str, ...], pl.DataFrame]:
    """Split the exact way, row by row, for files with quoted cells."""
    rows = records(text, file)
    _, head, _ = next(rows)
    if not isinstance(head, list):
        found.append(head)
        return (), pl.DataFrame({"line": []})
    header = tuple(name.strip() for name in head)
    kept: list[list[str]] = []
    lines: list[int] = []
    for line, cells, written in rows:
        if not isinstance(cells, list):
            found.append(cells)
        elif not any(cell.strip() for cell in cells):
            found.append(fault("blank_row", file, lines=(line,)))
        elif len(cells) != len(header):
            found.append(
                fault("field_count", file, lines=(line,), expected=f"{len(header)} cells", came=quoted(written))
            )
        else:
            kept.append(cells)
            lines.append(line)
    columns = (
        dict(zip(_fields(len(header)), zip(*kept, strict=True), strict=True))
        if kept
        else dict.fromkeys(_fields(len(header)), ())
    )
    schema = {"line": pl.Int64, **dict.fromkeys(_fields(len(header)), pl.String)}
    return header, pl.DataFrame({"line": lines, **{name: list(each) for name, each in columns.items()}}, schema=schema)


def _cells(rows: pl.DataFrame, header: Sequence[str], file: str, found: list[Finding]) -> pl.DataFrame:
    """Trim cells; gives ``line``, ``point``, ``text`` (of the time), ``written`` (of the value), ``seq`` as texts."""
    names = {"point": "point", "time": "text", "value": "written", "seq": "seq"}
    picked = [pl.col(f"cell_{header.index(name)}").alias(alias) for name, alias in names.items() if name in header]
    rows = rows.select("line", *picked)
    if "seq" not in rows.columns:
        rows = rows.with_columns(seq=pl.lit(""))
    stripped = rows.with_columns(pl.col(*names.values()).str.strip_chars())
    for alias in names.values():
        differs = stripped[alias] != rows[alias]
        if differs.any():
            lines = rows.filter(differs)["line"]
            found.append(
                fault(
                    "trimmed",
                    file,
                    lines=lines.head(20).to_list(),
                    came=f"{len(lines)} cells of {alias}",
                    column=alias,
                    count=len(lines),
                )
            )
    return stripped


def _values(rows: pl.DataFrame, file: str, found: list[Finding]) -> pl.DataFrame:
    """Read values and sequence numbers; blank values are no readings."""
    written, seq = pl.col("written"), pl.col("seq")
    blank = rows.filter(written == "")
    if blank.height:
        came = f"{blank.height} rows, first in line {blank['line'][0]}"
        found.append(fault("blank_values", file, lines=(blank["line"][0],), came=came, count=blank.height))
        rows = rows.filter(written != "")
    is_number = written.str.contains(NUMBER)
    if not rows.select(is_number.all()).item():
        found += _not_numbers(rows.filter(~is_number).with_columns(came=written), file)
        rows = rows.filter(is_number)
    whole = (seq == "") | seq.str.contains(r"^[+-]?\d{1,18}$")
    if not rows.select(whole.all()).item():
        found += tally(
            rows.filter(~whole).with_columns(came=seq), "bad_sequence", file, expected="a whole number in seq"
        )
        rows = rows.filter(whole)
    return rows.with_columns(value=written.cast(pl.Float64, strict=False), seq=seq.cast(pl.Int64, strict=False))


def _not_numbers(bad: pl.DataFrame, file: str) -> list[Finding]:
    endless = pl.col("came").str.contains(r"(?i)^[+-]?(nan|inf|infinity)$")
    no_number = tally(
        bad.filter(~endless),
        "bad_number",
        file,
        expected="a number with a point as decimal sign",
        todo="leave the cell blank where there is no reading",
    )
    return no_number + tally(
        bad.filter(endless),
        "not_finite",
        file,
        expected="a finite number",
        todo="leave the cell blank where there is no reading",
    )


def _times(rows: pl.DataFrame, file: str, book: MeterBook, found: list[Finding]) -> pl.DataFrame:
    """Read and place the times; say once how they are written."""
    rows = read_texts(rows)
    if rows["bad"].any():
        found += _bad_times(rows.filter(pl.col("bad")), file, book)
        rows = rows.filter(~pl.col("bad"))
    naive = rows.filter(pl.col("offset").is_null())
    if naive.height:
        first = naive["line"][0]
        found.append(
            fault(
                "naive_times", file, lines=(first,), came=f"{naive.height} rows from line {first}", count=naive.height
            )
        )
        if naive.height < rows.height:
            other = rows.filter(pl.col("offset").is_not_null())["line"][0]
            came = f"without in line {first}, with in line {other}"
            found.append(
                fault(
                    "mixed_offsets",
                    file,
                    lines=sorted((first, other)),
                    expected="one way in a file",
                    came=came,
                    todo="write offsets everywhere",
                )
            )
    return placed(rows, file, book, found)


def _bad_times(bad: pl.DataFrame, file: str, book: MeterBook) -> list[Finding]:
    """Name the fault of times by the first text of each kind of fault."""
    kinds: dict[str, str] = {}
    codes = {text: _fault_of(text, book, kinds) for text in bad["text"].unique(maintain_order=True).to_list()}
    marked = bad.with_columns(came=pl.col("text"), code=pl.col("text").replace_strict(codes, return_dtype=pl.String))
    return [
        one
        for (code,), rows in marked.group_by("code", maintain_order=True)
        for one in tally(rows, str(code), file, expected=kinds[str(code)])
    ]


def _fault_of(text: str, book: MeterBook, kinds: dict[str, str]) -> str:
    try:
        parse_instant(text, book.clocks.park)
    except TimeError as wrong:
        kinds.setdefault(wrong.code, wrong.expected)
        return wrong.code
    kinds.setdefault("bad_time", "a time of the folder")
    return "bad_time"
