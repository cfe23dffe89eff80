"""Lingtan: the open book of an industrial park."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingtan.book import Book

__all__ = ["open_park"]


def open_park(path: Path | str) -> Book:
    """Open a park folder: its flows, accounts and explanations are drawn from it as they are asked for.

    Raises
    ------
    FolderError : there is no folder, or its ``park.toml`` cannot be read.
    """
    from lingtan.book import Book

    return Book.open(path)
