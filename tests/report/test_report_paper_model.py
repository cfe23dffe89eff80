"""Papers as values: numbers name their sources, tables are tables, the fonts have the letters."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lingtan.report.paper import Column, Figure, PaperError, Row, Table, Text, fonts, pdf
from lingtan.report.paper.model import check, numbered, strings, used
from report.paper_samples import paper


def test_sources_are_numbered_in_the_order_of_their_first_use() -> None:
    assert dict(numbered(paper())) == {"total:co2_t": 1, "flow:E": 2, "ledger:S": 3}


def test_a_source_that_no_number_names_is_not_listed() -> None:
    assert [source.key for _number, source in used(paper())] == ["total:co2_t", "flow:E", "ledger:S"]


def test_a_number_whose_source_is_not_there_is_refused_by_its_name() -> None:
    with pytest.raises(PaperError, match="'total:nowhere'"):
        check(replace(paper(), blocks=(Text((Figure("1", source="total:nowhere"),)),)))


def test_a_row_of_another_width_is_refused_with_table_row_and_counts() -> None:
    table = Table((Column("a"), Column("b")), (Row(("1", "2")), Row(("1",))), caption="耗电")
    with pytest.raises(PaperError, match="'耗电', row 2: expected 2 cells, came 1"):
        pdf.write(replace(paper(), blocks=(table,)))


def test_every_text_of_a_paper_is_looked_at() -> None:
    told = list(strings(paper("※")))
    assert sum("※" in one for one in told) >= 20


@pytest.mark.parametrize(
    "letter", ["₂", "·", "−", "\u2009", "±", "²", "³", "‰", "≥", "≤", "→", "⁰", "堃", "玥", "≈", "○"]
)
def test_the_fonts_have_what_papers_say(letter: str) -> None:
    assert letter in fonts.letters()


def test_all_letters_of_gb_2312_are_there() -> None:
    rows = (bytes((high, low)) for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF))
    assert not {one for row in rows for one in row.decode("gb2312", "ignore")} - fonts.letters()


def test_a_letter_that_the_fonts_lack_is_refused_by_name_and_place() -> None:
    with pytest.raises(PaperError, match=r"𠮷 \(U\+20BB7\) in “野家𠮷商店”") as refused:
        pdf.write(replace(paper(), subtitle="野家𠮷商店"))
    assert "tools/vendor_assets.py" in str(refused.value)


def test_a_control_character_is_refused() -> None:
    with pytest.raises(PaperError, match=r"U\+0007"):
        pdf.write(replace(paper(), subtitle="a\x07b"))
