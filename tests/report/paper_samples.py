"""Papers that the tests write: one with every kind of block, and hostile text for all of its places."""

from __future__ import annotations

from datetime import date
from typing import Any

from lingtan.report.paper import (
    Chart,
    Column,
    Figure,
    Heading,
    Missing,
    Note,
    PageBreak,
    Paper,
    Row,
    Source,
    Table,
    Text,
    Tile,
    Tiles,
    charts,
)

HOSTILE = '#import "@preview/x:0.1.0": y #panic("no") $x^2$ *b* _i_ `c` \\ <w:p/> <a> </w:t> {{ x }} {% y %} &amp; @z'


def drawing(text: str = "燃料") -> str:
    return charts.months(
        ["1", "2"], [charts.Series(text, "gas", [3.0, None], [True, False])], line=charts.Series("2024", "", [2.0, 1.0])
    )


def paper(text: str = "", **more: Any) -> Paper:
    """Return a paper with every kind of block; ``text`` stands in each place that takes text."""
    rows = [Row(("电力", Figure("1,234", "MWh", "flow:E"), "—"), source="")]
    rows += [Row((f"第 {at} 行{text}", Figure("22,400"), "+8.6"), source="ledger:S") for at in range(70)]
    blocks = (
        Text(("三月排放 ", Figure("5,047", "t CO₂", "total:co2_t", strong=True), f"，同比少。{text}"), "lead"),
        Tiles((Tile(f"排放{text}", Figure("5,047", "t CO₂", "total:co2_t"), Figure("−3.4", "%", tone="ok")),)),
        Heading(f"能源{text}"),
        Heading(f"小节{text}", 2),
        Table(
            (Column(f"品种{text}", share=2), Column("本月", "GJ", figures=True), Column("同比", "%", figures=True)),
            (Row((f"能源{text}",), "group"), *rows, Row(("合计", "23,634", "—"), "total")),
            caption=f"表{text}",
            notes=(f"注{text}",),
        ),
        Chart(f"图{text}", drawing(text or "燃料"), f"一月 3，二月未知{text}", f"单位{text}"),
        Missing(f"四月蒸汽{text}", f"未报{text}", f"请催报{text}"),
        PageBreak(),
        Note(f"初步{text}"),
    )
    sources = (
        Source("total:co2_t", f"总量{text}", f"运行 12{text}"),
        Source("ledger:S", "台账"),
        Source("flow:E", "流量", "运行 12"),
        Source("unused", "没有数字用它"),
    )
    given = {
        "title": f"临澜产业园月报{text}", "language": "zh", "day": date(2026, 4, 11), "blocks": blocks,
        "subtitle": f"管理层{text}", "facts": ((f"方法{text}", f"国家{text}"),), "marks": ((f"初步{text}", "info"),),
        "sources": sources, "running": f"月报 2026-03{text}", "author": f"园区办{text}",
    }  # fmt: skip
    return Paper(**{**given, **more})
