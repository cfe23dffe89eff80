"""What an explanation is drawn from, gathered once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from lingtan.flows.model import FlowSet
from lingtan.inventory.model import Account, Choice, Line
from lingtan.ledger.finding import Finding
from lingtan.ledger.park import Meter, Park, VirtualPoint
from lingtan.reference.model import FactorRow
from lingtan.trace import choices as open_choices


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


#: Words in the note of a statement that somebody else entered for its reporter.
ON_BEHALF = "entered by the office"


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
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

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

    def on_behalf(self, ref: str) -> bool:
        """Tell whether the statement row of ``file:line`` says that the office entered it for its reporter."""
        if "on_behalf" not in self._kept:
            told = (row.at for row in self.park.statements if ON_BEHALF in row.note)
            self._kept["on_behalf"] = frozenset(f"{at.file}:{at.line}" for at in told)
        return ref in self._kept["on_behalf"]

    def node_label(self, node: str, lang: str) -> str:
        """Return the id of a node with its name in the language, blank for nobody."""
        known = self.park.nodes.get(node)
        names = (known.name_zh, known.name_en) if known else ("", "")
        return f"{node} {names[0 if lang == 'zh' else 1]}".strip()

    def points(self, stream: str) -> tuple[str, ...]:
        """Return the metering and virtual points of ``stream``."""
        rows = self._once("points", lambda: _grouped((*self.park.meters, *self.park.virtual), "stream"))
        return tuple(dict.fromkeys(row.point for row in rows.get(stream, ())))

    def meter(self, point: str, start: datetime) -> Meter | None:
        """Return the device row of ``point`` that holds at ``start``, else the first one."""
        rows = self._once("meters", lambda: _grouped(self.park.meters, "point")).get(point, ())
        return next((meter for meter in rows if meter.valid.covers(start)), rows[0] if rows else None)

    def virtual(self, point: str) -> VirtualPoint | None:
        """Return the virtual point ``point``."""
        return next(iter(self._once("virtual", lambda: _grouped(self.park.virtual, "point")).get(point, ())), None)

    def line(self, line: str) -> Line:
        """Return the account's line of an id."""
        found: Line = self._once("line", lambda: _grouped(self.account.lines, "id"))[line][0]
        return found

    def lines_of(self, stream: str) -> tuple[Line, ...]:
        """Return the account's lines on ``stream``."""
        return tuple(self._once("lines", lambda: _grouped(self.account.lines, "stream")).get(stream, ()))

    def counted(self) -> tuple[Line, ...]:
        """Return the lines that the totals add up: those of both views, and of the view that was chosen."""
        view = counted_view(self.account)
        found: tuple[Line, ...] = self._once(
            "counted", lambda: tuple(line for line in self.account.lines if line.view in ("", view))
        )
        return found

    def choices(self) -> tuple[Choice, ...]:
        """Return the account's choices as `choices.ordered` puts them."""
        found: tuple[Choice, ...] = self._once("choices", lambda: open_choices.ordered(self.account))
        return found

    def findings(
        self, streams: Iterable[str], points: Iterable[str], nodes: Iterable[str]
    ) -> list[tuple[int, Finding]]:
        """Return the account's findings about streams, points or nodes with their places, in the account's order."""
        found: dict[int, Finding] = {}
        for key, wanted in (("stream", streams), ("point", points), ("node", nodes)):
            placed = self._once(f"findings:{key}", partial(_findings_by, self.account.findings, key))
            for one in wanted:
                found.update(placed.get(one, ()))
        return sorted(found.items())

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        """Gather something the first time that it is asked for: a park's figures are explained by the thousand."""
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


def _grouped(rows: Iterable[Any], name: str) -> dict[str, list[Any]]:
    made: dict[str, list[Any]] = {}
    for row in rows:
        made.setdefault(getattr(row, name), []).append(row)
    return made


def _findings_by(findings: Iterable[Finding], name: str) -> dict[str, list[tuple[int, Finding]]]:
    made: dict[str, list[tuple[int, Finding]]] = {}
    for at, finding in enumerate(findings):
        made.setdefault(getattr(finding.where, name), []).append((at, finding))
    return made
