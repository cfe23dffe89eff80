"""Who sees which rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access, access_of
from lingtan.web.people.user import Membership, User

TODAY = date(2026, 11, 20)


def access(park: Park, role: str, enterprise: str = "", **more: Any) -> Access | None:
    user = User.objects.create(username=f"{role}{enterprise}")
    node = Node.objects.get(park=park, code=enterprise) if enterprise else None
    Membership.objects.create(user=user, park=park, role=role, enterprise=node, **more)
    return access_of(user, park.pk, TODAY)


def streams(seen: Access | None) -> list[str]:
    assert seen is not None
    return sorted(Stream.objects.visible_to(seen).values_list("code", flat=True))


@pytest.mark.parametrize(
    ("role", "enterprise", "expected"),
    [
        ("office", "", ["EA", "EA1", "EB"]),
        ("verifier", "", ["EA", "EA1", "EB"]),
        ("reporter", "A", ["EA", "EA1"]),
        ("approver", "B", ["EB"]),
        ("provider", "B", ["EB"]),
        ("system", "", []),
        ("security", "", []),
        ("audit", "", []),
    ],
)
def test_a_role_sees_its_streams_and_no_more(park: Park, role: str, enterprise: str, expected: list[str]) -> None:
    assert streams(access(park, role, enterprise)) == expected


def test_a_part_that_has_ended_gives_no_access(park: Park) -> None:
    assert access(park, "provider", "A", valid_to=date(2026, 11, 19)) is None


def test_a_stranger_is_told_that_there_is_no_park(client_as: Callable[..., Any], park: Park) -> None:
    Park.objects.create(code="other")
    assert client_as("office").get("/p/other/registers/").status_code == 404
