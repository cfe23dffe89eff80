"""Records over the API: the registry's operations, their refusals, who sees what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lingtan.web.kernel import register as declared
from lingtan.web.metering.meter import Meter
from lingtan.web.metering.price import Price
from lingtan.web.metering.stream import Stream
from lingtan.web.park.contact import Contact
from lingtan.web.park.node import Node
from lingtan.web.park.park import Park

BASE = "/api/v1/parks/T"
POINT = {"point": "P1", "stream": "EA", "role": "main", "register": "counter", "unit": "kWh", "multiplier": "60.5"}


def post(one: Any, path: str, body: Any, **headers: str) -> Any:
    return one.post(f"{BASE}/{path}", body, content_type="application/json", headers=headers)


def patch(one: Any, path: str, body: Any, **headers: str) -> Any:
    return one.patch(f"{BASE}/{path}", body, content_type="application/json", headers=headers)


def code(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer["X-Request-ID"]
    return answer.status_code, body["code"]


def fields(answer: Any) -> list[str]:
    return [one["field"] for one in answer.json()["errors"]]


def test_a_record_is_made_read_changed_and_removed(program: Callable[..., Any]) -> None:
    office = program()
    made = post(office, "points?reason=new%20meter", POINT)
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["point"], body["stream"], body["multiplier"], made["ETag"]) == ("P1", "EA", "60.5", '"1"')
    changed = patch(office, f"points/{body['id']}?reason=plate%20read", {"multiplier": 80}, **{"If-Match": '"1"'})
    assert changed.status_code == 200, changed.content
    assert (changed.json()["multiplier"], changed["ETag"]) == ("80", '"2"')
    assert office.get(f"{BASE}/points/{body['id']}").json() == changed.json()
    gone = office.delete(f"{BASE}/points/{body['id']}?reason=twice", headers={"If-Match": '"2"'})
    assert gone.status_code == 204
    assert not Meter.objects.exists()


def test_history_keeps_reason_request_and_token(program: Callable[..., Any]) -> None:
    office = program()
    made = post(office, "contacts?reason=called", {"name": "Li"})
    event = Contact.objects.get().events.select_related("pgh_context").get()
    kept = event.pgh_context.metadata
    assert (kept["reason"], kept["request"], kept["token"]) == ("called", made["X-Request-ID"], office.token.prefix)


def test_a_change_without_a_version_is_refused(program: Callable[..., Any]) -> None:
    office = program()
    key = post(office, "contacts", {"name": "Li"}).json()["id"]
    assert code(patch(office, f"contacts/{key}", {"name": "Wu"})) == (428, "version-needed")


def test_a_change_of_an_older_version_is_refused(program: Callable[..., Any]) -> None:
    office = program()
    key = post(office, "contacts", {"name": "Li"}).json()["id"]
    patch(office, f"contacts/{key}", {"name": "Wu"}, **{"If-Match": '"1"'})
    assert code(patch(office, f"contacts/{key}", {"name": "An"}, **{"If-Match": '"1"'})) == (412, "stale")
    assert code(office.delete(f"{BASE}/contacts/{key}", headers={"If-Match": '"1"'})) == (412, "stale")
    assert Contact.objects.get().name == "Wu"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**POINT, "multiplier": True}, "multiplier"),
        ({**POINT, "multiplier": "1,5"}, "multiplier"),
        ({**POINT, "multiplier": 1e15}, "multiplier"),
        ({**POINT, "digits": 1.5}, "digits"),
        ({**POINT, "bidirectional": 1}, "bidirectional"),
        ({**POINT, "valid_from": "2025-01-01T00:00:00"}, "valid_from"),
        ({**POINT, "point": "a\x00b"}, "point"),
        ({**POINT, "stream": "none"}, "stream"),
        ({**POINT, "unit": "GJ/h"}, "unit"),
        ({**POINT, "colour": "red"}, "colour"),
        ({key: value for key, value in POINT.items() if key != "stream"}, "stream"),
    ],
)
def test_a_value_that_does_not_fit_is_named(program: Callable[..., Any], body: Any, field: str) -> None:
    answer = post(program(), "points", body)
    assert code(answer) == (422, "invalid")
    assert field in fields(answer), answer.json()
    assert not Meter.objects.exists()


def test_digits_are_kept_one_by_one(program: Callable[..., Any]) -> None:
    answer = program().post(
        f"{BASE}/points", '{"point": "P1", "stream": "EA", "role": "main", "register": "counter", "unit": "kWh",'
        ' "multiplier": 0.1234567890123456789}', content_type="application/json",
    )  # fmt: skip
    assert answer.json()["multiplier"] == "0.1234567890123456789"


@pytest.mark.parametrize("text", ["{", "[1]", '{"name": NaN}', '{"name": 1e999}', "\ufeff{}", '{"name": "\\ud800"}'])
def test_a_body_that_is_no_object_of_values_is_a_problem(program: Callable[..., Any], text: str) -> None:
    answer = program().post(f"{BASE}/contacts", text, content_type="application/json")
    assert code(answer)[0] in (400, 422)


def test_another_media_type_is_refused(program: Callable[..., Any]) -> None:
    answer = program().post(f"{BASE}/contacts", "name=Li", content_type="application/x-www-form-urlencoded")
    assert code(answer) == (415, "unsupported-media-type")


def test_another_method_is_refused_with_those_there_are(program: Callable[..., Any]) -> None:
    answer = program().put(f"{BASE}/contacts", {}, content_type="application/json")
    assert code(answer) == (405, "method-not-allowed")
    assert set(answer["Allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1/parks/T/nothing", "/api/v1/parks/other/points", "/api/v1/"]
)
def test_what_is_not_there_is_a_problem(program: Callable[..., Any], path: str) -> None:
    Park.objects.create(code="other")
    assert code(program().get(path)) == (404, "not-found")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_foreign_record_is_not_there(program: Callable[..., Any], method: str) -> None:
    foreign = Stream.objects.get(code="EB")
    one = program("reporter", "A")
    answer = getattr(one, method)(
        f"{BASE}/streams/{foreign.pk}", **({"data": {"note": "x"}} if method == "patch" else {}),
        content_type="application/json", headers={"If-Match": '"1"'},
    )  # fmt: skip
    assert code(answer) == (404, "not-found")


def test_a_list_holds_own_records_only(program: Callable[..., Any]) -> None:
    listed = program("reporter", "A").get(f"{BASE}/streams").json()["items"]
    assert [row["code"] for row in listed] == ["EA", "EA1"]


def test_a_reference_to_a_foreign_record_leads_nowhere(program: Callable[..., Any], park: Any) -> None:
    other = Park.objects.create(code="other")
    Node.objects.create(park=other, code="theirs", kind="enterprise")
    answer = post(program(), "contacts", {"name": "Li", "node": "theirs"})
    assert (code(answer), fields(answer)) == ((422, "invalid"), ["node"])


def test_a_role_that_may_not_write_is_told_so(program: Callable[..., Any]) -> None:
    assert code(post(program("reporter", "A"), "contacts", {"name": "Li"})) == (403, "forbidden")


def test_a_private_field_is_absent(program: Callable[..., Any], park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = declared.find("prices")
    assert own is not None
    stream = Stream.objects.get(code="EA")
    price = Price.objects.create(
        park=park, subject="EA", stream=stream, component="energy", value="0.61", currency="CNY", unit="kWh"
    )
    for name, value in (("private", {"value": frozenset({"office"})}), ("filters", ("value",))):
        object.__setattr__(own, name, value) if name == "private" else None
    try:
        one = program("reporter", "A")
        assert "value" not in one.get(f"{BASE}/prices/{price.pk}").json()
        assert "value" not in one.get(f"{BASE}/prices").json()["items"][0]
        assert fields(one.get(f"{BASE}/prices?fields=value")) == ["fields"]
        assert program().get(f"{BASE}/prices/{price.pk}").json()["value"] == "0.61"
    finally:
        object.__setattr__(own, "private", {})
    assert replace(own, private={}).private == {}


def test_pages_follow_one_another_by_their_cursor(program: Callable[..., Any]) -> None:
    office = program()
    seen, cursor = [], ""
    for _ in range(5):
        page = office.get(f"{BASE}/nodes?limit=3&cursor={cursor}").json()
        seen += [row["code"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == ["A", "A1", "B", "grid"]


@pytest.mark.parametrize("cursor", ["x", "YWZ0ZXI6LTE", "YWZ0ZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "é"])
def test_a_cursor_of_ones_own_making_is_refused(program: Callable[..., Any], cursor: str) -> None:
    assert fields(program().get(f"{BASE}/nodes", {"cursor": cursor})) == ["cursor"]


def test_filters_words_and_chosen_fields(program: Callable[..., Any]) -> None:
    office = program()
    assert [row["code"] for row in office.get(f"{BASE}/streams?target=B").json()["items"]] == ["EB"]
    assert [row["code"] for row in office.get(f"{BASE}/streams?q=EA1").json()["items"]] == ["EA1"]
    assert set(office.get(f"{BASE}/streams?fields=code").json()["items"][0]) == {"id", "version", "code"}


def test_a_misspelt_filter_is_refused(program: Callable[..., Any]) -> None:
    assert fields(program().get(f"{BASE}/streams?targte=B")) == ["targte"]


def test_the_same_key_gives_the_same_answer_once(program: Callable[..., Any]) -> None:
    office = program()
    first = post(office, "contacts", {"name": "Li"}, **{"Idempotency-Key": "k1"})
    second = post(office, "contacts", {"name": "Li"}, **{"Idempotency-Key": "k1"})
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert second["Idempotent-Replayed"] == "true"
    assert Contact.objects.count() == 1


def test_a_key_with_another_body_is_a_conflict(program: Callable[..., Any]) -> None:
    office = program()
    post(office, "contacts", {"name": "Li"}, **{"Idempotency-Key": "k1"})
    assert code(post(office, "contacts", {"name": "Wu"}, **{"Idempotency-Key": "k1"})) == (409, "key-reused")
    assert Contact.objects.count() == 1


def test_a_key_of_a_refused_request_may_be_used_again(program: Callable[..., Any]) -> None:
    office = program()
    assert post(office, "contacts", {"name": ""}, **{"Idempotency-Key": "k1"}).status_code == 422
    assert post(office, "contacts", {"name": "Li"}, **{"Idempotency-Key": "k1"}).status_code == 201


def test_queries_of_a_list_do_not_grow_with_its_rows(
    program: Callable[..., Any], park: Any, django_assert_max_num_queries: Any
) -> None:
    office = program()
    source, target = Node.objects.get(code="grid"), Node.objects.get(code="A")
    for at in range(30):
        Stream.objects.create(park=park, code=f"S{at}", commodity="water", source=source, target=target)
    with django_assert_max_num_queries(7):
        assert len(office.get(f"{BASE}/streams").json()["items"]) == 33
