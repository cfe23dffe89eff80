"""The tutorial is run as it stands: its files are written, its commands run, what it shows is in their output."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lingtan.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"(?:^`(?P<file>[^`]+)`\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


def test_tutorial_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = 0
    for block in BLOCK.finditer(PAGE.read_text("utf-8")):
        if block["file"]:
            path = tmp_path / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
        elif block["kind"] == "console":
            for part in re.split(r"^\$ ", block["text"], flags=re.M)[1:]:
                command, *shown = part.splitlines()
                code = main([*shlex.split(command)[1:], "--lang", "en"])
                out = capsys.readouterr().out
                assert code == 0, command
                for line in filter(None, shown):
                    assert line in out, f"{command}: {line!r} is not in\n{out}"
                commands += 1
        elif block["kind"] == "python":
            exec(compile(block["text"], str(PAGE), "exec"), {})  # the page's own text, nobody else's
    assert commands == 8
    assert (tmp_path / "account.xlsx").exists()
