"""Where the files of parks lie below the data folder, and how they get there whole or not at all."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

DAY = 86_400.0


def home(code: str) -> Path:
    """Return the folder of a park's files; a code that would lead elsewhere is refused."""
    if code in {"", ".", ".."} or "/" in code or "\\" in code:
        raise ValueError(f"expected the id of a park; came {code!r}; give it letters or digits")
    return Path(settings.DATA) / "parks" / code


def files_of(code: str, mark: str) -> Path:
    """Return the folder of the files that one import carried along (readings, observations, unknown ones)."""
    return home(code) / "sets" / mark


def new_mark() -> str:
    """Return a name that no other set, snapshot or staging folder has; names sort by time."""
    return f"{int(time.time() * 1000):013d}-{uuid.uuid4().hex[:12]}"


def staging() -> Path:
    """Return the folder where uploads wait for a decision; it is on the disk of the data folder."""
    made = Path(settings.DATA) / "staging"
    made.mkdir(parents=True, exist_ok=True)
    return made


def place(source: Path, target: Path, *, link: bool) -> None:
    """Put a file in place: linked where both are ours and on one disk, else copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if link:
        try:
            os.link(source, target)
            return
        except OSError:
            pass
    shutil.copyfile(source, target)


def relative_files(folder: Path) -> list[str]:
    """List the plain files below a folder by their names relative to it, in name order; links are left out."""
    if not folder.is_dir():
        return []
    found = (each for each in folder.rglob("*") if each.is_file() and not each.is_symlink())
    return sorted(each.relative_to(folder).as_posix() for each in found)


def lock(*names: str) -> None:
    """Hold an advisory lock by name until the transaction ends; another process waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [":".join(names)])


@contextmanager
def steady() -> Iterator[None]:
    """Let all queries of a block see one state of the database, where no transaction is open yet."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


def sweep(folder: Path, *, keep: Iterable[str] = (), older_than: float = DAY) -> list[str]:
    """Remove the entries of a folder that nobody names and that are older than ``older_than`` [s]; gives their names.

    What a broken import left behind is cleared away by the next one.
    """
    kept, limit, gone = set(keep), time.time() - older_than, []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.name in kept or entry.lstat().st_mtime > limit:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
        gone.append(entry.name)
    return gone
