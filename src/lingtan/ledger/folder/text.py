"""Bytes of a CSV file to records with their physical lines, and all that can be wrong with bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.faults import fault, quoted

__all__ = ["TABLE_BYTES", "RawTable", "decoded", "foreign", "raw_table", "records"]

TABLE_BYTES = 256 * 1024 * 1024
BOM = b"\xef\xbb\xbf"

# First bytes of what people put in place of a CSV file: kind, and what to do.
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "compressed_file", "a gzip file"),
    (b"PK\x03\x04", "compressed_file", "a zip archive or an Excel workbook"),
    (b"BZh", "compressed_file", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "compressed_file", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "compressed_file", "a zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "compressed_file", "a 7-zip archive"),
    (b"PAR1", "foreign_file", "a Parquet file (name it .parquet, under readings/)"),
    (b"\xd0\xcf\x11\xe0", "foreign_file", "an old Excel workbook"),
    (b"%PDF", "foreign_file", "a PDF document"),
)
WIDE = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

# Phonetic, combining, Armenian and Hebrew letters: what GBK pairs become where they happen to be UTF-8.
UNLIKELY = (("\u0250", "\u036f"), ("\u0530", "\u05ff"))


@dataclass(frozen=True, slots=True)
class RawTable:
    """A CSV file as text: ``header``, ``records`` (as many cells as the header each) and their first ``lines``.

    ``aside`` holds the text of physical lines that are no good record, so that writing loses nothing.
    """

    file: str
    header: tuple[str, ...] = ()
    records: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    aside: dict[int, str] = field(default_factory=dict)


def foreign(data: bytes, file: str) -> Finding | None:
    """Tell by the first bytes whether a file is packed or no text at all; nothing is expanded."""
    for magic, code, what in MAGIC:
        if data.startswith(magic):
            return fault(
                code, file, lines=(1,), expected="plain UTF-8 text", came=what, todo="unpack it or save it as CSV UTF-8"
            )
    return None


def decoded(data: bytes, file: str, *, limit: int = TABLE_BYTES) -> str | Finding:
    """Decode a CSV file, or say why not: empty, too large, packed, UTF-16, NUL bytes, another encoding."""
    if not data.strip(BOM + b" \t\r\n"):
        return fault(
            "empty_file",
            file,
            lines=(1,),
            expected="a header row",
            came=f"{len(data)} bytes",
            todo="write the header or remove the file",
        )
    if len(data) > limit:
        return fault(
            "file_too_large", file, expected=f"at most {limit} bytes", came=f"{len(data)} bytes", todo="split it"
        )
    wrong = foreign(data, file) or _wide(data, file)
    if wrong is not None:
        return wrong
    try:
        return data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError:
        return _undecodable(data, file)


def _wide(data: bytes, file: str) -> Finding | None:
    """Find UTF-16, UTF-32 and NUL bytes."""
    todo = "save it as UTF-8"
    for mark, name in WIDE:
        if data.startswith(mark):
            return fault(
                "wrong_encoding",
                file,
                lines=(1,),
                expected="UTF-8",
                came=f"{name}, from its first byte",
                todo=todo,
                encoding=name,
            )
    position = data.find(b"\x00")
    if position < 0:
        return None
    line = data.count(b"\n", 0, position) + 1
    sample = data[:4096]
    if sample.count(b"\x00") * 3 > len(sample):
        return fault(
            "wrong_encoding",
            file,
            lines=(1,),
            expected="UTF-8",
            came="UTF-16 by its NUL bytes",
            todo=todo,
            encoding="UTF-16",
        )
    return fault(
        "nul_bytes",
        file,
        lines=(line,),
        expected="text",
        came=f"a NUL byte at offset {position}",
        todo="the file was damaged when it was written or copied: export it again",
    )


def _undecodable(data: bytes, file: str) -> Finding:
    """Name the first wrong byte's line and the encoding that the file looks like."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        position, reason = wrong.start, wrong.reason
    line = data.count(b"\n", 0, position) + 1
    name = _likely(data, position, reason)
    came = f"byte 0x{data[position]:02x} at offset {position}, line {line}; it looks like {name}"
    todo = "export it again" if "cut off" in name or "damaged" in name else "save it as UTF-8"
    return fault("wrong_encoding", file, lines=(line,), expected="UTF-8", came=came, todo=todo, encoding=name)


def _likely(data: bytes, position: int, reason: str) -> str:
    """Guess the encoding of bytes that are no UTF-8."""
    if "end of data" in reason:
        return "UTF-8 that was cut off"
    if any(byte > 0x7F for byte in data[:position]) and data[:position].decode("utf-8", "ignore").strip():
        sample = data[position:].decode("utf-8", "ignore")
        if sum(letter > "\x7f" for letter in sample) > data[position:].count(b"\xef\xbf\xbd") + 3:
            return "damaged UTF-8 or two encodings in one file"
    for codec, name in (("gbk", "GBK"), ("gb18030", "GB18030"), ("big5", "Big5")):
        if _reads_chinese(data, codec):
            return name
    for codec, name in (("shift_jis", "Shift-JIS"), ("cp1252", "Windows-1252"), ("gbk", "GBK")):
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            continue
        return name
    return "no text encoding we know"


def _reads_chinese(data: bytes, codec: str) -> bool:
    """Tell whether the bytes read as mostly Chinese where they are no ASCII."""
    try:
        wide = [letter for letter in data.decode(codec) if letter > "\x7f"]
    except UnicodeDecodeError:
        return False
    common = sum("一" <= letter <= "鿿" or "\u3000" <= letter <= "〿" or "！" <= letter <= "～" for letter in wide)
    return common * 10 >= len(wide) * 8


def _suspect(text: str, data: bytes, file: str) -> list[Finding]:
    """Find text of another encoding that happens to be UTF-8: short GBK words can be pairs of letters nobody writes."""
    if text.isascii():
        return []
    wide = {letter for letter in text if letter > "\x7f"}
    odd = sorted(letter for letter in wide if any(low <= letter <= high for low, high in UNLIKELY))
    if not odd or max(wide) >= "\u0800" or not _reads_chinese(data.removeprefix(BOM), "gbk"):
        return []
    line = text.count("\n", 0, text.index(odd[0])) + 1
    came = f"U+{ord(odd[0]):04X} in line {line}; it looks like GBK"
    return [
        fault(
            "encoding_suspect",
            file,
            lines=(line,),
            expected="UTF-8",
            came=came,
            todo="save it as UTF-8",
            encoding="GBK",
        )
    ]


def records(text: str, file: str, *, width: int | None = None) -> Iterator[tuple[int, list[str] | Finding, str]]:
    """Split text into records by RFC 4180: first physical line, cells or what is wrong, and the text itself.

    A quote that is never closed, or that swallows rows of another width, costs only the line it stands on.
    ``width`` is the number of cells of the header; None takes it from the first record.
    """
    rows = text.split("\n")
    if rows and not rows[-1]:
        rows.pop()
    at = 0
    while at < len(rows):
        cells, used = _one_record(rows, at)
        if used > 1 and (isinstance(cells, str) or (width is not None and len(cells) != width)):
            cells, used = "open_quote", 1
        if isinstance(cells, str):
            yield at + 1, _record_fault(cells, file, at + 1, rows[at]), rows[at]
        else:
            width = len(cells) if width is None else width
            yield at + 1, cells, "\n".join(rows[at : at + used])
        at += used


def _one_record(rows: list[str], at: int) -> tuple[list[str] | str, int]:
    """Cells of the record that begins at row ``at`` and how many rows it takes; a code where it cannot be split."""
    row = rows[at].removesuffix("\r")
    if '"' not in row:
        return (row.split(","), 1) if "\r" not in row else ("broken_record", 1)
    used, quotes = 1, row.count('"')
    while quotes % 2:
        if at + used >= len(rows):
            return "open_quote", 1
        quotes += rows[at + used].count('"')
        used += 1
    chunk = "\n".join(rows[at : at + used]).removesuffix("\r")
    try:
        parsed = list(csv.reader([chunk], strict=True)) if used == 1 else list(csv.reader(_kept(chunk), strict=True))
    except csv.Error:
        return "broken_record", used
    return (parsed[0], used) if len(parsed) == 1 else ("broken_record", used)


def _kept(chunk: str) -> list[str]:
    """Physical lines with their ends, as `csv.reader` wants them (`str.splitlines` would split at other characters)."""
    *lines, last = chunk.split("\n")
    return [*(line + "\n" for line in lines), last]


def _record_fault(code: str, file: str, line: int, text: str) -> Finding:
    if code == "open_quote":
        todo = "close the quotes; if it is the last row, the file may be cut off: export it again"
        return fault(code, file, lines=(line,), expected='a closing "', came=quoted(text), todo=todo)
    return fault(
        "broken_record",
        file,
        lines=(line,),
        expected="cells by RFC 4180",
        came=quoted(text),
        todo='write " inside a cell as ""',
    )


def raw_table(data: bytes, file: str) -> tuple[RawTable | None, list[Finding]]:
    """Read a whole CSV file; None where the file as a whole is no good."""
    text = decoded(data, file)
    if not isinstance(text, str):
        return None, [text]
    found: list[Finding] = _suspect(text, data, file)
    rows = records(text, file)
    _, header, _ = next(rows)
    if not isinstance(header, list):
        return None, [header]
    table = RawTable(file, tuple(name.strip() for name in header))
    for line, cells, written in rows:
        _take(table, line, cells, written, found)
    if (
        found
        and not text.endswith("\n")
        and found[-1].code == "field_count"
        and found[-1].where.line == _last_line(text)
    ):
        found[-1] = _cut_off(found[-1])
    return table, found


def _take(table: RawTable, line: int, cells: list[str] | Finding, written: str, found: list[Finding]) -> None:
    """Keep a good record, or set its text aside with what is wrong."""
    width = len(table.header)
    if not isinstance(cells, list):
        found.append(cells)
    elif not any(cell.strip() for cell in cells):
        found.append(fault("blank_row", table.file, lines=(line,)))
    elif len(cells) == width:
        table.records.append(cells)
        table.lines.append(line)
        return
    else:
        found.append(_wrong_count(table.file, line, width, cells))
    table.aside[line] = written


def _wrong_count(file: str, line: int, width: int, cells: list[str]) -> Finding:
    todo = "quote cells that hold a comma, write no thousands separators, and fill missing cells with blanks"
    if cells[0].lstrip().startswith("#"):
        todo = "the format has no comments: remove the line"
    return fault("field_count", file, lines=(line,), expected=f"{width} cells", came=f"{len(cells)} cells", todo=todo)


def _last_line(text: str) -> int:
    return text.count("\n") + 1


def _cut_off(finding: Finding) -> Finding:
    """Say that a short last row without a line end looks like a truncated file."""
    came = f"{finding.params['came']} and no line end: the file looks cut off"
    return fault(
        "field_count",
        finding.where.file,
        lines=(finding.where.line or 0,),
        expected=str(finding.params["expected"]),
        came=came,
        todo="export the file again",
    )
