"""The room's values: where a store lives, what a batch, a segment and a generation are, and the tree of faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
HOUR, DAY = 3_600_000_000, 86_400_000_000
#: Readings outside these years are a fault of a clock and refused at the door.
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
FORMAT = 1
KINDS = ("raw", "hour", "day", "month", "gap")


class StoreError(Exception):
    """What the store refuses or cannot do; the message says what was expected, what came and what to do."""


class Busy(StoreError):  # noqa: N818 - a state, not a fault: somebody else does the work
    """Another process holds the lease; its work is under way and nothing needs to be done."""


class Unavailable(StoreError):  # noqa: N818 - a state of the database or the disk
    """The database or the disk does not take the batch; nothing was acknowledged, send it again."""


class Damaged(StoreError):  # noqa: N818 - a state of a file
    """A file or a batch is not what the manifest says."""


class Forgotten(StoreError):  # noqa: N818 - a state of the past
    """A generation whose segments are no longer kept."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds memory, files and time; every value is a choice of this product.

    ``take`` readings in one compaction; ``chunk`` rows held at once in merges and roll-ups; ``fan`` segments of one
    size that are merged into one; ``split`` rows from which a merged segment is cut into blocks of ``block`` points;
    ``group`` rows of a row group; ``recheck`` how long a judgement on a point's whole history may lag behind;
    ``keep`` how long superseded segments stay, ``inbox`` how long compacted batches stay; ``patience`` after which the
    database takes the lease from a process that hangs.
    """

    take: int = 2_000_000
    chunk: int = 1_500_000
    fan: int = 8
    split: int = 2_000_000
    block: int = 64
    group: int = 131_072
    recheck: timedelta = timedelta(minutes=10)
    keep: timedelta = timedelta(days=30)
    inbox: timedelta = timedelta(days=2)
    patience: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Store:
    """Where a store lives: the folder of its segments and the address of its PostgreSQL."""

    root: Path
    url: str
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Answer to a batch that is durable. ``known``: the same message had been stored before, nothing was added."""

    batch: int
    readings: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """An immutable Parquet file of the manifest.

    ``part`` is the UTC month (``yyyymm``) of raw, hour and gap rows, the UTC year of day rows, 0 of month rows;
    ``low_us``/``high_us`` and ``low_code``/``high_code`` bound its rows, inclusive; ``sha256`` is of the file's bytes;
    ``added``/``removed`` are generations; ``inputs`` names what it was made of.
    """

    id: str
    park: str
    kind: str
    part: int
    rows: int
    bytes: int
    low_us: int
    high_us: int
    low_code: int
    high_code: int
    sha256: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    added: int = 0
    removed: int | None = None

    def path(self, root: Path) -> Path:
        """Return the file's place below the store's folder."""
        return root / self.kind / str(self.part) / f"{self.id}.parquet"


@dataclass(frozen=True, slots=True)
class Generation:
    """A state of the manifest. ``digest`` is the sum of its live segments' hashes modulo 2^256, in hex."""

    generation: int
    made: datetime
    kind: str
    digest: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def micros(instant: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware instant."""
    return (instant - EPOCH) // MICRO


def instant(us: int) -> datetime:
    """Inverse of `micros`."""
    return EPOCH + us * MICRO
