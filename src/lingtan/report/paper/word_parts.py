"""The pieces of a Word paper that python-docx has no word for: fields, marks, borders, shading, repeated heads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lingtan.report.paper import model

INK, SECOND, LINE, GROUND, PRIMARY = "14242A", "53666D", "DFE6E7", "F5F7F7", "0B6B61"
#: Tone -> colour of text, colour of ground.
TONES: Mapping[str, tuple[str, str]] = {
    "ok": ("17784E", "E2F3EA"), "watch": ("8F5A00", "FBF0D9"), "act": ("B8322A", "FBE6E4"),
    "info": ("2F62A8", "E4EDF9"), "": (SECOND, GROUND),
}  # fmt: skip
THIN = "\u2009"


def element(tag: str, **attributes: Any) -> Any:
    """Return an element of Word's own markup; text in attributes is escaped by the writer."""
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def run(line: Any, text: str, *, colour: str = "", bold: bool = False, size: float = 0) -> Any:
    """Add text to a paragraph."""
    made = line.add_run(text)
    if colour:
        made.font.color.rgb = RGBColor.from_string(colour)
    if bold:
        made.bold = True
    if size:
        made.font.size = Pt(size)
    return made


def inline(
    line: Any, piece: model.Inline, numbers: Mapping[str, int], *, size: float = 0, bold: bool = False, source: str = ""
) -> None:
    """Add a text or a figure with its unit and the raised number of its source."""
    figure = piece if isinstance(piece, model.Figure) else model.Figure(piece)
    colour = TONES[figure.tone][0] if figure.tone else ""
    if figure.text:
        run(line, figure.text, colour=colour, bold=bold or figure.strong, size=size)
    if figure.unit:
        run(line, THIN + figure.unit, colour=SECOND, size=min(size, 8) if size else 0)
    number = numbers.get(figure.source or source, 0)
    if number:
        _raised(line, number)


def _raised(line: Any, number: int) -> None:
    """Add the raised number of a source, which leads to its entry in the list."""
    link = element("w:hyperlink", anchor=f"source_{number}", history=1)
    made = run(line, str(number), colour=PRIMARY)
    made.font.superscript = True
    link.append(made._r)
    line._p.append(link)


def anchor(line: Any, name: str, number: int, text: str) -> None:
    """Add a text that links lead to."""
    line._p.append(element("w:bookmarkStart", id=number, name=name))
    run(line, text, colour=PRIMARY, size=7.5)
    line._p.append(element("w:bookmarkEnd", id=number))


def say(cell: Any, text: str, *, colour: str = "", bold: bool = False, size: float = 0) -> Any:
    """Write into the first paragraph of a cell and return it."""
    line = first(cell)
    if text:
        run(line, text, colour=colour, bold=bold, size=size)
    return line


def first(cell: Any) -> Any:
    """Return the first paragraph of a cell in the style of cells; by its id, since looking the name up is slow."""
    line = cell.paragraphs[0]
    line._p.style = "Cell"
    return line


def badge(line: Any, words: str, tone: str) -> None:
    """Add words on a ground of their tone."""
    front, back = TONES[tone]
    made = run(line, f" {words} ", colour=front, size=8)
    made._r.get_or_add_rPr().append(element("w:shd", val="clear", color="auto", fill=back))


def marked(file: Any, tone: str) -> Any:
    """Add a paragraph with a bar at its left on a ground of its tone."""
    front, back = TONES[tone]
    line = file.add_paragraph()
    line.paragraph_format.left_indent = line.paragraph_format.right_indent = Mm(2)
    properties = line._p.get_or_add_pPr()
    borders = element("w:pBdr")
    borders.append(element("w:left", val="single", sz=24, space=6, color=front))
    properties.append(borders)
    properties.append(element("w:shd", val="clear", color="auto", fill=back))
    return line


def pages(line: Any, text: str) -> None:
    """Add the words of page x of y; the characters of code 1 and 2 in them are the fields."""
    fields = {"\x01": "PAGE", "\x02": "NUMPAGES"}
    plain = ""
    for one in text:
        if one not in fields:
            plain += one
            continue
        line.add_run(plain)
        plain = ""
        field = element("w:fldSimple", instr=fields[one])
        field.append(line.add_run("1")._r)
        line._p.append(field)
    line.add_run(plain)


def widths(table: Any, shares: Sequence[float], whole_mm: float) -> None:
    """Give the columns of a table their widths, and keep Word from choosing others."""
    table.autofit = False
    layout = sum(shares)
    wide = [Mm(whole_mm * share / layout) for share in shares]
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, wide, strict=True):
        column.w = width
    for row in table._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, wide, strict=True):
            cell.width = width


def repeated(row: Any) -> None:
    """Let a row stand again on each page."""
    row._tr.get_or_add_trPr().append(element("w:tblHeader", val="true"))
    whole(row)


def whole(row: Any) -> None:
    """Keep a row on one page."""
    row._tr.get_or_add_trPr().insert(0, element("w:cantSplit", val="true"))


def shade(cell: Any, colour: str) -> None:
    """Give a cell a ground."""
    cell._tc.get_or_add_tcPr().append(element("w:shd", val="clear", color="auto", fill=colour))


def ruled(table: Any, totals: Collection[int], *, head: bool = True) -> None:
    """Draw thin lines between rows, a stronger one under the head and above totals."""
    _borders(table, {"insideH": (LINE, 4), "bottom": (LINE, 4)})
    rows = list(table.rows)
    for cell in rows[0].cells if head else ():
        _edge(cell, "bottom", SECOND)
    for at in totals:
        for cell in rows[at].cells:
            _edge(cell, "top", INK)


def rules(table: Any, *, top: bool = False, bottom: bool = False) -> None:
    """Draw a thin line above and below a table."""
    _borders(table, {side: (LINE, 4) for side, wanted in (("top", top), ("bottom", bottom)) if wanted})


def boxed(table: Any) -> None:
    """Draw thin lines around each cell."""
    _borders(table, dict.fromkeys(("top", "left", "bottom", "right", "insideV"), (LINE, 4)))


def _borders(table: Any, sides: Mapping[str, tuple[str, int]]) -> None:
    borders = element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        if side in sides:
            colour, weight = sides[side]
            borders.append(element(f"w:{side}", val="single", sz=weight, space=0, color=colour))
    properties = table._tbl.tblPr
    before = properties.find(qn("w:tblLayout"))
    properties.append(borders) if before is None else before.addprevious(borders)


def _edge(cell: Any, side: str, colour: str) -> None:
    edges = element("w:tcBorders")
    edges.append(element(f"w:{side}", val="single", sz=8, space=0, color=colour))
    properties = cell._tc.get_or_add_tcPr()
    shading = properties.find(qn("w:shd"))
    properties.append(edges) if shading is None else shading.addprevious(edges)
