"""The platform's tests: a real PostgreSQL (the embedded one, or DATABASE_URL), a small park, people of every role."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start (or join) the one server and give every worker a database of its own on it."""
    from django.conf import settings
    from django.db import connections

    from lingtan.web import embedded
    from lingtan.web.settings import database

    embedded.prepare(settings.DATA)
    given = database(os.environ.get("DATABASE_URL") or embedded.start(settings.DATA))
    for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME"):
        settings.DATABASES["default"][name] = connections["default"].settings_dict[name] = given[name]


@pytest.fixture(scope="session", autouse=True)
def _loaded() -> None:
    """Load all rooms before a test puts another function in a place, so that no room keeps that one by its import."""
    from importlib import import_module

    import_module("lingtan.web.urls")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Add what the libraries' own migrations bring in SQL: tables are made from the models, without migrations."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder
    from pghistory.models import Context
    from procrastinate.schema import SchemaManager

    from lingtan.web.tables import STEPS

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if "procrastinate_jobs" not in connection.introspection.table_names():
            Context.install_pgh_attach_context_func(using="default")
            cursor.execute(SchemaManager.get_schema())
            cursor.execute(STEPS)
            MigrationRecorder(connection).ensure_schema()


@pytest.fixture
def park(db: None) -> Any:
    """Return a park with two enterprises, A and B, that buy power of one grid, a workshop of A, and streams."""
    from lingtan.web.metering.stream import Stream
    from lingtan.web.park.boundary import Boundary, Member
    from lingtan.web.park.node import Node
    from lingtan.web.park.park import Park

    made = Park.objects.create(code="T", name_zh="测试园区", name_en="Test park", country="CN", default_boundary="B")
    nodes = {}
    for code, kind, parent in (
        ("grid", "grid", ""),
        ("A", "enterprise", ""),
        ("B", "enterprise", ""),
        ("A1", "workshop", "A"),
    ):
        nodes[code] = Node.objects.create(
            park=made, code=code, kind=kind, name_zh=f"{code} 厂", name_en=f"Plant {code}", parent=nodes.get(parent)
        )
    for code, enterprise in (("A", "A"), ("A1", "A"), ("B", "B")):
        Node.objects.filter(pk=nodes[code].pk).update(enterprise=nodes[enterprise])
    boundary = Boundary.objects.create(park=made, code="B", kind="physical", name_zh="四至", name_en="Site")
    for code in ("A", "B"):
        Member.objects.create(park=made, boundary=boundary, node=nodes[code])
    for code, target in (("EA", "A"), ("EB", "B"), ("EA1", "A1")):
        Stream.objects.create(
            park=made, code=code, commodity="electricity", source=nodes["grid"], target=nodes[target],
            made_as="grid_supply", used_as="own_use",
        )  # fmt: skip
    return made


@pytest.fixture
def client_as(park: Any, client: Any) -> Callable[..., Any]:
    """Return a function that signs somebody in with a role (and an enterprise's code) and gives the client."""
    from django.test import Client

    from lingtan.web.park.node import Node
    from lingtan.web.people.user import Membership, User

    def do(role: str, enterprise: str = "", name: str = "") -> Any:
        user = User.objects.create(username=name or f"{role}-{enterprise or 'park'}", display_name=name or role)
        node = Node.objects.get(park=park, code=enterprise) if enterprise else None
        Membership.objects.create(user=user, park=park, role=role, enterprise=node)
        one = Client(headers={"accept-language": "en"})
        one.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return one

    return do
