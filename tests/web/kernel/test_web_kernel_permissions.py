"""Who opens what: role x record type x part x own or foreign, made from the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kernel_samples import sample
from lingtan.web.kernel.register import Register, registers
from lingtan.web.kernel.scope import EVERYONE
from lingtan.web.park.models import Node
from lingtan.web.people.roles import GRANTS, Role

AT = "/p/T/registers"
ENTERPRISE = {Role.REPORTER, Role.APPROVER, Role.PROVIDER}


def seen(register: Register, role: str) -> tuple[bool, bool]:
    """Return whether a role sees a row of its own enterprise A and of enterprise B, by the table of roles."""
    if not GRANTS[role].reads:
        return False, False
    everyone = register.model.scope == EVERYONE
    return everyone or GRANTS[role].whole_park or bool(register.model.scope), everyone or GRANTS[role].whole_park


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_its_rows_and_writes_as_granted(client_as: Callable[..., Any], park: Any, role: str) -> None:
    one = client_as(role, "A" if role in ENTERPRISE else "")
    nodes = [Node.objects.get(code=code) for code in ("A", "B")]
    faults = []
    for register in registers():
        rows = [sample(register.model, node, f"{node.code}mark") for node in nodes]
        status = {True: 200, False: 404}
        for row, visible in zip(rows, seen(register, role), strict=True):
            for part in ("", "history/"):
                faults += differs(one, f"{AT}/{register.slug}/{row.pk}/{part}", status[visible])
            for part, action in (("edit/", "change"), ("remove/", "remove")):
                granted = action in GRANTS[role].actions
                faults += differs(one, f"{AT}/{register.slug}/{row.pk}/{part}", status[visible] if granted else 403)
        granted = "create" in GRANTS[role].actions
        faults += differs(one, f"{AT}/{register.slug}/new/", 200 if granted else 403)
    assert not faults, faults


def differs(one: Any, address: str, expected: int) -> list[str]:
    came = one.get(address).status_code
    return [] if came == expected else [f"{address}: expected {expected}, came {came}"]


@pytest.mark.parametrize("role", sorted(ENTERPRISE))
def test_a_neighbours_marks_stand_on_no_list_and_in_no_search(
    client_as: Callable[..., Any], park: Any, role: str
) -> None:
    foreign = Node.objects.get(code="B")
    one = client_as(role, "A")
    for register in registers():
        if register.model.scope != EVERYONE:
            sample(register.model, foreign, "canary")
    pages = [f"{AT}/{register.slug}/" for register in registers()] + ["/p/T/search/?q=canary", AT + "/"]
    for page in pages:
        assert "canary" not in one.get(page).content.decode().replace("q=canary", "").replace('"canary"', ""), page
