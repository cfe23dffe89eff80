"""The database's two roles: the owner changes tables at an update; the second one serves people and does jobs.

The second role reads and writes, but has no way to change or remove what history and audit hold: it lacks UPDATE,
DELETE and TRUNCATE there, owns no table, and so can neither drop nor switch off a trigger. With the embedded database
it is made here; with a server of one's own ``DATABASE_URL`` names it and ``LINGTAN_OWNER_URL`` the owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from django.db import connection

#: The second role of the embedded database.
SECOND = "lingtan_app"
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def with_user(url: str, name: str) -> str:
    """Return the address of a database for another user without a password."""
    parts = urlsplit(url)
    _user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{quote(name)}@{host if at else parts.netloc}").geturl()


def protected_tables(apps: Any) -> set[str]:
    """Return the tables of history and audit, where rows are only ever added."""
    import pghistory.models

    from lingtan.web.people.audit import AuditDay, AuditEntry

    events = {model._meta.db_table for model in apps.get_models() if issubclass(model, pghistory.models.Event)}
    return {*events, AuditEntry._meta.db_table, AuditDay._meta.db_table}


def statements(role: str) -> list[str]:
    """Return the SQL of the second role, to be repeated after each update: new tables are the owner's until then.

    The context of history (who, why, in which request) is written again within a request: a trigger keeps it after a
    day, and nobody but the owner removes it.
    """
    from django.apps import apps

    quoted = connection.ops.quote_name
    there = set(connection.introspection.table_names())
    owned = ", ".join(quoted(table) for table in sorted(protected_tables(apps) & there))
    name = quoted(role)
    return [
        f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then "
        f"create role {name} login nosuperuser nocreatedb nocreaterole; end if; end $$",
        f"grant usage on schema public to {name}",
        f"grant select, insert, update, delete on all tables in schema public to {name}",
        f"grant usage, select on all sequences in schema public to {name}",
        f"grant execute on all functions in schema public to {name}",
        f"revoke update, delete, truncate on {owned} from {name}",
        f"revoke delete, truncate on pghistory_context from {name}",
        f"revoke insert, update, delete on django_migrations from {name}",
        f"revoke insert, update, delete on lingtan_steps from {name}",
    ]


@contextmanager
def owner(url: str) -> Iterator[None]:
    """Let this process speak to the database as its owner for the length of a block; blank: as it does anyway."""
    if not url:
        yield
        return
    from lingtan.web.settings import database

    held = connection.settings_dict
    mine = {name: held[name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
    given = database(url)
    _leave()
    held.update({name: given[name] for name in mine})
    try:
        yield
    finally:
        _leave()
        held.update(mine)


def _leave() -> None:
    """Give connection and pool back: both are bound to the user who opened them."""
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()
