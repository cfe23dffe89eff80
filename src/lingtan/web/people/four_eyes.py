"""Four eyes: nobody decides on what he himself did."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


def different(by: Any, *others: Any) -> None:
    """Refuse where ``by`` is one of those who acted before him.

    Takes users, accesses (`people.access.Access`) or primary keys; None stands for nobody and is never equal.
    """
    own = _who(by)
    if own is not None and own in {_who(other) for other in others}:
        raise PermissionDenied(_("A second person has to do this: you took the step before yourself."))


def _who(one: Any) -> int | None:
    if one is None or isinstance(one, int):
        return one
    return getattr(one, "user_id", None) if hasattr(one, "user_id") else getattr(one, "pk", None)
