"""Facts about a park's own commodities."""

from __future__ import annotations

from decimal import Decimal

from lingtan.ledger.commodity import resolve
from lingtan.ledger.finding import Finding
from lingtan.reference.model import Commodity

LIBRARY = {
    "raw_coal": Commodity("raw_coal", "fuel", "t", "原煤", "Raw coal", fossil=True, lineage=("raw_coal",)),
    "anthracite": Commodity(
        "anthracite", "fuel", "t", "无烟煤", "Anthracite", "raw_coal", True, lineage=("anthracite", "raw_coal")
    ),
    "steam": Commodity("steam", "steam", "t", name_en="Steam"),
}


def own(code: str, parent: str = "", *, kind: str = "", unit: str = "", line: int = 2, **more: object) -> Commodity:
    return Commodity(code, kind, unit, parent=parent, file="commodities.csv", line=line, **more)  # type: ignore[arg-type]


def codes(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.params["code"]) for finding in findings]


def test_without_own_rows_the_library_stands() -> None:
    joined, findings = resolve(LIBRARY, [])
    assert (set(joined), findings) == (set(LIBRARY), ())


def test_a_library_commodity_without_lineage_is_its_own() -> None:
    assert resolve(LIBRARY, [])[0]["steam"].lineage == ("steam",)


def test_an_own_row_inherits_what_it_leaves_blank() -> None:
    found = resolve(LIBRARY, [own("mine_7", "anthracite", name_zh="七号矿煤")])[0]["mine_7"]
    assert (found.kind, found.unit, found.fossil) == ("fuel", "t", True)
    assert (found.name_zh, found.name_en) == ("七号矿煤", "Anthracite")


def test_the_lineage_is_nearest_first() -> None:
    rows = [own("washed", "mine_7", line=3), own("mine_7", "anthracite")]
    assert resolve(LIBRARY, rows)[0]["washed"].lineage == ("washed", "mine_7", "anthracite", "raw_coal")


def test_an_own_row_keeps_its_place() -> None:
    found = resolve(LIBRARY, [own("mine_7", "anthracite", line=9)])[0]["mine_7"]
    assert (found.file, found.line) == ("commodities.csv", 9)


def test_fossil_false_is_set_and_not_inherited() -> None:
    assert resolve(LIBRARY, [own("char", "anthracite", fossil=False)])[0]["char"].fossil is False


def test_the_state_of_steam_is_inherited_whole_or_not_at_all() -> None:
    rows = [
        own("steam_hot", "steam", p_mpa=Decimal("1.6"), t_c=Decimal(300)),
        own("steam_same", "steam_hot", line=3),
        own("steam_saturated", "steam_hot", p_mpa=Decimal("0.8"), line=4),
    ]
    joined, _ = resolve(LIBRARY, rows)
    assert (joined["steam_same"].p_mpa, joined["steam_same"].t_c) == (Decimal("1.6"), Decimal(300))
    assert (joined["steam_saturated"].p_mpa, joined["steam_saturated"].t_c) == (Decimal("0.8"), None)


def test_a_code_of_its_own_needs_no_parent() -> None:
    joined, findings = resolve(LIBRARY, [own("cullet", kind="material", unit="t")])
    assert (joined["cullet"].lineage, findings) == (("cullet",), ())


def test_repeating_a_library_code_is_a_fault_and_the_library_holds() -> None:
    joined, findings = resolve(LIBRARY, [own("anthracite", "raw_coal", unit="kg")])
    assert codes(findings) == [("commodity_repeats_library", "anthracite")]
    assert joined["anthracite"].unit == "t"


def test_repeating_an_own_code_is_a_fault_with_both_lines_and_the_first_holds() -> None:
    rows = [own("x", "steam"), own("x", "anthracite", line=5)]
    joined, findings = resolve(LIBRARY, rows)
    assert codes(findings) == [("duplicate_id", "x")]
    assert findings[0].where.lines == (2, 5)
    assert joined["x"].kind == "steam"


def test_an_unknown_parent_is_a_fault() -> None:
    joined, findings = resolve(LIBRARY, [own("x", "unobtainium", line=4)])
    assert codes(findings) == [("unknown_parent", "x")]
    assert (findings[0].level, findings[0].where.line) == ("error", 4)
    assert "x" not in joined


def test_children_of_a_row_set_aside_are_set_aside_once_each() -> None:
    rows = [own("b", "x", line=3), own("x", "unobtainium"), own("c", "b", line=4)]
    joined, findings = resolve(LIBRARY, rows)
    assert sorted(codes(findings)) == [("unknown_parent", "b"), ("unknown_parent", "c"), ("unknown_parent", "x")]
    assert set(joined) == set(LIBRARY)


def test_a_cycle_is_one_fault_with_all_its_lines() -> None:
    rows = [own("a", "b", line=2), own("b", "c", line=3), own("c", "a", line=4), own("d", "a", line=5)]
    joined, findings = resolve(LIBRARY, rows)
    assert codes(findings) == [("parent_cycle", "a"), ("unknown_parent", "d")]
    assert findings[0].where.lines == (2, 3, 4)
    assert set(joined) == set(LIBRARY)


def test_a_row_that_is_its_own_parent_is_a_cycle() -> None:
    assert codes(resolve(LIBRARY, [own("a", "a")])[1]) == [("parent_cycle", "a")]


def test_a_row_without_kind_or_unit_or_parent_is_a_fault() -> None:
    assert codes(resolve(LIBRARY, [own("x", unit="t")])[1]) == [("commodity_incomplete", "x")]
