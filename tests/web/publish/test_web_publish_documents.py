"""Documents: what they stand for both ways, how long they are kept, and where the search finds them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel import actions
from lingtan.web.kernel.pages import today_in
from lingtan.web.park.node import Node
from lingtan.web.people.access import Access
from lingtan.web.publish.document import Document


def document(park: Any, title: str, **more: Any) -> Document:
    return Document.objects.create(park=park, title=title, **more)


def figure(park: Any, name: str = "total:co2_t") -> Figure:
    from django.utils import timezone

    now = timezone.now()
    run = Run.objects.create(
        park=park, year=2025, variant="cn-zcp-2025", method="cn-zcp-2025", boundary="B", status="verified", started=now,
        ended=now, input_digest="0" * 64, code_version="1", result={"totals": {}, "by_month": {}},
        more={"ledger": [], "commodities": {}, "energy": [], "nodes": {}},
    )  # fmt: skip
    told = {
        "name": {"zh": "二氧化碳", "en": "CO2"}, "formula": "", "formula_zh": "", "chain": [],
        "check": {"how": "", "difference": None, "holds": True}, "value": 1, "unit": "t",
    }  # fmt: skip
    return Figure.objects.create(park=park, run=run, year=2025, name=name, value=1, unit="t", explanation=told)


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_a_document_leads_to_the_figure_it_stands_for_and_the_figure_back(
    park: Any, client_as: Callable[..., Any]
) -> None:
    one, office = figure(park), client_as("office")
    made = document(park, "Verification 2025", links=["figure:total:co2_t", "figure:total:nothing", "clause:3.2"])
    page = text_of(office, f"/p/T/registers/documents/{made.pk}/")
    assert f"/p/T/explain/{one.run_id}/total:co2_t" in page
    assert "not there, or not yours to see" in page
    assert "search/?q=clause:3.2" in page
    assert f"/p/T/registers/documents/{made.pk}/" in text_of(office, f"/p/T/explain/{one.run_id}/total:co2_t")


def test_a_figure_of_the_park_is_no_link_for_an_enterprise(park: Any, client_as: Callable[..., Any]) -> None:
    figure(park)
    own = document(park, "Own", links=["figure:total:co2_t"], node=Node.objects.get(park=park, code="A"))
    assert "/explain/" not in text_of(client_as("reporter", "A"), f"/p/T/registers/documents/{own.pk}/")


def test_each_clause_lists_its_documents_and_nobody_sees_a_neighbours(park: Any, client_as: Callable[..., Any]) -> None:
    for code in ("A", "B"):
        document(park, f"Permit of {code}", links=["clause:3.2"], node=Node.objects.get(park=park, code=code))
    assert text_of(client_as("office"), "/p/T/documents/proofs/").count("Permit of") == 2
    seen = text_of(client_as("reporter", "A"), "/p/T/documents/proofs/")
    assert "Permit of A" in seen
    assert "Permit of B" not in seen


def test_a_document_is_not_removed_before_its_time_of_keeping_has_passed(park: Any) -> None:
    by = Access(None, park.pk, whole_park=True, actions=frozenset({"remove"}))
    held, gone = (document(park, day, keep_until=date.fromisoformat(day)) for day in ("2099-01-01", "2001-01-01"))
    with pytest.raises(ValidationError, match="2099-01-01"):
        actions.remove(held, by=by)
    actions.remove(gone, by=by)
    assert set(Document.objects.filter(park=park)) == {held}


def test_on_its_last_day_of_keeping_a_document_is_still_kept(park: Any) -> None:
    assert document(park, "today", keep_until=today_in(park)).kept()


@pytest.mark.parametrize(
    "words", ["核查报告", "核查", "二氧化碳核查", "Steel", "verification", "clause:3.2", "厂", "evidence/ver"]
)
def test_the_search_finds_documents_by_title_note_path_link_and_enterprise(
    park: Any, client_as: Callable[..., Any], words: str
) -> None:
    document(
        park, "2025 年二氧化碳核查报告", note="Verification of Steel", path="evidence/ver-2025.pdf",
        links=["clause:3.2"], node=Node.objects.get(park=park, code="A"),
    )  # fmt: skip
    assert "2025 年二氧化碳核查报告" in text_of(client_as("office"), f"/p/T/search/?q={words}")
