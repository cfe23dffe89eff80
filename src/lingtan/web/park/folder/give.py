"""Rows of the database to a folder: tables by the ledger's own writer, what was kept put back where it stood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingtan.ledger.folder import Loaded, ReadingSource, write
from lingtan.ledger.folder.columns import TABLES, Column, table_of
from lingtan.ledger.folder.model import Extras, Origin
from lingtan.ledger.folder.settings import read_settings
from lingtan.ledger.park import Park as Ledger
from lingtan.ledger.park import Settings
from lingtan.web.park.folder import places
from lingtan.web.park.folder.difference import Held, held
from lingtan.web.park.folder.incoming import MORE, WAS
from lingtan.web.park.folder.shapes import Shape, cells, shapes
from lingtan.web.park.sheet import Sheet

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

_SETTINGS = (
    "name_zh", "name_en", "country", "grid_region", "timezone", "currency", "base_year", "price_year",
    "default_boundary",
)  # fmt: skip


def settings_of(park: Park) -> Settings:
    """Return what ``park.toml`` says of a park."""
    repairs = {name: tuple(points) for name, points in park.repairs.items()}
    return Settings(park.code, **{name: getattr(park, name) for name in _SETTINGS}, repairs=repairs)


def settings_values(settings: Settings) -> dict[str, Any]:
    """Return the fields of a park that ``park.toml`` says."""
    repairs = {name: list(points) for name, points in settings.repairs.items()}
    return {name: getattr(settings, name) for name in _SETTINGS} | {"repairs": repairs}


def tables(park: Park, target: Path) -> None:
    """Write ``park.toml`` and all tables of a park into a new folder."""
    settings = settings_of(park)
    origins = _origins(park, settings)
    extras = replace(_toml(park), origins=origins)
    write(Loaded(Ledger(settings), (), ReadingSource.of(Ledger(settings)), None, extras), target)


def _toml(park: Park) -> Extras:
    """Return the text of ``park.toml`` as it came, and what it says beyond the format."""
    text = str(park.extra.get("toml", "")).encode()
    before, unknown, _found = read_settings(text) if text else (None, {}, [])
    if (unknown.get("synthetic") is True) != park.synthetic:
        unknown = {key: value for key, value in unknown.items() if key != "synthetic"}
        unknown |= {"synthetic": True} if park.synthetic else {}
        before = None
    return Extras(before, text, unknown)


def _origins(park: Park, settings: Settings) -> dict[str, Origin]:
    """Return all table files as they are to stand, in name order."""
    sheets = {one.file: one for one in Sheet.objects.filter(park=park)}
    found: dict[str, list[tuple[Shape, Held]]] = {file: [] for file in sheets}
    for shape in shapes():
        for row in held(shape, park):
            stands = table_of(row.file) is TABLES[shape.pattern] if row.file else False
            file = row.file if stands else (shape.table.home or shape.pattern)
            found.setdefault(file, []).append((shape, row if stands else replace(row, file="", line=None)))
    text = cells(settings)
    return {file: _origin(sheets.get(file), found[file], text) for file in sorted(found)}


def _origin(sheet: Sheet | None, rows: list[tuple[Shape, Held]], text: Callable[[Any, Column], str]) -> Origin:
    """Return one table file: rows in the order they stood, new ones behind, what is no row in its place."""
    written = [(row, shape, _written(shape, row, text)) for shape, row in rows]
    header = list(sheet.header) if sheet else list(rows[0][0].table.names)
    header += [name for name in _wanted(written) if name not in header]
    entries: list[tuple[tuple[bool, int, int], list[str] | str]] = []
    for row, _shape, texts in written:
        more: Mapping[str, str] = row.extra.get(MORE, {})
        line = [texts.get(name, more.get(str(at), "")) for at, name in enumerate(header)]
        entries.append(((row.line is None, row.line or 0, row.pk), line))
    if sheet:
        entries += [
            ((False, int(at), 0), [*kept, *[""] * (len(header) - len(kept))]) for at, kept in sheet.rows.items()
        ]
        entries += [((False, int(at), 0), kept) for at, kept in sheet.aside.items()]
    entries.sort(key=lambda entry: entry[0])
    numbered = list(enumerate((kept for _place, kept in entries), start=2))
    good = {line: kept for line, kept in numbered if isinstance(kept, list)}
    return Origin(tuple(header), good, {}, {line: kept for line, kept in numbered if isinstance(kept, str)})


def _written(shape: Shape, row: Held, text: Callable[[Any, Column], str]) -> dict[str, str]:
    """Return the cells of a row: as they were written where the value is still the same."""
    was = row.extra.get(WAS, {})
    made = {}
    for slot, value in zip(shape.slots, row.values, strict=True):
        name = slot.column.name
        ours = text(value, slot.column)
        made[name] = was[name][0] if name in was and was[name][1] == ours else ours
    return made


def _wanted(written: list[tuple[Held, Shape, dict[str, str]]]) -> list[str]:
    """Return the columns that hold something, in the order of the format."""
    if not written:
        return []
    shape = written[0][1]
    held_names = []
    for slot in shape.slots:
        column = slot.column
        plain = {"", "true" if column.default is True else "false" if column.default is False else str(column.default)}
        if any(texts[column.name] not in plain for _row, _shape, texts in written):
            held_names.append(column.name)
    return held_names


def carried(park: Park, target: Path, *, link: bool) -> None:
    """Put the files that are no tables into a folder: readings, observations, methods, unknown ones.

    A park that no folder brought in carries none: what lies beside it is a former park's of the same name.
    """
    mark = park.extra.get("set", "")
    if not mark:
        return
    source = places.files_of(park.code, mark)
    for file in places.relative_files(source):
        place = target / file
        places.place(source / file, place if not place.exists() else place.with_name(place.name + ".unread"), link=link)
