"""A paper as Word (DOCX), built from values: A4, Chinese fonts in every style, heads that repeat, page x of y.

The bytes are the same for the same paper: the file's own dates are the paper's day, the packing has one fixed stamp.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lingtan.report.paper import model, word_parts
from lingtan.report.paper.pdf import picture
from lingtan.report.paper.words import say

#: Latin and Chinese fonts that every office suite in China has; others take the nearest sans serif.
LATIN, CHINESE = "Arial", "Microsoft YaHei"
WIDTH_MM = 174
STAMP = (1980, 1, 1, 0, 0, 0)
SIZES: Mapping[str, tuple[float, bool, str]] = {
    "Normal": (9.5, False, word_parts.INK), "Title": (20, True, word_parts.INK),
    "Heading 1": (13, True, word_parts.INK), "Heading 2": (10.5, True, word_parts.INK),
    "Lead": (11, False, word_parts.INK), "Small": (8, False, word_parts.SECOND),
    "Cell": (8.5, False, word_parts.INK), "Header": (8, False, word_parts.SECOND),
    "Footer": (8, False, word_parts.SECOND),
}  # fmt: skip
#: Style -> points before and after.
SPACES = {"Title": (0, 4), "Heading 1": (16, 5), "Heading 2": (11, 4), "Lead": (4, 8), "Small": (2, 6),
          "Cell": (1.5, 1.5), "Header": (0, 0), "Footer": (0, 0)}  # fmt: skip


def write(paper: model.Paper) -> bytes:
    """Return a paper as DOCX.

    Raises
    ------
    PaperError : a table is none, a source is not there, a chart has letters that the fonts lack, or a text has
        characters that no document may have.
    """
    model.check(paper)
    _plain(paper)
    file = docx.Document()
    _styles(file, paper)
    _page(file, paper)
    _head(file, paper)
    numbers = model.numbered(paper)
    for block in paper.blocks:
        _BLOCKS[type(block)](file, block, numbers, paper.language)
    _sources(file, paper)
    out = io.BytesIO()
    file.save(out)
    return _stamped(out.getvalue())


def _plain(paper: model.Paper) -> None:
    """Refuse characters that XML has no place for, with the text they stand in."""
    for text in model.strings(paper):
        wrong = next((one for one in text if ord(one) < 32 and one not in "\n\t"), None)
        if wrong is not None:
            raise model.PaperError(f"Expected text; came the control character U+{ord(wrong):04X} in {text[:40]!r}.")


def _stamped(made: bytes) -> bytes:
    """Return the same package with one fixed stamp on each part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = zipfile.ZipInfo(name, STAMP)
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            new.writestr(part, old.read(name))
    return out.getvalue()


def _styles(file: Any, paper: model.Paper) -> None:
    """Set the fonts of every style, Chinese ones too, and the language of the spelling."""
    known = {style.name for style in file.styles}
    for name, (size, bold, colour) in SIZES.items():
        style = file.styles[name] if name in known else file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        if name not in known:
            style.base_style = file.styles["Normal"]
        style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
        style.font.color.rgb = RGBColor.from_string(colour)
        before, after = SPACES.get(name, (3, 5))
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        style.paragraph_format.line_spacing = 1.25 if name in ("Normal", "Lead") else 1.1
        _fonts(style.element.get_or_add_rPr(), paper.language)
        for border in style.element.findall(f".//{qn('w:pBdr')}"):
            border.getparent().remove(border)
    for run in file.styles.element.iter(qn("w:rPrDefault")):
        _fonts(run.find(qn("w:rPr")), paper.language)


def _fonts(properties: Any, language: model.Language) -> None:
    for tag in ("w:rFonts", "w:lang"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    fonts = OxmlElement("w:rFonts")
    for slot, name in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", CHINESE)):
        fonts.set(qn(f"w:{slot}"), name)
    properties.insert(0, fonts)
    words = OxmlElement("w:lang")
    words.set(qn("w:val"), "zh-CN" if language == "zh" else "en-GB")
    words.set(qn("w:eastAsia"), "zh-CN")
    properties.append(words)


def _page(file: Any, paper: model.Paper) -> None:
    """Set the sheet, the running head, the foot, and what the file says of itself."""
    sheet = file.sections[0]
    sheet.page_width, sheet.page_height = Mm(210), Mm(297)
    sheet.left_margin = sheet.right_margin = Mm(18)
    sheet.top_margin, sheet.bottom_margin = Mm(22), Mm(18)
    sheet.header_distance, sheet.footer_distance = Mm(10), Mm(9)
    head, foot = sheet.header.paragraphs[0], sheet.footer.paragraphs[0]
    for line in (head, foot):
        line.paragraph_format.tab_stops.add_tab_stop(Mm(WIDTH_MM), WD_TAB_ALIGNMENT.RIGHT)
    head.add_run(paper.running or paper.title)
    head.add_run("\t" + " · ".join(words for words, _tone in paper.marks))
    foot.add_run(paper.title + "\t")
    word_parts.pages(foot, say("page", paper.language, page="\x01", pages="\x02"))
    own, day = file.core_properties, datetime.combine(paper.day, time(), UTC).replace(tzinfo=None)
    own.title, own.author, own.last_modified_by = paper.title[:255], paper.author[:255], paper.author[:255]
    own.created = own.modified = own.last_printed = day
    own.language, own.comments, own.revision = paper.language, "", 1


def _head(file: Any, paper: model.Paper) -> None:
    if paper.subtitle:
        file.add_paragraph(paper.subtitle, style="Small")
    file.add_paragraph(paper.title, style="Title")
    if paper.marks:
        line = file.add_paragraph()
        for words, tone in paper.marks:
            word_parts.badge(line, words, tone)
            line.add_run("  ")
    if paper.facts:
        rows = -(-len(paper.facts) // 2)
        table = file.add_table(rows=rows, cols=4)
        word_parts.widths(table, (1, 2.6, 1, 2.6), WIDTH_MM)
        for at, (name, value) in enumerate(paper.facts):
            pair = table.rows[at // 2].cells[at % 2 * 2 : at % 2 * 2 + 2]
            word_parts.say(pair[0], name, colour=word_parts.SECOND)
            word_parts.say(pair[1], value)
        word_parts.rules(table, top=True, bottom=True)


def _heading(file: Any, block: model.Heading, numbers: Mapping[str, int], language: model.Language) -> None:
    file.add_heading(block.text, level=block.level)


def _text(file: Any, block: model.Text, numbers: Mapping[str, int], language: model.Language) -> None:
    style = {"lead": "Lead", "small": "Small"}.get(block.kind, "Normal")
    line = file.add_paragraph(style=style)
    for piece in block.parts:
        word_parts.inline(line, piece, numbers)


def _tiles(file: Any, block: model.Tiles, numbers: Mapping[str, int], language: model.Language) -> None:
    table = file.add_table(rows=1, cols=len(block.tiles))
    word_parts.widths(table, (1.0,) * len(block.tiles), WIDTH_MM)
    word_parts.boxed(table)
    for cell, tile in zip(table.rows[0].cells, block.tiles, strict=True):
        word_parts.say(cell, tile.name, colour=word_parts.SECOND, size=8)
        line = cell.add_paragraph(style="Cell")
        word_parts.inline(line, model.Figure(tile.figure.text, tile.figure.unit, tile.figure.source, tile.figure.tone,
                                             strong=True), numbers, size=15)  # fmt: skip
        if tile.below != "":
            word_parts.inline(cell.add_paragraph(style="Cell"), tile.below, numbers, size=8)
    file.add_paragraph(style="Small")


def _table(file: Any, block: model.Table, numbers: Mapping[str, int], language: model.Language) -> None:
    if block.caption:
        line = file.add_paragraph(style="Cell")
        line.add_run(block.caption).bold = True
        line.paragraph_format.keep_with_next = True
        line.paragraph_format.space_before = Pt(6)
    table = file.add_table(rows=1 + len(block.rows), cols=len(block.columns))
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    word_parts.widths(table, [one.share for one in block.columns], WIDTH_MM)
    for cell, column in zip(table.rows[0].cells, block.columns, strict=True):
        line = word_parts.say(cell, column.title, colour=word_parts.SECOND, bold=True, size=8)
        if column.unit:
            word_parts.run(line, f" {column.unit}", colour=word_parts.SECOND, size=8)
        _align(line, column)
    word_parts.repeated(table.rows[0])
    short = len(block.rows) <= model.SHORT
    for row, given in zip(list(table.rows)[1:], block.rows, strict=True):
        _row(row, given, block, numbers, together=short and given is not block.rows[-1])
    word_parts.ruled(table, {at for at, row in enumerate(block.rows, start=1) if row.kind == "total"})
    for note in block.notes:
        file.add_paragraph(note, style="Small")
    if not block.notes:
        file.add_paragraph(style="Small")


def _row(row: Any, given: model.Row, block: model.Table, numbers: Mapping[str, int], *, together: bool = False) -> None:
    cells = row.cells
    word_parts.whole(row)
    if given.kind == "group":
        cell = cells[0].merge(cells[-1])
        word_parts.shade(cell, word_parts.GROUND)
        word_parts.inline(word_parts.first(cell), given.cells[0], numbers, bold=True)
        return
    for at, (cell, piece, column) in enumerate(zip(cells, given.cells, block.columns, strict=True)):
        line = word_parts.first(cell)
        if given.kind == "head":
            piece = piece.text if isinstance(piece, model.Figure) else piece
            word_parts.run(line, piece, colour=word_parts.SECOND, bold=True, size=8)
        else:
            word_parts.inline(line, piece, numbers, bold=given.kind == "total", source=given.source if at == 0 else "")
        line.paragraph_format.keep_with_next = together or None
        _align(line, column)


def _align(line: Any, column: model.Column) -> None:
    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT if column.figures else WD_ALIGN_PARAGRAPH.LEFT


def _chart(file: Any, block: model.Chart, numbers: Mapping[str, int], language: model.Language) -> None:
    if block.title:
        line = file.add_paragraph(style="Cell")
        line.add_run(block.title).bold = True
        line.paragraph_format.keep_with_next = True
    if block.hint:
        file.add_paragraph(block.hint, style="Small").paragraph_format.keep_with_next = True
    drawn = file.add_picture(io.BytesIO(picture(block.svg, width_mm=WIDTH_MM)), width=Mm(WIDTH_MM))
    named = drawn._inline.docPr
    named.set("descr", block.alt)
    named.set("title", block.title)


def _missing(file: Any, block: model.Missing, numbers: Mapping[str, int], language: model.Language) -> None:
    line = word_parts.marked(file, "act")
    word_parts.run(line, f"{say('missing', language)} · {block.what}", colour=word_parts.TONES["act"][0], bold=True)
    line.add_run().add_break()
    word_parts.run(line, ("" if language == "zh" else " ").join(filter(None, (block.why, block.todo))), size=8.5)


def _note(file: Any, block: model.Note, numbers: Mapping[str, int], language: model.Language) -> None:
    word_parts.run(word_parts.marked(file, block.tone), block.text, size=8.5)


def _break(file: Any, block: model.PageBreak, numbers: Mapping[str, int], language: model.Language) -> None:
    file.add_page_break()


_BLOCKS: Mapping[type, Callable[..., None]] = {
    model.Heading: _heading, model.Text: _text, model.Tiles: _tiles, model.Table: _table, model.Chart: _chart,
    model.Missing: _missing, model.Note: _note, model.PageBreak: _break,
}  # fmt: skip


def _sources(file: Any, paper: model.Paper) -> None:
    """List what numbers rest on; each entry is the mark that the raised numbers lead to."""
    held = model.used(paper)
    if not held:
        return
    file.add_heading(say("sources", paper.language), level=1)
    file.add_paragraph(say("sources.hint", paper.language), style="Small")
    table = file.add_table(rows=len(held), cols=3)
    word_parts.widths(table, (0.4, 6, 2.2), WIDTH_MM)
    for row, (number, source) in zip(table.rows, held, strict=True):
        line = word_parts.say(row.cells[0], "", size=7.5)
        word_parts.anchor(line, f"source_{number}", number, str(number))
        line = word_parts.say(row.cells[1], source.text, size=7.5)
        word_parts.run(line, f"  {source.name}", colour=word_parts.SECOND, size=7.5)
        word_parts.say(row.cells[2], source.place, colour=word_parts.SECOND, size=7.5)
        word_parts.whole(row)
    word_parts.ruled(table, (), head=False)
