"""The park as a folder on disk, for the computing side: made anew only where a row changed, never changed in place."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from lingtan.web.park.folder import places
from lingtan.web.park.folder.importing import fill
from lingtan.web.park.folder.records import carried
from lingtan.web.park.folder.shapes import shapes
from lingtan.web.park.sheet import Sheet
from lingtan.web.publish.document import Document, DocumentVersion

if TYPE_CHECKING:
    from lingtan.book import Book
    from lingtan.web.park.park import Park

#: Snapshots that stay beside the newest, so that an import can be undone.
KEPT = 8
# The identity of every row version of a park: a change gives a row another xmin, whenever its transaction commits.
_STAMP = (
    "SELECT count(*), coalesce(sum(hashtextextended(id::text || ':' || xmin::text, 0)::numeric), 0) "
    "FROM {table} WHERE {column} = %s"
)


def snapshot(park: Park) -> Path:
    """Return the park as a folder; where nothing changed since the last one, that one.

    The folder is read only and stays for at least a day after a newer one was made; readings and documents are hard
    links to the files of the park. Two processes that ask at once get the same folder.
    """
    base = places.home(park.code) / "snapshots"
    if (held := _newest(base, stamp(park))) is not None:
        return held
    return _make(park, base)


def _make(park: Park, base: Path) -> Path:
    with transaction.atomic():
        places.lock("snapshot", park.code)
        now = stamp(park)
        if (held := _newest(base, now)) is not None:
            return held
        base.mkdir(parents=True, exist_ok=True)
        former, mark = newest(base), places.new_mark()
        draft = base / f".{mark}"
        try:
            now = _steady(park, draft, now)
            if former is not None:
                _same_files(former, draft)
            draft.replace(base / mark)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        _note(base, mark, now)
    _forget(base)
    return base / mark


def _steady(park: Park, draft: Path, now: str) -> str:
    """Write the park until no row changed meanwhile, three times at most; the last is then made anew when asked for."""
    for _ in range(3):
        shutil.rmtree(draft, ignore_errors=True)
        fill(type(park).objects.get(pk=park.pk), draft, link=True, empty=True)
        before, now = now, stamp(park)
        if before == now:
            return now
    return ""


def stamp(park: Park) -> str:
    """Return a text that differs whenever a row of the park was made, changed or removed."""
    tables = [shape.model._meta.db_table for shape in shapes()]
    tables += [model._meta.db_table for model in (Sheet, Document, DocumentVersion, *carried().values())]
    parts = [_STAMP.format(table=f'"{table}"', column="park_id") for table in tables]
    parts.append(_STAMP.format(table='"park_park"', column="id"))
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [park.pk] * len(parts))
        return ";".join(
            f"{table}:{count}:{total}"
            for table, (count, total) in zip([*tables, "park"], cursor.fetchall(), strict=True)
        )


def newest(base: Path) -> Path | None:
    """Return the newest snapshot below a folder."""
    marks = marks_of(base)
    return base / marks[-1] if marks else None


def marks_of(base: Path) -> list[str]:
    """Return the names of the snapshots below a folder, the oldest first."""
    return (
        sorted(each.name for each in base.iterdir() if each.is_dir() and each.name[0] != ".") if base.is_dir() else []
    )


def _newest(base: Path, now: str) -> Path | None:
    """Return the newest snapshot where it holds the rows as they are now."""
    last = newest(base)
    if last is None:
        return None
    try:
        noted: dict[str, Any] = json.loads((base / f"{last.name}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return last if noted.get("stamp") == now else None


def _note(base: Path, mark: str, now: str) -> None:
    draft = base / f".{mark}.json"
    draft.write_text(json.dumps({"stamp": now}), "utf-8")
    draft.replace(base / f"{mark}.json")


def _same_files(former: Path, draft: Path) -> None:
    """Take tables that did not change from the snapshot before, so that they cost no space and keep their time."""
    for file in places.relative_files(draft):
        before, now = former / file, draft / file
        if before.is_file() and not before.samefile(now) and before.read_bytes() == now.read_bytes():
            now.unlink()
            os.link(before, now)


def _forget(base: Path) -> None:
    """Remove old snapshots and what broken runs left."""
    keep = marks_of(base)[-KEPT:]
    places.sweep(base, keep={*keep, *(f"{mark}.json" for mark in keep)})


def book(park: Park) -> Book:
    """Open the snapshot of a park as a book."""
    from lingtan.book import Book

    return Book.open(snapshot(park))
