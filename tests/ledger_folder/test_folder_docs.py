"""The pages of docs/folder: their examples are one park that reads without a fault, their tables name all columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lingtan.ledger.folder import check, read
from lingtan.ledger.folder.columns import TABLES
from lingtan.ledger.folder.faults import CODES

PAGES = Path(__file__).resolve().parents[2] / "docs" / "folder"
EXAMPLE = re.compile(r"^Example `(?P<file>[^`]+)`:\n\n```(?:csv|toml)\n(?P<text>.*?)```$", re.MULTILINE | re.DOTALL)


def examples() -> dict[str, str]:
    found = (EXAMPLE.search(page.read_text("utf-8")) for page in sorted(PAGES.glob("*.md")))
    return {match["file"]: match["text"] for match in found if match}


def page_of(pattern: str) -> Path:
    return PAGES / (pattern.split("/")[0].removesuffix(".csv") + ".md")


@pytest.fixture
def composed(tmp_path: Path) -> Path:
    for file, text in examples().items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, "utf-8")
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "coal-01.txt").write_text("invoice", "utf-8")
    return tmp_path


def test_examples_of_all_pages_are_a_park_without_fault(composed: Path) -> None:
    assert [one.message for one in check(composed)] == []


def test_examples_fill_every_table_of_the_park(composed: Path) -> None:
    park = read(composed).park
    assert [table.park for table in TABLES.values() if table.park and not getattr(park, table.park)] == []


@pytest.mark.parametrize("pattern", TABLES)
def test_page_names_the_columns_in_their_order(pattern: str) -> None:
    listed = re.findall(r"^\| `([^`]+)` \|", page_of(pattern).read_text("utf-8"), re.MULTILINE)
    assert tuple(listed) == TABLES[pattern].names


@pytest.mark.parametrize("pattern", TABLES)
def test_page_says_which_columns_are_needed(pattern: str) -> None:
    listed = re.findall(r"^\| `([^`]+)` \| yes \|", page_of(pattern).read_text("utf-8"), re.MULTILINE)
    assert listed == [column.name for column in TABLES[pattern].columns if column.needed]


def test_every_code_has_its_line_with_its_level() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \|", (PAGES / "codes.md").read_text("utf-8"), re.MULTILINE)
    assert dict(listed) == {code: level for code, (level, _) in CODES.items()}
