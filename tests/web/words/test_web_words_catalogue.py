"""The words: every msgid has a Chinese word, places to fill are equal, the catalogue is what is shipped."""

from __future__ import annotations

import io
import runpy
from pathlib import Path
from typing import Any

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "tools" / "messages.py"))


@pytest.fixture(scope="module")
def found(tool: dict[str, Any]) -> Any:
    return tool["all_words"]()


def test_every_word_is_there_once_with_its_places_in_plain_calls(found: Any) -> None:
    assert found.faults == []


def test_the_committed_catalogue_is_what_the_tables_give(tool: dict[str, Any], found: Any) -> None:
    assert tool["PO"].read_bytes() == tool["written"](tool["catalogue"](found)), "run: python tools/messages.py"


def test_the_compiled_catalogue_is_that_of_the_words_and_nothing_is_fuzzy(tool: dict[str, Any]) -> None:
    made = io.BytesIO()
    with tool["PO"].open("rb") as file:
        write_mo(made, read_po(file, locale="zh_Hans"))
    assert tool["PO"].with_suffix(".mo").read_bytes() == made.getvalue(), "run: make words"
    assert b", fuzzy" not in tool["PO"].read_bytes()


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('_(f"{n} rows")', "f-string"),
        ('gettext("a" + b)', "joined"),
        ('gettext_lazy("%s rows" % n)', "joined"),
    ],
)
def test_a_text_that_can_never_be_found_is_told(tool: dict[str, Any], code: str, fault: str) -> None:
    assert fault in next(iter(tool["unplain"](code)))[1]


def test_a_word_that_fills_other_places_is_told(tool: dict[str, Any]) -> None:
    words = tool["Words"]()
    words.asked[("", "%(n)s rows", "")] = [("x.py", 1)]
    words.given[("", "%(n)s rows")] = "%(m)s 行"
    tool["judge"](words)
    assert len(words.faults) == 1


def test_the_catalogue_can_be_read_back(tool: dict[str, Any], found: Any) -> None:
    assert len(read_po(io.BytesIO(tool["written"](tool["catalogue"](found))), locale="zh_Hans")) == len(found.asked)
