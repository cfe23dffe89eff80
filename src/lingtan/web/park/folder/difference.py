"""What an import would do to a table: which rows are new, which change, which go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from lingtan.web.park.folder.incoming import MORE, WAS, Row
from lingtan.web.park.folder.outcome import SHOWN, Difference
from lingtan.web.park.folder.shapes import Shape, Values, from_record

if TYPE_CHECKING:
    from lingtan.web.park.park import Park


@dataclass(frozen=True, slots=True)
class Held:
    """A row as the database has it."""

    pk: int
    values: Values
    file: str
    line: int | None
    extra: Mapping[str, Any]
    version: int

    def stands_as(self, row: Row) -> bool:
        """Tell whether the row stands in its file as that one does."""
        kept = {key: self.extra[key] for key in (WAS, MORE) if key in self.extra}
        return (self.file, self.line, kept) == (row.file, row.line, row.extra)


@dataclass(slots=True)
class Changes:
    """Rows of one table: new ones, (before, after) of those that differ, the same ones that stand elsewhere, gone."""

    shape: Shape
    created: list[tuple[Hashable, Row]] = field(default_factory=list)
    changed: list[tuple[Hashable, Held, Row]] = field(default_factory=list)
    moved: list[tuple[Hashable, Held, Row]] = field(default_factory=list)
    removed: list[Held] = field(default_factory=list)
    #: Primary keys of rows that stay, by what tells rows apart.
    kept: dict[Hashable, int] = field(default_factory=dict)


def held(shape: Shape, park: Park | None) -> list[Held]:
    """Return the rows of a table that a park has, in the order of its files."""
    if park is None:
        return []
    names = ("pk", "file", "line", "extra", "version", *(slot.path for slot in shape.slots))
    blank = [slot.column.default if slot.to else None for slot in shape.slots]
    rows = shape.model.objects.filter(park=park).order_by("file", "line", "pk").values_list(*names)
    return [
        Held(pk, tuple(map(_filled, values, blank)), file, line, extra, version)
        for pk, file, line, extra, version, *values in rows.iterator(chunk_size=20_000)
    ]


def _filled(value: Any, blank: Any) -> Any:
    return blank if value is None else from_record(value)


def numbered(keys: Iterable[Hashable]) -> Iterator[Hashable]:
    """Tell equal keys apart by their order."""
    seen: Counter[Hashable] = Counter()
    for key in keys:
        seen[key] += 1
        yield key, seen[key]


def compare(shape: Shape, park: Park | None, rows: list[Row]) -> Changes:
    """Set the rows of a folder against those of a park."""
    present = held(shape, park)
    before = dict(zip(numbered(shape.key_of(one.values) for one in present), present, strict=True))
    made = Changes(shape)
    for key, row in zip(numbered(shape.key_of(row.values) for row in rows), rows, strict=True):
        old = before.pop(key, None)
        if old is None:
            made.created.append((key, row))
            continue
        made.kept[key] = old.pk
        if old.values != row.values:
            made.changed.append((key, old, row))
        elif not old.stands_as(row):
            made.moved.append((key, old, row))
    made.removed = list(before.values())
    return made


def told(changes: Changes, timezone: str) -> Difference:
    """Say the changes of a table in counts, and the first rows one by one."""
    shape, zone = changes.shape, ZoneInfo(timezone)
    rows = [("removed", _name(shape, old.values, zone), ()) for old in changes.removed]
    rows += [
        ("changed", _name(shape, old.values, zone), _fields(shape, old, new, zone)) for _, old, new in changes.changed
    ]
    rows += [("created", _name(shape, row.values, zone), ()) for _, row in changes.created]
    counts = len(changes.created), len(changes.changed), len(changes.removed)
    return Difference(shape.model._meta.label_lower, *counts, tuple(rows[:SHOWN]))


def _fields(shape: Shape, old: Held, new: Row, zone: ZoneInfo) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (slot.attr, shown(before, zone), shown(after, zone))
        for slot, before, after in zip(shape.slots, old.values, new.values, strict=True)
        if before != after
    )


def _name(shape: Shape, values: Values, zone: ZoneInfo) -> str:
    return " · ".join(text for text in (shown(value, zone) for value in shape.key_of(values)) if text)


def shown(value: Any, zone: ZoneInfo) -> str:
    """Write a value for people; local midnights as days."""
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        return local.date().isoformat() if not (local.hour or local.minute) else f"{local:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return format(value, "f").replace("-", "\N{MINUS SIGN}")
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)
