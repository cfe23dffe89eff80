"""The bell's count: kept for some seconds, and counted anew at once after what the person did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lingtan.web.programme import frame


def test_the_bell_looks_at_all_rooms_once_for_many_pages(
    park: Any, client_as: Callable[..., Any], monkeypatch: Any
) -> None:
    asked = []
    monkeypatch.setattr(frame, "tasks_of", lambda *given: asked.append(given) or [])
    office = client_as("office")
    for _turn in range(3):
        office.get("/p/T/registers/")
    assert len(asked) == 1


def test_the_bell_counts_anew_after_the_person_did_something(
    park: Any, client_as: Callable[..., Any], monkeypatch: Any
) -> None:
    asked = []
    monkeypatch.setattr(frame, "tasks_of", lambda *given: asked.append(given) or [])
    office = client_as("office")
    office.get("/p/T/registers/")
    office.post("/p/T/messages/read/")
    office.get("/p/T/registers/")
    assert len(asked) == 2
