"""A finding: one thing a reader of the book must know, with its place and what is at stake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

Level = Literal["error", "finding", "note"]


def plain(value: Decimal | None) -> float | None:
    """Return an amount as JSON holds it: null where it is not known, and nought without a sign."""
    return None if value is None else float(value) + 0.0


@dataclass(frozen=True, slots=True)
class Where:
    """Place of a finding; blank and None where it does not apply. Lines count physically from 1."""

    file: str = ""
    line: int | None = None
    point: str = ""
    stream: str = ""
    node: str = ""
    lines: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the place as plain JSON values; absent parts are null."""
        return {
            "file": self.file or None,
            "line": self.line,
            "point": self.point or None,
            "stream": self.stream or None,
            "node": self.node or None,
        }

    def all_lines(self) -> str:
        """Return the lines in words where there are several: ``(lines 3, 7, 9)``; else blank."""
        return f" (lines {', '.join(map(str, self.lines))})" if len(self.lines) > 1 else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, doubt or remark.

    ``level``: error (row or file set aside), finding (used, but something is at stake), note.
    ``message`` says what was expected, what came and what to do. ``start``/``end`` bound the time
    concerned, half-open. ``amount`` and ``unit`` are what is at stake. ``params`` hold the placeholders
    behind the message, so that a page can say it in another language.
    """

    code: str
    level: Level
    message: str
    where: Where = Where()
    start: datetime | None = None
    end: datetime | None = None
    amount: Decimal | None = None
    unit: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the finding as plain JSON values under the stable keys of the command line.

        ``where`` has one line; where several are concerned the message ends with all that are kept.
        """
        return {
            "code": self.code,
            "level": self.level,
            "message": self.message + self.where.all_lines(),
            "where": self.where.as_json(),
            "from": self.start.isoformat() if self.start else None,
            "to": self.end.isoformat() if self.end else None,
            "amount": plain(self.amount),
            "unit": self.unit or None,
        }
