"""Releases: proposed by one, released by another; the public sees these and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

from lingtan.web.account.run import Figure, Run
from lingtan.web.kernel.workflow import Refused
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access
from lingtan.web.people.user import User
from lingtan.web.publish import actions, store
from lingtan.web.publish.document import Document, DocumentVersion
from lingtan.web.publish.release import Release

TITLES = ("单位能耗碳排放", "Carbon per unit of energy")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def run(park: Park) -> Run:
    return a_run(park)


def a_run(park: Park) -> Run:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Run.objects.create(
        park=park, year=2025, variant="cn-zcp-2025", method="cn-zcp-2025", boundary="B", status="unverified",
        started=at, ended=at, input_digest="0" * 64, code_version="0.1.0",
    )  # fmt: skip


def office(park: Park, name: str = "office1") -> Access:
    user, _new = User.objects.get_or_create(username=name, defaults={"display_name": name})
    return Access(user.pk, park.pk, whole_park=True, actions=frozenset({"release"}))


def total(run: Run, value: str = "1.71") -> Figure:
    return Figure.objects.create(
        park=run.park, run=run, year=run.year, name="total:co2_t_per_tce", value=Decimal(value), unit="t CO2/tce"
    )


def enterprise_figure(run: Run, code: str = "A") -> Figure:
    node = Node.objects.get(park=run.park, code=code)
    return Figure.objects.create(
        park=run.park, run=run, year=run.year, name=f"node:{code}", value=Decimal(77123), unit="t", node=node
    )


def test_nobody_releases_what_he_proposed(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(total(run), TITLES, by=office(park))
    with pytest.raises(Refused, match="Nobody approves his own"):
        actions.move(proposed, "release", by=office(park))


def test_a_second_person_releases_and_stands_with_name_and_time(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(total(run), TITLES, by=office(park))
    actions.move(proposed, "release", by=office(park, "office2"))
    row = Release.objects.get(pk=proposed.pk)
    assert (row.state, row.released_by.username, row.released_at is not None) == ("released", "office2", True)


def test_what_speaks_of_an_enterprise_waits_for_its_word(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(enterprise_figure(run), TITLES, by=office(park))
    with pytest.raises(Refused, match="approver"):
        actions.move(proposed, "release", by=office(park, "office2"))


def test_only_the_enterprise_itself_agrees(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(enterprise_figure(run, "A"), TITLES, by=office(park))
    other = Node.objects.get(park=park, code="B")
    user = User.objects.create(username="approver-b")
    stranger = Access(user.pk, park.pk, enterprises=frozenset({other.pk}), actions=frozenset({"approve"}))
    with pytest.raises(Refused, match="Only the enterprise"):
        actions.move(proposed, "consent", by=stranger)


def test_agreed_figure_of_an_enterprise_is_released(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(enterprise_figure(run, "A"), TITLES, by=office(park))
    own = Node.objects.get(park=park, code="A")
    user = User.objects.create(username="approver-a")
    actions.move(
        proposed,
        "consent",
        by=Access(user.pk, park.pk, enterprises=frozenset({own.pk}), actions=frozenset({"approve"})),
    )
    actions.move(proposed, "release", by=office(park, "office2"))
    assert Release.objects.get(pk=proposed.pk).state == "released"


def test_a_title_in_one_language_only_is_refused(park: Park, run: Run) -> None:
    with pytest.raises(Refused, match="Chinese and in English"):
        actions.propose_figure(total(run), ("单位能耗碳排放", " "), by=office(park))


def test_withdrawing_asks_for_a_reason(park: Park, run: Run) -> None:
    proposed = actions.propose_figure(total(run), TITLES, by=office(park))
    with pytest.raises(Refused, match="reason"):
        actions.move(proposed, "withdraw", by=office(park, "office2"))


def test_the_public_sees_released_items_with_who_and_when(park: Park, run: Run, client: Any) -> None:
    proposed = actions.propose_figure(total(run), TITLES, by=office(park))
    actions.move(proposed, "release", by=office(park, "office2"))
    page = client.get("/public/T/", headers={"accept-language": "en"}).content.decode()
    assert "Carbon per unit of energy" in page
    assert "1.71" in page
    assert "office2" in page
    assert "unverified" in page


def test_the_public_sees_no_proposal_and_nothing_withdrawn(park: Park, run: Run, client: Any) -> None:
    shown = actions.propose_figure(total(run), TITLES, by=office(park))
    actions.move(shown, "release", by=office(park, "office2"))
    gone = actions.propose_notice(("撤回的事", "Something withdrawn"), ("字", "text"), by=office(park))
    actions.move(gone, "release", by=office(park, "office2"))
    actions.move(gone, "withdraw", by=office(park, "office2"), reason="wrong year")
    actions.propose_notice(("只是提议", "Only proposed"), ("字", "text"), by=office(park))
    page = client.get("/public/T/", headers={"accept-language": "en"}).content.decode()
    assert "Something withdrawn" not in page
    assert "Only proposed" not in page


def test_a_park_that_has_released_nothing_is_not_on_the_public_page(park: Park, client: Any) -> None:
    assert client.get("/public/T/").status_code == 404
    assert "Test park" not in client.get("/public/", headers={"accept-language": "en"}).content.decode()


def test_a_released_figure_stays_when_a_later_run_gives_another(park: Park, run: Run, client: Any) -> None:
    proposed = actions.propose_figure(total(run), TITLES, by=office(park))
    actions.move(proposed, "release", by=office(park, "office2"))
    total(a_run(park), "9.99")
    page = client.get("/public/T/", headers={"accept-language": "en"}).content.decode()
    assert "1.71" in page
    assert "9.99" not in page


def test_an_enterprise_does_not_see_another_ones_proposal(park: Park, run: Run, client_as: Callable[..., Any]) -> None:
    proposed = actions.propose_figure(enterprise_figure(run, "A"), TITLES, by=office(park))
    assert client_as("approver", "B").get(f"/p/T/releases/{proposed.pk}/").status_code == 404
    assert client_as("approver", "A").get(f"/p/T/releases/{proposed.pk}/").status_code == 200


def test_the_office_proposes_a_figure_on_the_page(park: Park, run: Run, client_as: Callable[..., Any]) -> None:
    figure = total(run)
    answer = client_as("office").post(
        "/p/T/releases/propose/",
        {"kind": "figure", "figure": figure.pk, "title_zh": TITLES[0], "title_en": TITLES[1]},
    )
    made = Release.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/p/T/releases/{made.pk}/")
    assert (made.value, made.state) == (Decimal("1.71"), "proposed")


def test_a_released_document_is_handed_to_everybody_and_a_proposed_one_to_nobody(
    park: Park, client: Any, tmp_path: Path
) -> None:
    kept = tmp_path / "report.txt"
    kept.write_text("released words")
    sha256, size = store.keep(kept)
    document = Document.objects.create(park=park, title="Report", sha256=sha256, size=size)
    version = DocumentVersion.objects.create(
        park=park, document=document, number=1, name="report.txt", sha256=sha256, size=size,
        added_at=datetime(2026, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    proposed = actions.propose_document(version, ("年报", "Yearly report"), by=office(park))
    address = f"/public/T/documents/{proposed.pk}/"
    assert client.get(address).status_code == 404
    actions.move(proposed, "release", by=office(park, "office2"))
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == b"released words"
    assert "sandbox" in answer["Content-Security-Policy"]
