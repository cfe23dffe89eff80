"""Serving, with real processes: up, refused twice, killed piece by piece, killed whole, healed, and down again."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

COMMAND = [sys.executable, "-m", "lingtan.cli", "serve", "--lang", "en"]


class Served:
    """A run of ``lingtan serve`` on a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LINGTAN_", "DJANGO_", "DATABASE_", "XDG_R"))}
        self.env = {**kept, "LC_ALL": "C.UTF-8"}
        self.log = data.parent / "log"
        self.process = self.run()

    def run(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(self.words(), env=self.env, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def words(self, **more: Any) -> list[str]:
        given = {"data": self.data, "port": self.port, **more}
        return [*COMMAND, *(word for name, value in given.items() for word in (f"--{name}", str(value)))]

    def tried(self, **more: Any) -> tuple[int, str]:
        done = subprocess.run(self.words(**more), env=self.env, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    def health(self) -> dict[str, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/health/")
            answer = line.getresponse()
            told: dict[str, Any] = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException):
            return {}
        finally:
            line.close()
        return told

    def children(self, word: str) -> list[psutil.Process]:
        found = []
        for one in psutil.process_iter():
            try:
                if word in " ".join(one.cmdline()) and one.environ().get("LINGTAN_SERVE") == str(self.data):
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def postgres(self) -> int:
        return int((self.data / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def until(test: Callable[[], Any], seconds: float = 90) -> bool:
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Live through it once and keep what was seen."""
    data = tmp_path_factory.mktemp("serve") / "data"
    served, seen = Served(data), {}
    try:
        seen["up"] = until(lambda: served.health().get("status") == "ok" or served.process.poll() is not None, 400)
        assert served.process.poll() is None, served.log.read_text()[-2000:]
        seen["worker"] = until(lambda: served.health().get("worker") == "ok")
        seen["twice"] = served.tried(port=served.port + 1)
        seen["taken"] = served.tried(data=data.parent / "other")
        seen["modes"] = [oct(path.stat().st_mode & 0o077) for path in (data / "secret", data / "postgres")]
        seen["roles"] = _roles(served)
        _kill_pieces(served, seen)
        _kill_all(served, seen)
        served.process.send_signal(signal.SIGINT)
        seen["code"] = served.process.wait(60)
        seen["left"] = [*served.children("lingtan"), *served.children("granian")]
        seen["stopped"] = not (data / "postgres" / "postmaster.pid").exists()
        yield seen | {"log": served.log.read_text()}
    finally:
        if served.process.poll() is None:
            served.process.terminate()
            served.process.wait(60)


def _roles(served: Served) -> dict[str, Any]:
    """Return who the processes are to the database, what they were told of it, and what they may not do there."""
    own = next(iter(served.children("granian"))).environ()
    folder = served.data / "postgres"
    owner = f"postgresql://postgres@/postgres?host={folder}"
    if not (folder / ".s.PGSQL.5432").exists():
        owner = own["DATABASE_URL"].replace("lingtan_app@", "postgres@")
    with psycopg.connect(owner, autocommit=True) as line:
        line.execute("insert into people_auditentry (at, act, actor, address, path, subject, result, reason, request, "
                     "detail) values (now(), 'print', '', '', '', 'x', 'done', '', '', '{}')")  # fmt: skip
        users = line.execute(
            "select usename from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        found = {name for (name,) in users.fetchall()}
        tables = line.execute(
            "select relname, min(tgname), min(attname) from pg_class c join pg_trigger t on tgrelid = c.oid "
            "join pg_attribute a on attrelid = c.oid and attname in ('id', 'pgh_id') "
            "where tgname like 'pgtrigger_append_only%' group by relname"
        ).fetchall()
    with psycopg.connect(own["DATABASE_URL"], autocommit=True) as line:
        refused = {
            what: [one for one in tables if not _denied(line, what.format(table=one[0], trigger=one[1], column=one[2]))]
            for what in FORBIDDEN
        }
    return {"users": found, "told": own.get("LINGTAN_OWNER_URL"), "tables": len(tables), "allowed": refused}


#: What the second role must not get through, not even with the triggers told to look away.
FORBIDDEN = (
    "update {table} set {column} = {column}",
    "delete from {table}",
    "truncate {table} cascade",
    "alter table {table} disable trigger all",
    "drop trigger {trigger} on {table}",
    "drop table {table} cascade",
    "alter table {table} owner to lingtan_app",
    "set session_replication_role = replica",
    "set role postgres",
)


def _denied(line: psycopg.Connection[Any], words: str) -> bool:
    line.execute("select set_config('pgtrigger.ignore', '{}', false)")
    try:
        line.execute(words)
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.Error:
        return False
    return False


def _kill_pieces(served: Served, seen: dict[str, Any]) -> None:
    old = {one.pid for one in served.children("lingtan.web.programme")}
    for one in served.children("lingtan.web.programme"):
        one.kill()
    seen["worker again"] = until(lambda: {one.pid for one in served.children("lingtan.web.programme")} - old)
    for one in served.children("granian"):
        one.kill()
    seen["web again"] = until(lambda: served.health().get("status") == "ok")
    number = served.postgres()
    os.kill(number, signal.SIGKILL)
    seen["postgres again"] = until(
        lambda: served.health().get("database") == "ok" and served.postgres() != number and served.health()
    )


def _kill_all(served: Served, seen: dict[str, Any]) -> None:
    """Kill parent and database, leave the static files half made, and start again."""
    number = served.postgres()
    served.process.kill()
    served.process.wait()
    os.kill(number, signal.SIGKILL)
    (served.data / "static" / "staticfiles.json").unlink()
    served.process = served.run()
    seen["healed"] = until(lambda: served.health().get("status") == "ok" and served.health().get("worker") == "ok")
    seen["static again"] = (served.data / "static" / "staticfiles.json").is_file()
    seen["lone"] = len(served.children("lingtan.web.programme"))


@pytest.mark.parametrize(
    "fact", ["up", "worker", "worker again", "web again", "postgres again", "healed", "static again"]
)
def test_it_stands_and_stands_up_again(story: dict[str, Any], fact: str) -> None:
    assert story[fact], story["log"][-2000:]


def test_a_second_one_on_the_same_folder_is_refused_in_words(story: dict[str, Any]) -> None:
    code, said = story["twice"]
    assert code == 2
    assert "is served already (process" in said
    assert "--data" in said


def test_a_taken_port_is_said_with_what_to_do(story: dict[str, Any]) -> None:
    code, said = story["taken"]
    assert code == 2
    assert "lingtan serve --port" in said
    assert not said.startswith("starting")


def test_keys_and_database_are_the_users_alone(story: dict[str, Any]) -> None:
    assert story["modes"] == ["0o0", "0o0"]


def test_those_who_serve_people_are_the_second_role_and_do_not_know_the_owner(story: dict[str, Any]) -> None:
    assert (story["roles"]["users"], story["roles"]["told"]) == ({"lingtan_app"}, None)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_second_role_changes_nothing_of_history_and_audit(story: dict[str, Any], what: str) -> None:
    assert story["roles"]["tables"] > 30
    assert story["roles"]["allowed"][what] == []


def test_a_healed_platform_has_one_worker(story: dict[str, Any]) -> None:
    assert story["lone"] == 1


def test_ctrl_c_stops_all_that_was_started(story: dict[str, Any]) -> None:
    assert (story["code"], story["left"], story["stopped"]) == (0, [], True)
    order = [story["log"].rfind(f"stopping the {what}") for what in ("web server", "worker", "database")]
    assert order == sorted(order)
