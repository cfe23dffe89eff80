"""A form for plant A and B, people of every role, a clock that stands still on 8 April 2026."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

NOW = datetime(2026, 4, 8, 4, 0, tzinfo=UTC)
MARCH = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    translation.activate("en")


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return the jobs that were asked for; none of them runs here."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("lingtan.web.programme.jobs.known", lambda kind: kind)
    monkeypatch.setattr("lingtan.web.programme.jobs.queue", lambda kind, **more: asked.append({"kind": kind, **more}))
    return asked


@pytest.fixture
def form(park: Any) -> Any:
    """Return a monthly form from January 2026 on: power of A and B, output value; A has a meter."""
    from lingtan.web.metering.meter import Meter
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.node import Node
    from lingtan.web.reporting.form import FormLine, FormReporter, FormTemplate

    made = FormTemplate.objects.create(
        park=park, code="monthly", name_zh="月报", name_en="Monthly report", valid_from=date(2026, 1, 1)
    )
    for code in ("A", "B"):
        FormReporter.objects.create(park=park, form=made, enterprise=Node.objects.get(park=park, code=code))
    for order, code in enumerate(("EA", "EB"), start=1):
        stream = Stream.objects.get(park=park, code=code)
        FormLine.objects.create(
            park=park, form=made, order=order, code=code, stream=stream, unit="MWh", name_zh="电力",
            name_en="Electricity", sigma_pct=Decimal("1.5"),
        )  # fmt: skip
    Meter.objects.create(
        park=park, point="EA.m", stream=Stream.objects.get(park=park, code="EA"), role="main", register="counter",
        unit="kWh",
    )  # fmt: skip
    FormLine.objects.create(
        park=park, form=made, order=9, code="output_value", quantity="output_value", unit="1e4 CNY", group="output",
        name_zh="产值", name_en="Output value", metered_pct=None,
    )  # fmt: skip
    return made


@pytest.fixture
def people(park: Any) -> Callable[..., Any]:
    """Return a function that gives somebody's access, made once by role and enterprise."""
    from lingtan.web.park.node import Node
    from lingtan.web.people.access import access_of
    from lingtan.web.people.user import Membership, User

    def access(role: str, enterprise: str = "", name: str = "") -> Any:
        user, new = User.objects.get_or_create(
            username=name or f"{role}-{enterprise or 'park'}", defaults={"display_name": name or f"{role} {enterprise}"}
        )
        if new:
            node = Node.objects.get(park=park, code=enterprise) if enterprise else None
            Membership.objects.create(user=user, park=park, role=role, enterprise=node)
        return access_of(user, park.pk, NOW.date())

    return access


@pytest.fixture
def browser(park: Any, people: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives the client of somebody, the same person as `people` gives."""
    from django.test import Client

    from lingtan.web.people.user import User

    def client(role: str, enterprise: str = "", name: str = "", language: str = "en") -> Any:
        one = Client(headers={"accept-language": language})
        user = User.objects.get(pk=people(role, enterprise, name).user_id)
        one.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return one

    return client


@pytest.fixture
def report(form: Any, people: Callable[..., Any]) -> Any:
    """Return the begun report of A for March 2026."""
    from lingtan.web.park.node import Node
    from lingtan.web.reporting import actions

    return actions.begin(form, Node.objects.get(park=form.park, code="A"), MARCH, by=people("reporter", "A"))


@pytest.fixture
def metered(park: Any) -> Callable[..., None]:
    """Return a function that stores an account with month flows and the emission of a stream's line."""
    from lingtan.web.account.run import Figure, MonthFlow, Run
    from lingtan.web.metering.stream import Stream

    def store(code: str, months: dict[str, str], *, unit: str = "kWh", co2: str = "", origin: str = "meter") -> None:
        year = int(next(iter(months))[:4])
        stream = Stream.objects.get(park=park, code=code)
        run = Run.objects.create(
            park=park, year=year, variant="cn-zcp-2025", method="cn-zcp-2025", boundary="B", status="draft",
            started=NOW, ended=NOW, input_digest="0", code_version="0",
        )  # fmt: skip
        for month, amount in months.items():
            MonthFlow.objects.create(
                park=park, run=run, year=year, stream=stream, month=month, amount=Decimal(amount), unit=unit,
                origin=origin, known=1, resolved=1,
            )  # fmt: skip
        if co2:
            name = f"line:electricity:{code}:grid"
            Figure.objects.create(
                park=park, run=run, year=year, name=name, value=Decimal(co2), unit="t", node=stream.target
            )

    return store


def typed_in(report: Any, by: Any) -> None:
    """Type into every line of a report what its rules let through."""
    from lingtan.web.reporting import actions

    for row in report.lines.select_related("line"):
        actions.save_line(row, by=by, version=row.version, text="12.5", reason="as billed")


@pytest.fixture
def accepted(report: Any, people: Callable[..., Any]) -> Any:
    """Return the accepted report of A for March 2026."""
    from lingtan.web.reporting import actions

    typed_in(report, people("reporter", "A"))
    actions.move(report, "submit", by=people("reporter", "A"))
    actions.move(report, "sign", by=people("approver", "A"))
    actions.move(report, "accept", by=people("office"), reason="plausible")
    return report


@pytest.fixture
def behalf(form: Any, people: Callable[..., Any]) -> Any:
    """Return the report of B for March 2026, entered by the office and accepted by another person of it."""
    from lingtan.web.park.node import Node
    from lingtan.web.reporting import actions

    office, head = people("office"), people("office", name="head")
    made = actions.begin(form, Node.objects.get(park=form.park, code="B"), MARCH, by=office, on_behalf=True)
    typed_in(made, office)
    actions.move(made, "hand_in", by=office, reason="no reporter yet")
    actions.move(made, "accept", by=head, reason="by the bill")
    return made
