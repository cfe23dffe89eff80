"""Who changed what, when, why, in which request: context of the history that the database's triggers write."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import pghistory
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from psycopg import sql

if TYPE_CHECKING:
    from lingtan.web.kernel.lists import Cell
    from lingtan.web.kernel.register import Register
    from lingtan.web.people.access import Access


#: Longest life of an answer [s], and how many a process holds.
SECONDS, MOST = 20, 64
_held: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
_lock = Lock()
T = TypeVar("T")


def tracked() -> Callable[[type[Model]], type[Model]]:
    """Return the decorator of every record: each change leaves an event that nobody can alter or remove."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), append_only=True)


@contextmanager
def many_rows() -> Iterator[None]:
    """Write many rows of a transaction at once: the triggers join all old rows with all new ones.

    Left to itself the planner joins them row by row, which grows with their square.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop TO off; SET LOCAL plan_cache_mode TO force_custom_plan")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop TO on; SET LOCAL plan_cache_mode TO auto")


class HistoryMiddleware:
    """Open a history context for every request that may write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD", "OPTIONS", "TRACE"):
            return self.get_response(request)
        user = getattr(request, "user", None)
        who = user.pk if user is not None and user.is_authenticated else None
        with pghistory.context(
            user=who, request=getattr(request, "request_id", "") or str(uuid.uuid4()), path=request.path[:200]
        ):
            return self.get_response(request)


@dataclass(frozen=True, slots=True)
class Change:
    """One event of a record: ``fields`` are label, value before, value after; ``request`` ties events of one act."""

    at: Any
    label: str
    who: str
    reason: str
    request: str
    fields: list[tuple[str, Cell, Cell]]


def base_of(row: Any, version: int) -> Any:
    """Return the event that shows a record as it was in a version, None where the history does not hold it."""
    return _events(row).filter(version=version).last()


def last(row: Any) -> Change | None:
    """Return the newest event of a record without its fields, None where there is none."""
    event = _events(row).select_related("pgh_context").last()
    if event is None:
        return None
    who = get_user_model().objects.filter(pk=_told(event, "user")).first()
    return Change(event.pgh_created_at, event.pgh_label, str(who or ""), "", "", [])


def changes(register: Register, row: Any, access: Access, most: int = 200) -> list[Change]:
    """Return the newest events of a record, newest first, without the fields that are not shown to the person."""
    from lingtan.web.kernel.lists import Teller, label_of

    events = list(_events(row).select_related("pgh_context").order_by("-pgh_id")[: most + 1])
    names = [name for name in register.shown(register.fields, access) if register.field(name) is not None]
    known = _known(register, names, events, row, access)
    teller = Teller(register, access, row.park)
    people = get_user_model().objects.in_bulk({_told(one, "user") for one in events} - {None, ""})
    told = []
    for at, event in enumerate(events[:most]):
        before = events[at + 1] if at + 1 < len(events) else None
        fields = []
        for name in names:
            old, new = known(name, before), known(name, event)
            if old != new and not (before is None and new in ("", [])):
                fields.append((label_of(register, name), teller.tell(name, old), teller.tell(name, new)))
        who = people.get(_told(event, "user"))
        told.append(Change(event.pgh_created_at, event.pgh_label, str(who or ""), str(_told(event, "reason") or ""),
                           str(_told(event, "request") or ""), fields))  # fmt: skip
    return [one for one in told if one.fields]


def _events(row: Any) -> Any:
    return type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")


def _told(event: Any, word: str) -> Any:
    return event.pgh_context.metadata.get(word) if event.pgh_context is not None else None


def _known(
    register: Register, names: list[str], events: list[Any], row: Any, access: Access
) -> Callable[[str, Any], Any]:
    """Return how a field's value in an event is got; of rows that are another's only today's is named."""
    rows: dict[str, dict[Any, Any]] = {}
    for name in names:
        field = register.field(name)
        if isinstance(field, ForeignKey):
            keys = {getattr(event, field.attname) for event in events} - {None}
            today = getattr(row, name)
            seen = field.related_model.objects.visible_to(access).in_bulk(keys)
            rows[name] = {getattr(today, "pk", None): today, **seen}

    def value(name: str, event: Any) -> Any:
        if event is None:
            return None
        if name not in rows:
            return getattr(event, name)
        key = getattr(event, f"{name}_id")
        return rows[name].get(key, _("another's") if key is not None else None)

    return value


def newest(models: tuple[type[Model], ...]) -> tuple[int | None, ...]:
    """Return the number of the newest event of each record type, in one query of index look-ups."""
    tables = (apps.get_model(one._meta.app_label, f"{one.__name__}Event")._meta.db_table for one in models)
    parts = (sql.SQL("(select max(pgh_id) from {})").format(sql.Identifier(table)) for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("select {}").format(sql.SQL(", ").join(parts)).as_string())  # history reads it as text
        return tuple(cursor.fetchone())


def unchanged(key: Hashable, models: tuple[type[Model], ...], make: Callable[[], T]) -> T:
    """Return what ``make`` gives, from before where no record of some types changed; ``key`` says all else it hangs on.

    Each change writes an event, whatever made it, so the newest events say whether an answer still holds. A change that
    was written before another one but committed after it is not seen; answers are dropped after seconds in any case.
    Whoever gets an answer must not change it: other requests hold the same.
    """
    mark = (newest(models), int(time.monotonic()) // SECONDS)
    with _lock:
        found = _held.get(key)
        if found is not None and found[0] == mark:
            _held.move_to_end(key)
            kept: T = found[1]
            return kept
    made = make()
    with _lock:
        _held[key] = (mark, made)
        while len(_held) > MOST:
            _held.popitem(last=False)
    return made
