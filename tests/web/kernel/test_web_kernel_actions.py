"""Create, change, remove: grants, versions, the folder's rules, what stands in the way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from lingtan.web.kernel import actions, history
from lingtan.web.kernel.register import Register, find, registers
from lingtan.web.metering.models import Meter, Stream, VirtualPoint
from lingtan.web.park.models import Boundary, Fact, Member, Node
from lingtan.web.people.access import Access
from lingtan.web.people.roles import GRANTS

WHY = "new device"


@pytest.fixture
def office(park: Any) -> Access:
    return Access(None, park.pk, frozenset({"office"}), whole_park=True, actions=GRANTS["office"].actions)


@pytest.fixture
def reporter(park: Any) -> Access:
    own = frozenset({Node.objects.get(code="A").pk})
    return Access(None, park.pk, frozenset({"reporter"}), enterprises=own, actions=GRANTS["reporter"].actions)


def register(slug: str) -> Register:
    found = find(slug)
    assert found is not None
    return found


def point(office: Access, **more: Any) -> Any:
    values = {"point": "P1", "stream": Stream.objects.get(code="EA"), "role": "main", "register": "counter",
              "unit": "kWh", "multiplier": Decimal(80)}  # fmt: skip
    return actions.create(register("points"), values | more, by=office)


def refused(caught: pytest.ExceptionInfo[ValidationError]) -> dict[str, list[str]]:
    return caught.value.message_dict


def test_a_created_row_stands_in_the_persons_park(office: Access) -> None:
    assert Meter.objects.get(pk=point(office).pk).park_id == office.park_id


def test_a_role_without_the_grant_creates_nothing(reporter: Access) -> None:
    with pytest.raises(PermissionDenied):
        point(reporter)
    assert not Meter.objects.exists()


def test_a_change_raises_the_version_and_keeps_the_reason(office: Access) -> None:
    row = actions.change(point(office), {"multiplier": Decimal(100)}, by=office, version=1, reason=WHY)
    assert row.version == 2
    newest = history.changes(register("points"), row, office)[0]
    assert (newest.reason, [(label, old.text, new.text) for label, old, new in newest.fields]) == (
        WHY, [("Multiplier", "80", "100")],
    )  # fmt: skip


def test_a_change_that_changes_nothing_leaves_the_version(office: Access) -> None:
    assert actions.change(point(office), {"multiplier": Decimal(80)}, by=office, version=1).version == 1


def test_a_change_of_what_feeds_the_account_needs_a_reason(office: Access) -> None:
    row = point(office)
    with pytest.raises(ValidationError) as caught:
        actions.change(row, {"multiplier": Decimal(100)}, by=office, version=1)
    assert list(refused(caught)) == ["reason"]


def test_the_later_of_two_editors_is_told(office: Access) -> None:
    row = point(office)
    actions.change(row, {"multiplier": Decimal(100)}, by=office, version=1, reason=WHY)
    with pytest.raises(actions.Stale) as caught:
        actions.change(row, {"multiplier": Decimal(120)}, by=office, version=1, reason=WHY)
    assert caught.value.row.multiplier == Decimal(100)


@pytest.mark.parametrize(
    ("slug", "values", "field"),
    [
        ("points", {"point": "P 1"}, "point"),
        ("points", {"unit": "t"}, "unit"),
        ("points", {"unit": "furlong"}, "unit"),
        ("points", {"multiplier": Decimal(0)}, "multiplier"),
        ("points", {"clock": "noon"}, "clock"),
        ("streams", {"commodity": "phlogiston"}, "commodity"),
        ("streams", {"made_as": "magic"}, "made_as"),
        ("streams", {"target": "grid"}, "target"),
        ("nodes", {"code": "Ä"}, "code"),
        ("members", {"share": Decimal("1.2")}, "share"),
        ("facts", {"subject": "nobody"}, "subject"),
        ("facts", {"value": "many", "unit": "kWh2"}, "unit"),
        ("factors", {"parameter": "charm"}, "parameter"),
        ("factors", {"unit": "kWh"}, "unit"),
        ("prices", {"subject": "nobody"}, "subject"),
        ("adoption", {"order": ["gossip"]}, "order"),
        ("stocks", {"amount": Decimal(-1)}, "amount"),
        ("statements", {"amount": Decimal(-1)}, "amount"),
        ("virtual-points", {"expression": "P9 + 1"}, "__all__"),
        ("commodities", {"code": "electricity"}, "__all__"),
        ("certificates", {"serial_from": 5}, "serial_to"),
        ("boundaries", {"kind": "wished"}, "kind"),
    ],
)
def test_what_the_folder_refuses_the_pages_refuse(
    office: Access, slug: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        actions.create(register(slug), good(slug) | named(values), by=office)
    assert field in refused(caught)


@pytest.mark.parametrize("slug", ["points", "streams", "nodes", "members", "facts", "factors", "prices", "adoption",
                                  "stocks", "statements", "virtual-points", "commodities", "certificates", "boundaries",
                                  "properties"])  # fmt: skip
def test_what_the_folder_takes_the_pages_take(office: Access, slug: str) -> None:
    assert actions.create(register(slug), good(slug), by=office).version == 1


def named(values: dict[str, Any]) -> dict[str, Any]:
    """Put rows in place of codes."""
    return {k: Node.objects.get(code=v) if k in ("source", "target", "node") else v for k, v in values.items()}


def good(slug: str) -> dict[str, Any]:
    """Return values that both folder and pages take."""
    from datetime import UTC, datetime

    stream, start, end = (
        Stream.objects.get(code="EA"),
        datetime(2025, 1, 1, tzinfo=UTC),
        datetime(2025, 2, 1, tzinfo=UTC),
    )
    Meter.objects.create(park=stream.park, point="P0", stream=stream, role="main", register="counter", unit="kWh")
    return named({
        "points": {"point": "P1", "stream": stream, "role": "main", "register": "counter", "unit": "kWh"},
        "streams": {"code": "S9", "commodity": "electricity", "source": "grid", "target": "B"},
        "nodes": {"code": "N9", "kind": "workshop", "parent": Node.objects.get(code="A")},
        "members": {"boundary": Boundary.objects.create(park=stream.park, code="C", kind="planned"), "node": "A"},
        "facts": {"subject": "A", "quantity": "headcount", "value": "12", "unit": "persons"},
        "factors": {"code": "F1", "subject": "electricity", "parameter": "ef_location", "value": Decimal("0.5"),
                    "unit": "tCO2/MWh", "document": "letter 7"},
        "prices": {"subject": "EA", "component": "energy", "value": Decimal(1), "currency": "CNY", "unit": "kWh"},
        "adoption": {"stream": stream, "order": ["invoice", "main"]},
        "stocks": {"node": "A", "commodity": "diesel", "time": start, "amount": Decimal(3), "unit": "t"},
        "statements": {"stream": stream, "start": start, "end": end, "amount": Decimal(5), "unit": "kWh",
                       "kind": "invoice"},
        "virtual-points": {"point": "V1", "stream": stream, "role": "sub", "unit": "kWh", "expression": "P0 * 2"},
        "commodities": {"code": "own-gas", "parent": "natural_gas"},
        "certificates": {"code": "L1", "kind": "GEC", "event": "issue", "date": start, "amount": Decimal(2),
                         "unit": "MWh"},
        "boundaries": {"code": "N", "kind": "other"},
        "properties": {"stream": stream, "start": start, "end": end, "property": "temperature", "value": Decimal(5),
                       "unit": "degC"},
    }[slug])  # fmt: skip


def test_overlapping_devices_of_one_point_are_refused(office: Access) -> None:
    point(office)
    with pytest.raises(ValidationError) as caught:
        point(office, serial="2")
    assert "__all__" in refused(caught)


def test_a_node_may_not_be_its_own_ancestor(office: Access) -> None:
    row = Node.objects.get(code="A")
    with pytest.raises(ValidationError):
        actions.change(row, {"parent": Node.objects.get(code="A1")}, by=office, version=1, reason=WHY)


def test_a_child_is_no_member_beside_its_parent(office: Access) -> None:
    values = {"boundary": Boundary.objects.get(code="B"), "node": Node.objects.get(code="A1")}
    with pytest.raises(ValidationError):
        actions.create(register("members"), values, by=office)
    assert Member.objects.count() == 2


def test_a_point_that_an_expression_names_is_not_renamed(office: Access) -> None:
    row = point(office)
    VirtualPoint.objects.create(
        park=row.park, point="V", stream=row.stream, role="sub", unit="kWh", expression="P1 / 2"
    )
    with pytest.raises(ValidationError):
        actions.change(row, {"point": "P2"}, by=office, version=1, reason=WHY)


def test_removing_a_node_names_what_stands_in_the_way(office: Access) -> None:
    with pytest.raises(ValidationError) as caught:
        actions.remove(Node.objects.get(code="B"), by=office, reason=WHY)
    assert "EB" in refused(caught)["__all__"][0]


def test_an_id_that_other_rows_name_in_text_is_not_changed(office: Access, park: Any) -> None:
    row = Boundary.objects.create(park=park, code="C", kind="planned")
    Fact.objects.create(park=park, subject="C", quantity="headcount", value="3")
    with pytest.raises(ValidationError):
        actions.change(row, {"code": "D"}, by=office, version=1, reason=WHY)


def test_a_row_that_is_not_visible_is_no_value(office: Access) -> None:
    from lingtan.web.park.park import Park

    other = Park.objects.create(code="X")
    grid = Node.objects.create(park=other, code="X1", kind="grid")
    with pytest.raises(ValidationError) as caught:
        point(
            office,
            stream=Stream.objects.create(park=other, code="X", commodity="electricity", source=grid, target=grid),
        )
    assert "stream" in refused(caught)


def test_a_removed_row_stays_in_the_history(office: Access) -> None:
    row = point(office)
    key = row.pk
    actions.remove(row, by=office, reason=WHY)
    assert Meter.pgh_event_model.objects.filter(pgh_obj_id=key, pgh_label="delete").exists()


def test_every_row_that_a_folder_brought_fits_on_the_pages_too(db: None, tmp_path: Any) -> None:
    from lingtan.example import write
    from lingtan.web.park.fit import faults
    from lingtan.web.park.folder.importing import import_folder

    write(tmp_path / "park", small=True)
    made = import_folder(tmp_path / "park", by=None).park
    seer = Access(None, made.pk, frozenset({"office"}), whole_park=True)
    rows = [(one, row) for one in registers() if one.table for row in one.model.objects.filter(park=made)[:3]]
    assert len(rows) > 35
    assert {str(row): said for one, row in rows if (said := faults(one, row, seer))} == {}
