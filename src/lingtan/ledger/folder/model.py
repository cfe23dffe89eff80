"""What reading a folder gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Park, Settings

if TYPE_CHECKING:
    from lingtan.ledger.folder.readings import ReadingSource

__all__ = ["Extras", "Loaded", "Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A table file as it stood: what writing needs to lose nothing.

    ``cells`` by line as they were written; ``nouns`` by line, what each row became; ``aside`` the text of physical
    lines that are no record. A line in ``cells`` without a noun was set aside or replaced and is kept as it is.
    """

    header: tuple[str, ...]
    cells: Mapping[int, list[str]]
    nouns: Mapping[int, object]
    aside: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Extras:
    """What the nouns do not hold.

    ``settings`` with the text and unknown keys of park.toml, the table files as they stood, and the ``files`` that are
    carried over as bytes (readings, evidence, records, unknown and unreadable files).
    """

    settings: Settings | None = None
    toml: bytes = b""
    unknown: Mapping[str, Any] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A folder as read: the park of its good rows, all findings, its readings (lazy), where it stands."""

    park: Park
    findings: tuple[Finding, ...]
    readings: ReadingSource
    root: Path | None = None
    extras: Extras = Extras()
