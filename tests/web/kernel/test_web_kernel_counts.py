"""How many queries a list takes: pinned for every register, the same for one row and for many."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from kernel_samples import sample

from lingtan.web.kernel import lists
from lingtan.web.kernel.register import find, registers
from lingtan.web.park.models import Node
from lingtan.web.people.access import Access
from lingtan.web.people.roles import GRANTS

PINNED = json.loads((Path(__file__).parents[1] / "query_counts.json").read_text("utf-8"))["lists"]


def queries(slug: str, park: Any, access: Access) -> int:
    register = find(slug)
    assert register is not None
    with CaptureQueriesContext(connection) as seen:
        found = lists.listing(register, access, park, {})
        assert found.total == len(found.rows) > 0
    return len(seen)


@pytest.mark.parametrize("slug", [one.slug for one in registers()])
def test_a_list_takes_the_pinned_number_of_queries(park: Any, slug: str) -> None:
    register = find(slug)
    assert register is not None
    nodes = [Node.objects.get(code="A")] + [
        Node.objects.create(park=park, code=f"N{number}", kind="enterprise") for number in range(4)
    ]
    for number, node in enumerate(nodes):
        Node.objects.filter(pk=node.pk).update(enterprise=node)
        sample(register.model, node, f"m{number}")
    office = Access(None, park.pk, frozenset({"office"}), whole_park=True, actions=GRANTS["office"].actions)
    reporter = Access(None, park.pk, frozenset({"reporter"}), enterprises=frozenset(node.pk for node in nodes))
    assert queries(slug, park, office) == PINNED[slug]
    if register.model.scope:
        assert queries(slug, park, reporter) <= PINNED[slug]
