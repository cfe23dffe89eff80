"""Method files: the documented example, what is refused, and the shipped files against library and documents."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lingtan.inventory import MethodError, methods, rules
from lingtan.reference import library

Make = Callable[..., Any]
DOCS = Path(__file__).resolve().parents[2] / "docs"
HOW = (DOCS / "methods" / "how-to-add.md").read_text("utf-8")
SHIPPED = ("cn-zcp-2025", "ghgp-scope2-2015")


def blocks(word: str, text: str = HOW) -> list[str]:
    return re.findall(rf"^```{word}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def example(toy: Make) -> Any:
    factors, streams, statements = map(table, blocks("csv"))
    amounts = {row["stream"]: row["amount"] for row in statements}
    park = toy(year=2026)
    for row in streams:
        words = [row[key] or "-" for key in ("id", "commodity", "source", "target", "made_as", "used_as")]
        park = park.stream(" ".join(words), amounts[row["id"]])
    for row in factors:
        park = park.factor(row["subject"], row["parameter"], row["value"], row["unit"], status=row["status"])
    return park


def test_the_documents_new_method_and_one_factor_row_give_the_documents_account(toy: Make) -> None:
    method = methods.load(text=blocks("toml")[0])
    result = example(toy).account(method)
    expected = dict(line.split(" = ") for line in blocks("result")[0].strip().splitlines())
    got = {**result.by_category, "co2_t": result.totals["co2_t"]}
    assert {key: got[key] for key in expected} == {key: Decimal(value) for key, value in expected.items()}
    assert result.by_category["heat"] is None


def test_the_documents_choice_shows_its_alternative(toy: Make) -> None:
    result = example(toy).account(methods.load(text=blocks("toml")[0]))
    (choice,) = result.choices
    assert choice.effect["nation"]["co2_t"] == Decimal("10920.15") + 8200 + 15_918


def test_a_must_measure_factor_is_not_taken_from_elsewhere(toy: Make) -> None:
    park = toy(year=2026).stream("s soda_ash market E1 - process_input", 100)
    result = park.account(methods.load(text=blocks("toml")[0]))
    assert result.lines[0].notation == "NE"


MINI = """
id = "mini"
edition = 2025-01-01
document = "test"
[[recipe.r.way]]
rule = "output_factor"
ef = { parameter = "ef_ch4", from = ["own"], unit = "t/{unit}" }
[[entry]]
category = "waste"
side = "used"
kinds = ["waste"]
recipe = "r"
substance = "CH4"
"""


def test_other_substances_are_weighed_by_the_gwp_set_of_the_method(toy: Make) -> None:
    park = toy().stream("w municipal_waste market E1 - landfill", 100).factor("municipal_waste", "ef_ch4", 50, "kg/t")
    result = park.account(methods.load(text='gwp_set = "AR5"\n' + MINI))
    # 100 t x 0.05 t/t = 5 t CH4, x 28 = 140 t CO2e
    assert result.by_gas == {"CH4": Decimal(5)}
    assert (result.totals["co2_t"], result.totals["co2e_t"]) == (Decimal(0), Decimal(140))
    assert result.by_category["waste"] == 140
    assert result.lines[0].id == "waste:w:CH4"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "mini"', "", "Expected the key 'id'"),
        ("edition = 2025-01-01", "edition = 2025", "Expected a date"),
        ('side = "used"', 'side = "inside"', r"expected side received, sent, made, used; came 'inside'"),
        ('kinds = ["waste"]', "", "expected kinds or commodities"),
        ('kinds = ["waste"]', 'kind = ["waste"]', r"the key 'kind' is not known \(near: kinds"),
        ('recipe = "r"', 'recipe = "rr"', r"expected a recipe of this file \(near: r\); came 'rr'"),
        ('rule = "output_factor"', 'rule = "2 * x"', "expected a rule of"),
        ("ef = {", "factor = {", r"expected the arguments \['ef'\]; came \['factor'\]"),
        ('from = ["own"]', "from = []", "expected 'from'"),
        ('from = ["own"]', 'from = ["own"], mode = "fixed"', "mode fixed does not go with"),
        ('from = ["own"]', 'from = ["own", "CN_NCSC"], mode = "must_measure"', "must_measure does not go with"),
        ('from = ["own"]', 'from = ["@year"]', "Expected the id of a choice after '@'"),
        ('from = ["own"]', 'from = ["own"], value = "much"', "expected a number as value; came 'much'"),
        ("[[entry]]", "[[entry]", "Expected a TOML text"),
        ("[[entry]]", "[entry]", r"expected a list of tables \[\[entry\]\]"),
        ("[[entry]]", '[[choice]]\nid = "x"\n[[entry]]', "choice x: expected the key 'chosen'"),
        ("[[entry]]", '[[choice]]\nchosen = "x"\n[[entry]]', "expected the key 'id'"),
        ("[[entry]]", "band = { least = 3 }\n[[entry]]", "arguments"),
        ('kinds = ["waste"]', "kinds = 3", "expected a text or a list of texts; came 3"),
    ],
)  # fmt: skip
def test_mistakes_in_a_method_file_are_named(old: str, new: str, message: str) -> None:
    assert old in MINI
    with pytest.raises(MethodError, match=message):
        methods.load(text=MINI.replace(old, new))


def test_a_choice_may_not_change_what_is_selected() -> None:
    text = MINI.replace('kinds = ["waste"]', 'kinds = ["@k"]') + (
        '[[choice]]\nid = "k"\nchosen = "a"\noption = [{ name = "a", value = "waste" }]\n'
    )
    with pytest.raises(MethodError, match="not what is selected"):
        methods.load(text=text)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_library_row_and_set_that_a_shipped_method_names_exists(name: str) -> None:
    shelf = library()
    rows, sets = {row.id for row in shelf.factors}, {row.set_id for row in shelf.factors}
    text = methods.shipped(name)
    assert set(re.findall(r'"row:([^"]+)"', text)) <= rows
    words = {word for part in re.findall(r"from = \[(.*?)\]", text) for word in re.findall(r'"([^"]+)"', part)}
    known = {"property", "own", "supplier", "state", "method"}
    assert {word.split(":")[0] for word in words if not word.startswith("@")} <= sets | known


@pytest.mark.parametrize("name", SHIPPED)
def test_every_word_that_a_shipped_method_selects_by_is_in_the_closed_tables(name: str) -> None:
    shelf, raw = library(), tomllib.loads(methods.shipped(name))
    kinds = {"other", *(commodity.kind for commodity in shelf.commodities.values())}
    for row in (*raw["entry"], *raw.get("energy", ())):
        assert set(row.get("kinds", ())) <= kinds
        assert set(row.get("commodities", ())) <= set(shelf.commodities)
        assert {*row.get("made_as", ()), *row.get("used_as", ())} <= set(shelf.roles)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_choice_of_a_shipped_method_is_dated_documented_and_reasoned(name: str) -> None:
    for choice in methods.load(name).choices:
        assert choice.document, choice.id
        assert choice.reason, choice.id
        assert choice.decided, choice.id


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_method_has_a_page_that_names_its_choices(name: str) -> None:
    page = (DOCS / "methods" / f"{name}.md").read_text("utf-8")
    assert all(f"`{choice.id}`" in page for choice in methods.load(name).choices)


@pytest.mark.parametrize("name", sorted(rules.RULES))
def test_every_rule_has_a_page_whose_example_comes_out(name: str) -> None:
    page = (DOCS / "rules" / f"{name}.md").read_text("utf-8")
    (text,) = blocks("example", page)
    *given, result = text.strip().splitlines()
    arguments = {key: Decimal(value) for key, value in (line.split(" = ") for line in given)}
    assert rules.apply(name, arguments) == Decimal(result.removeprefix("= "))
    assert rules.RULES[name].citation in page
    assert rules.RULES[name].formula in page
