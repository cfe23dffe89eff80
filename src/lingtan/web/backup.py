"""Backup and restore: one tar of the database (of one moment, also under writes), the files, and digests of both."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lingtan.web import embedded
from lingtan.web.serve_words import say

#: Not of the data: made anew, or another program's.
LEFT_OUT = frozenset({"postgres", "run", "static", "static.stamp", "serve.lock", "operation.json"})
#: Backups, copies and drills of this data folder, newest last: what the operator shows who inspects.
BOOK = "operation.json"
NOTED = 500
DUMP, MANIFEST = "database.dump", "manifest.json"
FORMAT = 1
#: Count and two sums of the rows' hashes: the order of rows does not matter, every byte of every row does.
DIGEST = """
select count(*),
       coalesce(sum(('x' || substr(h, 1, 15))::bit(60)::bigint::numeric), 0)::text || ':' ||
       coalesce(sum(('x' || substr(h, 16, 15))::bit(60)::bigint::numeric), 0)::text
from (select md5(t::text) h from {table} t) hashed
"""


class BackupError(Exception):
    """A backup that cannot be made or taken back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: rows and digest of each table, digest of each file."""

    format: int
    lingtan: str
    made: str
    tables: Mapping[str, tuple[int, str]]
    files: Mapping[str, str]

    @property
    def rows(self) -> int:
        """Rows of all tables together."""
        return sum(count for count, _digest in self.tables.values())


def make(data: Path, target: Path) -> Manifest:
    """Write a backup of the platform; readers and writers go on meanwhile.

    Raises
    ------
    BackupError : the file exists, or the tools are missing or fail. Nothing half-written stays.
    """
    if target.exists():
        raise BackupError(say("backup.exists", file=target))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work:
        dump = Path(work, DUMP)
        with snapshot() as (name, cursor):
            _tool("pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--snapshot={name}", f"--file={dump}")
            tables = digests(cursor)
        half = Path(work, "half.tar")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            manifest = _pack(out, data, dump=dump, tables=tables)
            out.flush()
            os.fsync(out.fileno())
        half.rename(target)
    return manifest


def copy(source: Path, folder: Path) -> Path:
    """Put a copy of a backup into another place (a share, a mounted disk), read it back and compare it.

    Raises
    ------
    BackupError : the place does not take it, or what lies there differs. Nothing half-written stays.
    """
    target, half = folder / source.name, folder / f".{source.name}.part"
    if target.exists():
        raise BackupError(say("backup.exists", file=target))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (
            source.open("rb") as read,
            os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out,
        ):
            shutil.copyfileobj(read, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        if file_digest(half) != file_digest(source):
            raise BackupError(say("backup.differs", what=str(target)))
        half.rename(target)
    except OSError as fault:
        raise BackupError(say("backup.tool", tool=f"copy to {folder}", why=fault)) from fault
    finally:
        half.unlink(missing_ok=True)
    return target


def note(data: Path, what: str, file: Path, made: Manifest) -> None:
    """Write into the data folder's book of operation that a backup was made, copied, or taken back in a drill."""
    rows = noted(data)
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    counts = {"tables": len(made.tables), "rows": made.rows, "files": len(made.files), "of": made.made}
    rows.append({"what": what, "at": now, "file": str(file), "sha256": file_digest(file), **counts})
    draft = data / f".{BOOK}"
    draft.write_text(json.dumps(rows[-NOTED:], indent=1, ensure_ascii=False), "utf-8")
    draft.replace(data / BOOK)


def noted(data: Path) -> list[dict[str, Any]]:
    """Return the book of operation; none where nothing was noted yet."""
    try:
        return list(json.loads((data / BOOK).read_text("utf-8")))
    except (OSError, ValueError):
        return []


def _pack(out: Any, data: Path, *, dump: Path, tables: Mapping[str, tuple[int, str]]) -> Manifest:
    files: dict[str, str] = {}
    with tarfile.open(fileobj=out, mode="w") as tar:
        tar.add(dump, DUMP)
        for path in kept_files(data):
            name = path.relative_to(data).as_posix()
            files[name] = file_digest(path)
            tar.add(path, f"data/{name}")
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        manifest = Manifest(FORMAT, version("lingtan"), made, tables, files)
        text = json.dumps(asdict(manifest), indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return manifest


def restore(data: Path, source: Path) -> Manifest:
    """Take a backup back into an empty data folder and an empty database, and compare every table and file.

    Raises
    ------
    BackupError : the target is not empty, the file is not a whole backup, or what came out differs.
    """
    from django.db import connection

    if found := next(kept_files(data, but=("secret",)), None):
        raise BackupError(say("backup.not_empty", where=found))
    with connection.cursor() as cursor:
        if names := table_names(cursor):
            raise BackupError(say("backup.not_empty", where=f"{names[0]}, …"))
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as work:
        manifest = _unpack(source, Path(work))
        connection.close()
        _tool("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(Path(work, DUMP)), into=True)
        with connection.cursor() as cursor:
            _compare(manifest, digests(cursor))
        for path in sorted(Path(work, "data").rglob("*")):
            if path.is_file():
                place = data / path.relative_to(Path(work, "data"))
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
    return manifest


def _unpack(source: Path, work: Path) -> Manifest:
    """Unpack into a folder and check every file against its digest."""
    try:
        with tarfile.open(source, "r:") as tar:
            tar.extractall(work, filter="data")
        told = json.loads((work / MANIFEST).read_bytes())
        tables = {name: (count, digest) for name, (count, digest) in told.pop("tables").items()}
        manifest = Manifest(tables=tables, **told)
    except (OSError, ValueError, KeyError, TypeError, tarfile.TarError) as fault:
        raise BackupError(say("backup.broken", file=source, why=fault)) from fault
    if manifest.format != FORMAT:
        raise BackupError(say("backup.broken", file=source, why=f"format {manifest.format}"))
    for name, digest in manifest.files.items():
        path = work / "data" / name
        if not path.is_file() or file_digest(path) != digest:
            raise BackupError(say("backup.broken", file=source, why=name))
    return manifest


def _compare(manifest: Manifest, now: Mapping[str, tuple[int, str]]) -> None:
    differing = sorted(name for name in {*manifest.tables, *now} if manifest.tables.get(name) != now.get(name))
    if differing:
        raise BackupError(say("backup.differs", what=", ".join(differing)))


@contextmanager
def snapshot() -> Iterator[tuple[str, Any]]:
    """Hold one moment of the database: the name that ``pg_dump`` joins it by, and a cursor that reads in it."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute("select pg_export_snapshot()")
        yield cursor.fetchone()[0], cursor


def table_names(cursor: Any) -> list[str]:
    """Return the tables of the platform, quoted."""
    cursor.execute("select quote_ident(tablename) from pg_tables where schemaname = 'public' order by tablename")
    return [row[0] for row in cursor.fetchall()]


def digests(cursor: Any) -> dict[str, tuple[int, str]]:
    """Return rows and digest of every table; floats and times are written in one way whatever the session's setting."""
    cursor.execute(
        "select set_config('timezone', 'UTC', false), set_config('datestyle', 'ISO', false), "
        "set_config('intervalstyle', 'postgres', false), set_config('extra_float_digits', '1', false), "
        "set_config('bytea_output', 'hex', false)"
    )
    found = {}
    for table in table_names(cursor):
        cursor.execute(DIGEST.format(table=f"public.{table}"))
        found[table] = cursor.fetchone()
    return found


def kept_files(data: Path, but: tuple[str, ...] = ()) -> Iterator[Path]:
    """Yield the files of a data folder that belong to a backup, in order."""
    for top in sorted(data.iterdir()):
        if top.name in LEFT_OUT or top.name in but or top.name.startswith("."):
            continue
        if top.is_file():
            yield top
        else:
            yield from (path for path in sorted(top.rglob("*")) if path.is_file() and not path.is_symlink())


def file_digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tool(name: str, *words: str, into: bool = False) -> None:
    """Run a program of PostgreSQL on the platform's database; the password never stands on the command line."""
    from django.db import connection

    held = connection.get_connection_params()
    where = {"host": "host", "port": "port", "username": "user"}
    options = [f"--{option}={held[key]}" for option, key in where.items() if held.get(key)]
    options.append(f"--dbname={held['dbname']}")
    env = {
        **os.environ,
        "PGPASSWORD": str(held.get("password") or ""),
        "PGSSLMODE": str(held.get("sslmode") or "prefer"),
    }
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program, words of our own
        [_program(name), *options, *words], capture_output=True, text=True, check=False, env=env
    )
    if done.returncode:
        raise BackupError(say("backup.tool", tool=name, why=" / ".join(done.stderr.strip().splitlines()[-2:])))


def _program(name: str) -> str:
    """Return a program of the lowest version that fits the server: of the operator's path, or of our package."""
    from django.db import connection

    server = connection.pg_version // 10_000
    found = [shutil.which(name)]
    with suppress(ImportError):
        found.append(str(embedded.binaries() / name))
    fitting = [(major, path) for path in found if path and (major := _major(path)) >= server]
    if not fitting:
        raise BackupError(say("backup.no_tool", tool=f"{name} {server}"))
    return min(fitting)[1]


def _major(program: str) -> int:
    """Return the main version of a program of PostgreSQL; 0 where it does not run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
        return int(re.findall(r"(\d+)", said)[0])
    except (OSError, subprocess.CalledProcessError, IndexError):
        return 0
