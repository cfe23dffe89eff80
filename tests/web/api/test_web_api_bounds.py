"""Bounds of the API: bodies, addresses, pages that stand while rows come, one effect of requests that come at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lingtan.web.api.models import IdempotencyKey, Usage
from lingtan.web.park.contact import Contact
from lingtan.web.park.node import Node

BASE = "/api/v1/parks/T"


def test_a_body_beyond_the_bound_is_too_large(program: Callable[..., Any]) -> None:
    answer = program().post(f"{BASE}/contacts", {"name": "x" * 1_000_001}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert answer["Content-Type"] == "application/problem+json"


def test_no_other_site_may_ask(program: Callable[..., Any]) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answers = [program().options(f"{BASE}/nodes", headers=asked), program().get(f"{BASE}/nodes", headers=asked)]
    assert [answer.status_code for answer in answers] == [405, 200]
    assert not [name for answer in answers for name in answer.headers if name.lower().startswith("access-control")]


def test_an_address_has_a_limit_whatever_tokens_come_from_it(program: Callable[..., Any], settings: Any) -> None:
    settings.LINGTAN_API_ADDRESS_RATE = 3
    one, other = program(), program("reporter", "A")
    answers = [
        one.get(f"{BASE}/nodes"),
        other.get(f"{BASE}/nodes"),
        one.get(f"{BASE}/nodes"),
        other.get(f"{BASE}/nodes"),
    ]
    if Usage.objects.filter(token=None).count() > 1:
        pytest.skip("the minute turned over in the middle")
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]


def test_what_comes_without_a_token_is_limited_too(client: Any, park: Any, settings: Any) -> None:
    settings.LINGTAN_API_ADDRESS_RATE = 2
    answers = [client.get(f"{BASE}/nodes") for _ in range(3)]
    if Usage.objects.count() > 1:
        pytest.skip("the minute turned over in the middle")
    assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_addresses_are_forgotten_within_hours(program: Callable[..., Any]) -> None:
    old = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2)
    Usage.objects.create(address="10.0.0.1", minute=old, requests=5)
    program().get(f"{BASE}/nodes")
    assert not Usage.objects.filter(address="10.0.0.1").exists()


def test_pages_stand_while_rows_come_and_go(program: Callable[..., Any], park: Any) -> None:
    office = program()
    first = office.get(f"{BASE}/nodes?limit=2").json()
    Node.objects.filter(park=park, code=first["items"][0]["code"]).update(name_zh="改名")
    Node.objects.create(park=park, code="new", kind="enterprise")
    Contact.objects.create(park=park, name="x")
    rest = office.get(f"{BASE}/nodes?limit=100&cursor={first['next']}").json()
    assert [row["code"] for row in (*first["items"], *rest["items"])] == ["grid", "A", "B", "A1", "new"]


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_at_once_has_one_effect(program: Callable[..., Any]) -> None:
    from django.db import connections
    from django.test import Client

    key, start, answers = program().key, threading.Barrier(4), []
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "k1"}

    def send() -> None:
        start.wait(30)
        one = Client().post(f"{BASE}/contacts", {"name": "Li"}, content_type="application/json", headers=headers)
        answers.append((one.status_code, one.json()["id"]))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    made = Contact.objects.get()
    assert answers == [(201, made.pk)] * 4
    assert IdempotencyKey.objects.count() == 1
