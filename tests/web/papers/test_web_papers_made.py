"""Making papers: what they say, what they rest on, that the same is not made twice."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import docx
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils.translation import override
from docx.oxml.ns import qn
from pypdf import PdfReader

from lingtan.report.paper import Chart, Missing, Note, PaperError, Table, pdf
from lingtan.report.paper.model import numbered, strings
from lingtan.web.account.issue import Issue
from lingtan.web.account.run import Run
from lingtan.web.kernel.workflow import Refused
from lingtan.web.papers import actions
from lingtan.web.papers.contents import monthly, yearly
from lingtan.web.papers.contents.basis import Basis, NothingToWrite, change, gather
from lingtan.web.papers.paper import Paper
from lingtan.web.people.access import Access
from lingtan.web.people.roles import GRANTS, Role
from lingtan.web.people.user import User
from lingtan.web.period import Period
from lingtan.web.programme.message import Message
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion

NOW = datetime(2026, 1, 11, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def office(computed: Any) -> Access:
    user = User.objects.create(username="office", display_name="Li")
    actions_of = GRANTS[Role.OFFICE].actions
    return Access(user.pk, computed.pk, frozenset({"office"}), whole_park=True, actions=actions_of)


@pytest.fixture
def basis(computed: Any, office: Access) -> Callable[[str], Basis]:
    def do(period: str) -> Basis:
        read = Period.read(period)
        assert read is not None
        made = gather(computed, office, read)
        for run in filter(None, (made.run, made.before)):
            run.result, run.more = deepcopy(run.result), deepcopy(run.more)  # a test may change its own
        return made

    return do


def make(park: Any, office: Access, kind: str = "monthly", period: str = "2025-03", language: str = "en") -> Paper:
    return actions.make(park, kind, period, language=language, access=office)


def of_pdf(version: DocumentVersion) -> str:
    reader = PdfReader(io.BytesIO(store.place(version.sha256).read_bytes()))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def of_word(version: DocumentVersion) -> str:
    body = docx.Document(io.BytesIO(store.place(version.sha256).read_bytes())).element.body
    return "".join(one.text or "" for one in body.iter(qn("w:t")))


def table_with(paper: Any, text: str) -> Table:
    return next(one for one in paper.blocks if isinstance(one, Table) and text in set(strings(one)))


def test_the_brief_begins_with_the_month_of_the_account(computed: Any, basis: Any) -> None:
    told = monthly.answer(basis("2025-03"))
    run = Run.objects.get(park=computed, variant="cn-zcp-2025", year=2025)
    assert f"{run.result['by_month']['2025-03']:,.0f} t CO₂" in told
    assert told.startswith("March 2025: ")
    assert "2024" in told


def test_every_number_of_the_brief_names_what_it_rests_on(basis: Any) -> None:
    paper = monthly.write(basis("2025-03"))
    numbers = numbered(paper)
    assert {"month:2025-03", "total:co2_t_per_tce", "category:fuel", "node:A"} <= set(numbers)
    rows = [row for one in paper.blocks if isinstance(one, Table) for row in one.rows]
    assert all(row.source in numbers for row in rows if row.source)
    assert all("run " in source.place for source in paper.sources if source.key.startswith(("month:", "node:")))


def test_groups_and_total_of_the_month_add_up(basis: Any) -> None:
    held = basis("2025-03")
    parts = [group["t"].get("2025-03") or 0 for group in held.run.more["months"]]
    assert sum(parts) == pytest.approx(held.run.result["by_month"]["2025-03"])
    shown = [row.cells[1] for row in table_with(monthly.write(held), "Total").rows]
    values = [int(str(cell).replace(",", "").replace("−", "-")) for cell in shown if cell != "—"]
    assert abs(sum(values[:-1]) - values[-1]) <= len(values)


def test_the_year_so_far_is_the_sum_of_its_months(basis: Any) -> None:
    held = basis("2025-03")
    expected = sum(held.run.result["by_month"][f"2025-0{month}"] for month in (1, 2, 3))
    assert float(monthly.emitted(held, monthly.so_far(held)).now) == pytest.approx(expected)


def test_a_month_that_the_account_does_not_know_is_a_marked_gap_and_in_no_sum(basis: Any) -> None:
    held = basis("2025-08")
    held.run.result["by_month"]["2025-07"] = None
    paper = monthly.write(held)
    assert "July 2025" in [one.what for one in paper.blocks if isinstance(one, Missing)]
    assert any("≥" in str(cell) for row in table_with(paper, "Total").rows[-1:] for cell in row.cells)
    assert "cannot be compared" in monthly.answer(held)


def test_nothing_is_said_of_a_month_without_an_amount(basis: Any) -> None:
    held = basis("2025-01")
    held.run.result["by_month"]["2025-01"] = None
    assert monthly.answer(held).startswith("January 2025 cannot be said yet")


def test_a_core_indicator_on_thin_data_is_a_gap_not_a_figure(basis: Any) -> None:
    held = basis("2025-03")
    held.run.result["coverage"]["known"] = 0.5
    paper = monthly.write(held)
    assert "CO₂ per unit energy" in [one.what for one in paper.blocks if isinstance(one, Missing)]
    assert "cannot be said yet" in monthly.answer(held)


def test_a_preliminary_month_says_so(basis: Any) -> None:
    paper = monthly.write(basis("2025-03"))
    assert ("Preliminary", "info") in paper.marks
    assert any(isinstance(one, Note) and "preliminary" in one.text for one in paper.blocks)


def test_findings_stand_with_their_owner_or_with_nobody(computed: Any, basis: Any, office: Access) -> None:
    Issue.objects.filter(park=computed).delete()
    common = {"park": computed, "level": "error", "start": None, "end": None}
    Issue.objects.create(key="1", code="x", title_en="Meter stuck", stake_t=12, owner_id=office.user_id, **common)
    Issue.objects.create(key="2", code="y", title_en="Bill missing", **common)
    rows = table_with(monthly.write(basis("2025-03")), "Meter stuck").rows
    assert [row.cells[0] for row in rows] == ["Meter stuck", "Bill missing"]
    assert rows[0].cells[4] == "Li"
    assert rows[1].cells[4].text == "nobody yet"


def test_hostile_names_stay_text_in_both_files(computed: Any, office: Access) -> None:
    hostile = '#panic("x") <w:p/> {{ x }}'
    type(computed).objects.filter(pk=computed.pk).update(name_en=hostile)
    computed.refresh_from_db()
    made = make(computed, office)
    assert '#panic("x")' in of_pdf(made.pdf)
    assert hostile in of_word(made.word)


def test_a_letter_that_no_font_has_is_told_by_name(computed: Any, office: Access) -> None:
    type(computed).objects.filter(pk=computed.pk).update(name_en="\U00020bb7 Park")
    computed.refresh_from_db()
    with pytest.raises(PaperError, match=r"U\+20BB7"):
        make(computed, office)
    assert not Paper.objects.exists()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("kind", "period"), [("monthly", "2025-03"), ("statistics", "2025")])
def test_both_files_say_the_same_in_the_language_asked_for(
    computed: Any, office: Access, kind: str, period: str, language: str
) -> None:
    made = make(computed, office, kind, period, language)
    one, other = of_pdf(made.pdf), of_word(made.word)
    heading = {
        "monthly": ("谁排了多少？", "Who emits how much?"),
        "statistics": ("各企业消费量", "Consumption by enterprise"),
    }
    wanted = heading[kind][language == "en"]
    assert wanted in one
    assert wanted in other
    assert made.title.replace(" ", "") in one.replace(" ", "")
    assert made.run.input_digest[:16] in one


def test_the_record_names_run_input_code_and_person(computed: Any, office: Access) -> None:
    made = make(computed, office)
    run = Run.objects.get(park=computed, variant="cn-zcp-2025", year=2025)
    assert (made.run, made.inputs, made.method) == (run, run.input_digest, run.variant)
    assert (made.made_by_id, made.made_at, made.state) == (office.user_id, NOW, "preliminary")
    assert made.code_version
    assert made.pdf.name == "monthly-2025-03-en.pdf"


def test_a_record_of_a_paper_cannot_be_changed(computed: Any, office: Access) -> None:
    made = make(computed, office)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        Paper.objects.filter(pk=made.pk).update(title="other")


def test_the_same_figures_are_not_made_twice(computed: Any, office: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(computed, office)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW.replace(month=2))
    assert make(computed, office) == first


def test_a_change_of_the_figures_makes_a_new_version_beside_the_old(computed: Any, office: Access) -> None:
    first = make(computed, office)
    Issue.objects.create(park=computed, key="n", code="n", level="error", title_en="New finding")
    second = make(computed, office)
    assert second.pk != first.pk
    assert (first.pdf.number, second.pdf.number) == (1, 2)
    assert first.pdf.document_id == second.pdf.document_id
    assert store.place(first.pdf.sha256).is_file()


def test_a_paper_does_not_go_out_with_the_folder_of_the_park(computed: Any, office: Access) -> None:
    make(computed, office)
    assert set(Document.objects.filter(kind="paper").values_list("path", flat=True)) == {""}


@pytest.mark.parametrize(
    ("kind", "period", "language", "said"),
    [
        ("monthly", "2025", "zh", "2026-03"), ("statistics", "2025-03", "zh", "2025"),
        ("monthly", "2026-05", "zh", "begun"), ("other", "2025", "zh", "Choose"),
        ("monthly", "2025-03", "fr", "Choose"), ("monthly", "x", "zh", "got x"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_words(
    computed: Any, office: Access, kind: str, period: str, language: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        actions.ask_for_paper(computed, kind, period, language=language, by=office)


def test_a_year_without_an_account_says_what_to_do(computed: Any, office: Access) -> None:
    with pytest.raises(NothingToWrite, match="no account of 2023"):
        make(computed, office, period="2023-03")


def test_who_may_not_compute_may_not_make(computed: Any) -> None:
    verifier = Access(None, computed.pk, frozenset({"verifier"}), whole_park=True, actions=frozenset({"export"}))
    with pytest.raises(PermissionDenied):
        actions.ask_for_paper(computed, "monthly", "2025-03", language="zh", by=verifier)


def test_the_yearly_report_shows_each_month_and_marks_the_hole(basis: Any) -> None:
    held = basis("2025")
    paper = yearly.write(held)
    power = next(
        one for one in paper.blocks if isinstance(one, Table) and one.caption.lower().startswith("electricity")
    )
    texts = set(strings(power))
    assert {"Purchased", "12", "7"} <= texts
    assert any(text.startswith("≥") for text in texts)
    assert any(isinstance(one, Missing) and one.what == "Ledger with gaps" for one in paper.blocks)
    assert any(isinstance(one, Chart) for one in paper.blocks)


def test_a_plan_makes_the_brief_of_the_month_before_once_and_tells_the_office(
    computed: Any, office: Access, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lingtan.web.papers import plans
    from lingtan.web.papers.paper import BriefPlan
    from lingtan.web.people.user import Membership

    settings.JOBS_INLINE = True
    Membership.objects.create(user_id=office.user_id, park=computed, role="office")
    BriefPlan.objects.create(park=computed, day=11, language="zh")
    assert plans.ask(datetime(2026, 1, 10, 20, tzinfo=UTC)) == 0  # four in the morning of the eleventh there
    assert plans.ask(datetime(2026, 1, 10, 23, tzinfo=UTC)) == 1
    assert plans.ask(datetime(2026, 1, 11, 5, tzinfo=UTC)) == 0
    made = Paper.objects.get()
    assert (made.period, made.language, made.made_by) == ("2025-12", "zh", None)
    message = Message.objects.get(user_id=office.user_id)
    assert made.title in message.title
    assert message.link.endswith(f"/papers/{made.pk}/")


def test_times_are_those_of_the_park(computed: Any, office: Access) -> None:
    run = Run.objects.get(park=computed, variant="cn-zcp-2025", year=2025)
    told = of_word(make(computed, office).word)
    assert f"run {run.pk} of {run.ended.astimezone(ZoneInfo(computed.timezone)):%Y-%m-%d %H:%M}" in told


def test_what_the_account_knows_for_the_year_only_is_told_below_the_months(basis: Any) -> None:
    held = basis("2025-03")
    held.run.result["totals"]["co2_t"] += 250
    notes = table_with(monthly.write(held), "Total").notes
    assert any("250" in note and "no month" in note for note in notes)


def test_a_change_over_a_turn_of_sign_is_a_dash() -> None:
    assert change(10, -5).text == "—"
    assert change(-4, -5, good="down").tone == "act"


def test_plain_values_hold_no_day_beside_the_one_named(basis: Any) -> None:
    one = monthly.write(basis("2025-03"))
    assert pdf.plain(one)["day"] == [2026, 1, 11]
