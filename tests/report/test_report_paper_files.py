"""The two forms of a paper: same content, same bytes each time, text stays text."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from pypdf import PdfReader

from lingtan.report.paper import Chart, Paper, PaperError, pdf, word
from report.paper_samples import HOSTILE, drawing, paper


@pytest.fixture(scope="module")
def held() -> tuple[Paper, bytes, bytes]:
    made = paper()
    return made, pdf.write(made), word.write(made)


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def of_word(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def all_text(file: Any) -> str:
    return "".join(one.text or "" for one in file.element.body.iter(qn("w:t")))


def test_the_same_paper_gives_the_same_pdf_byte_by_byte(held: tuple[Paper, bytes, bytes]) -> None:
    assert pdf.write(paper()) == held[1]


def test_the_same_paper_gives_the_same_word_file_byte_by_byte(held: tuple[Paper, bytes, bytes]) -> None:
    assert word.write(paper()) == held[2]


def test_every_part_of_the_word_file_has_one_fixed_stamp(held: tuple[Paper, bytes, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(held[2])) as package:
        assert {part.date_time for part in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_the_only_date_in_a_file_is_the_day_of_the_paper(held: tuple[Paper, bytes, bytes]) -> None:
    own = of_word(held[2]).core_properties
    assert {f"{one:%Y-%m-%d}" for one in (own.created, own.modified)} == {"2026-04-11"}
    assert "20260411" in str(PdfReader(io.BytesIO(held[1])).metadata)


def test_both_forms_say_the_same_figures(held: tuple[Paper, bytes, bytes]) -> None:
    one, other = flat(of_pdf(held[1])), flat(all_text(of_word(held[2])))
    for said in ("5,047", "1,234", "22,400", "23,634", "缺·四月蒸汽", "请催报", "数字依据", "total:co2_t", "第69行"):
        assert said in one.replace("・", "·"), said
        assert said in other, said


def test_pdf_is_tagged_pdf_a_with_embedded_fonts_and_alternative_text(held: tuple[Paper, bytes, bytes]) -> None:
    reader = PdfReader(io.BytesIO(held[1]))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "zh" in root["/Lang"]
    assert b"pdfaid:part" in held[1] or "pdfaid" in str(root["/Metadata"].get_data())
    fonts = {str(font.get_object()["/BaseFont"]) for font in reader.pages[0]["/Resources"]["/Font"].values()}
    assert fonts
    assert all("NotoSansSC" in font for font in fonts)


def test_pdf_is_a4_and_every_page_says_its_number_of_all(held: tuple[Paper, bytes, bytes]) -> None:
    reader = PdfReader(io.BytesIO(held[1]))
    count = len(reader.pages)
    assert count >= 3
    assert [round(float(size)) for size in reader.pages[0].mediabox[2:]] == [595, 842]
    for at, page in enumerate(reader.pages, start=1):
        assert f"第{at}页，共{count}页" in flat(page.extract_text())


def test_the_head_of_a_long_table_stands_again_on_each_page(held: tuple[Paper, bytes, bytes]) -> None:
    pages = [flat(page.extract_text()) for page in PdfReader(io.BytesIO(held[1])).pages]
    assert sum("品种本月" in page for page in pages) >= 2
    table = next(one for one in of_word(held[2]).tables if "品种" in one.rows[0].cells[0].text)
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None


def test_word_is_a4_with_headings_and_chinese_fonts_in_every_style(held: tuple[Paper, bytes, bytes]) -> None:
    file = of_word(held[2])
    assert (file.sections[0].page_width.mm, file.sections[0].page_height.mm) == pytest.approx((210, 297), abs=0.1)
    assert [one.style.name for one in file.paragraphs if one.text in ("能源", "小节")] == ["Heading 1", "Heading 2"]
    for name in ("Normal", "Title", "Heading 1", "Heading 2", "Cell", "Header", "Footer"):
        fonts = file.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "Microsoft YaHei", name
        assert file.styles[name].element.rPr.find(qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"


def test_word_counts_its_pages_by_fields(held: tuple[Paper, bytes, bytes]) -> None:
    foot = of_word(held[2]).sections[0].footer._element
    assert [one.get(qn("w:instr")) for one in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]


def test_a_chart_is_a_picture_with_its_words_in_word(held: tuple[Paper, bytes, bytes]) -> None:
    file = of_word(held[2])
    assert [one._inline.docPr.get("descr") for one in file.inline_shapes] == ["一月 3，二月未知"]


def test_raised_numbers_lead_to_the_list_of_sources(held: tuple[Paper, bytes, bytes]) -> None:
    body = of_word(held[2]).element.body
    led = {one.get(qn("w:anchor")) for one in body.iter(qn("w:hyperlink"))}
    assert (
        led == {one.get(qn("w:name")) for one in body.iter(qn("w:bookmarkStart"))} == {f"source_{n}" for n in (1, 2, 3)}
    )
    assert b"/Dest" in held[1] or b"/Annots" in held[1] or PdfReader(io.BytesIO(held[1])).pages[0].get("/Annots")


def test_hostile_text_stays_text_in_pdf() -> None:
    told = flat(of_pdf(pdf.write(paper(HOSTILE))))
    assert told.count('#panic("no")') >= 10
    assert "{{x}}" in told
    assert "<w:p/>" in told


def test_hostile_text_stays_text_in_word() -> None:
    content = word.write(paper(HOSTILE))
    assert all_text(of_word(content)).count(HOSTILE) >= 15
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"&lt;w:p/&gt;" in package.read("word/document.xml")


def test_hostile_text_is_cut_to_nothing_in_no_drawing() -> None:
    assert "#panic" in drawing(HOSTILE)
    assert "<w:p/>" not in drawing(HOSTILE)


def test_a_drawing_that_is_none_is_refused() -> None:
    with pytest.raises(PaperError, match="Expected a drawing as SVG"):
        word.write(replace(paper(), blocks=(Chart("x", "<svg", "x"),)))


def test_word_refuses_control_characters() -> None:
    with pytest.raises(PaperError, match=r"U\+0001"):
        word.write(replace(paper(), subtitle="a\x01"))


def test_an_english_paper_speaks_english() -> None:
    made = replace(paper(), language="en")
    assert "Page 1 of" in of_pdf(pdf.write(made)).replace("\n", " ")
    assert "What the figures rest on" in all_text(of_word(word.write(made)))
