"""Segments as files: written once, synced with their folders, read in row groups; never changed."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from lingtan.store import fail
from lingtan.store.model import Damaged, Segment, Store, Unavailable

_SCHEMAS: dict[str, Any] = {
    "raw": pa.schema([
        ("code", pa.int32()), ("us", pa.int64()), ("v", pa.int64()), ("places", pa.int8()), ("authority", pa.int8()),
        ("seq", pa.int64()), ("batch", pa.int64()), ("row", pa.int32()), ("gen", pa.int64()), ("late", pa.bool_()),
    ]),
    "hour": pa.schema([
        ("code", pa.int32()), ("us", pa.int64()), ("end_us", pa.int64()), ("amount", pa.int64()),
        ("unplaced", pa.int64()), ("quantum", pa.string()), ("periods", pa.int64()), ("resolved", pa.int64()),
        ("time_us", pa.int64()), ("known_us", pa.int64()), ("flags", pa.uint32()), ("count", pa.int64()),
        ("low", pa.float64()), ("high", pa.float64()), ("gen", pa.int64()),
    ]),
    "gap": pa.schema([
        ("code", pa.int32()), ("us", pa.int64()), ("end_us", pa.int64()), ("amount", pa.int64()),
        ("quantum", pa.string()), ("gen", pa.int64()),
    ]),
}  # fmt: skip
_SCHEMAS["day"] = _SCHEMAS["month"] = _SCHEMAS["hour"]
_POLARS: dict[str, type[pl.DataType]] = {
    "int8": pl.Int8, "int32": pl.Int32, "int64": pl.Int64, "uint32": pl.UInt32, "double": pl.Float64,
    "string": pl.String, "bool": pl.Boolean,
}  # fmt: skip
#: Columns that repeat or hold few values; all others are whole numbers in sorted order, or doubles.
_NAMES = ("quantum", "low", "high")


def columns(kind: str) -> tuple[str, ...]:
    """Names of the columns of a kind of segment."""
    return tuple(_SCHEMAS[kind].names)


def empty(kind: str) -> pl.DataFrame:
    """No rows of a kind."""
    return pl.DataFrame(schema={field.name: _POLARS[str(field.type)] for field in _SCHEMAS[kind]})


def write(
    store: Store, parts: Iterable[pl.DataFrame], *, kind: str, park: str, part: int, inputs: Mapping[str, Any]
) -> Segment:
    """Write sorted frames under each other as one segment; file and folder are on the disk when this returns.

    Raises
    ------
    Unavailable : the disk is full or cannot be written; what was begun is taken away.
    """
    name = f"{uuid.uuid4().hex}"
    path = store.root / kind / str(part) / f"{name}.parquet"
    tally = _Tally()
    try:
        _folders(path.parent, store.root)
        with _sealed(path) as sink:
            _write(sink, parts, kind, store.limits.group, tally)
        sync(path.parent)
        fail.hit("folder.after_sync")
    except OSError as fault:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise Unavailable(
            f"{path}: {fault.strerror or fault}; free space or repair the disk, then it goes on."
        ) from fault
    return Segment(
        name, park, kind, part, tally.rows, sink.size, tally.low_us, tally.high_us, tally.low_code, tally.high_code,
        sink.digest.hexdigest(), inputs,
    )  # fmt: skip


class _Tally:
    """What a segment under way holds."""

    __slots__ = ("high_code", "high_us", "low_code", "low_us", "rows")

    def __init__(self) -> None:
        self.rows = 0
        self.low_us, self.high_us = 2**62, -(2**62)
        self.low_code, self.high_code = 2**31 - 1, 0

    def add(self, frame: pl.DataFrame) -> None:
        """Count a frame."""
        bounds = frame.select(a=pl.min("us"), b=pl.max("us"), c=pl.min("code"), d=pl.max("code")).row(0)
        self.rows += frame.height
        self.low_us, self.high_us = min(self.low_us, bounds[0]), max(self.high_us, bounds[1])
        self.low_code, self.high_code = min(self.low_code, bounds[2]), max(self.high_code, bounds[3])


class _Sink:
    """A file that is hashed while it is written."""

    def __init__(self, file: Any) -> None:
        self.file, self.digest, self.size, self.closed = file, hashlib.sha256(), 0, False

    def write(self, data: Any) -> int:
        """Write and hash."""
        self.digest.update(data)
        self.size += len(data)
        self.file.write(data)
        return len(data)

    def tell(self) -> int:
        """Return the bytes written."""
        return self.size

    def flush(self) -> None:
        """Hand on what is buffered."""
        self.file.flush()

    def close(self) -> None:
        """Leave the file to `_sealed`."""


@contextmanager
def _sealed(path: Path) -> Iterator[_Sink]:
    """Open a new file, and sync it once it is written."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb", buffering=1 << 20) as file:
        sink = _Sink(file)
        yield sink
        file.flush()
        fail.hit("file.before_sync")
        os.fsync(file.fileno())
        fail.hit("file.after_sync")


def _write(sink: _Sink, parts: Iterable[pl.DataFrame], kind: str, group: int, tally: _Tally) -> None:
    schema = _SCHEMAS[kind]
    plain = {name: "DELTA_BINARY_PACKED" for name in schema.names if pa.types.is_integer(schema.field(name).type)}
    writer = pq.ParquetWriter(
        pa.PythonFile(sink, mode="w"), schema, compression="zstd", compression_level=3, version="2.6",
        use_dictionary=[name for name in _NAMES if name in schema.names],
        column_encoding={name: how for name, how in plain.items() if schema.field(name).type.bit_width >= 32},
        write_page_checksum=True,
    )  # fmt: skip
    with writer:
        for frame in parts:
            if frame.height:
                tally.add(frame)
                writer.write_table(frame.select(schema.names).to_arrow().cast(schema), row_group_size=group)


def _folders(folder: Path, root: Path) -> None:
    """Make the folders of a segment, each synced into the one above."""
    missing = [one for one in (folder, *folder.parents) if one != root and root in one.parents and not one.is_dir()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True, mode=0o750)
        sync(one.parent)


def sync(folder: Path) -> None:
    """Bring a folder's entries to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def scan(store: Store, segments: Sequence[Segment], *, kind: str) -> pl.LazyFrame:
    """Read segments of a kind lazily; row groups are left out by their statistics.

    Raises
    ------
    Damaged : a file of the manifest is not there.
    """
    if not segments:
        return empty(kind).lazy()
    paths = [segment.path(store.root) for segment in segments]
    if lost := next((path for path in paths if not path.is_file()), None):
        raise Damaged(f"{lost}: the manifest names this segment, the file is not there; restore it from a backup.")
    return pl.scan_parquet(paths, glob=False)


def digest(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def found(store: Store) -> Iterator[Path]:
    """Yield the segment files that lie in the store's folder, whether the manifest names them or not."""
    for kind in _SCHEMAS:
        yield from sorted((store.root / kind).glob("*/*.parquet"))
