"""Every code that a room can give has a Chinese title and sentence, and every sentence can be filled."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hand_account import ACCOUNT, PARK

from lingtan.ledger.finding import Finding, Where
from lingtan.ledger.folder.faults import CODES, fault
from lingtan.series import remarks
from lingtan.trace import tell
from lingtan.trace.sentences import FINDINGS

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lingtan"
# Modules whose codes come from a table that is imported above, and one that shows findings kept from a run.
TABLED = ("ledger/folder/faults.py", "series/remarks.py", "web/park/views.py")


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _codes_of(path: Path) -> set[str]:
    """Codes of a module: first arguments of ``Finding``, and of functions that hand theirs on to it."""
    tree = ast.parse(path.read_text("utf-8"))
    handing: set[str] = set()
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        arguments = {argument.arg for argument in function.args.args}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if _called(call) == "Finding" and isinstance(call.args[0], ast.Name) and call.args[0].id in arguments:
                handing.add(function.name)
    codes: set[str] = set()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if _called(call) not in {"Finding", *handing} or not call.args:
            continue
        first = call.args[0]
        told = first.value if isinstance(first, ast.Constant) else None
        assert isinstance(told, str) or handing, f"{path}:{call.lineno} makes a finding whose code no test can see"
        codes |= {told} if isinstance(told, str) else set()
    return codes


def codes() -> set[str]:
    """Every code that the package can give."""
    found = set(CODES) | {remarks._CODES.get(kind, kind) for kind in remarks.WORDS}
    for path in SOURCE.rglob("*.py"):
        if not path.as_posix().endswith(TABLED):
            found |= _codes_of(path)
    return found


def test_every_code_of_the_package_has_a_chinese_title_and_sentence() -> None:
    assert sorted(codes() - set(FINDINGS)) == []


def test_no_sentence_stands_for_a_code_that_nobody_gives() -> None:
    assert sorted({code.partition(".")[0] for code in FINDINGS} - codes()) == []


@pytest.mark.parametrize("code", sorted(FINDINGS))
def test_a_sentence_ends_as_one_and_its_brackets_are_paired(code: str) -> None:
    title, sentence = FINDINGS[code]
    assert title
    assert re.search("[。」]\\]?$", sentence), sentence
    assert sentence.count("[") == sentence.count("]")
    assert sentence.count("{") == sentence.count("}")


def test_a_part_whose_figure_is_not_there_is_left_out() -> None:
    bare, counted = (Finding("blank_row", "note", "x", params=params) for params in ({}, {"count": 3}))
    assert tell.sentence(bare, "zh") == "空行已跳过。"
    assert tell.sentence(counted, "zh") == "空行已跳过，共 3 行。"


def test_what_came_is_shown_as_it_stood_in_the_file() -> None:
    found = fault("bad_number", "a.csv", lines=(3,), expected="a number", came="'1,5'", column="amount")
    assert tell.sentence(found, "zh") == "应为以点作小数点的数字，收到 1,5。不写千分位；没有读数就留空。"


def test_the_bound_of_a_number_is_said_in_chinese() -> None:
    found = fault("out_of_range", "a.csv", expected="a number not below 0 in share", came="'-1'", column="share")
    assert "应不小于 0，收到 -1" in tell.sentence(found, "zh")


def test_near_words_are_named() -> None:
    found = fault("unknown_id", "a.csv", expected="an id", came="'E1'", todo="near: E01, E10")
    assert tell.sentence(found, "zh") == "没有这个编号：E1。相近：E01, E10。"


def test_one_code_of_two_rooms_has_two_sentences() -> None:
    cell = Finding("out_of_range", "error", "x", params={"column": "share"})
    series = Finding("out_of_range", "finding", "x", params={"said": "out_of_range", "count": 2})
    assert tell.title_of(cell, "zh") == "超出合理范围"
    assert tell.title_of(series, "zh") == "超出额定"


def test_many_rows_are_named_by_the_first_and_their_number() -> None:
    found = Finding(
        "calendarised", "note", "x", params={"rows": [f"a.csv:{i}" for i in range(2, 39)], "kind": "invoice"}
    )
    assert "a.csv:2、a.csv:3、a.csv:4、a.csv:5、a.csv:6 等 37 项" in tell.sentence(found, "zh")


def test_english_is_the_message_as_written() -> None:
    assert tell.sentence(Finding("blank_row", "note", "as written"), "en") == "as written"


def test_a_code_of_another_program_keeps_its_message() -> None:
    assert tell.sentence(Finding("brand_new", "note", "as written"), "zh") == "as written"


def test_an_amount_missing_from_a_needed_place_is_a_dash_and_not_zero() -> None:
    assert "—" in tell.sentence(Finding("year_only", "note", "x"), "zh")


@pytest.mark.parametrize(
    ("first", "until", "told"),
    [
        ((2024, 12, 31, 16), (2025, 12, 31, 16), "2025"),
        ((2025, 1, 31, 16), (2025, 2, 28, 16), "2025-02"),
        ((2025, 3, 31, 16), (2025, 6, 30, 16), "2025-04 – 2025-06"),
        ((2025, 5, 2, 16), (2025, 5, 4, 16), "2025-05-03 – 2025-05-04"),
        ((2025, 5, 30, 22), (2025, 6, 1, 14), "2025-05-31 06:00 – 2025-06-01 22:00"),
    ],
)
def test_times_of_findings_stand_in_the_parks_zone(first: tuple[int, ...], until: tuple[int, ...], told: str) -> None:
    start, end = (datetime(*parts, tzinfo=UTC) for parts in (first, until))  # type: ignore[arg-type]
    assert tell.when(Finding("reset", "finding", "x", start=start, end=end), PARK.settings.zone) == told


def test_the_findings_of_the_hand_made_account_are_filled_whole() -> None:
    for finding in ACCOUNT.findings:
        assert "{" not in tell.sentence(finding, "zh", PARK)


def test_a_deviation_says_who_says_what_and_what_is_adopted() -> None:
    params = {
        "other": Decimal("1610.07"), "adopted": Decimal("5796.25"), "adopted_by": "meter M", "source": "a.csv:3",
        "unit_suspect": "1/3.6", "kind": "report", "reporter": "E09", "allowed": Decimal("165.07"),
        "adopted_kind": "meter", "adopted_label": "M",
    }  # fmt: skip
    found = Finding("deviation", "finding", "x", Where(stream="S"), amount=Decimal("4186.18"), unit="GJ", params=params)
    assert tell.sentence(found, "zh") == (
        "月报 a.csv:3（E09）：1,610 GJ；采用的是表计 M：5,796 GJ；相差 4,186 GJ，超出两倍标准差 165 GJ。"
        "比值接近 1/3.6，像是单位不同，请核对；没有换算。"
    )
