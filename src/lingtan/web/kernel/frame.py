"""What the frame of every page shows: entries, tools, park, period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lingtan.web.kernel import figures

#: The seven entries: url name, icon, letter after ``g``, label; only those that exist and may be opened are shown.
ENTRIES: tuple[tuple[str, str, str, Any], ...] = (
    ("overview", "layout-dashboard", "o", pgettext_lazy("entry", "Overview")),
    ("flows", "arrows-split-2", "f", pgettext_lazy("entry", "Flows")),
    ("account", "file-text", "c", pgettext_lazy("entry", "Carbon")),
    ("green", "leaf", "g", pgettext_lazy("entry", "Green")),
    ("reports", "clipboard-list", "r", pgettext_lazy("entry", "Reports")),
    ("comply", "target-arrow", "y", pgettext_lazy("entry", "Comply")),
    ("plan", "route", "p", pgettext_lazy("entry", "Plan")),
)
READS = "reads"
#: Tools of the top bar and of the menus by url name: who may open them (all, who reads, who has one of the actions).
TOOLS: dict[str, str | frozenset[str]] = {
    "search": READS,
    "tasks": "",
    "messages": "",
    "jobs": READS,
    "registers": READS,
    "documents": READS,
    "settings": frozenset({"change"}),
    "people": frozenset({"grant", "invite", "confirm", "admit"}),
    "park_audit": frozenset({"audit"}),
    "releases": frozenset({"release"}),
    "public_park": "",
    "profile": "",
}
PERIOD = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>\d\d))?)?")


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the address: ``2025``, ``2025-03``, ``2025-03-09`` or ``2025-03-09..2025-03-15``.

    ``start`` to ``end``, the last day not counted; ``kind`` is ``year``, ``month``, ``day`` or ``custom``.
    """

    text: str
    kind: str
    start: date
    end: date

    def __str__(self) -> str:
        return figures.period(self.text)

    @classmethod
    def read(cls, text: str) -> Period | None:
        """Return the period that a text says, None where it says none."""
        first, dots, last = text.partition("..")
        ends = [cls._one(part) for part in ([first, last] if dots else [first])]
        if any(one is None for one in ends) or (dots and ends[0].start >= ends[1].end):  # type: ignore[union-attr]
            return None
        one = ends[0]
        return cls(text, "custom", one.start, ends[1].end) if dots else one  # type: ignore[union-attr]

    @classmethod
    def of_year(cls, year: int) -> Period:
        """Return a calendar year."""
        return cls(f"{year}", "year", date(year, 1, 1), date(year + 1, 1, 1))

    @classmethod
    def _one(cls, text: str) -> Period | None:
        found = PERIOD.fullmatch(text)
        if not found:
            return None
        year, month, day = (int(part) if part else None for part in found.groups())
        if month is None:
            return cls.of_year(year)  # type: ignore[arg-type]
        try:
            start = date(year, month, day or 1)  # type: ignore[arg-type]
        except ValueError:
            return None
        after = start + timedelta(days=1) if day else (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        return cls(text, "day" if day else "month", start, after)

    def step(self, by: int) -> Period:
        """Return the period before (-1), after (1), or further away."""
        if self.kind == "year":
            return self._one(f"{self.start.year + by}")  # type: ignore[return-value]
        if self.kind == "month":
            at = self.start.year * 12 + self.start.month - 1 + by
            return self._one(f"{at // 12}-{at % 12 + 1:02}")  # type: ignore[return-value]
        length = (self.end - self.start) * by
        start, last = self.start + length, self.end + length - timedelta(days=1)
        return self.read(f"{start}" if self.kind == "day" else f"{start}..{last}")  # type: ignore[return-value]

    @property
    def before(self) -> Period:
        """The period just before."""
        return self.step(-1)

    @property
    def after(self) -> Period:
        """The period just after."""
        return self.step(1)

    @property
    def year_before(self) -> Period:
        """The same period of the year before."""
        if self.kind == "year":
            return self.before
        return self.step(-12) if self.kind == "month" else self.step(-364 // max((self.end - self.start).days, 1))

    @property
    def kinds(self) -> tuple[tuple[str, Any, str], ...]:
        """The same time by day, month and year: kind, word, text of the address."""
        year, month = f"{self.start.year}", f"{self.start:%Y-%m}"
        return (
            ("day", _("Day"), self.text if self.kind == "day" else f"{self.start}"),
            ("month", _("Month"), month),
            ("year", _("Year"), year),
        )


def _address(name: str, park: Any) -> str:
    """Return the address of a page, within the park where it takes one; blank while there is no such page."""
    for kwargs in ({"park": park.code}, {"code": park.code}, {}) if park is not None else ({},):
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    return ""


def _reads(access: Any) -> bool:
    """Tell whether somebody sees anything of the park's figures."""
    return bool(access is not None and (access.whole_park or access.enterprises or access.reaches))


def _opens(access: Any, needed: str | frozenset[str]) -> bool:
    """Tell whether a tool is for this person."""
    if needed == READS:
        return _reads(access)
    return not needed or (access is not None and not access.actions.isdisjoint(needed))


def _entries(request: HttpRequest, park: Any, access: Any) -> list[dict[str, Any]]:
    """Return the entries that this person may open."""
    if park is None or not _reads(access):
        return []
    here = getattr(request, "entry", "")
    made = []
    for name, sign, letter, label in ENTRIES:
        url = _address(name, park)
        at = here == name if here else bool(url) and _within(request.path, url, park)
        made.append({"name": name, "icon": sign, "letter": letter, "label": label, "url": url, "here": at})
    return [one for one in made if one["url"]]


def _within(path: str, url: str, park: Any) -> bool:
    """Tell whether a page lies below an entry; the park's root is only itself."""
    return path == url if url == f"/p/{park.code}/" else path.startswith(url)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the frame; a view may set ``request.entry`` to the entry that its page belongs to."""
    park, access = getattr(request, "park", None), getattr(request, "access", None)
    tools = {name: _address(name, park) for name, needed in TOOLS.items() if _opens(access, needed)}
    return {"park": park, "access": access, "entries": _entries(request, park, access), "tools": tools}
