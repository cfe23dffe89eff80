"""What is not fit for production: looked for on the machine itself, said with what to do."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.utils import timezone

from lingtan.web import backup

Fault = tuple[str, str, str]
#: Bytes of free disk below which a platform soon stands still.
DISK = 5 * 1024**3


def faults() -> list[Fault]:
    """Return code, what was found and what to do, of all checks."""
    return [fault for look in LOOKS for fault in look()]


def _trial() -> Iterator[Fault]:
    if settings.TRIAL:
        yield "trial", "Trial mode is on: cookies go over plain HTTP.", "Unset LINGTAN_TRIAL and serve behind TLS."
    if settings.EMBEDDED:
        yield (
            "embedded",
            "The embedded database is in use; it has no password and no backup of its own.",
            "Set DATABASE_URL to a PostgreSQL server that you operate (15 or newer).",
        )


def _keys() -> Iterator[Fault]:
    if len(settings.SECRET_KEY) < 50 or len(set(settings.SECRET_KEY)) < 10:
        yield "secret", "The key that signs sessions is short.", "Set LINGTAN_SECRET to 50 random characters or more."
    for path in (settings.DATA / "secret", settings.DATA / "accounts.json"):
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield "readable", f"Others on this machine can read {path}.", f"chmod 600 {path}"
    if (settings.DATA / "accounts.json").is_file():
        yield "demo", "The people of the demonstration are here.", "Serve another data folder and database."


def _addresses() -> Iterator[Fault]:
    if not settings.ADDRESS.startswith("https://"):
        yield "address", f"Links in messages begin with {settings.ADDRESS}.", "Set LINGTAN_ADDRESS=https://…"
    if set(settings.ALLOWED_HOSTS) <= {"127.0.0.1", "localhost"}:
        yield (
            "hosts",
            "The platform answers to no name but localhost.",
            "Set LINGTAN_HOSTS to its host names, by comma.",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield "hosts", "The platform answers to any name.", "Set LINGTAN_HOSTS to its host names, by comma."
    if settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend", "locmem.EmailBackend")):
        yield "mail", "E-mail goes nowhere.", "Set LINGTAN_EMAIL to django.core.mail.backends.smtp.EmailBackend."


def _database() -> Iterator[Fault]:
    from django.apps import apps
    from django.db import connection

    from lingtan.web.roles import protected_tables

    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = current_user")
        if any(cursor.fetchone()):
            yield (
                "superuser",
                "The platform's database role may do more than the platform needs.",
                "Make a role of its own: python -m django lingtan_roles.",
            )
        tables = [table for table in protected_tables(apps) if table in connection.introspection.table_names(cursor)]
        cursor.execute(
            "select count(*) from unnest(%s::text[]) t "
            "where has_table_privilege(quote_ident(t), 'update, delete, truncate')",
            [tables],
        )
        if open_tables := cursor.fetchone()[0]:
            yield (
                "append_only",
                f"The platform's database role can change or remove rows of {open_tables} tables of history and audit.",
                "Make a role that cannot: python -m django lingtan_roles --apply, and name it in DATABASE_URL.",
            )
        cursor.execute("select name, setting from pg_settings where name in ('fsync', 'full_page_writes')")
        for name, setting in cursor.fetchall():
            if setting != "on":
                yield (
                    "durability",
                    f"{name} is {setting}: a power cut can lose what was acknowledged.",
                    f"Set {name} = on.",
                )
    host = str(connection.settings_dict["HOST"])
    far = host and not host.startswith("/") and host not in ("localhost", "127.0.0.1", "::1")
    if far and connection.settings_dict["OPTIONS"].get("sslmode") not in ("require", "verify-ca", "verify-full"):
        yield "tls", f"The way to the database at {host} may be plain.", "Add ?sslmode=verify-full to DATABASE_URL."


def _machine() -> Iterator[Fault]:
    free = shutil.disk_usage(settings.DATA).free
    if free < DISK:
        yield "disk", f"{free / 1024**3:.1f} GB of disk are free.", "Keep 5 GB and more free below LINGTAN_DATA."
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield "root", "The platform runs as root.", "Run it as a user of its own."
    if stat.S_IMODE(Path(settings.DATA).stat().st_mode) & 0o007 & ~0o001:
        yield "readable", f"Others on this machine can read {settings.DATA}.", f"chmod 700 {settings.DATA}"
    if not settings.SYSLOG:
        yield (
            "audit_copy",
            "The audit log has no copy off this machine.",
            "Set LINGTAN_SYSLOG=tls://… to a collector that others look after.",
        )
    if not settings.MFA_ROLES:
        yield "factor", "No role needs a second factor.", "Set LINGTAN_MFA=system,security,audit."


def _backups() -> Iterator[Fault]:
    rows = backup.noted(settings.DATA)
    for what, days, found, do in BACKUPS:
        newest = max((str(row["at"]) for row in rows if row["what"] == what), default="")
        since = (timezone.now() - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        if newest < since:
            yield what, f"{found} within {days} days (last: {newest or 'never'}).", do


#: What the book of operation has to hold: what, how new, words, what to do.
BACKUPS = (
    ("backup", 2, "No backup was made", "Run lingtan backup FILE every night."),
    ("copy", 8, "No backup was copied to another place", "Run lingtan backup FILE --copy DIR, DIR being elsewhere."),
    ("drill", 190, "No backup was taken back for trial", "Run lingtan restore FILE --drill twice a year."),
)


def _django() -> Iterator[Fault]:
    for found in checks.run_checks(include_deployment_checks=True):
        if found.level >= checks.WARNING and not found.is_silenced():
            yield (
                str(found.id),
                " ".join(found.msg.split()),
                " ".join((found.hint or "See Django's documentation.").split()),
            )


LOOKS: tuple[Callable[[], Iterator[Fault]], ...] = (_trial, _keys, _addresses, _database, _machine, _backups, _django)
