"""From every released version with data to today's: the code of a tag makes a platform, today's takes it over.

A release is a tag ``v…`` of this repository. Its code is unpacked beside and takes a small park into a database of its
own; today's code then brings the tables to this version, and every row of every register is compared.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.nightly

#: Run by the old code, then by today's: the platform on a data folder, and what its registers hold.
MAKE = """
import sys
from pathlib import Path
from lingtan import example
from lingtan.web import service
data, folder = Path(sys.argv[1]), Path(sys.argv[2])
def fill(_service):
    from lingtan.web.park.folder import import_folder
    import_folder(folder, by=None, reason="upgrade test")
example.write(folder, seed=1, small=True)
service.Service(data, port=int(sys.argv[3]), before=fill, once=True, worker=False).run()
"""
TELL = """
import json, sys
from pathlib import Path
from lingtan.web import service
def tell(_service):
    from django.apps import apps
    from lingtan.web.kernel.record import Record
    told = {}
    for model in apps.get_models():
        if issubclass(model, Record):
            rows = model.objects.order_by("pk").values()
            told[model._meta.label] = [{k: str(v) for k, v in row.items()} for row in rows]
    Path(sys.argv[2]).write_text(json.dumps(told))
service.Service(Path(sys.argv[1]), port=int(sys.argv[3]), before=tell, once=True, worker=False).run()
"""


def tags() -> list[str]:
    """Return the released versions that this repository knows."""
    done = subprocess.run(["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.split()


def run(code: str, source: Path, *words: object) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LINGTAN_", "DJANGO_", "DATABASE_", "XDG_R"))}
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], env={**kept, "PYTHONPATH": str(source), "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


def lost(before: dict[str, list[dict[str, str]]], after: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return what is not as it was: rows that are gone, values that are others in fields that still are there."""
    found = []
    for label, rows in before.items():
        now = {row["id"]: row for row in after.get(label, [])}
        for row in rows:
            held = now.get(row["id"])
            if held is None or any(held[name] != value for name, value in row.items() if name in held):
                found.append(f"{label} {row['id']}")
    return found


@pytest.mark.skipif(bool(tags()), reason="there are released versions: they are tried below")
def test_the_way_itself_keeps_every_row(tmp_path: Path, unused_port: int) -> None:
    """Walk the same way with today's code on both sides, so that the harness is known to work at the first release."""
    walk(ROOT / "src", tmp_path, unused_port)


@pytest.mark.parametrize("tag", tags() or [pytest.param("", marks=pytest.mark.skip(reason="no released version yet"))])
def test_data_of_a_released_version_comes_over_whole(tag: str, tmp_path: Path, unused_port: int) -> None:
    packed = tmp_path / "old.tar"
    subprocess.run(["git", "archive", "--output", packed, tag], cwd=ROOT, check=True)
    with tarfile.open(packed) as tar:
        tar.extractall(tmp_path / "old", filter="data")
    walk(tmp_path / "old" / "src", tmp_path, unused_port)


def walk(old: Path, tmp_path: Path, port: int) -> None:
    data = tmp_path / "data"
    run(MAKE, old, data, tmp_path / "folder", port)
    run(TELL, old, data, tmp_path / "before.json", port)
    run(TELL, ROOT / "src", data, tmp_path / "after.json", port)
    before, after = (json.loads((tmp_path / name).read_text()) for name in ("before.json", "after.json"))
    assert sum(len(rows) for rows in before.values()) > 100
    assert lost(before, after) == []


#: Makes the tables of an empty database in one of two ways and writes the schema.
TABLES = """
import os, subprocess, sys
from pathlib import Path
import psycopg
from lingtan.web import embedded, service
data, way = Path(sys.argv[1]), sys.argv[2]
embedded.prepare(data)
url = embedded.start(data)
with psycopg.connect(url, autocommit=True) as line:
    line.execute(f"create database {way}")
os.environ["DATABASE_URL"] = url.replace("/postgres?", f"/{way}?", 1)
service.connect(data, tell=print)
from django.core.management import call_command
from lingtan.web import first_tables
if way == "first":
    first_tables.make()
call_command("migrate", interactive=False, verbosity=0)
dump = [str(embedded.binaries() / "pg_dump"), "--schema-only", "--no-owner", "--restrict-key=x"]
told = subprocess.run([*dump, os.environ["DATABASE_URL"]], capture_output=True, text=True, check=True).stdout
Path(sys.argv[3]).write_text(told)
"""


def test_the_first_tables_are_those_that_the_steps_make_one_by_one(tmp_path: Path) -> None:
    for way in ("first", "plain"):
        run(TABLES, ROOT / "src", tmp_path / "data", way, tmp_path / way)
    first, plain = ((tmp_path / way).read_text() for way in ("first", "plain"))
    assert first.count("CREATE TABLE") > 100
    assert first == plain


@pytest.fixture
def unused_port() -> int:
    """Return a port that nobody listens at."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
