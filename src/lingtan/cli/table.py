"""Aligned text tables for the terminal; Chinese characters count two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def width(text: str) -> int:
    """Return the columns that ``text`` takes on a terminal."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text
    )


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Return ``text`` filled with blanks to ``columns``."""
    blank = " " * max(columns - width(text), 0)
    return blank + text if right else text + blank


def render(head: Sequence[str], rows: Iterable[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    """Return a table with a ruled head; the columns in ``right`` hold figures and are set to the right."""
    listed = [tuple(head), *(tuple(row) for row in rows)]
    flush = frozenset(right)
    sizes = [max(width(row[at]) for row in listed) for at in range(len(head))]
    lines = [
        "  ".join(pad(cell, sizes[at], right=at in flush) for at, cell in enumerate(row)).rstrip() for row in listed
    ]
    lines.insert(1, "  ".join("-" * size for size in sizes))
    return "\n".join(lines)
