"""Accounts, figures, flows and series over the API: what is one's own, and nothing of the neighbour."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from django.utils import timezone

from lingtan.web.account.run import Figure, MonthFlow, Run
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node
from lingtan.web.people.user import Membership

BASE = "/api/v1/parks/T"
SERIES = {"point": "M.EA", "from": "2025-01-01T00:00:00+08:00", "to": "2025-01-04T00:00:00+08:00"}


@pytest.fixture
def run(park: Any) -> Run:
    now = timezone.now()
    made = Run.objects.create(
        park=park, year=2025, variant="cn-zcp-2025", method="cn-zcp-2025", boundary="B", status="computed", started=now,
        ended=now, input_digest="d" * 64, code_version="0", result={"totals": {"co2_t": 12.5}, "year": 2025},
    )  # fmt: skip
    for name, node, value in (("total:co2_t", None, "12.5"), ("node:A", "A", "7.25"), ("node:B", "B", "5.25")):
        Figure.objects.create(
            park=park, run=made, year=2025, name=name, value=value, unit="t CO2", explanation={"name": {"en": name}},
            node=Node.objects.get(park=park, code=node) if node else None,
        )  # fmt: skip
    for code, amount in (("EA", "731"), ("EB", None)):
        MonthFlow.objects.create(
            park=park, run=made, year=2025, stream=Stream.objects.get(park=park, code=code), month="2025-01",
            amount=amount, unit="kWh",
        )  # fmt: skip
    return made


def names(answer: Any, key: str) -> list[Any]:
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json()["items"]]


def test_the_office_reads_accounts_with_their_stable_keys(program: Callable[..., Any], run: Run) -> None:
    office = program()
    listed = office.get(f"{BASE}/accounts?year=2025").json()["items"]
    assert [(row["method"], row["totals"], row["current"]) for row in listed] == [
        ("cn-zcp-2025", {"co2_t": 12.5}, True)
    ]
    assert office.get(f"{BASE}/accounts/{run.pk}").json() == run.result


def test_an_account_of_the_park_is_not_an_enterprise_s(program: Callable[..., Any], run: Run) -> None:
    one = program("reporter", "A")
    assert names(one.get(f"{BASE}/accounts"), "id") == []
    assert one.get(f"{BASE}/accounts/{run.pk}").status_code == 404


def test_figures_are_one_s_own(program: Callable[..., Any], run: Run) -> None:
    one = program("reporter", "A")
    assert names(one.get(f"{BASE}/figures"), "name") == ["node:A"]
    own = one.get(f"{BASE}/figures/node:A").json()
    assert (own["value"], own["unit"], own["explanation"]["run"]["year"]) == ("7.25", "t CO2", 2025)
    for name in ("node:B", "total:co2_t", "none"):
        assert one.get(f"{BASE}/figures/{name}").status_code == 404
    assert len(names(program().get(f"{BASE}/figures"), "name")) == 3


def test_flows_are_one_s_own_and_missing_is_null(program: Callable[..., Any], run: Run) -> None:
    assert names(program("reporter", "A").get(f"{BASE}/flows"), "stream") == ["EA"]
    assert names(program("reporter", "B").get(f"{BASE}/flows?since=2025-01&until=2025-01"), "amount") == [None]


def test_a_superseded_account_is_given_on_request_only(program: Callable[..., Any], run: Run) -> None:
    newer = Run.objects.create(
        park=run.park, year=2025, variant="cn-zcp-2025", method="cn-zcp-2025", boundary="B", status="computed",
        started=run.started, ended=run.ended, input_digest="e" * 64, code_version="0",
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(superseded_by=newer)
    office = program()
    assert names(office.get(f"{BASE}/accounts"), "id") == [newer.pk]
    assert names(office.get(f"{BASE}/accounts?former=true"), "id") == [run.pk, newer.pk]
    assert names(office.get(f"{BASE}/flows"), "id") == []


def table(answer: Any) -> Any:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.apache.arrow.stream"
    return pa.ipc.open_stream(io.BytesIO(answer.getvalue())).read_all()


def test_readings_come_as_arrow_within_the_half_open_span(program: Callable[..., Any], metered: Any) -> None:
    rows = table(program("reporter", "A").get(f"{BASE}/series", {**SERIES, "to": "2025-01-02T00:00:00+08:00"}))
    assert rows.column_names == ["point", "time", "value"]
    assert rows.schema.metadata == {b"park": b"T", b"step": b"reading", b"timezone": b"Asia/Shanghai"}
    assert (rows.num_rows, set(rows["value"].to_pylist())) == (24, {1.25})


def test_amounts_come_by_step_with_unit_and_coverage(program: Callable[..., Any], metered: Any) -> None:
    rows = table(program().get(f"{BASE}/series", {**SERIES, "step": "day"})).to_pylist()
    assert [(row["amount"], row["unit"], row["resolved"]) for row in rows] == [(30.0, "kWh", 1.0)] * 3


def test_a_point_of_a_neighbour_is_not_there(program: Callable[..., Any], metered: Any) -> None:
    one = program("reporter", "A")
    assert one.get(f"{BASE}/series", {**SERIES, "point": "M.EB"}).status_code == 404
    assert one.get(f"{BASE}/series", {**SERIES, "point": ["M.EA", "M.EB"]}).status_code == 404
    assert one.get(f"{BASE}/series", {**SERIES, "point": "none"}).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [{"to": "2024-12-31T00:00:00Z"}, {"to": "2030-01-01T00:00:00Z"}, {"from": "2025-01-01"}, {"step": "second"}],
)
def test_a_span_or_step_that_makes_no_sense_is_refused(
    program: Callable[..., Any], metered: Any, asked: dict[str, str]
) -> None:
    assert program().get(f"{BASE}/series", {**SERIES, **asked}).status_code == 422


def test_series_have_a_scope_of_their_own(program: Callable[..., Any], metered: Any) -> None:
    assert program(scopes=["read"]).get(f"{BASE}/series", SERIES).status_code == 403


def test_a_verifier_reads_no_series_beyond_his_period(program: Callable[..., Any], metered: Any) -> None:
    one = program("verifier", "A")
    span = {"period_from": date(2025, 1, 1), "period_to": date(2025, 1, 2)}
    Membership.objects.filter(user=one.token.user).update(**span)
    inside = {**SERIES, "to": "2025-01-03T00:00:00+08:00"}
    assert table(one.get(f"{BASE}/series", inside)).num_rows == 48
    assert one.get(f"{BASE}/series", SERIES).status_code == 404
    assert one.get(f"{BASE}/series", {**inside, "step": "month"}).status_code == 404
