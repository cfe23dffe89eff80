"""Answers that are kept while nothing changes."""

from __future__ import annotations

from typing import Any

import pytest

from lingtan.web.kernel import history as room
from lingtan.web.kernel.history import unchanged
from lingtan.web.metering.stream import Stream
from lingtan.web.park.node import Node

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how often the answer was made; the clock stands still."""
    monkeypatch.setattr(room.time, "monotonic", lambda: 100.0)
    return []


def answer(asked: list[int], key: str) -> int:
    return unchanged(("test", key), (Node, Stream), lambda: (asked.append(1), len(asked))[1])


def test_an_answer_is_kept_while_nothing_changes(park: Any, asked: list[int]) -> None:
    assert [answer(asked, "kept"), answer(asked, "kept")] == [1, 1]


def test_an_answer_is_made_anew_after_a_change_that_no_model_saw(park: Any, asked: list[int]) -> None:
    answer(asked, "raw")
    Stream.objects.filter(park=park, code="EA").update(made_as="another")
    assert answer(asked, "raw") == 2


def test_an_answer_is_made_anew_after_a_removal(park: Any, asked: list[int]) -> None:
    answer(asked, "gone")
    Stream.objects.filter(park=park, code="EA1").delete()
    assert answer(asked, "gone") == 2


def test_an_answer_does_not_outlive_its_seconds(park: Any, asked: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    answer(asked, "old")
    monkeypatch.setattr(room.time, "monotonic", lambda: 100.0 + room.SECONDS)
    assert answer(asked, "old") == 2


def test_the_oldest_answers_make_room(park: Any, asked: list[int]) -> None:
    for at in range(room.MOST + 1):
        answer(asked, f"many-{at}")
    assert answer(asked, "many-0") == room.MOST + 2
