"""Who opens what: role x record type x part x own or foreign, made from the registry."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from kernel_samples import sample

from lingtan.web.kernel import pages, views
from lingtan.web.kernel.register import Register, registers
from lingtan.web.kernel.scope import EVERYONE
from lingtan.web.park.models import Boundary, Node
from lingtan.web.people.roles import GRANTS, Role
from lingtan.web.people.user import User

AT = "/p/T/registers"
ENTERPRISE = {Role.REPORTER, Role.APPROVER, Role.PROVIDER}


def seen(register: Register, role: str) -> tuple[bool, bool]:
    """Return whether a role sees a row of its own enterprise A and of enterprise B, by the table of roles."""
    both = register.model.scope == EVERYONE or GRANTS[role].whole_park
    return both or (role in ENTERPRISE and bool(register.model.scope)), both


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing of pages to other tests: here only who is let in counts."""
    for name in ("render", "show", "_form"):
        monkeypatch.setattr(views, name, lambda *_given, **_more: HttpResponse())
    monkeypatch.setattr(views.history, "changes", lambda *_given: [])
    monkeypatch.setattr(views.actions, "taken_along", lambda *_given: [])
    monkeypatch.setattr(views.forms, "form_of", lambda *_given, **_more: None)


def outcome(view: Callable[..., Any], user: User, **where: Any) -> int:
    """Return the status that a view gives somebody."""
    request = RequestFactory().get("/")
    request.user, request.session = user, {}
    try:
        return int(view(request, park="T", **where).status_code)
    except Http404:
        return 404
    except PermissionDenied:
        return 403


@pytest.mark.usefixtures("quick")
def test_every_role_opens_its_rows_and_writes_as_granted(
    client_as: Callable[..., Any], park: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [Node.objects.get(code=code) for code in ("A", "B")]
    rows = [(one, [sample(one.model, node, f"{node.code}mark") for node in nodes]) for one in registers()]
    monkeypatch.setattr(pages, "access_of", lru_cache(pages.access_of))
    faults = []
    for role in Role:
        client_as(role, "A" if role in ENTERPRISE else "")
        user = User.objects.get(memberships__role=role)
        for register, pair in rows:
            faults += [(role, register.slug, *fault) for fault in differing(register, pair, user, role)]
    assert not faults, faults


def differing(register: Register, rows: list[Any], user: User, role: str) -> list[tuple[str, int, int]]:
    """Return the parts of a register that give a role another status than the table of roles says."""
    actions = GRANTS[role].actions
    found = []
    for row, visible in zip(rows, seen(register, role), strict=True):
        there = 200 if visible else 404
        parts = {
            views.detail: there, views.past: there, views.edit: there if "change" in actions else 403,
            views.remove: there if "remove" in actions else 403,
        }  # fmt: skip
        came = {view: outcome(view, user, slug=register.slug, pk=row.pk) for view in parts}
        found += [(view.__name__, want, came[view]) for view, want in parts.items() if came[view] != want]
    want, made = 200 if "create" in actions else 403, outcome(views.create, user, slug=register.slug)
    return [*found, *([("create", want, made)] if made != want else [])]


@pytest.mark.parametrize("role", sorted(ENTERPRISE))
def test_a_neighbours_marks_stand_on_no_list_and_in_no_search(
    client_as: Callable[..., Any], park: Any, role: str
) -> None:
    foreign = Node.objects.get(code="B")
    sample(Boundary, foreign, "public")  # what everybody may see carries no mark of the neighbour
    one = client_as(role, "A")
    for register in registers():
        if register.model.scope != EVERYONE:
            sample(register.model, foreign, "canary")
    for page in (f"{AT}/{register.slug}/" for register in registers()):
        assert "canary" not in one.get(page, headers={"HX-Request": "true"}).content.decode(), page
    assert one.get("/p/T/search/?q=canary").context["hits"] == []
