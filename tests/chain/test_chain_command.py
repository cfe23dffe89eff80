"""The command line as people type it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Write = Callable[[dict[str, str]], Path]
TABLES = {
    "streams.csv": "id,commodity,source,target\nel,electricity,grid,E1\n",
    "statements/a.csv": "stream,start,end,amount,unit,kind,reporter\nel,2025-01-01,2026-01-01,1000,kWh,invoice,grid\n",
}


def test_figure_may_stand_before_or_behind_the_options(write: Write, run: Callable[..., Any]) -> None:
    folder = write(TABLES)
    before = run("explain", folder, "total:co2_t", "--year", 2025)
    behind = run("explain", folder, "--year", 2025, "total:co2_t")
    assert before == behind
    assert before["value"] == 0.8325
