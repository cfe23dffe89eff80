"""Rows of a folder into the database: a constant number of queries a table, references by code, one reason."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from lingtan.web.park import tree
from lingtan.web.park.folder.difference import Changes
from lingtan.web.park.folder.incoming import MORE, WAS, Incoming, Row
from lingtan.web.park.folder.outcome import ImportRefused
from lingtan.web.park.folder.shapes import Shape, new_ids, to_record
from lingtan.web.park.sheet import Sheet

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

BATCH = 20_000


@dataclass(slots=True)
class Codes:
    """Primary keys: ``of`` by table and code for references, ``rows`` by table and what tells rows apart."""

    of: dict[str, dict[str, int]] = field(default_factory=dict)
    rows: dict[str, dict[Hashable, int]] = field(default_factory=dict)


def apply(park: Park, changes: list[Changes], brought: Incoming) -> Codes:
    """Write all changes of a folder's tables; the caller holds the transaction.

    Raises
    ------
    ImportRefused : a row that would go is still needed by something that no folder holds.
    """
    codes = Codes()
    for one in changes:
        _write(park, one, codes)
    for one in reversed(changes):
        _remove(one)
    tree.settle(park)
    _sheets(park, brought)
    return codes


def _write(park: Park, changes: Changes, codes: Codes) -> None:
    shape = changes.shape
    fresh = new_ids(shape.model, len(changes.created))
    known = changes.kept | {key: pk for (key, _row), pk in zip(changes.created, fresh, strict=True)}
    codes.rows[shape.pattern] = known
    if shape.table.identity and shape.attrs[shape.key[0]] == "code":
        codes.of[shape.pattern] = {key[0][0]: pk for key, pk in known.items()}  # type: ignore[index]
    make = _maker(park, shape, codes)
    _copy(shape.model, [make(row, pk=pk) for (_key, row), pk in zip(changes.created, fresh, strict=True)])
    again = [(old, row, old.version + 1) for _, old, row in changes.changed]
    again += [(old, row, old.version) for _, old, row in changes.moved]
    rewritten = [shape.model(**make(row, pk=old.pk, version=at, kept=old.extra)) for old, row, at in again]
    if rewritten:
        names = [*shape.attrs, *shape.following, "file", "line", "extra", "version"]
        shape.model.objects.bulk_create(
            rewritten, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=names
        )


def _maker(park: Park, shape: Shape, codes: Codes) -> Any:
    """Return the function that gives the columns of a row."""
    plain = [(place, slot.attr) for place, slot in enumerate(shape.slots) if not slot.to]
    named = [(place, f"{slot.attr}_id", codes.of.get(slot.to, {})) for place, slot in enumerate(shape.slots) if slot.to]
    attrs = list(shape.attrs)
    follow = [(attrs.index(of), f"{attr}_id", codes.of.get(to, {})) for attr, (of, to) in shape.following.items()]

    def make(row: Row, *, pk: int, version: int = 1, kept: Mapping[str, Any] | None = None) -> Any:
        given = {attr: to_record(shape.model, attr, row.values[place]) for place, attr in plain}
        given |= {attr: known[row.values[place]] if row.values[place] else None for place, attr, known in named}
        given |= {attr: known.get(row.values[place]) for place, attr, known in follow}
        extra = {key: value for key, value in (kept or {}).items() if key not in (WAS, MORE)} | dict(row.extra)
        where = {"id": pk, "park_id": park.pk, "version": version, "file": row.file, "line": row.line, "extra": extra}
        return given | where

    return make


def _copy(model: type[Model], rows: list[dict[str, Any]]) -> None:
    """Write new rows by COPY, which spares the statement's text; columns that a row does not give have their defaults.

    The history's context is the one that the transaction's first write has set.
    """
    if not rows:
        return
    rest = [one for one in model._meta.concrete_fields if one.attname not in rows[0]]
    same = tuple(one.get_db_prep_save(one.get_default(), connection) for one in rest)
    columns = [*(model._meta.get_field(name).column for name in rows[0]), *(one.column for one in rest)]
    quoted = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({quoted}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row((*(Jsonb(value) if isinstance(value, dict) else value for value in row.values()), *same))


def _remove(changes: Changes) -> None:
    gone = [old.pk for old in changes.removed]
    if not gone:
        return
    rows = changes.shape.model.objects.filter(pk__in=gone)
    if changes.shape.pattern == "nodes.csv":
        _still_needed(gone)
        rows.update(parent=None)
    try:
        rows.delete()
    except ProtectedError as wrong:
        names = ", ".join(sorted({str(one) for one in wrong.protected_objects})[:5])
        said = _(
            "%(kind)s: the folder lacks rows that are still needed by: %(names)s. Add the rows, or free them first."
        )
        values = {"kind": changes.shape.model._meta.verbose_name_plural, "names": names}
        raise ImportRefused(said % values) from wrong


def _still_needed(gone: list[int]) -> None:
    """Refuse to remove enterprises that persons have a part in."""
    from lingtan.web.people.user import Membership

    held = Membership.objects.filter(enterprise__in=gone).select_related("enterprise", "user")[:5]
    if held:
        names = ", ".join(f"{one.enterprise.code} ({one.user})" for one in held if one.enterprise)
        said = _(
            "The folder lacks enterprises that persons have a part in: %(names)s. Add them, or end the parts first."
        )
        raise ImportRefused(said % {"names": names})


def _sheets(park: Park, brought: Incoming) -> None:
    """Keep the headers of the table files and what is no row."""
    present = {one.file: one for one in Sheet.objects.filter(park=park)}
    fresh, changed = [], []
    for file, (header, rows, aside) in brought.sheets.items():
        old = present.pop(file, None)
        if old is None:
            fresh.append(Sheet(park=park, file=file, header=header, rows=rows, aside=aside))
        elif (old.header, old.rows, old.aside) != (header, rows, aside):
            old.header, old.rows, old.aside, old.version = header, rows, aside, old.version + 1
            changed.append(old)
    Sheet.objects.bulk_create(fresh)
    if changed:
        Sheet.objects.bulk_update(changed, ["header", "rows", "aside", "version"])
    Sheet.objects.filter(pk__in=[one.pk for one in present.values()]).delete()
