"""Serving the platform: database, tables, static files, web server and worker, in order up and in order down."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from lingtan.web import embedded, processes, tables
from lingtan.web.processes import Child, ServeError
from lingtan.web.roles import SECOND, with_user
from lingtan.web.serve_words import say

#: Seconds that the web server and the worker get to end what they are at.
LAST_WORDS = {"web server": 10.0, "worker": 12.0}
HERE = Path(__file__).resolve().parent


def data_folder(given: str | None) -> Path:
    """Return the data folder: as given, by ``LINGTAN_DATA``, or in the user's home."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home fails where a user has no home
    path = Path(given or os.environ.get("LINGTAN_DATA") or home / ".local" / "share" / "lingtan" / "platform")
    return path.expanduser().resolve()


@dataclass(slots=True)
class Service:
    """One run of the platform on a data folder. ``tell`` prints a line of progress; `run` returns the exit code."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    worker: bool = True
    tell: Callable[[str], None] = lambda _line: None
    #: Called when tables and static files are ready and nobody is served yet.
    before: Callable[[Service], None] | None = None
    #: Called when the platform answers.
    ready: Callable[[Service], None] | None = None
    #: Stops by itself once it answers, for trials of the way up.
    once: bool = False
    children: list[Child] = field(default_factory=list)
    own_database: bool = False
    asked: int = 0

    @property
    def address(self) -> str:
        """Where people find it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{'127.0.0.1' if self.host in ('0.0.0.0', '::') else host}:{self.port}"  # noqa: S104

    def run(self) -> int:
        """Bring everything up, keep it up until a signal comes, bring it down.

        Raises
        ------
        ServeError, EmbeddedError : it cannot be served; what was started has been stopped.
        """
        embedded.prepare(self.data)
        with processes.only_one(self.data):
            self._listen()
            if count := processes.sweep(self.data):
                self.tell(say("swept", count=count))
            processes.free(self.host, self.port)
            try:
                self._up()
                self._keep()
            finally:
                self._down()
        return 0

    def _up(self) -> None:
        owner = environment(self.data, tell=self.tell)
        self.own_database = os.environ.get("LINGTAN_EMBEDDED") == "1"
        os.environ.setdefault("LINGTAN_ADDRESS", self.address)
        django_ready()
        tables.migrate(owner, tell=self.tell)
        collect_static(self.data, tell=self.tell)
        if self.before is not None and not self.asked:
            self.before(self)
        close_connections()
        if self.asked:
            return
        mark = {processes.MARK: str(self.data), "PYTHONUNBUFFERED": "1"}
        self.children = [Child("web server", self._granian(), mark)]
        if self.worker:
            self.children.append(Child("worker", ["-m", "lingtan.web.programme"], mark))
        for child in self.children:
            child.start()
        self._wait_for_answer()

    def _granian(self) -> list[str]:
        cores = os.cpu_count() or 1
        workers = os.environ.get("LINGTAN_WORKERS") or str(min(4, cores))
        threads = str(max(2, min(8, cores)))
        return [
            "-m", "granian", "--interface", "wsgi", "--host", self.host, "--port", str(self.port), "--no-ws",
            "--workers", workers, "--blocking-threads", threads,
            "--respawn-failed-workers", "--workers-kill-timeout", "8", "--log-level", "warning", "--backlog", "512",
            "lingtan.web.wsgi:application",
        ]  # fmt: skip

    def _wait_for_answer(self) -> None:
        until = time.monotonic() + 90
        while not self.asked and not healthy(self.host, self.port):
            for child in self.children:
                child.keep(time.monotonic())
            if time.monotonic() > until:
                raise ServeError(say("silent", seconds=90))
            time.sleep(0.1)
        if not self.asked:
            processes.note_address(self.data, self.address)
            if self.ready is not None:
                self.ready(self)

    def _keep(self) -> None:
        """Keep database and children alive until a signal comes."""
        last = 0.0
        while not self.asked and not self.once:
            now = time.monotonic()
            if self.own_database and now - last > 1:
                last = now
                if not embedded.alive(self.data):
                    embedded.start(self.data)
                    self.tell(say("database_again"))
            for child in self.children:
                if child.keep(now):
                    self.tell(say("again", name=say(child.name)))
            time.sleep(0.2)

    def _down(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                self.tell(say("stopping", name=say(child.name)))
            child.end(0 if self.asked > 1 else LAST_WORDS[child.name])
        if self.own_database:
            self.tell(say("stopping", name=say("the database")))
            close_connections()
            embedded.stop(self.data)

    def _listen(self) -> None:
        def stop(number: int, _frame: FrameType | None) -> None:
            self.asked += 1

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)


def environment(data: Path, *, tell: Callable[[str], None]) -> str:
    """Set what Django reads: the data folder, the database (embedded where none is named), trial mode with it.

    Returns the address of the owner of the tables, which is kept from the processes that serve people: from here on
    ``DATABASE_URL`` names the second role. Blank where there is only one role.
    """
    os.environ["LINGTAN_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingtan.web.settings")
    if os.environ.get("DATABASE_URL"):
        return os.environ.pop("LINGTAN_OWNER_URL", "")
    tell(say("database"))
    owner = embedded.start(data)
    os.environ["DATABASE_URL"] = with_user(owner, SECOND)
    os.environ["LINGTAN_EMBEDDED"] = "1"
    os.environ.setdefault("LINGTAN_TRIAL", "1")
    return owner


def connect(data: Path, *, tell: Callable[[str], None], as_owner: bool = False) -> None:
    """Bring up what a command needs that works on the platform's data: the database (joined if it runs), and Django.

    ``as_owner``: for a command that makes tables.
    """
    owner = environment(data, tell=tell)
    if owner and as_owner:
        os.environ["DATABASE_URL"] = owner
    django_ready()


def django_ready() -> None:
    """Start Django in this process."""
    import django

    django.setup()


def collect_static(data: Path, *, tell: Callable[[str], None]) -> None:
    """Gather the files that browsers load, under hashed names, unless they stand there already and whole."""
    from django.conf import settings
    from django.core.management import call_command

    target, mark = Path(settings.STATIC_ROOT), data / "static.stamp"
    digest = static_digest()
    if mark.is_file() and mark.read_text() == digest and (target / "staticfiles.json").is_file():
        return
    tell(say("static"))
    mark.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(digest)


def static_digest() -> str:
    """Return a fingerprint of the files that browsers load and of the packages that bring some along."""
    from importlib.metadata import version

    digest = hashlib.sha256(repr([version(name) for name in ("django", "django-htmx", "whitenoise")]).encode())
    for path in sorted((HERE / "static").rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(HERE).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def close_connections() -> None:
    """Give the database connections of this process back."""
    from django.db import connections

    if "django" in sys.modules and os.environ.get("DATABASE_URL"):
        for one in connections.all(initialized_only=True):
            one.close()
            if hasattr(one, "close_pool"):
                one.close_pool()


def healthy(host: str, port: int) -> bool:
    """Tell whether the platform answers at its health page."""
    names = os.environ.get("LINGTAN_HOSTS", "127.0.0.1").split(",")
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    line = http.client.HTTPConnection(target, port, timeout=5)
    try:
        line.request("GET", "/health/", headers={"Host": names[0].lstrip("*.") or "localhost"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
