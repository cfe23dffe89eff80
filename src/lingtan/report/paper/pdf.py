"""A paper as PDF: PDF/A-2a with tags and embedded fonts, set by Typst from JSON; a drawing as a picture for Word.

Data reaches the template (``data/paper.typ``) as JSON and is set as text: nothing in a paper can be taken for markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import typst

from lingtan.report.paper import fonts, model
from lingtan.report.paper.words import say

TEMPLATE = Path(__file__).resolve().parents[1] / "data" / "paper.typ"
STANDARD = "a-2a"
#: A drawing alone on its page; its text comes as input, so it cannot be taken for markup.
PICTURE = (
    b"#set page(width: auto, height: auto, margin: 0pt, fill: white)\n"
    b'#image(bytes(sys.inputs.svg), format: "svg", width: eval(sys.inputs.width))'
)


def write(paper: model.Paper) -> bytes:
    """Return a paper as PDF; the same paper gives the same bytes.

    Raises
    ------
    PaperError : a table is none, a source is not there, or the fonts lack a letter.
    """
    model.check(paper)
    fonts.check(model.strings(paper))
    return _set(paper, "pdf")[0]


def pages(paper: model.Paper, *, ppi: float = 96) -> list[bytes]:
    """Return the pages of a paper as PNG pictures, for eyes and tests."""
    model.check(paper)
    fonts.check(model.strings(paper))
    return _set(paper, "png", ppi=ppi)


def picture(svg: str, *, width_mm: float = 170, ppi: float = 200) -> bytes:
    """Return a drawing as PNG.

    Raises
    ------
    PaperError : the fonts lack a letter, or it is no drawing.
    """
    fonts.check([svg])
    given = {"svg": svg, "width": f"{width_mm:.1f}mm"}
    try:
        made = typst.Compiler(PICTURE, font_paths=fonts.book(), sys_inputs=given).compile(format="png", ppi=ppi)
    except typst.TypstError as fault:
        raise model.PaperError(f"Expected a drawing as SVG; it cannot be read: {fault.message}") from fault
    return made[0] if isinstance(made, list) else made or b""


def _set(paper: model.Paper, form: Any, *, ppi: float | None = None) -> list[bytes]:
    given = {"paper": json.dumps(plain(paper), ensure_ascii=False, sort_keys=True)}
    compiler = typst.Compiler(_template(), font_paths=fonts.book(), sys_inputs=given)
    day = datetime.combine(paper.day, time(), UTC)
    options: dict[str, Any] = {"format": form, "ppi": ppi, "timestamp": day}
    if form == "pdf":
        options["pdf_standards"] = [STANDARD]
    try:
        made = compiler.compile(**options)
    except typst.TypstError as fault:
        raise model.PaperError(f"{paper.title}: the paper cannot be set: {fault.message}") from fault
    return made if isinstance(made, list) else [made or b""]


@cache
def _template() -> bytes:
    return TEMPLATE.read_bytes()


def plain(paper: model.Paper) -> dict[str, Any]:
    """Return a paper as the template reads it: plain values, sources as numbers."""
    numbers = model.numbered(paper)
    return {
        "title": paper.title,
        "lang": paper.language,
        "subtitle": paper.subtitle,
        "running": paper.running or paper.title,
        "author": paper.author,
        "day": [paper.day.year, paper.day.month, paper.day.day],
        "facts": [list(pair) for pair in paper.facts],
        "marks": [list(pair) for pair in paper.marks],
        "blocks": [_block(block, numbers) for block in paper.blocks],
        "sources": [{"n": n, "key": one.name, "text": one.text, "place": one.place} for n, one in model.used(paper)],
        "words": {
            "page": say("page", paper.language, page="\x01", pages="\x02"),
            "missing": say("missing", paper.language),
            "sources": say("sources", paper.language),
            "hint": say("sources.hint", paper.language),
        },
    }


def _inline(piece: model.Inline, numbers: Mapping[str, int], source: str = "") -> dict[str, Any]:
    if isinstance(piece, str):
        return {"t": piece, "u": "", "n": numbers.get(source, 0), "tone": "", "b": False}
    n = numbers.get(piece.source or source, 0)
    return {"t": piece.text, "u": piece.unit, "n": n, "tone": piece.tone, "b": piece.strong}


def _block(block: model.Block, numbers: Mapping[str, int]) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    if isinstance(block, model.Text):
        return {"is": kind, "kind": block.kind, "parts": [_inline(one, numbers) for one in block.parts]}
    if isinstance(block, model.Tiles):
        tiles = [
            {"name": tile.name, "figure": _inline(tile.figure, numbers), "below": _inline(tile.below, numbers)}
            for tile in block.tiles
        ]
        return {"is": kind, "tiles": tiles}
    if isinstance(block, model.Table):
        return {"is": kind, **_table(block, numbers)}
    return {"is": kind, **{name: getattr(block, name) for name in type(block).__dataclass_fields__}}


def _table(table: model.Table, numbers: Mapping[str, int]) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "notes": list(table.notes),
        "short": len(table.rows) <= model.SHORT,
        "columns": [
            {"title": one.title, "unit": one.unit, "figures": one.figures, "share": one.share} for one in table.columns
        ],
        "rows": [
            {
                "kind": row.kind,
                "cells": [_inline(cell, numbers, row.source if at == 0 else "") for at, cell in enumerate(row.cells)],
            }
            for row in table.rows
        ],
    }
