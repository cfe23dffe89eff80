"""A paper as values: what is said, in which order, and what each number rests on. Nothing here knows Word or PDF.

Numbers come as text that the one formatter has made; a unit stands apart so that writers can set it smaller. A number
names its source by key; writers number the sources in the order in which the paper uses them and list them at its end.
What is not known is a `Missing` block or a cell without a number: a paper never fills a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

#: A table of so many rows or fewer is kept on one page.
SHORT = 10
Tone = Literal["", "ok", "watch", "act", "info"]
Language = Literal["zh", "en"]


class PaperError(ValueError):
    """A paper that cannot be written; the message names the place, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or a word that needs a tone. ``source``: key of a `Source`, blank where the number is nobody's."""

    text: str
    unit: str = ""
    source: str = ""
    tone: Tone = ""
    strong: bool = False


Inline = str | Figure


@dataclass(frozen=True, slots=True)
class Source:
    """What numbers rest on: ``key`` of the figure, ``text`` in words, ``place`` (run, digest) to find it again.

    What follows a ``#`` in the key tells figures of one name apart (those of two runs) and is not shown.
    """

    key: str
    text: str
    place: str = ""

    @property
    def name(self) -> str:
        """The key as it is shown."""
        return self.key.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` 1 or 2."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. ``kind``: ``lead`` is the answer on top, ``small`` a reading hint."""

    parts: tuple[Inline, ...]
    kind: Literal["lead", "body", "small"] = "body"


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure: its name, the figure, and a line below it."""

    name: str
    figure: Figure
    below: Inline = ""


@dataclass(frozen=True, slots=True)
class Tiles:
    """Headline figures side by side; at most five."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``share`` is its width against the others; ``figures`` sets it right."""

    title: str
    unit: str = ""
    figures: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; ``source`` is that of all its numbers, shown once at its first cell.

    ``kind``: a ``group`` has one cell, a ``head`` names the columns anew for the rows below it.
    """

    cells: tuple[Inline, ...]
    kind: Literal["", "head", "group", "total"] = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the head stands again on each page. A group row has one cell, all others one a column."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing as SVG with its title, a reading hint, and ``alt``: what it shows, in words."""

    title: str
    svg: str
    alt: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """A gap, marked: what is missing, why, and what to do about it."""

    what: str
    why: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark set apart."""

    text: str
    tone: Tone = "info"


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a new page."""


Block = Heading | Text | Tiles | Table | Chart | Missing | Note | PageBreak


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper. ``facts``: name and value pairs of its head; ``marks``: badges such as "preliminary" with their tone.

    ``running`` stands in the head of each page; ``day`` is the only date in the file's own description.
    """

    title: str
    language: Language
    day: date
    blocks: tuple[Block, ...]
    subtitle: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    marks: tuple[tuple[str, Tone], ...] = ()
    sources: tuple[Source, ...] = ()
    running: str = ""
    author: str = ""


def inlines(block: Block) -> Iterator[Inline]:
    """Yield the pieces of a block that may name a source, in reading order."""
    if isinstance(block, Text):
        yield from block.parts
    elif isinstance(block, Tiles):
        for tile in block.tiles:
            yield tile.figure
            yield tile.below
    elif isinstance(block, Table):
        for row in block.rows:
            yield Figure("", source=row.source)
            yield from row.cells


def numbered(paper: Paper) -> Mapping[str, int]:
    """Return key of a source -> its number, 1 for the first one used; sources that nothing names have none.

    Raises
    ------
    PaperError : a number names a source that the paper does not have.
    """
    known = {source.key for source in paper.sources}
    found: dict[str, int] = {}
    for piece in (piece for block in paper.blocks for piece in inlines(block)):
        key = piece.source if isinstance(piece, Figure) else ""
        if key and key not in known:
            raise PaperError(f"{paper.title}: expected a source of the paper, a number names {key!r}. Add it.")
        if key:
            found.setdefault(key, len(found) + 1)
    return found


def used(paper: Paper) -> list[tuple[int, Source]]:
    """Return the sources that numbers name, with their numbers, in order."""
    numbers = numbered(paper)
    return sorted(((numbers[one.key], one) for one in paper.sources if one.key in numbers), key=lambda pair: pair[0])


def check(paper: Paper) -> None:
    """Refuse a paper whose tables are not tables.

    Raises
    ------
    PaperError : a row has another count of cells than its table has columns, or a source is not there.
    """
    for piece in (piece for block in paper.blocks for piece in inlines(block)):
        if not isinstance(piece, str | Figure):
            raise PaperError(f"{paper.title}: expected text or a figure, came {type(piece).__name__} {piece!r:.60}.")
    numbered(paper)
    for table in (block for block in paper.blocks if isinstance(block, Table)):
        wide = len(table.columns)
        for at, row in enumerate(table.rows, start=1):
            expected = 1 if row.kind == "group" else wide
            if len(row.cells) != expected:
                raise PaperError(
                    f"{paper.title}, table {table.caption or table.columns[0].title!r}, row {at}: "
                    f"expected {expected} cells, came {len(row.cells)}."
                )


def strings(value: object) -> Iterator[str]:
    """Yield every text of a paper or of a part of it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from strings(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in _fields(value):
            yield from strings(getattr(value, name))


def _fields(value: object) -> Iterable[str]:
    return value.__dataclass_fields__  # type: ignore[attr-defined,no-any-return]
