"""The three writes that every record type has; each checks the grant, the values and the folder's rules.

All of them raise ``PermissionDenied`` where the role may not, ``ValidationError`` with messages by field (``__all__``
for the row) where the values cannot be accepted, and leave nothing behind in that case.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pghistory
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.db.models.deletion import Collector
from django.utils.translation import gettext as _

from lingtan.web.kernel.register import Register, of

if TYPE_CHECKING:
    from lingtan.web.kernel.record import Record
    from lingtan.web.people.access import Access

MOST_NAMED = 5


class Stale(Exception):  # noqa: N818 - not an error of anybody: somebody else was quicker
    """The row was changed by somebody else since it was read; ``row`` is how it stands now."""

    def __init__(self, row: Record) -> None:
        super().__init__(f"{row} has version {row.version}")
        self.row = row


def create(register: Register, values: Mapping[str, Any], *, by: Access, reason: str = "") -> Any:
    """Make a record of ``values`` (field -> value, a foreign key as its row) in the person's park."""
    _grant(register, "create", values, by)
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=reason):
        row = register.model(park_id=by.park_id, **values)
        _write(register, row, values, by)
    return row


def change(row: Any, values: Mapping[str, Any], *, by: Access, version: int, reason: str = "") -> Any:
    """Give a record new values; the version rises by one, and stays where nothing differs.

    Raises
    ------
    Stale : the row has another version than ``version``, and the values would change what somebody else wrote.
    """
    register = _register(row)
    _grant(register, "change", values, by)
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=reason):
        held = register.model.objects.visible_to(by).select_for_update(of=("self",)).get(pk=row.pk)
        differing = [name for name, value in values.items() if getattr(held, name) != value]
        if not differing:
            return held
        if held.version != version:
            raise Stale(held)
        if register.reasoned and not reason.strip():
            raise ValidationError({"reason": _("Please give a reason; it stays with the record.")})
        code = code_of(held)
        for name in differing:
            setattr(held, name, values[name])
        held.version += 1
        _write(register, held, values, by)
        if code_of(held) != code:
            _nothing_hangs(register, code, held.park)
    return held


def remove(row: Any, *, by: Access, reason: str = "") -> None:
    """Remove a record; what stands in the way is named."""
    register = _register(row)
    _grant(register, "remove", {}, by)
    if register.reasoned and not reason.strip():
        raise ValidationError({"reason": _("Please give a reason; it stays with the record.")})
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=reason):
        held = register.model.objects.visible_to(by).select_for_update(of=("self",)).get(pk=row.pk)
        code, park = code_of(held), held.park
        if why := held.kept():
            raise ValidationError({NON_FIELD_ERRORS: why})
        try:
            held.delete()
        except (ProtectedError, RestrictedError) as wrong:
            objects = getattr(wrong, "protected_objects", None) or wrong.restricted_objects  # type: ignore[union-attr]
            raise ValidationError({NON_FIELD_ERRORS: _in_the_way(objects, by)}) from wrong
        _nothing_hangs(register, code, park)


def taken_along(row: Any) -> list[tuple[Any, int]]:
    """Return what goes when a row is removed: plural names of record types and counts, the row itself left out."""
    collector = Collector(using="default", origin=row)
    try:
        collector.collect([row])
    except (ProtectedError, RestrictedError):
        return []
    counted = Counter({model: len(rows) for model, rows in collector.data.items()})
    for rows in collector.fast_deletes:
        counted[rows.model] += rows.count()
    counted[type(row)] -= 1
    return [(model._meta.verbose_name_plural, count) for model, count in counted.items() if count > 0]


def code_of(row: Any) -> str:
    """Return the id by which other rows name a row in text, blank where it has none."""
    return str(getattr(row, "code", "") or getattr(row, "point", "") or "")


def _register(row: Any) -> Register:
    register = of(type(row))
    if register is None:
        raise TypeError(f"{type(row).__name__} has no register")
    return register


def _grant(register: Register, action: str, values: Mapping[str, Any], by: Access) -> None:
    """Refuse what the role may not do, and fields that are not shown to it or not in the form."""
    if not by.may(action) or any(name not in register.fields or not register.shows(name, by) for name in values):
        raise PermissionDenied


def _write(register: Register, row: Any, values: Mapping[str, Any], by: Access) -> None:
    """Check a row and store it."""
    wrong: dict[str, list[str]] = {}
    for name, value in values.items():
        related = getattr(value, "_meta", None) is not None and value.pk is not None
        if related and not type(value).objects.visible_to(by).filter(pk=value.pk).exists():
            wrong[name] = [_("There is no such entry.")]
    try:
        row.full_clean()
    except ValidationError as refused:
        wrong |= refused.message_dict
    if not wrong and register.table:
        from lingtan.web.park.fit import faults  # the folder's rules need the rooms, which need the kernel

        wrong = {name or NON_FIELD_ERRORS: said for name, said in faults(register, row, by).items()}
    if wrong:
        raise ValidationError(wrong)  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            row.save()
            row.settle()
    except IntegrityError as twice:
        raise ValidationError(_("The same entry has just been written by somebody else.")) from twice


def _nothing_hangs(register: Register, code: str, park: Any) -> None:
    """Refuse to take away an id that other rows still name in text."""
    if not register.table:
        return
    from lingtan.web.park.fit import hanging

    left = hanging(register, code, park)
    if left:
        kinds = [{"kind": one.titles, "count": count} for one, count in left]
        named = [_("%(kind)s: %(count)s") % kind for kind in kinds]
        raise ValidationError(_naming(named))


def _in_the_way(rows: Any, by: Access) -> str:
    """Name the rows that keep a row from being removed, those that the person may see by name."""
    groups: dict[type[Any], list[Any]] = {}
    for row in rows:
        groups.setdefault(type(row), []).append(row)
    named = []
    for model, held in groups.items():
        seen = model.objects.visible_to(by).filter(pk__in=[row.pk for row in held[:MOST_NAMED]])
        names = "、".join(code_of(row) or str(row) for row in seen)
        values = {"kind": model._meta.verbose_name_plural, "count": len(held), "names": names}
        named.append(_("%(kind)s: %(count)s (%(names)s)") % values)
    return _naming(named)


def _naming(named: list[str]) -> str:
    return _("Other entries still name this one. Change or remove them first: %(named)s") % {"named": "; ".join(named)}
