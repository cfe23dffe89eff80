"""The fonts that papers are printed with: Noto Sans SC, cut to GB 2312, letters of names and the signs papers use."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import typst

from lingtan.report.paper.model import PaperError

FOLDER = Path(__file__).resolve().parents[1] / "data" / "fonts"
FAMILY = "Noto Sans SC"
#: Blanks that lines may have: they need no glyph.
BLANKS = frozenset(" \n\u00a0\u2009\u202f\u3000")
AROUND = 12


@functools.cache
def letters() -> frozenset[str]:
    """Return the letters that the fonts have."""
    text = (FOLDER / "glyphs.txt").read_text("utf-8")
    return frozenset(text) | BLANKS


@functools.cache
def book() -> typst.Fonts:
    """Return the fonts as the printer takes them; those of the machine are not looked at."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)])


def check(texts: Iterable[str]) -> None:
    """Refuse text with letters that the fonts lack, instead of printing boxes.

    Raises
    ------
    PaperError : names the letters, with their code points, and the first text that has one.
    """
    known, lacking, place = letters(), dict[str, None](), ""
    for text in texts:
        for at, one in enumerate(text):
            if one not in known:
                lacking.setdefault(one)
                place = place or text[max(at - AROUND, 0) : at + AROUND]
    if lacking:
        named = ", ".join(f"{one if one.isprintable() else '?'} (U+{ord(one):04X})" for one in list(lacking)[:20])
        raise PaperError(
            f"Expected letters that the fonts of papers have; came {named} in “{place}”. "
            "Write the name with other letters, or have the letters added to tools/vendor_assets.py."
        )
