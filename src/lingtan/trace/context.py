"""What an explanation is drawn from, gathered once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lingtan.flows.model import FlowSet
from lingtan.inventory.model import Account, Line
from lingtan.ledger.park import Meter, Park, VirtualPoint
from lingtan.reference.model import FactorRow


@dataclass(frozen=True, slots=True)
class ReadingFile:
    """The part of a reading file that one point and span rests on; lines count physically (Parquet: rows from 1)."""

    file: str
    first_line: int
    last_line: int
    readings: int
    sha256: str = ""


#: (point, start, end) -> the files whose readings lie in the span.
Place = Callable[[str, datetime, datetime], tuple[ReadingFile, ...]]


def counted_view(account: Account) -> str:
    """Return the view whose lines make the totals: the one chosen where the method leaves it open, else location."""
    return next((choice.chosen for choice in account.choices if choice.id == "view"), "location")


@dataclass(frozen=True, slots=True)
class Context:
    """Account, park and flows behind a figure; ``candidates`` are the factor rows that could have been used instead."""

    account: Account
    park: Park
    flow_set: FlowSet
    place: Place | None = None
    candidates: tuple[FactorRow, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The park's time zone."""
        return self.park.settings.zone

    def local(self, instant: datetime | None) -> datetime | None:
        """Return ``instant`` in the park's zone."""
        return instant.astimezone(self.zone) if instant is not None else None

    def in_month(self, start: datetime | None, end: datetime | None, month: str) -> bool:
        """Tell whether [start, end) shares an instant with a month (YYYY-MM) of the park; an open end has no bound."""
        first = "" if start is None else start.astimezone(self.zone).strftime("%Y-%m")
        if end is None:
            return first <= month
        last = end.astimezone(self.zone)
        at_edge = (last.day, last.hour, last.minute) == (1, 0, 0) and end != start
        until = last.strftime("%Y-%m")
        return first <= month and (month < until if at_edge else month <= until)

    def node_label(self, node: str, lang: str) -> str:
        """Return the id of a node with its name in the language, blank for nobody."""
        known = self.park.nodes.get(node)
        names = (known.name_zh, known.name_en) if known else ("", "")
        return f"{node} {names[0 if lang == 'zh' else 1]}".strip()

    def points(self, stream: str) -> tuple[str, ...]:
        """Return the metering and virtual points of ``stream``."""
        real = (meter.point for meter in self.park.meters if meter.stream == stream)
        virtual = (point.point for point in self.park.virtual if point.stream == stream)
        return tuple(dict.fromkeys((*real, *virtual)))

    def meter(self, point: str, start: datetime) -> Meter | None:
        """Return the device row of ``point`` that holds at ``start``, else the first one."""
        rows = [meter for meter in self.park.meters if meter.point == point]
        return next((meter for meter in rows if meter.valid.covers(start)), rows[0] if rows else None)

    def virtual(self, point: str) -> VirtualPoint | None:
        """Return the virtual point ``point``."""
        return next((row for row in self.park.virtual if row.point == point), None)

    def lines_of(self, stream: str) -> tuple[Line, ...]:
        """Return the account's lines on ``stream``."""
        return tuple(line for line in self.account.lines if line.stream == stream)
