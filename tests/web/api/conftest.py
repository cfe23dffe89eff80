"""Programs of every role: a client that sends a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

ALL = ("read", "write", "series")


@pytest.fixture
def program(park: Any, db: None) -> Callable[..., Any]:
    """Return a function that makes a person of a role with a token, and gives a client that sends it."""
    from django.test import Client
    from django.utils import timezone

    from lingtan.web.api import keys
    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    def do(role: str = "office", enterprise: str = "", *, scopes: Sequence[str] = ALL, only: Any = None) -> Any:
        user, _new = User.objects.get_or_create(username=f"{role}-{enterprise or 'park'}")
        node = Node.objects.get(park=park, code=enterprise) if enterprise else None
        Membership.objects.get_or_create(user=user, park=park, role=role, enterprise=node)
        token, key = keys.make(user, "test", scopes=scopes, expires=timezone.now() + timedelta(days=1), park=only)
        one = Client(headers={"authorization": f"Bearer {key}", "accept-language": "en"})
        one.token, one.key = token, key
        return one

    return do
