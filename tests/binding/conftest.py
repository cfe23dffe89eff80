"""Small parks written as text, and the command run on them as a stranger would who has read only the binding pages."""

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

Tables = Mapping[str, str | bytes | None]
Write = Callable[[Tables], Path]
Run = Callable[..., Any]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a park folder (texts or bytes over the base tables; None leaves a file out)."""

    def do(tables: Tables) -> Path:
        for name, content in {**BASE, **tables}.items():
            if content is None:
                continue
            path = tmp_path / "park" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "park"

    return do


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `lingtan ... --json` and gives the parsed output; stderr where there is none."""

    def do(*words: object, code: int | None = 0) -> Any:
        got = main([*map(str, words), "--json", "--lang", "en"])
        told = capsys.readouterr()
        assert "Traceback" not in told.err, told.err
        assert got != 70, told.err
        assert code is None or got == code, (got, told.err, told.out[:2000])
        return json.loads(told.out) if told.out else told.err

    return do


@pytest.fixture
def check(write: Write, run: Run) -> Callable[..., list[dict[str, Any]]]:
    """Return a function that writes a park and gives the findings of `lingtan check`."""

    def do(tables: Tables, code: int | None = None) -> list[dict[str, Any]]:
        findings: list[dict[str, Any]] = run("check", write(tables), code=code)["findings"]
        return findings

    return do


@pytest.fixture
def account(write: Write, run: Run) -> Callable[..., dict[str, Any]]:
    """Return a function that writes a park and gives its account of 2025."""

    def do(tables: Tables, *words: object, method: str = "cn-zcp-2025", code: int | None = 0) -> dict[str, Any]:
        result: dict[str, Any] = run("account", write(tables), "--year", 2025, "--method", method, *words, code=code)
        return result

    return do
