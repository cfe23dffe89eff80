"""Tokens: shown once, kept as a digest, bound to scopes, park, end and owner; counted by the minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lingtan.web.api.models import Token
from lingtan.web.park.park import Park
from lingtan.web.people.user import User

LIST = "/api/v1/parks/T/nodes"


def test_a_key_is_shown_once_and_kept_as_a_digest(client_as: Callable[..., Any]) -> None:
    one = client_as("office")
    made = one.post("/tokens/", {"name": "ERP", "scopes": ["read"], "days": "90"})
    key = made.context["key"]
    assert key in made.content.decode()
    assert key not in one.get("/tokens/").content.decode()
    token = Token.objects.get()
    assert key.rsplit("_", 1)[1] not in f"{token.digest}{token.prefix}"
    assert one.get(LIST, headers={"authorization": f"Bearer {key}"}).status_code == 200


def test_a_token_is_revoked_on_the_page(client_as: Callable[..., Any]) -> None:
    one = client_as("office")
    key = one.post("/tokens/", {"name": "ERP", "scopes": ["read"], "days": "90"}).context["key"]
    one.post(f"/tokens/{Token.objects.get().pk}/revoke/")
    assert one.get(LIST, headers={"authorization": f"Bearer {key}"}).status_code == 401


def test_a_token_of_somebody_else_is_not_there(client_as: Callable[..., Any], program: Callable[..., Any]) -> None:
    other = program("reporter", "A").token
    assert client_as("office").post(f"/tokens/{other.pk}/revoke/").status_code == 404
    assert f"lt_{other.prefix}" not in client_as("verifier").get("/tokens/").content.decode()


@pytest.mark.parametrize(
    "said", [{"scopes": []}, {"name": " "}, {"days": "4000"}, {"scopes": ["all"]}, {"park": "other"}]
)
def test_a_token_that_cannot_be_made_is_said_so(client_as: Callable[..., Any], said: dict[str, Any]) -> None:
    Park.objects.create(code="other")
    answer = client_as("office").post("/tokens/", {"name": "ERP", "scopes": ["read"], "days": "90", **said})
    assert answer.status_code == 422
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Bearer lt_00000000_wrong",
        "Bearer lt__",
        "Bearer lt_\xe9_x",
        "bearer lt_a",
    ],
)
def test_a_key_that_does_not_hold_is_challenged(db: None, client: Any, header: str) -> None:
    answer = client.get(LIST, headers={"authorization": header} if header else {})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_the_right_prefix_with_another_secret_is_refused(program: Callable[..., Any]) -> None:
    one = program()
    wrong = one.key[:-1] + ("a" if one.key[-1] != "a" else "b")
    assert one.get(LIST, headers={"authorization": f"Bearer {wrong}"}).status_code == 401


def test_a_session_is_no_token(client_as: Callable[..., Any]) -> None:
    assert client_as("office").get(LIST).status_code == 401


def test_an_ended_token_is_refused(program: Callable[..., Any]) -> None:
    one = program()
    Token.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert one.get(LIST).status_code == 401


def test_a_locked_owner_locks_his_tokens(program: Callable[..., Any]) -> None:
    one = program()
    User.objects.update(is_active=False)
    assert one.get(LIST).status_code == 401


@pytest.mark.parametrize(("scopes", "status"), [(["write"], 403), (["series"], 403), (["read"], 200)])
def test_a_scope_is_needed_to_read(program: Callable[..., Any], scopes: list[str], status: int) -> None:
    assert program(scopes=scopes).get(LIST).status_code == status


def test_a_token_that_reads_does_not_write(program: Callable[..., Any]) -> None:
    answer = program(scopes=["read"]).post("/api/v1/parks/T/contacts", {"name": "Li"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


def test_a_token_of_one_park_opens_no_other(program: Callable[..., Any]) -> None:
    other = Park.objects.create(code="other")
    one = program(only=other)
    assert one.get(LIST).status_code == 404
    assert one.get("/api/v1/parks").json()["items"] == []


def test_parks_are_those_of_the_owner(program: Callable[..., Any]) -> None:
    Park.objects.create(code="other")
    items = program("reporter", "A").get("/api/v1/parks").json()["items"]
    assert [(park["code"], park["roles"]) for park in items] == [("T", ["reporter"])]


def test_requests_beyond_the_limit_wait(program: Callable[..., Any], settings: Any) -> None:
    settings.LINGTAN_API_RATE = 2
    one = program()
    answers = [one.get(LIST) for _ in range(4)]
    if [answer.status_code for answer in answers[:3]] == [200, 200, 200]:
        pytest.skip("the minute turned over in the middle")
    assert [answer.status_code for answer in answers[:3]] == [200, 200, 429]
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[1]["RateLimit-Remaining"] == "0"
