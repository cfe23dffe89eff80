"""Keeping house: retention, sweep of orphans, verification, backup and restore."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from psycopg import sql

from lingtan.ledger.park import Park
from lingtan.store import fail, files, manifest, read, rollup
from lingtan.store.base import Connection, scalar, snapshot, writing
from lingtan.store.model import FORMAT, Damaged, Segment, Store, StoreError
from lingtan.store.schema import TABLES

BACKUP = "backup.json"


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep took away: superseded segments, files that no manifest names, compacted batches, bytes freed."""

    segments: int = 0
    orphans: int = 0
    batches: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as the manifest says. ``what`` is a code, ``where`` a segment, batch or point."""

    what: str
    where: str
    told: str


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds: the generation and digest of its manifest, its files and the batches not yet compacted."""

    format: int
    generation: int
    digest: str
    made: str
    files: Mapping[str, str]
    undone: int


# --- Retention --------------------------------------------------------------------------------------------------------


def sweep(store: Store) -> Swept:
    """Take away what nothing needs: merged segments, those rebuilt before ``limits.keep``, orphans, done batches.

    What an open view reads stays. The writer's lease is held, so that no file under way is taken for an orphan.

    Raises
    ------
    Busy : another process writes.
    """
    with writing(store, "sweep") as connection:
        floor = _raise_floor(connection, store)
        # The new floor is published before files go: a view that opens now is refused, one that is open is seen here.
        connection.commit()
        connection.execute("select 1 from store_lease where name = 'writer' for update nowait")
        gone = _superseded(connection, floor)
        names = {one.id for one in manifest.every(connection)}
        orphans = [path for path in files.found(store) if path.stem not in names]
        fail.hit("sweep.before_unlink")
        freed = _unlink([*(one.path(store.root) for one in gone), *orphans])
        connection.execute("delete from store_segment where id = any(%s)", ([one.id for one in gone],))
        done = connection.execute(
            "delete from store_inbox where generation is not null and received < clock_timestamp() - %s",
            (store.limits.inbox,),
        ).rowcount
    return Swept(len(gone), len(orphans), done, freed)


def _raise_floor(connection: Connection, store: Store) -> int:
    """Forget the generations superseded longer ago than is kept, but none that an open view reads."""
    connection.execute(
        "delete from store_reader r where until < clock_timestamp() or not exists "
        "(select 1 from pg_stat_activity a where a.pid = r.pid and a.backend_start = r.began)"
    )
    aged = scalar(
        connection,
        "select max(generation) from store_generation where made < clock_timestamp() - %s",
        (store.limits.keep,),
    )
    read_ = scalar(connection, "select min(generation) from store_reader")
    floor = max(manifest.floor(connection), min(int(aged or 0), int(read_) if read_ is not None else 2**62))
    connection.execute("update store_state set value = %s where name = 'floor'", (str(floor),))
    return floor


def _superseded(connection: Connection, floor: int) -> list[Segment]:
    """Segments that no open view reads and no kept generation needs: merged ones, and rebuilt ones below the floor."""
    oldest = scalar(connection, "select min(generation) from store_reader")
    least = int(oldest) if oldest is not None else 2**62
    rebuilt = {row[0] for row in connection.execute("select generation from store_generation where kind = 'rebuild'")}
    return [
        one
        for one in manifest.every(connection)
        if one.removed is not None and one.removed <= least and (one.removed not in rebuilt or one.removed <= floor)
    ]


def _unlink(paths: Sequence[Path]) -> int:
    freed = 0
    for path in paths:
        with suppress(FileNotFoundError):
            freed += path.stat().st_size
            path.unlink()
    for folder in {path.parent for path in paths}:
        files.sync(folder)
    return freed


# --- Verification -----------------------------------------------------------------------------------------------------


def verify(store: Store, nouns: Mapping[str, Park] | None = None) -> tuple[Fault, ...]:
    """Compare files with the manifest, and roll-ups with the readings where ``nouns`` gives the parks.

    Codes: ``missing_file``, ``changed_file``, ``bad_rows``, ``bad_digest``, ``damaged_batch``, ``orphan`` (harmless),
    ``stale_rollup`` (`rebuild` mends it).
    """
    with read.view(store) as seen:
        live = manifest.segments(seen.connection, of=seen.generation)
        found = [fault for segment in live for fault in _checked(store, segment)]
        last = manifest.current(seen.connection)
        if seen.generation == last.generation and manifest.digest(live) != last.digest:
            found.append(
                Fault("bad_digest", str(last.generation), "the manifest's rows are not those it was made with")
            )
        for batch, fault in seen.connection.execute("select batch, fault from store_inbox where fault is not null"):
            found.append(Fault("damaged_batch", str(batch), str(fault)))
        known = {one.id for one in manifest.every(seen.connection)}
    found += [
        Fault("orphan", str(path), "no manifest names it") for path in files.found(store) if path.stem not in known
    ]
    for park, own in (nouns or {}).items():
        found += _stale(store, park, own)
    return tuple(found)


def _checked(store: Store, segment: Segment) -> Iterator[Fault]:
    path = segment.path(store.root)
    if not path.is_file():
        yield Fault("missing_file", segment.id, f"{path} is not there; restore it from a backup")
        return
    if path.stat().st_size != segment.bytes or files.digest(path) != segment.sha256:
        yield Fault("changed_file", segment.id, f"{path} is not what was written; restore it from a backup")
        return
    keys = ["code", "us"]
    frame = pl.scan_parquet(path, glob=False).select(*keys, n=pl.len()).collect()
    ordered = frame.select(pl.struct(keys).is_sorted()).item() if frame.height else True
    if frame.height != segment.rows or not ordered:
        yield Fault("bad_rows", segment.id, f"{frame.height} rows, {segment.rows} expected, in order: {ordered}")


def _stale(store: Store, park: str, nouns: Park) -> list[Fault]:
    """Compute all roll-ups once more without writing and tell the points whose rows differ."""
    differing = rollup.differing(store, park, nouns)
    return [Fault("stale_rollup", point, "its roll-ups are not those of its readings") for point in differing]


# --- Backup and restore -----------------------------------------------------------------------------------------------


def backup(store: Store, target: Path) -> Backup:
    """Copy a store into an empty folder while it is in use: the manifest of one moment first, then the files it names.

    Files are linked where the disk allows it. ``backup.json`` is written last; without it a folder is no backup.

    Raises
    ------
    StoreError : the folder is not empty. Damaged : a file is not what the manifest says.
    """
    if target.exists() and any(target.iterdir()):
        raise StoreError(f"{target} is not empty; name a new folder.")
    target.mkdir(parents=True, exist_ok=True, mode=0o750)
    with read.view(store), snapshot(store) as connection:
        last = manifest.current(connection)
        live = manifest.segments(connection)
        undone = int(scalar(connection, "select count(*) from store_inbox where generation is null") or 0)
        for table, _ in TABLES:
            _dump(connection, table, target / f"{table}.copy")
        held = {segment.path(Path()).as_posix(): segment.sha256 for segment in live}
        for name, sha256 in held.items():
            _copy(store.root / name, target / name, sha256)
    names = {**held, **{f"{table}.copy": files.digest(target / f"{table}.copy") for table, _ in TABLES}}
    made = Backup(FORMAT, last.generation, last.digest, datetime.now(UTC).isoformat(), names, undone)
    _write(target / BACKUP, json.dumps(asdict(made), indent=1).encode())
    for folder in {target, *(target / name for name in names if "/" in name)}:
        files.sync(folder if folder.is_dir() else folder.parent)
    return made


def restore(store: Store, source: Path) -> Backup:
    """Take a backup back into an empty store and verify every file; acknowledged batches not yet compacted come along.

    Raises
    ------
    StoreError : the store is not empty, or the folder is no whole backup. Damaged : a file differs.
    """
    try:
        told = Backup(**json.loads((source / BACKUP).read_bytes()))
    except (OSError, ValueError, TypeError) as fault:
        raise StoreError(f"{source} is no whole backup: {fault}") from fault
    if told.format != FORMAT:
        raise StoreError(f"Expected a backup of format {FORMAT}, found {told.format}.")
    for name, sha256 in told.files.items():
        if not (source / name).is_file() or files.digest(source / name) != sha256:
            raise Damaged(f"{source / name} is not what was backed up; take another backup.")
    with writing(store, "restore") as connection:
        if scalar(connection, "select exists (select 1 from store_inbox union all select 1 from store_generation)"):
            raise StoreError("Expected an empty store; make a new database and folder.")
        for name, sha256 in told.files.items():
            if "/" in name:
                _copy(source / name, store.root / name, sha256)
        for table, identity in TABLES:
            _load(connection, table, source / f"{table}.copy", identity)
        # What is superseded was not copied: the backup's generation is the oldest that can be read.
        connection.execute("delete from store_segment where removed is not null")
        connection.execute("update store_state set value = %s where name = 'floor'", (str(told.generation),))
    faults = verify(store)
    if faults:
        raise Damaged(f"The restored store is not whole: {faults[0].told}")
    return told


def _dump(connection: Connection, table: str, path: Path) -> None:
    with path.open("wb") as file, connection.cursor() as cursor:
        with cursor.copy(sql.SQL("copy {} to stdout (format binary)").format(sql.Identifier(table))) as out:
            for data in out:
                file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _load(connection: Connection, table: str, path: Path, identity: str | None) -> None:
    name = sql.Identifier(table)
    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(sql.SQL("delete from {}").format(name))
        with cursor.copy(sql.SQL("copy {} from stdin (format binary)").format(name)) as into:
            while data := file.read(1 << 20):
                into.write(data)
        if identity is not None:
            cursor.execute(
                sql.SQL(
                    "select setval(pg_get_serial_sequence({}, {}), coalesce(max({}), 0) + 1, false) from {}"
                ).format(sql.Literal(table), sql.Literal(identity), sql.Identifier(identity), name)
            )


def _copy(source: Path, target: Path, sha256: str) -> None:
    """Link or copy a segment, synced; compare its digest."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError as fault:
            raise Damaged(f"{source}: the manifest names this segment, the file is not there.") from fault
        with target.open("rb") as file:
            os.fsync(file.fileno())
    if files.digest(target) != sha256:
        raise Damaged(f"{source} is not what the manifest says; `lingtan store verify` tells more.")
    files.sync(target.parent)


def _write(path: Path, data: bytes) -> None:
    half = path.with_suffix(".part")
    with half.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
