"""The generic pages: list, detail, form, removal, history, search, by every role."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from lingtan.web.kernel.register import find, registers
from lingtan.web.metering.models import Meter, Stream
from lingtan.web.park.models import Contact, Node

SLUGS = [one.slug for one in registers()]
AT = "/p/T/registers"
As = Callable[..., Any]


def meter(code: str = "P1", stream: str = "EA", **more: Any) -> Any:
    held = Stream.objects.get(code=stream)
    values = {"role": "main", "register": "counter", "unit": "kWh", "multiplier": 80} | more
    return Meter.objects.create(park=held.park, point=code, stream=held, **values)


def posted(row: Any, **more: Any) -> dict[str, str]:
    """Return what the form of a metering point sends."""
    values = {"point": row.point, "stream": row.stream.code, "role": row.role, "register": row.register,
              "unit": row.unit, "multiplier": str(row.multiplier), "stamp": row.stamp, "version": str(row.version),
              "reason": "new device", "token": str(uuid.uuid4())}  # fmt: skip
    return values | more


@pytest.mark.parametrize("slug", SLUGS)
def test_every_register_has_a_list_and_a_form(client_as: As, park: Any, slug: str) -> None:
    office = client_as("office")
    assert [office.get(f"{AT}/{slug}/{part}").status_code for part in ("", "new/")] == [200, 200]


def test_the_menu_counts_what_one_may_see(client_as: As) -> None:
    text = client_as("reporter", "A").get(f"{AT}/").content.decode()
    assert '<span class="plain">2</span>' in text  # two nodes, two streams of enterprise A


def test_a_list_is_cut_by_its_address(client_as: As, park: Any) -> None:
    text = client_as("office").get(f"{AT}/streams/?target=B").content.decode()
    assert ">EB<" in text
    assert ">EA<" not in text


def test_a_word_that_is_no_choice_fits_nothing(client_as: As, park: Any) -> None:
    assert "Nothing fits" in client_as("office").get(f"{AT}/nodes/?kind=castle").content.decode()


def test_a_list_is_searched_by_several_words(client_as: As, park: Any) -> None:
    text = client_as("office").get(f"{AT}/nodes/?q=plant+A1").content.decode()
    assert "One entry fits" in text


def test_a_head_sorts_and_sorts_back(client_as: As, park: Any) -> None:
    office = client_as("office")
    up = office.get(f"{AT}/streams/?sort=target").content.decode()
    down = office.get(f"{AT}/streams/?sort=-target").content.decode()
    assert up.index(">EA<") < up.index(">EB<")
    assert down.index(">EB<") < down.index(">EA<")
    assert 'aria-sort="ascending"' in up


def test_fifty_rows_stand_on_a_page(client_as: As, park: Any) -> None:
    Node.objects.bulk_create([Node(park=park, code=f"N{n:03}", kind="workshop") for n in range(60)])
    first = client_as("office").get(f"{AT}/nodes/").content.decode()
    assert first.count('<th scope="row">') == 50
    assert "1–50 of 64" in first


def test_htmx_gets_the_table_alone(client_as: As, park: Any) -> None:
    answer = client_as("office").get(f"{AT}/nodes/", headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert answer["Vary"].startswith("HX-Request")


def test_chosen_columns_are_kept(client_as: As, park: Any) -> None:
    office = client_as("office")
    office.post(f"{AT}/nodes/columns/", {"columns": ["code", "sector", "version"]})
    text = office.get(f"{AT}/nodes/").content.decode()
    heads = text[text.index("<thead>") : text.index("</thead>")]
    assert ("Sector" in heads, "Owner" in heads) == (True, False)


def test_an_empty_list_says_what_comes_first(client_as: As, park: Any) -> None:
    assert str(find("points").hint)[:12] in client_as("office").get(f"{AT}/points/").content.decode()  # type: ignore[union-attr]


def test_a_page_of_a_row_shows_what_belongs_to_it(client_as: As, park: Any) -> None:
    row = Node.objects.get(code="A")
    Contact.objects.create(park=park, name="Ms Wu", node=row)
    text = client_as("office").get(f"{AT}/nodes/{row.pk}/").content.decode()
    assert "Ms Wu" in text


def test_a_foreign_row_is_not_there_on_any_part(client_as: As, park: Any) -> None:
    foreign, own = Node.objects.get(code="B").pk, Node.objects.get(code="A").pk
    reporter = client_as("reporter", "A")
    assert [reporter.get(f"{AT}/nodes/{foreign}/{part}").status_code for part in ("", "history/")] == [404, 404]
    assert [reporter.get(f"{AT}/nodes/{own}/{part}").status_code for part in ("", "history/")] == [200, 200]


@pytest.mark.parametrize("role", ["reporter", "approver", "provider"])
@pytest.mark.parametrize("slug", SLUGS)
def test_who_may_not_write_gets_no_form(client_as: As, park: Any, slug: str, role: str) -> None:
    one = client_as(role, "A")
    answers = [one.get(f"{AT}/{slug}/{part}").status_code for part in ("new/", "1/edit/", "1/remove/")]
    assert answers == [403, 403, 403]


def test_a_form_makes_a_row_and_leads_to_it(client_as: As, park: Any) -> None:
    stream = Stream.objects.get(code="EA")
    fresh = Meter(park=park, point="P7", stream=stream, role="main", register="counter", unit="kWh", multiplier=1)
    answer = client_as("office").post(f"{AT}/points/new/", posted(fresh))
    assert answer.status_code == 302
    assert answer["Location"] == f"{AT}/points/{Meter.objects.get(point='P7').pk}/"


def test_a_second_click_makes_no_second_row(client_as: As, park: Any) -> None:
    office = client_as("office")
    sent = {"name": "Ms Wu", "token": str(uuid.uuid4())}
    answers = [office.post(f"{AT}/contacts/new/", sent) for _ in range(2)]
    assert Contact.objects.count() == 1
    assert answers[0]["Location"] == answers[1]["Location"]


def test_a_refused_form_keeps_what_was_typed(client_as: As, park: Any) -> None:
    fresh = Meter(park=park, point="P 7", stream=Stream.objects.get(code="EA"), role="main", register="counter")
    answer = client_as("office").post(f"{AT}/points/new/", posted(fresh, unit="kWh", serial="S/N 5"))
    assert (answer.status_code, b'value="P 7"' in answer.content, b"S/N 5" in answer.content) == (422, True, True)


def test_a_name_stands_for_a_code(client_as: As, park: Any) -> None:
    answer = client_as("office").post(f"{AT}/contacts/new/", {"name": "Ms Wu", "node": "Plant B"})
    assert answer.status_code == 302
    assert Contact.objects.get().node.code == "B"


def test_the_later_editor_sees_both_values_and_can_merge(client_as: As, park: Any) -> None:
    row, office = meter(), client_as("office")
    first = posted(row, multiplier="100", serial="S1")
    mine = posted(row, multiplier="120", clock="utc")
    office.post(f"{AT}/points/{row.pk}/edit/", first)
    told = office.post(f"{AT}/points/{row.pk}/edit/", mine)
    page = told.content.decode()
    assert told.status_code == 409
    assert ('value="120"' in page, 'value="S1"' in page, 'value="utc"' in page) == (True, True, True)
    merged = mine | {"serial": "S1", "version": "2", "token": str(uuid.uuid4())}
    assert office.post(f"{AT}/points/{row.pk}/edit/", merged).status_code == 302
    row.refresh_from_db()
    assert (row.serial, row.multiplier, row.clock, row.version) == ("S1", 120, "utc", 3)


def test_the_history_says_who_changed_the_multiplier_and_why(client_as: As, park: Any) -> None:
    row, office = meter(), client_as("office", name="Xu Jing")
    office.post(f"{AT}/points/{row.pk}/edit/", posted(row, multiplier="100"))
    text = office.get(f"{AT}/points/{row.pk}/history/").content.decode()
    assert all(word in text for word in ("Xu Jing", "new device", "Multiplier", "80", "100"))


def test_a_change_without_a_reason_is_sent_back(client_as: As, park: Any) -> None:
    row = meter()
    answer = client_as("office").post(f"{AT}/points/{row.pk}/edit/", posted(row, multiplier="100", reason=""))
    assert answer.status_code == 422


def test_a_removal_that_something_stands_against_says_what(client_as: As, park: Any) -> None:
    row = Node.objects.get(code="B")
    answer = client_as("office").post(f"{AT}/nodes/{row.pk}/remove/", {"reason": "closed"})
    assert answer.status_code == 422
    assert "EB" in answer.content.decode()


def test_a_removal_names_what_goes_along(client_as: As, park: Any) -> None:
    row = meter().stream
    text = client_as("office").get(f"{AT}/streams/{row.pk}/remove/").content.decode()
    assert "Metering points 1" in text


def test_a_row_is_removed_with_its_reason(client_as: As, park: Any) -> None:
    row = meter()
    answer = client_as("office").post(f"{AT}/points/{row.pk}/remove/", {"reason": "scrapped"})
    assert (answer.status_code, Meter.objects.exists()) == (302, False)


def test_suggestions_are_those_that_one_may_see(client_as: As, park: Any) -> None:
    text = client_as("reporter", "A").get(f"{AT}/streams/options/target/?target=").content.decode()
    assert ('value="A"' in text, 'value="B"' in text) == (True, False)


def test_suggestions_of_a_closed_word_come_from_the_library(client_as: As, park: Any) -> None:
    assert (
        'value="diesel"' in client_as("office").get(f"{AT}/streams/options/commodity/?commodity=dies").content.decode()
    )


def test_an_unknown_field_has_no_suggestions(client_as: As, park: Any) -> None:
    assert client_as("office").get(f"{AT}/streams/options/park__code/").status_code == 404


def test_search_finds_over_all_registers_what_one_may_see(client_as: As, park: Any) -> None:
    meter("PB", "EB")
    office, reporter = client_as("office"), client_as("reporter", "A")
    assert ">PB<" in office.get("/p/T/search/?q=PB").content.decode()
    assert ">PB<" not in reporter.get("/p/T/search/?q=PB").content.decode()


def test_search_finds_chinese_words_run_together(client_as: As, park: Any) -> None:
    Contact.objects.create(park=park, name="恒禾食品", duty="蒸汽管理")
    assert "恒禾食品" in client_as("office").get("/p/T/search/?q=恒禾蒸汽").content.decode()


def test_a_private_field_is_nowhere_for_others(client_as: As, park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from lingtan.web.kernel import register

    held = find("contacts")
    assert held is not None
    hidden = replace(held, private={"duty": frozenset({"reporter"})}, filters=("node", "duty"))
    monkeypatch.setitem(register._REGISTERS, "contacts", hidden)
    row = Contact.objects.create(park=park, name="Ms Wu", duty="canary", node=Node.objects.get(code="A"))
    Contact.objects.filter(pk=row.pk).update(duty="canary2")
    office, reporter = client_as("office"), client_as("reporter", "A")
    pages = [
        "contacts/",
        f"contacts/{row.pk}/",
        f"contacts/{row.pk}/history/",
        f"contacts/{row.pk}/edit/",
    ]
    assert "canary" in "".join(reporter.get(f"{AT}/{page}").content.decode() for page in pages)
    shown = "".join(office.get(f"{AT}/{page}").content.decode() for page in pages)
    assert "canary" not in shown
    assert office.get(f"{AT}/contacts/?q=canary").context["list"].total == 0
    assert office.get(f"{AT}/contacts/options/duty/?duty=").status_code == 404
    assert office.get(f"{AT}/contacts/?sort=duty").status_code == 200
    assert office.post(f"{AT}/contacts/{row.pk}/edit/", {"name": "Ms Wu", "duty": "x", "version": 1}).status_code == 302
    row.refresh_from_db()
    assert row.duty == "canary2"


def test_times_are_shown_and_read_in_the_parks_zone(client_as: As, park: Any) -> None:
    row = meter()
    sent = posted(row, valid_from="2025-01-01T00:00:00")
    client_as("office").post(f"{AT}/points/{row.pk}/edit/", sent)
    row.refresh_from_db()
    assert row.valid_from.astimezone(timezone.get_fixed_timezone(480)).isoformat() == "2025-01-01T00:00:00+08:00"
