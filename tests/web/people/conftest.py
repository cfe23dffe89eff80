"""People who sign in with a password, and a clock that the tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation

PASSWORD = "Kohle-und-Stahl-7"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Speak English outside of requests too."""
    with translation.override("en"):
        yield


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", made)
    return made


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Return a function that makes an account with a password and, if named, a role."""
    from lingtan.web.people.user import Membership, User

    cache.clear()

    def make(name: str, role: str = "", park: Any = None, password: str = PASSWORD, **bound: Any) -> Any:
        user = User(username=name, email=f"{name}@example.org", display_name=name.title())
        user.set_password(password)
        user.save()
        if role:
            Membership.objects.create(user=user, park=park, role=role, **bound)
        return user

    return make


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """Return a function that signs in on the page, from an address."""

    def do(name: str, password: str = PASSWORD, address: str = "10.0.0.1", client: Client | None = None) -> Client:
        one = client or Client(headers={"accept-language": "en"}, REMOTE_ADDR=address)
        one.last = one.post("/sign/login/", {"login": name, "password": password})
        return one

    return do


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
