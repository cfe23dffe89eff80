"""Cases made from the API's own description: whatever comes, the answer is one that the description names."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUIET = [
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
]
STEADY: dict[str, Any] = {
    "deadline": None, "suppress_health_check": QUIET, "database": None, "derandomize": True,
    "phases": (Phase.explicit, Phase.generate),
}  # fmt: skip
SHORT, LONG = 1_000, 10_000


@pytest.fixture
def description(db: None) -> Iterator[Any]:
    from django.core.signals import request_finished, request_started
    from django.db import close_old_connections

    from lingtan.web.wsgi import application

    # As Django's own test client does: the test's transaction outlives a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def run(description: Any, programs: list[Any], cases: int) -> int:
    """Send at least so many cases, spread over all operations and over programs; return how many were sent."""
    operations = [found.ok() for found in description.get_all_operations()]
    turn, sent = itertools.cycle(programs), Counter[int]()
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=-(-cases // len(operations)) + 1, **STEADY)
        def one(case: Any) -> None:
            if "park" in (case.path_parameters or {}):
                case.path_parameters["park"] = "T"
            headers = {"Authorization": f"Bearer {next(turn).key}"}
            sent[case.call_and_validate(headers=headers, checks=CHECKS).status_code] += 1

        one()
    assert {200, 201, 403, 404, 422, 428} <= set(sent), sent
    return sent.total()


@pytest.fixture
def programs(program: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from django.conf import settings as site

    monkeypatch.setattr(site, "LINGTAN_API_RATE", 10**9, raising=False)
    return [program(), program("reporter", "A")]


def test_a_thousand_cases_meet_no_server_error(description: Any, programs: list[Any]) -> None:
    assert run(description, programs, SHORT) >= SHORT


@pytest.mark.nightly
def test_ten_thousand_cases_meet_no_server_error(description: Any, programs: list[Any]) -> None:
    assert run(description, programs, LONG) >= LONG
