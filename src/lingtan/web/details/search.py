"""Search over all record types, within what a person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from lingtan.web.kernel.lists import Cell, Teller, matching, with_related
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.register import Register, registers
from lingtan.web.people.access import Access

FOUND = 6  # rows shown of a record type


@in_park()
def search(request: ParkRequest) -> HttpResponse:
    """Search all record types for words."""
    q = request.GET.get("q", "").strip()[:200]
    with timezone.override(ZoneInfo(request.park.timezone)):
        hits = find(q, request.access, request.park)
        context = {"q": q, "hits": hits, "count": sum(len(one.rows) for one in hits)}
        return render(request, "kernel/search.html", context)


@dataclass(frozen=True, slots=True)
class Hits:
    """What the search over everything found of one record type."""

    register: Register
    rows: list[tuple[Any, list[Cell]]]
    more: bool


def find(q: str, access: Access, park: Any) -> list[Hits]:
    """Return what is found of every record type; loosely where the words as they stand are nowhere."""
    if not q.split():
        return []
    return _hits(q, access, park) or _hits(q, access, park, loose=True)


def _hits(q: str, access: Access, park: Any, *, loose: bool = False) -> list[Hits]:
    found = []
    for register in registers():
        names = register.shown(register.columns, access)[:4]
        rows = register.model.objects.visible_to(access).filter(matching(register, q, access, loose=loose))
        held = list(with_related(register, names, rows).order_by(*register.order, "pk")[: FOUND + 1])
        teller = Teller(register, access, park)
        told = [(row, [teller.cell(row, name) for name in names]) for row in held[:FOUND]]
        found += [Hits(register, told, len(held) > FOUND)] if held else []
    return found
