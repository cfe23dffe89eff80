"""How each source is: last arrival, lag, rate, what was refused; written to a file that any page may read."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lingtan.ingest.model import Answer

_WINDOW = timedelta(seconds=60)
_COUNTS = ("accepted", "waiting", "turned_away", "refused", "blank")


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Health:
    """Figures of one source since the service began. ``parts`` holds states of its devices or ranges."""

    source: str
    kind: str
    silent_after: timedelta
    since: datetime = field(default_factory=now)
    last_arrival: datetime | None = None
    newest: datetime | None = None
    deliveries: int = 0
    known: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    connected: bool | None = None
    broken: str = ""
    restarts: int = 0
    last_fault: str = ""
    dropped: int = 0
    parts: dict[str, str] = field(default_factory=dict)
    _recent: deque[tuple[datetime, int]] = field(default_factory=deque)

    def arrived(self, answer: Answer, newest: datetime | None) -> None:
        """Count a delivery that became durable; ``newest`` is the latest time among its readings."""
        moment = now()
        self.last_arrival, self.broken = moment, ""
        self.deliveries += 1
        self.known += answer.known
        for name in _COUNTS:
            self.counts[name] += getattr(answer, name)
        if answer.faults:
            self.last_fault = answer.faults[0].sentence()
        if newest is not None:
            self.newest = newest if self.newest is None else max(self.newest, newest)
        self._recent.append((moment, answer.accepted))
        self._forget(moment)

    def refused(self, sentence: str) -> None:
        """Count a delivery that could not be read at all."""
        self.last_arrival = now()
        self.counts["refused"] += 1
        self.last_fault = sentence

    def fault(self, sentence: str) -> None:
        """Note that the source's own task broke and will start again."""
        self.broken = self.last_fault = sentence
        self.restarts += 1

    def state(self, moment: datetime) -> str:
        """Return ok, starting, silent or broken."""
        if self.broken or self.connected is False:
            return "broken"
        if moment - (self.last_arrival or self.since) > self.silent_after:
            return "silent"
        return "ok" if self.last_arrival else "starting"

    def as_json(self, moment: datetime) -> dict[str, Any]:
        """Return the figures as plain values: times ISO 8601, ``lag_s`` [s], ``rate`` [readings/s over a minute]."""
        self._forget(moment)
        lag = None if self.newest is None else max((moment - self.newest).total_seconds(), 0.0)
        return {
            "source": self.source, "kind": self.kind, "state": self.state(moment), "since": self.since.isoformat(),
            "last_arrival": self.last_arrival.isoformat() if self.last_arrival else None,
            "newest": self.newest.isoformat() if self.newest else None, "lag_s": lag,
            "rate": sum(count for _, count in self._recent) / _WINDOW.total_seconds(),
            "deliveries": self.deliveries, "known": self.known, **self.counts, "dropped": self.dropped,
            "connected": self.connected, "restarts": self.restarts, "broken": self.broken or None,
            "last_fault": self.last_fault or None, "parts": dict(self.parts),
        }  # fmt: skip

    def _forget(self, moment: datetime) -> None:
        while self._recent and moment - self._recent[0][0] > _WINDOW:
            self._recent.popleft()


def report(sources: Iterable[Health], service: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of all sources and of the service itself."""
    moment = now()
    return {"at": moment.isoformat(), **service, "sources": [health.as_json(moment) for health in sources]}


def write(path: Path, figures: Mapping[str, Any]) -> None:
    """Put the figures into a file at one stroke, so that a reader never sees half of them."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)
