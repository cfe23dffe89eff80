"""Who changed it, and which figures moved: a change of a record, the work after it, and the pages that tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.utils import ProgrammingError
from django.test import Client

from lingtan.web.account.move import Move, keep_moves
from lingtan.web.account.run import Run
from lingtan.web.kernel import actions
from lingtan.web.park.park import Park
from lingtan.web.people.access import Access


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any, small_folder: Path) -> Iterator[dict[str, Any]]:
    """Return the park after four passes, each change and pass committed by itself, as on a real server.

    As imported; with the multiplier of C's meter doubled; with two changes of a factor; unchanged. A last change of
    the factor is not computed.
    """
    with django_db_blocker.unblock():
        try:
            yield _passes(small_folder)
        finally:
            call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


def _passes(folder: Path) -> dict[str, Any]:
    from lingtan.web.account.actions import ask_for_account
    from lingtan.web.account.factor import Factor
    from lingtan.web.metering.meter import Meter
    from lingtan.web.park.folder import import_folder
    from lingtan.web.people.user import User

    park = import_folder(folder, by=None).park
    user = User.objects.create(username="wang", display_name="Wang Fang")
    by = Access(user.pk, park.pk, whole_park=True, actions=frozenset({"change", "compute"}))

    def draw() -> list[Run]:
        job = ask_for_account(park, by=by, year=2025, method="cn-zcp-2025", boundary="inside")
        assert job.state == "done", job.error
        return list(Run.objects.filter(superseded_by__isnull=True, variant="cn-zcp-2025").order_by("year"))

    passes = [draw()]
    meter = Meter.objects.get(park=park, point="EL_C.m")
    actions.change(
        meter, {"multiplier": Decimal(2)}, by=by, version=meter.version, reason="CT ratio read wrong on site"
    )
    passes.append(draw())
    factor = Factor.objects.get(park=park, code="own-gas")
    for number in (1, 2):
        factor = actions.change(factor, {"note": f"n{number}"}, by=by, version=factor.version, reason=f"why {number}")
    passes += [draw(), draw()]
    actions.change(factor, {"note": "n3"}, by=by, version=factor.version, reason="why 3")
    return {
        "park": park.pk,
        "meter": meter.pk,
        "factor": factor.pk,
        "passes": [[run.pk for run in one] for one in passes],
    }


@pytest.fixture
def changed(told: dict[str, Any], db: None) -> dict[str, Any]:
    """Return the same with somebody of the office signed in; the runs are those of 2025 of the second pass."""
    runs = [Run.objects.get(pk=pair[-1]) for pair in told["passes"]]
    park = Park.objects.get(pk=told["park"])
    return {**told, "park": park, "office": signed_in(park, "office"), "runs": runs}


def signed_in(park: Park, role: str, enterprise: str = "") -> Client:
    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    user = User.objects.create(username=f"{role}-{enterprise}", display_name=role)
    node = Node.objects.get(park=park, code=enterprise) if enterprise else None
    Membership.objects.create(user=user, park=park, role=role, enterprise=node)
    one = Client(headers={"accept-language": "en"})
    one.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return one


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_a_multiplier_doubled_moves_the_flow_the_line_and_the_totals_and_nothing_of_the_neighbours(
    changed: dict[str, Any],
) -> None:
    moved = {one.name: one for one in Move.objects.filter(run=changed["runs"][1])}
    flow = moved["flow:EL_C@2025-03"]
    assert flow.after == 2 * flow.before
    assert {"flow:EL_C", "node:C", "total:co2_t"} <= set(moved)
    assert not any("EL_A" in name or "EL_B" in name or "GAS_A" in name for name in moved)


def test_the_history_of_the_meter_tells_who_why_and_which_figures_moved(changed: dict[str, Any]) -> None:
    page = text_of(changed["office"], f"/p/small/registers/points/{changed['meter']}/history/")
    assert "CT ratio read wrong on site" in page
    assert "Wang Fang" in page
    assert f"/p/small/moves/{changed['runs'][1].pk}/?of=points:{changed['meter']}" in page
    assert "figures moved, computed" in page
    assert "total:co2_t" in page
    assert "first account, computed" in page


def test_the_page_of_a_pass_shows_before_after_difference_and_the_change_that_went_in(changed: dict[str, Any]) -> None:
    former, run = changed["runs"][:2]
    page = text_of(changed["office"], f"/p/small/moves/{run.pk}/?of=points:{changed['meter']}")
    assert f"/p/small/explain/{former.pk}/total:co2_t" in page
    assert f"/p/small/explain/{run.pk}/total:co2_t" in page
    assert "rests on the record" in page
    assert "CT ratio read wrong on site" in page
    assert "Wang Fang" in page


def test_a_figure_tells_what_changed_it_since(changed: dict[str, Any]) -> None:
    run, last = changed["runs"][1], changed["runs"][-1]
    page = text_of(changed["office"], f"/p/small/explain/{last.pk}/total:co2_t")
    assert f"/p/small/moves/{run.pk}/" in page
    untouched = text_of(changed["office"], f"/p/small/explain/{last.pk}/line:fuel:GAS_A")
    assert "no later account moved it" in untouched


def test_a_change_that_was_not_computed_yet_says_so(changed: dict[str, Any]) -> None:
    page = text_of(changed["office"], f"/p/small/registers/factors/{changed['factor']}/history/")
    assert page.count("not computed since") == 1
    assert "no figure moved" in page


def test_a_pass_that_changes_nothing_moves_no_figure(changed: dict[str, Any]) -> None:
    page = text_of(changed["office"], f"/p/small/moves/{changed['runs'][3].pk}/")
    assert "No figure moved." in page
    assert "No record that feeds the account was changed" in page


def test_changes_of_one_pass_stand_together(changed: dict[str, Any]) -> None:
    page = text_of(changed["office"], f"/p/small/moves/{changed['runs'][2].pk}/")
    assert "why 1" in page
    assert "why 2" in page
    assert "These went into one account together" in page
    assert "why 3" not in page
    assert "CT ratio read wrong" not in page


def test_an_enterprise_sees_its_own_moves_and_changes_only(changed: dict[str, Any]) -> None:
    run = changed["runs"][1]
    assert signed_in(changed["park"], "reporter", "A").get(f"/p/small/moves/{run.pk}/").status_code == 404
    page = text_of(signed_in(changed["park"], "reporter", "C"), f"/p/small/moves/{run.pk}/")
    assert "flow:EL_C@2025-03" in page
    assert "total:co2_t" not in page
    assert "node:A" not in page


def test_what_moved_comes_as_csv(changed: dict[str, Any]) -> None:
    answer = changed["office"].get(f"/p/small/moves/{changed['runs'][1].pk}/?format=csv")
    assert b"flow:EL_C@2025-03" in answer.content


def test_every_figure_of_a_moved_row_opens(changed: dict[str, Any]) -> None:
    run, office = changed["runs"][1], changed["office"]
    names = {one.name.partition("@")[0] for one in Move.objects.filter(run=run, way="changed")}
    for name in sorted(names):
        assert office.get(f"/p/small/explain/{run.pk}/{name}").status_code == 200, name


def test_new_and_vanished_figures_are_told_as_such(changed: dict[str, Any]) -> None:
    old, new = (Run.objects.get(pk=pk) for pk in changed["passes"][0])
    keep_moves(new, old)
    ways = {one.name: one.way for one in Move.objects.filter(run=new)}
    assert ways["flow:EL_A@2024-03"] == "gone"
    assert ways["flow:EL_A@2025-03"] == "new"
    assert ways["flow:EL_B"] == "changed"


def test_moves_cannot_be_altered(changed: dict[str, Any]) -> None:
    with pytest.raises(ProgrammingError), transaction.atomic():
        Move.objects.update(after=0)
