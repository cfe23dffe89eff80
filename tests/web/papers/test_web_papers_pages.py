"""Pages of papers: who sees them, having one made, its files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lingtan.web.papers import actions
from lingtan.web.papers.paper import Paper
from lingtan.web.people.access import Access
from lingtan.web.people.roles import GRANTS, Role


@pytest.fixture
def brief(computed: Any) -> Paper:
    by = Access(None, computed.pk, frozenset({"office"}), whole_park=True, actions=GRANTS[Role.OFFICE].actions)
    return actions.make(computed, "monthly", "2025-03", language="en", access=by)


@pytest.mark.parametrize("role", ["office", "verifier", "regulator", "developer"])
def test_who_sees_the_whole_park_reads_papers_and_files(someone: Callable[..., Any], brief: Paper, role: str) -> None:
    client = someone(role)
    assert brief.title in client.get("/p/small/papers/").content.decode()
    page = client.get(f"/p/small/papers/{brief.pk}/").content.decode()
    assert brief.answer in page
    assert brief.inputs in page
    pdf = client.get(f"/p/small/papers/{brief.pk}/pdf/?show=1")
    assert (pdf["Content-Type"], b"".join(pdf.streaming_content)[:5]) == ("application/pdf", b"%PDF-")
    word = client.get(f"/p/small/papers/{brief.pk}/word/")
    assert b"".join(word.streaming_content)[:2] == b"PK"
    assert "monthly-2025-03-en.docx" in word["Content-Disposition"]


@pytest.mark.parametrize("address", ["papers/", "papers/{pk}/", "papers/{pk}/pdf/", "papers/{pk}/word/"])
def test_an_enterprise_is_told_there_are_no_papers(someone: Callable[..., Any], brief: Paper, address: str) -> None:
    assert someone("reporter", "A").get(f"/p/small/{address.format(pk=brief.pk)}").status_code == 404


def test_a_verifier_reads_papers_of_his_period_only(someone: Callable[..., Any], brief: Paper) -> None:
    from datetime import date

    client = someone("verifier", period_from=date(2024, 1, 1), period_to=date(2024, 12, 31))
    assert client.get(f"/p/small/papers/{brief.pk}/").status_code == 404
    assert client.get(f"/p/small/papers/{brief.pk}/pdf/").status_code == 404


def test_the_office_has_a_paper_made_and_is_led_to_it(
    someone: Callable[..., Any], computed: Any, settings: Any
) -> None:
    settings.JOBS_INLINE = True
    client = someone("office")
    page = client.get("/p/small/papers/").content.decode()
    assert "No paper yet" in page
    assert '<option value="2025-12">' in page
    assert "2023" not in page
    given = {"kind": "monthly", "period": "2025-12", "language": "zh"}
    answer = client.post("/p/small/papers/make/", given, follow=True)
    made = Paper.objects.get()
    assert answer.redirect_chain[-1][0] == f"/p/small/papers/{made.pk}/"
    assert (made.language, made.made_by.username) == ("zh", "office-")


def test_only_the_office_has_papers_made(someone: Callable[..., Any], brief: Paper) -> None:
    given = {"kind": "monthly", "period": "2025-12", "language": "zh"}
    assert someone("regulator").post("/p/small/papers/make/", given).status_code == 403
    assert "Make the paper" not in someone("developer").get("/p/small/papers/").content.decode()


def test_a_wrong_period_is_told_and_nothing_is_made(someone: Callable[..., Any], computed: Any) -> None:
    client = someone("office")
    given = {"kind": "monthly", "period": "soon", "language": "zh"}
    answer = client.post("/p/small/papers/make/", given, follow=True)
    assert "Expected a period such as 2026-03" in answer.content.decode()
    assert not Paper.objects.exists()


def test_a_form_that_there_is_not_is_404(someone: Callable[..., Any], brief: Paper) -> None:
    assert someone("office").get(f"/p/small/papers/{brief.pk}/odt/").status_code == 404


def test_an_older_paper_says_that_the_account_was_drawn_anew(someone: Callable[..., Any], brief: Paper) -> None:
    from lingtan.web.account.run import Run

    other = Run.objects.exclude(pk=brief.run_id).first()
    Run.objects.filter(pk=brief.run_id).update(superseded_by=other)
    assert "drawn anew" in someone("office").get(f"/p/small/papers/{brief.pk}/").content.decode()
