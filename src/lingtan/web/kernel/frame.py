"""What the frame of every page shows: entries, tools, park, period."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import pgettext_lazy

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
    "people": frozenset({"grant", "invite", "confirm"}),
    "park_audit": frozenset({"audit"}),
    "releases": frozenset({"release"}),
    "public_park": "",
    "profile": "",
}


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
