"""Small parks written as text, and the command run on them as a person would run it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lingtan.cli import main
from places import PARK

BASE = {
    "park.toml": PARK,
    "boundaries.csv": "id,kind\nB,physical\n",
    "members.csv": "boundary,node\nB,E1\nB,E2\n",
    "nodes.csv": "id,parent,kind\ngrid,,grid\ngasnet,,fuel_network\nheatnet,,heat_network\nmarket,,market\n"
    "E1,,enterprise\nE2,,enterprise\nwind,,generator\n",
}

Tables = Mapping[str, str]
Run = Callable[..., Any]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Tables], Path]:
    """Return a function that writes a park folder from texts (over the base tables) and gives its path."""

    def do(tables: Tables) -> Path:
        for name, text in {**BASE, **tables}.items():
            path = tmp_path / "park" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "park"

    return do


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `lingtan ... --json` and gives the parsed output."""

    def do(*words: object, code: int | None = 0) -> Any:
        got = main([*map(str, words), "--json"])
        out = capsys.readouterr()
        assert code is None or got == code, (got, out.err, out.out[:2000])
        return json.loads(out.out)

    return do


@pytest.fixture
def account(write: Callable[[Tables], Path], run: Run) -> Callable[..., dict[str, Any]]:
    """Return a function that writes a park and gives its account of 2025."""

    def do(tables: Tables, *words: object, method: str = "cn-zcp-2025") -> dict[str, Any]:
        result: dict[str, Any] = run("account", write(tables), "--year", 2025, "--method", method, *words)
        return result

    return do
