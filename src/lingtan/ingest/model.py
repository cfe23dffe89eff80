"""What passes through ingest: batches, faults, answers, and the face of the place where readings become durable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl

#: Rows that a mapping turned into readings, as every sink takes them.
READY = pl.Schema({"point": pl.String(), "time": pl.Datetime("us", "UTC"), "value": pl.Float64(), "seq": pl.Int64()})
#: Rows whose tag no mapping knows: placed in time, read as numbers, not yet a point.
STRAY = pl.Schema(
    {
        "tag": pl.String(),
        "time": pl.Datetime("us", "UTC"),
        "value": pl.Float64(),
        "unit": pl.String(),
        "seq": pl.Int64(),
    }
)


class IngestError(Exception):
    """What ingest refuses or cannot do; the message says place, what was expected, what came and what to do."""


class Unavailable(IngestError):  # noqa: N818 - a state, not a fault of the data
    """The sink does not take readings now; nothing was acknowledged, the same batch may come again."""


class Refused(IngestError):  # noqa: N818 - a verdict on a payload
    """A payload that cannot be read at all; nothing of it is stored. ``fault`` says why."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.sentence())


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a payload, a row or a setting.

    ``place`` is where (``row 7, tag 'a'``, ``ingest.toml: source[0].port``), ``count`` how many rows share it.
    """

    code: str
    place: str
    expected: str
    came: str
    todo: str = ""
    count: int = 1

    def sentence(self) -> str:
        """Return the fault in one sentence."""
        many = f" ({self.count} rows)" if self.count > 1 else ""
        todo = f"; {self.todo}" if self.todo else ""
        return f"{self.place}{many}: expected {self.expected}; came {self.came}{todo}"

    def as_json(self) -> dict[str, Any]:
        """Return the fault as plain JSON values."""
        return {
            "code": self.code, "place": self.place, "expected": self.expected, "came": self.came, "todo": self.todo,
            "count": self.count,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of one delivery.

    ``frame`` has the columns of `READY`. ``key`` is the delivery's own number: the same delivery has the same key
    however often it comes. ``authority`` 0 is the device, above it who may overrule it (at most 100).
    """

    park: str
    source: str
    key: str
    frame: pl.DataFrame
    authority: int = 0


class Sink(Protocol):
    """Where readings become durable."""

    def store(self, batches: Sequence[Batch]) -> tuple[bool, ...]:
        """Store batches, all or none; they survive a crash of process and machine when this returns.

        Returns for each batch whether it was known before (nothing was added).

        Raises
        ------
        Unavailable : nothing was stored; the same batches may come again.
        Refused : a batch can never be stored; send the others without it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a delivery, in rows. It is durable when the answer is given.

    ``accepted`` went to the store, ``waiting`` have a tag that no mapping knows, ``turned_away`` found the waiting room
    full, ``refused`` are faulty, ``blank`` have no value. ``known``: the whole delivery had been stored before.
    """

    accepted: int = 0
    waiting: int = 0
    turned_away: int = 0
    refused: int = 0
    blank: int = 0
    known: bool = False
    faults: tuple[Fault, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the answer as plain JSON values."""
        return {
            "accepted": self.accepted, "waiting": self.waiting, "turned_away": self.turned_away,
            "refused": self.refused, "blank": self.blank, "known": self.known,
            "faults": [fault.as_json() for fault in self.faults],
        }  # fmt: skip
