"""What a part that is bound shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lingtan.web.account.certificate import Certificate
from lingtan.web.account.run import MonthFlow, Run
from lingtan.web.kernel import scope
from lingtan.web.metering.stream import Stream
from lingtan.web.park.boundary import Boundary, Member
from lingtan.web.park.fact import Fact
from lingtan.web.park.node import Node
from lingtan.web.park.stock import Stock
from lingtan.web.people.access import Access, access_of, parks_of, site_access
from lingtan.web.people.user import Membership, User
from lingtan.web.reporting.form import FormLine, FormTemplate
from lingtan.web.reporting.report import Report, ReportLine
from lingtan.web.reporting.statement import Statement

TODAY = date(2026, 11, 20)


def of(park: Any, *parts: dict[str, Any]) -> Access:
    user = User.objects.create(username="one")
    for part in parts:
        Membership.objects.create(user=user, **{"park": park, **part})
    found = access_of(user, park.pk, TODAY)
    assert found is not None
    return found


def node(park: Any, code: str) -> Node:
    return Node.objects.get(park=park, code=code)


def codes(model: Any, seen: Access) -> list[str]:
    return sorted(model.objects.visible_to(seen).values_list("code", flat=True))


def state(park: Any, code: str, month: int) -> None:
    Statement.objects.create(
        park=park, stream=Stream.objects.get(park=park, code=code), amount=Decimal(1), kind="report",
        reporter=node(park, code[1:]), start=datetime(2025, month, 1, tzinfo=UTC), note=f"{code}-{month}",
        end=datetime(2025, month + 1, 1, tzinfo=UTC),
    )  # fmt: skip


def notes(seen: Access) -> list[str]:
    return sorted(Statement.objects.visible_to(seen).values_list("note", flat=True))


def test_a_verifier_of_an_enterprise_sees_only_it_and_only_in_the_period(park: Any) -> None:
    for code in ("EA", "EB"):
        for month in (3, 6):
            state(park, code, month)
    seen = of(park, {"role": "verifier", "enterprise": node(park, "A"),
                     "period_from": date(2025, 1, 1), "period_to": date(2025, 4, 30)})  # fmt: skip
    assert codes(Stream, seen) == ["EA", "EA1"]
    assert notes(seen) == ["EA-3"]
    assert seen.period == (date(2025, 1, 1), date(2025, 4, 30))


def test_two_engagements_do_not_lend_each_other_their_periods(park: Any) -> None:
    for code in ("EA", "EB"):
        for month in (3, 6):
            state(park, code, month)
    seen = of(
        park,
        {
            "role": "verifier",
            "enterprise": node(park, "A"),
            "period_from": date(2025, 3, 1),
            "period_to": date(2025, 3, 31),
        },
        {
            "role": "verifier",
            "enterprise": node(park, "B"),
            "period_from": date(2025, 6, 1),
            "period_to": date(2025, 6, 30),
        },
    )
    assert notes(seen) == ["EA-3", "EB-6"]


def test_a_verifier_of_a_boundary_sees_what_lies_in_it(park: Any) -> None:
    cut = Boundary.objects.create(park=park, code="C", kind="other")
    Member.objects.create(park=park, boundary=cut, node=node(park, "B"))
    seen = of(park, {"role": "verifier", "boundary": cut, "period_from": TODAY, "period_to": TODAY})
    assert codes(Node, seen) == ["B"]


def test_a_certificate_without_a_span_of_use_is_not_cut(park: Any) -> None:
    Certificate.objects.create(
        park=park, code="L1", kind="gec", event="issue", date=datetime(2024, 1, 1, tzinfo=UTC), amount=1, unit="MWh",
        beneficiary=node(park, "A"),
    )  # fmt: skip
    seen = of(park, {"role": "verifier", "period_from": date(2025, 1, 1), "period_to": date(2025, 12, 31)})
    assert Certificate.objects.visible_to(seen).count() == 1


def test_the_span_of_a_month_is_meant_in_the_zone_of_the_park(park: Any) -> None:
    # 2025-04-01 00:00 in Shanghai is 31 March 16:00 UTC: a row that begins then is of April there.
    state(park, "EA", 3)
    Statement.objects.update(start=datetime(2025, 3, 31, 16, tzinfo=UTC))
    bound = {"role": "verifier", "period_from": date(2025, 3, 1), "period_to": date(2025, 3, 31)}
    assert notes(of(park, bound)) == []


@pytest.mark.parametrize(
    ("bound", "nodes", "streams"),
    [({}, ["A", "A1"], ["EA", "EA1"]), ({"nodes": ["A1"]}, ["A1"], ["EA1"]), ({"streams": ["EA"]}, [], ["EA"])],
)
def test_a_provider_sees_what_was_lent(
    park: Any, bound: dict[str, list[str]], nodes: list[str], streams: list[str]
) -> None:
    models = {"nodes": Node, "streams": Stream}
    keys = {
        name: [models[name].objects.get(park=park, code=code).pk for code in given] for name, given in bound.items()
    }
    seen = of(park, {"role": "provider", "enterprise": node(park, "A"), **keys})
    assert (codes(Node, seen), codes(Stream, seen)) == (nodes, streams)


def test_a_row_at_hand_is_judged_as_the_query_judges_it(park: Any) -> None:
    one = Stream.objects.get(park=park, code="EA")
    seen = of(park, {"role": "provider", "enterprise": node(park, "A"), "streams": [one.pk]})
    for model in (Node, Stream):
        for row in model.objects.filter(park=park):
            assert scope.holds(row, seen) is model.objects.visible_to(seen).filter(pk=row.pk).exists()


def test_an_administrator_of_the_installation_reads_no_rows_of_a_park(park: Any) -> None:
    seen = of(park, {"role": "security", "park": None})
    assert (codes(Stream, seen), seen.may("grant")) == ([], True)


def test_parts_in_a_park_give_nothing_in_the_installation(park: Any) -> None:
    seen = of(park, {"role": "audit"})
    user = User.objects.get(pk=seen.user_id)
    assert (seen.may("audit"), site_access(user, TODAY), parks_of(user, TODAY)) == (True, frozenset(), [park])


def month_flows(park: Any) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    run = Run.objects.create(
        park=park, year=2025, variant="m", method="m", boundary="B", status="computed", started=now, ended=now,
        input_digest="d", code_version="0",
    )  # fmt: skip
    for month in ("2025-03", "2025-06"):
        stream = Stream.objects.get(park=park, code="EA")
        MonthFlow.objects.create(park=park, run=run, year=2025, stream=stream, month=month, unit="kWh")


def test_the_period_cuts_months_facts_stocks_and_lines_of_reports(park: Any) -> None:
    one, spring, summer = node(park, "A"), datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    month_flows(park)
    form = FormTemplate.objects.create(park=park, code="F", valid_from=date(2025, 1, 1))
    line = FormLine.objects.create(park=park, form=form, code="L")
    for at in (spring, summer):
        after = at + timedelta(days=30)
        Fact.objects.create(park=park, node=one, quantity=f"f{at:%m}", valid_from=at, valid_to=after)
        Stock.objects.create(park=park, node=one, commodity="coal", time=at, amount=Decimal(1))
        report = Report.objects.create(
            park=park, form=form, enterprise=one, period=at.date(), start=at, end=after, due=after
        )
        ReportLine.objects.create(park=park, report=report, line=line)
    part = {"role": "verifier", "enterprise": one, "period_from": date(2025, 1, 1), "period_to": date(2025, 4, 30)}
    seen = of(park, part)
    counts = {
        kind.__name__: kind.objects.visible_to(seen).count() for kind in (MonthFlow, Fact, Stock, Report, ReportLine)
    }
    assert set(counts.values()) == {1}, counts


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [("2025-01-01", "2025-05-01", ["A", "A1"]), ("2024-12-31", "2025-05-01", []), ("2025-01-01", "2025-05-02", [])],
)
def test_a_span_of_series_lies_within_the_period(park: Any, since: str, until: str, expected: list[str]) -> None:
    part = {"role": "verifier", "enterprise": node(park, "A"),
            "period_from": date(2025, 1, 1), "period_to": date(2025, 4, 30)}  # fmt: skip
    zone = ZoneInfo(park.timezone)
    span = [datetime.fromisoformat(day).replace(tzinfo=zone) for day in (since, until)]
    assert codes(Node, scope.over(of(park, part), span[0], span[1])) == expected
