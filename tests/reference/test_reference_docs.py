"""The pages of docs/reference say what the tables say."""

import importlib.util
from pathlib import Path

import pytest

from lingtan.reference import library
from lingtan.reference.tables import raw_names
from lingtan.reference.user import read_table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "reference"


def fresh_pages():
    spec = importlib.util.spec_from_file_location("document_reference", ROOT / "tools" / "document_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages(library())


PAGES = fresh_pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_one_written_from_the_tables(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_linked_from_the_front_page(name):
    assert f"({name})" in (DOCS / "README.md").read_text(encoding="utf-8")


def test_the_example_of_how_to_add_a_factor_is_read_without_faults():
    text = (DOCS / "how-to-add-a-factor.md").read_text(encoding="utf-8")
    example = text.split("```csv\n")[1].split("```")[0]
    table = read_table(example, library(), names=raw_names())
    assert table.faults == ()
    assert [row.id for row in table.rows] == ["PARK_HANDBOOK:diesel:NCV:-"]


def test_every_qualifier_of_a_range_or_special_use_is_explained():
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    for word in ("lower", "upper", "derived", "lifecycle", "proxy", "non_fossil", "includes_fuel"):
        assert any(row.qualifier.endswith(word) for row in library().factors)
        assert f"`{word}`" in text
