"""A second database role that can write, but neither change nor remove what history and audit hold."""

from __future__ import annotations

import argparse
import re
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from lingtan.web.deploy import protected_tables

NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


class Command(BaseCommand):
    """Print the SQL of the role, or run it as the owner of the tables."""

    help = "SQL of a database role for the platform without UPDATE and DELETE on history and audit; --apply runs it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the role's name and whether to run the SQL."""
        parser.add_argument("--role", default="lingtan_app")
        parser.add_argument("--apply", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print or run."""
        role = options["role"]
        if not NAME.fullmatch(role):
            raise CommandError(f"Expected a role of small letters, digits and _; got {role!r}.")
        lines = statements(role)
        if not options["apply"]:
            self.stdout.write("\n".join(f"{line};" for line in lines))
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for line in lines:
                    cursor.execute(line)
        except DatabaseError as fault:
            raise CommandError(
                f"The role was not made: {' '.join(str(fault).split())}. Run as the owner of the tables with "
                "CREATEROLE, or hand the printed SQL to your database's administrator."
            ) from fault
        self.stdout.write(
            f"Role {role} is ready. Give it a password (\\password {role}), let DATABASE_URL name it, and "
            "LINGTAN_OWNER_URL the owner, who alone changes tables at an update."
        )


def statements(role: str) -> list[str]:
    """Return the SQL, to be repeated after each update: new tables are the owner's until then."""
    quoted = connection.ops.quote_name
    owned = [quoted(table) for table in sorted(protected_tables(apps))]
    return [
        f"do $$ begin if not exists (select from pg_roles where rolname = '{role}') then "
        f"create role {role} login nosuperuser nocreatedb nocreaterole; end if; end $$",
        f"grant usage on schema public to {role}",
        f"grant select, insert, update, delete on all tables in schema public to {role}",
        f"grant usage, select on all sequences in schema public to {role}",
        f"grant execute on all functions in schema public to {role}",
        f"revoke update, delete, truncate on {', '.join(owned)} from {role}",
        f"revoke insert, update, delete on django_migrations from {role}",
    ]
