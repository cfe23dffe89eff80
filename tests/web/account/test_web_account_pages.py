"""Pages of the account: what they say, to whom, and what they never show."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils.translation import override

from lingtan.web.account.actions import decide
from lingtan.web.account.issue import Issue
from lingtan.web.account.run import Figure, Run
from lingtan.web.people.access import Access

Someone = Callable[..., Any]
PAGES = (
    "/p/small/", "/p/small/account/", "/p/small/account/?lines=1&method=ghgp-market", "/p/small/flows/",
    "/p/small/flows/?commodity=electricity", "/p/small/issues/", "/p/small/visitors/", "/p/small/enterprises/B/",
)  # fmt: skip


def run_of(year: int = 2025, variant: str = "cn-zcp-2025") -> Run:
    return Run.objects.get(year=year, variant=variant, superseded_by__isnull=True)


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_answers_with_a_question_and_no_holes(computed: Any, someone: Someone, language: str) -> None:
    office = someone("office", language=language)
    for address in PAGES:
        page = text_of(office, address)
        assert "<h1>" in page
        assert not any(word in page for word in (">None<", "NaN", "undefined", "style=", "onclick")), address


def test_the_answer_names_the_core_indicator_or_why_there_is_no_band(computed: Any, someone: Someone) -> None:
    assert "below the national bands" in text_of(someone("office"), "/p/small/")


def test_a_park_without_runs_offers_the_office_the_one_next_step(small: Any, someone: Someone) -> None:
    assert reverse("recompute", args=["small"]) in text_of(someone("office"), "/p/small/")
    seen = text_of(someone("verifier"), "/p/small/")
    assert reverse("recompute", args=["small"]) not in seen
    assert "ask there" in seen


def test_the_button_queues_the_work_and_the_page_then_has_figures(small: Any, someone: Someone) -> None:
    office = someone("office")
    assert office.post("/p/small/account/compute/?period=2025").status_code == 302
    assert "How far are we" in text_of(office, "/p/small/?period=2025")
    assert Run.objects.count() == 6


def test_nobody_but_the_office_may_have_an_account_drawn(small: Any, someone: Someone) -> None:
    for role, enterprise in (("verifier", ""), ("regulator", ""), ("reporter", "A")):
        assert someone(role, enterprise).post("/p/small/account/compute/").status_code == 403


def test_failed_work_says_why_and_what_to_do(small: Any, someone: Someone) -> None:
    from lingtan.web.programme.job import Job

    Job.objects.create(park=small, kind="compute", state="failed", error="Expected readings, found none.")
    seen = text_of(someone("office"), "/p/small/")
    assert "Expected readings, found none." in seen
    assert "compute again" in seen


def test_period_method_and_comparison_stand_in_the_address(computed: Any, someone: Someone) -> None:
    office = someone("office")
    first = text_of(office, "/p/small/account/?period=2024")
    assert "vs 2023" not in first
    assert "How much in 2024" in first
    assert "vs 2024" in text_of(office, "/p/small/?period=2025")
    assert "vs 2024" not in text_of(office, "/p/small/?period=2025&compare=none")
    assert office.get("/p/small/account/?method=unknown").status_code == 404
    assert office.get("/p/small/account/?boundary=unknown").status_code == 404


def test_every_explained_figure_of_a_page_opens(computed: Any, someone: Someone) -> None:
    import re

    office = someone("office")
    seen = set()
    for address in PAGES:
        seen |= set(re.findall(r'href="(/p/small/explain/[^"?]+)"', text_of(office, address)))
    assert len(seen) > 30
    kinds = {address.split("/")[5].partition(":")[0]: address for address in sorted(seen)}
    assert set(kinds) >= {"total", "category", "line", "node", "flow", "coverage", "choice", "share"}
    for address in kinds.values():
        assert "How this figure came about" in text_of(office, address)


def test_an_explanation_comes_as_drawer_page_and_json(computed: Any, someone: Someone) -> None:
    office = someone("office")
    address = reverse("explain", args=["small", run_of().pk, "total:co2_t"])
    assert "<html" in text_of(office, address)
    drawer = office.get(address, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in drawer
    assert "data-drawer-body" in drawer
    told = json.loads(office.get(address + "?format=json").content)
    assert told["figure"] == "total:co2_t"
    assert told["check"]["holds"]
    assert told["run"]["input_sha256"] == run_of().input_digest


def test_figures_of_flows_open_from_every_method(computed: Any, someone: Someone) -> None:
    address = reverse("explain", args=["small", run_of(variant="ghgp-location").pk, "flow:EL_A"])
    assert someone("office").get(address).status_code == 200


def test_an_enterprise_sees_its_own_account_in_place_of_the_parks(computed: Any, someone: Someone) -> None:
    seen = text_of(someone("reporter", "A"), "/p/small/")
    assert "How much does Plant Alpha emit?" in seen
    assert "own use" not in seen


@pytest.mark.parametrize("role", ["reporter", "approver", "provider"])
def test_an_enterprise_never_meets_its_neighbours(
    computed: Any, someone: Someone, role: str, marks: tuple[str, ...]
) -> None:
    client = someone(role, "A")
    for address in (*PAGES[:-1], "/p/small/enterprises/A/"):
        if "visitors" in address:
            assert client.get(address).status_code == 404
            continue
        seen = text_of(client, address)
        assert not any(f"{mark},000" in seen or f"{mark}000" in seen for mark in marks), address
        assert not any(name in seen for name in ("Bravo", "Charlie")), address
    assert client.get("/p/small/enterprises/B/").status_code == 404
    assert client.get("/p/small/enterprises/none/").status_code == 404


def test_explanations_are_cut_to_who_asks(computed: Any, someone: Someone) -> None:
    own, client = {"node:A", "line:fuel:GAS_A", "flow:EL_A", "flow:GAS_A", "flow:HT_AB"}, someone("reporter", "A")
    for run in (run_of(), run_of(variant="ghgp-market")):
        for figure in Figure.objects.filter(run=run):
            answer = client.get(reverse("explain", args=["small", run.pk, figure.name]))
            mine = "EL_A" in figure.name or figure.name in own or figure.name == "deviation:EL_A"
            assert answer.status_code == (200 if mine else 404), figure.name


def test_findings_are_cut_to_who_asks(computed: Any, someone: Someone) -> None:
    from lingtan.web.metering.stream import Stream

    ours, theirs = (
        Issue.objects.create(park=computed, key=code, code=code, level="finding", title_en=code,
                             stream=Stream.objects.get(park=computed, code=code))
        for code in ("EL_A", "EL_B")
    )  # fmt: skip
    client = someone("reporter", "A")
    seen = text_of(client, "/p/small/issues/")
    assert "EL_A" in seen
    assert "EL_B" not in seen
    assert client.get(f"/p/small/issues/{ours.pk}/").status_code == 200
    assert client.get(f"/p/small/issues/{theirs.pk}/").status_code == 404


def test_the_parks_total_is_hidden_where_a_neighbour_could_be_derived(computed: Any, someone: Someone) -> None:
    assert "another enterprise could be derived" in text_of(someone("reporter", "A"), "/p/small/")


def test_a_verifier_sees_the_years_of_the_engagement(computed: Any, someone: Someone) -> None:
    client = someone("verifier", period_from=date(2024, 1, 1), period_to=date(2024, 12, 31))
    assert "How much in 2024" in text_of(client, "/p/small/account/")
    assert "There is no account of 2025 yet" in text_of(client, "/p/small/account/?period=2025")
    for year, status in ((2024, 200), (2025, 404)):
        address = reverse("explain", args=["small", run_of(year).pk, "total:co2_t"])
        assert client.get(address).status_code == status


def test_another_park_is_not_there(computed: Any, park: Any, client_as: Someone) -> None:
    stranger = client_as("office")
    for address in (*PAGES, reverse("explain", args=["T", run_of().pk, "total:co2_t"])):
        assert stranger.get(address).status_code == 404


def made_issue(park: Any) -> Issue:
    return Issue.objects.create(park=park, key="k", code="gap_total", level="finding", title_en="Gap total")


def access(park: Any, *actions: str) -> Access:
    return Access(None, park.pk, whole_park=True, actions=frozenset(actions))


def test_a_decision_needs_the_right_to_make_it(small: Any) -> None:
    from django.core.exceptions import PermissionDenied

    with pytest.raises(PermissionDenied):
        decide(made_issue(small), "confirmed", by=access(small), version=1, reason="seen")


@pytest.mark.parametrize(
    ("state", "more", "fault"),
    [
        ("dismissed", {"reason": " "}, "Give the reason"),
        ("assigned", {}, "Name who"),
        ("open", {"reason": "x"}, "cannot become"),
        ("confirmed", {"reason": "x", "version": 7}, "meanwhile"),
    ],
)
def test_a_decision_that_lacks_something_is_refused(small: Any, state: str, more: Any, fault: str) -> None:
    from django.core.exceptions import ValidationError

    one = made_issue(small)
    with override("en"), pytest.raises(ValidationError, match=fault):
        decide(one, state, by=access(small, "assign"), **{"version": 1, **more})
    assert Issue.objects.get(pk=one.pk).state == "open"


def test_the_office_decides_on_the_page_and_the_reason_stays_in_the_history(small: Any, someone: Someone) -> None:
    one, office = made_issue(small), someone("office")
    address = f"/p/small/issues/{one.pk}/"
    answer = office.post(address, {"state": "dismissed", "reason": "The meter was out for its check", "version": 1})
    assert answer.status_code == 302
    one.refresh_from_db()
    assert (one.state, one.version) == ("dismissed", 2)
    seen = text_of(office, address)
    assert "The meter was out for its check" in seen
    assert "office" in seen


def test_an_enterprise_decides_nothing(small: Any, someone: Someone) -> None:
    from lingtan.web.metering.stream import Stream

    one = made_issue(small)
    Issue.objects.filter(pk=one.pk).update(stream=Stream.objects.get(park=small, code="EL_A"))
    client = someone("reporter", "A")
    client.post(f"/p/small/issues/{one.pk}/", {"state": "dismissed", "reason": "no", "version": 1})
    assert Issue.objects.get(pk=one.pk).state == "open"


def test_the_overview_asks_the_database_a_fixed_number_of_times(
    computed: Any, someone: Someone, django_assert_max_num_queries: Any
) -> None:
    office = someone("office")
    with django_assert_max_num_queries(40):
        office.get("/p/small/")


def test_work_under_way_is_told_and_cannot_be_asked_for_twice(computed: Any, someone: Someone) -> None:
    from lingtan.web.programme.job import Job

    job = Job.objects.create(park=computed, kind="compute", state="running", step="Reading all meters")
    seen = text_of(someone("office"), "/p/small/")
    assert reverse("job", args=["small", job.pk]) in seen
    assert "being drawn" in seen
    assert reverse("recompute", args=["small"]) not in seen
