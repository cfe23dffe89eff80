"""Who opens what: role x record type x part x own or foreign, made from the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from kernel_samples import sample

from lingtan.web.kernel import views
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
    monkeypatch.setattr(views, "render", lambda *_given, **_more: HttpResponse())


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
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_rows_and_writes_as_granted(client_as: Callable[..., Any], park: Any, role: str) -> None:
    client_as(role, "A" if role in ENTERPRISE else "")
    user = User.objects.get()
    nodes = [Node.objects.get(code=code) for code in ("A", "B")]
    actions = GRANTS[role].actions
    faults = []
    for register in registers():
        rows = [sample(register.model, node, f"{node.code}mark") for node in nodes]
        for row, visible in zip(rows, seen(register, role), strict=True):
            there = 200 if visible else 404
            parts = {views.detail: there, views.past: there, views.edit: there if "change" in actions else 403,
                     views.remove: there if "remove" in actions else 403}  # fmt: skip
            came = {view: outcome(view, user, slug=register.slug, pk=row.pk) for view in parts}
            faults += [
                (register.slug, view.__name__, visible, came[view]) for view in parts if came[view] != parts[view]
            ]
        made = outcome(views.create, user, slug=register.slug)
        faults += [(register.slug, "create", made)] if made != (200 if "create" in actions else 403) else []
    assert not faults, faults


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
        assert "canary" not in one.get(page).content.decode(), page
    assert one.get("/p/T/search/?q=canary").context["hits"] == []
