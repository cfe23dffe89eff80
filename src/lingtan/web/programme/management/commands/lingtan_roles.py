"""A second database role that can write, but neither change nor remove what history and audit hold."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection, transaction

from lingtan.web.roles import NAME, SECOND, statements


class Command(BaseCommand):
    """Print the SQL of the role, or run it as the owner of the tables."""

    help = "SQL of a database role for the platform without UPDATE and DELETE on history and audit; --apply runs it."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the role's name and whether to run the SQL."""
        parser.add_argument("--role", default=SECOND)
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
