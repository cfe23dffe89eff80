"""Papers: one content as values (`model`), written as PDF (`pdf.write`) or Word (`word.write`), with SVG `charts`.

The writers need the extra ``papers`` (typst, python-docx). Same paper, same bytes, on every machine.
"""

from lingtan.report.paper.model import (
    Block,
    Chart,
    Column,
    Figure,
    Heading,
    Inline,
    Missing,
    Note,
    PageBreak,
    Paper,
    PaperError,
    Row,
    Source,
    Table,
    Text,
    Tile,
    Tiles,
)

__all__ = [
    "Block",
    "Chart",
    "Column",
    "Figure",
    "Heading",
    "Inline",
    "Missing",
    "Note",
    "PageBreak",
    "Paper",
    "PaperError",
    "Row",
    "Source",
    "Table",
    "Text",
    "Tile",
    "Tiles",
]
