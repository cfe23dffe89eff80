"""A park to a folder: what was read comes back as it was, what changed is written anew, nothing half-written."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lingtan.ledger.clock import local_midnight, written
from lingtan.ledger.folder.columns import PARK_TOML, TABLES, Column, Table, table_of
from lingtan.ledger.folder.faults import FolderError
from lingtan.ledger.folder.model import Loaded, Origin
from lingtan.ledger.folder.settings import settings_text
from lingtan.ledger.park import Park
from lingtan.reference import library

__all__ = ["cell_text", "write"]

_QUOTED = re.compile('[,"\r\n]')
_UNITS_OF_TIME = ((86_400, "P{}D"), (3_600, "PT{}H"), (60, "PT{}M"), (1, "PT{}S"))


def write(loaded: Loaded, path: str | os.PathLike[str]) -> None:
    """Write a park folder.

    Rows that did not change keep their text, with columns that the format does not know; rows that were set aside
    stay where they stood; changed and new nouns are written anew; files that are no tables are copied byte by byte.
    ``path`` may be the folder that was read, an empty folder or a new one. Everything is written beside it first and
    put in place at the end. Text that begins with = + - @ is written as it is.

    Raises
    ------
    FolderError
        where ``path`` is a file or another folder that is not empty.
    """
    target = Path(path)
    own = loaded.root is not None and target.exists() and target.resolve() == loaded.root.resolve()
    if target.is_file() or (not own and target.is_dir() and any(target.iterdir())):
        raise FolderError(f"expected an empty or new folder at {target}; came one with files; give another path")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lingtan-", dir=target.parent) as scratch:
        made = Path(scratch) / "park"
        _fill(loaded, made)
        if own:
            _put_back(made, target)
        else:
            _copy_rest(loaded, made)
            if target.is_dir():
                target.rmdir()
            made.replace(target)


def _fill(loaded: Loaded, folder: Path) -> None:
    """Write park.toml and all tables."""
    folder.mkdir()
    extras = loaded.extras
    same = extras.toml and loaded.park.settings == extras.settings
    text = extras.toml if same else settings_text(loaded.park.settings, extras.unknown).encode()
    (folder / PARK_TOML).write_bytes(text)
    for file, content in _tables(loaded):
        place = folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode())


def _put_back(made: Path, target: Path) -> None:
    """Replace the files of a folder one by one, each as a whole."""
    for file in sorted(each for each in made.rglob("*") if each.is_file()):
        place = target / file.relative_to(made)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)


def _copy_rest(loaded: Loaded, folder: Path) -> None:
    """Copy the files that are no tables: readings, evidence, records, unknown and unreadable ones."""
    if loaded.root is None:
        return
    for file in loaded.extras.files:
        place = folder / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(loaded.root / file, place)


def _tables(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """Files and texts of all tables that hold anything or stood there before."""
    homes: dict[str, tuple[Table, list[Any]]] = {}
    origins = loaded.extras.origins
    for pattern, table in TABLES.items():
        home = table.home or pattern
        for noun in _nouns(loaded.park, table):
            file, line = _stands(noun)
            known = file in origins and line in origins[file].cells and _belongs(file, table)
            homes.setdefault(file if known else home, (table, []))[1].append(noun)
    for file, origin in origins.items():
        table = homes[file][0] if file in homes else _table_at(file)
        yield file, _file_text(table, homes.get(file, (table, []))[1], origin, loaded.park)
    for file, (table, fresh) in homes.items():
        if file not in origins:
            yield file, _file_text(table, fresh, Origin(table.names, {}, {}, {}), loaded.park)


def _belongs(file: str, table: Table) -> bool:
    return _table_at(file) is table


def _table_at(file: str) -> Table:
    found = table_of(file)
    if found is None:
        raise FolderError(f"{file} is no table of the format")
    return found


def _nouns(park: Park, table: Table) -> list[Any]:
    """Nouns of a table; of the commodities only the park's own."""
    if not table.park:
        return []
    held = getattr(park, table.park)
    if table.park == "commodities":
        shipped = library().commodities
        return [noun for code, noun in held.items() if code not in shipped]
    return list(held.values()) if isinstance(held, Mapping) else list(held)


def _stands(noun: Any) -> tuple[str, int | None]:
    """File and line that a noun was read from."""
    at = getattr(noun, "at", None)
    return (at.file, at.line) if at is not None else (noun.file, noun.line)


def _file_text(table: Table, nouns: list[Any], origin: Origin, park: Park) -> str:
    """Text of one table file: rows in the order they stood, new ones behind."""
    header = list(origin.header)
    header += [name for name in table.names if name not in header and (not origin.header or _needs(name, table, nouns))]
    cells_of = _formatter(table, park)
    placed = {_stands(noun)[1]: noun for noun in nouns if _stands(noun)[1] in origin.cells}
    fresh = [noun for noun in nouns if _stands(noun)[1] not in origin.cells]
    out = [_line(header)]
    for line in sorted({*origin.cells, *origin.aside}):
        if line in origin.aside:
            out.append(origin.aside[line].removesuffix("\r"))
        elif line in placed or line not in origin.nouns:
            out.append(_line(_row(header, origin, line, placed.get(line), cells_of)))
    for noun in fresh:
        given = cells_of(noun)
        out.append(_line([given.get(name, "") for name in header]))
    return "\n".join(out) + "\n"


def _line(cells: Sequence[str]) -> str:
    """Write a record by RFC 4180 (`csv.writer` of Python 3.11 leaves a lone carriage return unquoted)."""
    return ",".join('"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in cells)


def _needs(name: str, table: Table, nouns: list[Any]) -> bool:
    """Tell whether a column that a file had not is needed for what its nouns hold now."""
    column = next(each for each in table.columns if each.name == name)
    return any(_raw(noun, column) not in (None, "", (), column.default) for noun in nouns)


def _row(
    header: list[str], origin: Origin, line: int, noun: Any, cells_of: Callable[[Any], dict[str, str]]
) -> list[str]:
    """Cells of a row: as they stood where the noun is the one that was read or the row was set aside."""
    before = dict(zip(origin.header, origin.cells[line], strict=True))
    if noun is None or noun == origin.nouns.get(line):
        return [*origin.cells[line], *[""] * (len(header) - len(origin.header))]
    given = cells_of(noun)
    return [given.get(name, before.get(name, "")) for name in header]


def _formatter(table: Table, park: Park) -> Callable[[Any], dict[str, str]]:
    """Give the function that writes a noun's values by column names."""

    def cells_of(noun: Any) -> dict[str, str]:
        return {column.name: cell_text(_raw(noun, column), column, park) for column in table.columns}

    return cells_of


def _raw(noun: Any, column: Column) -> Any:
    """Value of a column on a noun; ``from`` and ``to`` are the span it is valid in."""
    if column.name in ("from", "to") and not column.field:
        return noun.valid.start if column.name == "from" else noun.valid.end
    return getattr(noun, column.key)


def cell_text(value: Any, column: Column, park: Park) -> str:
    """Write one value as the cell of a column; times in the park's zone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _time_text(value, park)
    if isinstance(value, tuple):
        return ";".join(value)
    if column.type == "period":
        return _period_text(value)
    if isinstance(value, float):
        return str(Decimal(repr(value)))
    return value.isoformat() if isinstance(value, date) else str(value)


def _time_text(instant: datetime, park: Park) -> str:
    """Write a local midnight as a date, any other instant with its offset."""
    zone = park.settings.zone
    day = instant.astimezone(zone).date()
    return day.isoformat() if local_midnight(day, zone) == instant else written(instant, zone)


def _period_text(seconds: int) -> str:
    size, form = next((size, form) for size, form in _UNITS_OF_TIME if seconds % size == 0)
    return form.format(seconds // size)
