"""Bringing the tables to this version: as their owner, in one go, and refused where they are not this program's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from lingtan.web import roles
from lingtan.web.processes import ServeError
from lingtan.web.serve_words import say

OLDEST = 150_000
Step = tuple[str, str]
#: Which text of a step made the tables: a step that was remade under its name is another step.
STEPS = (
    "create table if not exists lingtan_steps (room text, step text, sha256 text not null, primary key (room, step))"
)


def migrate(owner: str, *, tell: Callable[[str], None]) -> None:
    """Bring the tables to this version, and give the second role what it needs on them.

    ``owner``: address of the owner of the tables; blank where the platform's own role is (`check --deploy` says so).

    Raises
    ------
    ServeError : the database is newer than the program, made by another state of it, too old, or not to be reached.
    """
    from django.db import DatabaseError, connection

    served = str(connection.settings_dict["USER"])
    with roles.owner(owner):
        _reach()
        _bring(tell)
        if owner and served != str(connection.settings_dict["USER"]):
            try:
                with connection.cursor() as cursor:
                    for line in roles.statements(served):
                        cursor.execute(line)
            except DatabaseError as fault:
                raise ServeError(say("no_tables", why=" ".join(str(fault).split()))) from fault
    _reach()


def _reach() -> None:
    from django.db import OperationalError, connection

    try:
        connection.ensure_connection()
    except (OperationalError, OSError) as fault:
        raise ServeError(say("no_database", why=" ".join(str(fault).split()))) from fault
    if (version := connection.pg_version) < OLDEST:
        raise ServeError(say("old_database", version=version // 10_000))


def _bring(tell: Callable[[str], None]) -> None:
    from django.core.management import call_command
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    from lingtan.web import first_tables

    executor = MigrationExecutor(connection)
    known = set(_known(executor.loader))
    ours = {room for room, _step in known}
    applied = {step for step in executor.loader.applied_migrations if step[0] in ours}
    if newer := sorted(applied - known):
        raise ServeError(say("newer", step=".".join(newer[0])))
    texts = dict(_texts(executor.loader))
    if other := _other(texts, applied):
        raise ServeError(say("other", step=".".join(other)))
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    try:
        if plan:
            tell(say("tables", count=len(plan)))
            if not executor.loader.applied_migrations:
                first_tables.make()
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        _note(texts)
    except DatabaseError as fault:
        raise ServeError(say("no_tables", why=" ".join(str(fault).split()))) from fault


def _known(loader: Any) -> Iterator[Step]:
    """Return the steps that this program knows, those that others replaced too."""
    for key, one in loader.disk_migrations.items():
        yield key
        yield from one.replaces


def _texts(loader: Any) -> Iterator[tuple[Step, str]]:
    """Return the steps of the platform's own rooms, each with the digest of its text without remarks."""
    for key, one in loader.disk_migrations.items():
        module = import_module(one.__module__)
        if module.__name__.startswith("lingtan.") and module.__file__:
            lines = Path(module.__file__).read_text("utf-8").splitlines()
            text = "\n".join(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
            yield key, hashlib.sha256(text.encode()).hexdigest()


def _other(texts: dict[Step, str], applied: set[Step]) -> Step | None:
    """Return a step that made these tables with another text than the program's, None where there is none."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.lingtan_steps') is not null")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("select room, step, sha256 from lingtan_steps order by room, step")
        rows = [((room, step), sha256) for room, step, sha256 in cursor.fetchall()]
    return next((key for key, sha256 in rows if key in applied and texts.get(key, sha256) != sha256), None)


def _note(texts: dict[Step, str]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(STEPS)
        cursor.executemany(
            "insert into lingtan_steps values (%s, %s, %s) on conflict do nothing",
            [(room, step, sha256) for (room, step), sha256 in sorted(texts.items())],
        )
