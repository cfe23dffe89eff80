"""The page of the commands is run as it stands, on the park of the tutorial; the keys it lists are those given."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from lingtan.cli import main
from lingtan.cli.app import COMMANDS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "commands.md").read_text("utf-8")
FILES = re.compile(r"^`(?P<file>[^`]+)`\n^```\w+\n(?P<text>.*?)^```$", re.M | re.S)
CONSOLE = re.compile(r"^```console(?: exit=(?P<code>\d+))?\n(?P<text>.*?)^```$", re.M | re.S)
KEYS = re.compile(r"^```keys (?P<name>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for block in FILES.finditer((DOCS / "tutorial.md").read_text("utf-8")):
        path = tmp_path / block["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block["text"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def examples() -> list[tuple[int, str, list[str]]]:
    """Expected exit code, command and the lines shown of every example."""
    found = []
    for block in CONSOLE.finditer(PAGE):
        for part in re.split(r"^\$ ", block["text"], flags=re.M)[1:]:
            command, *shown = part.splitlines()
            found.append((int(block["code"] or 0), command, [line for line in shown if line]))
    return found


@pytest.mark.parametrize(
    ("code", "command", "shown"), examples(), ids=lambda part: part if isinstance(part, str) else ""
)
def test_an_example_of_the_page_runs_and_shows_what_it_says(
    folder: Path, capsys: pytest.CaptureFixture[str], code: int, command: str, shown: list[str]
) -> None:
    assert main(shlex.split(command)[1:]) == code
    told = capsys.readouterr()
    for line in shown:
        assert line in (told.err if code else told.out)


def _asked(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    main([*words, "--json"])
    return json.loads(capsys.readouterr().out)


def test_the_keys_on_the_page_are_those_of_the_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checked = _asked(capsys, "check", "park")
    account = _asked(capsys, "account", "park")
    given = {
        "check": checked,
        "finding": checked["findings"][0],
        "flows": _asked(capsys, "flows", "park")[0],
        "account": account,
        "line": account["lines"][0],
        "explain": _asked(capsys, "explain", "park", "total:co2_t"),
        "bridge": _asked(capsys, "bridge", "park", "--from", "cn-zcp-2025", "--to", "ghgp-scope2-2015"),
    }
    listed = {block["name"]: block["text"].split() for block in KEYS.finditer(PAGE)}
    assert listed == {name: list(value) for name, value in given.items()}


def test_the_page_tells_of_every_command_and_option() -> None:
    from lingtan.cli.app import parser

    for name in COMMANDS:
        assert f"\n## {name}\n" in PAGE
    options = {
        option
        for name in COMMANDS
        for action in _actions(parser("en"), name)
        for option in action.option_strings
        if option.startswith("--")
    }
    assert sorted(option for option in options if option not in PAGE) == []


def _actions(root: Any, name: str) -> list[Any]:
    groups = next(action for action in root._actions if action.choices and name in action.choices)
    return list(groups.choices[name]._actions)


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [number for part in value.values() for number in _numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, (int, float)) else []


def test_no_number_of_the_json_is_a_negative_nought(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("account", "park"), ("flows", "park"), ("explain", "park", "total:co2_t"), ("check", "park")):
        text = json.dumps(_numbers(_asked(capsys, *words)))
        assert "-0.0" not in re.findall(r"-?[\d.e+-]+", text)


def test_an_account_of_which_nothing_is_known_is_all_nulls_and_code_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "park" / "statements" / "2025.csv").unlink()
    (folder / "park" / "meters.csv").unlink()
    code = main(["account", "park", "--year", "2025", "--json"])
    account = json.loads(capsys.readouterr().out)
    assert code == 1
    assert set(account["totals"].values()) == {None}
    assert set(account["by_month"].values()) == {None}
    assert all(line["amount_t"] is None for line in account["lines"])


def test_a_zh_account_speaks_chinese_in_choices_and_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["account", "park", "--lang", "zh"])
    told = capsys.readouterr().out
    assert "化石电力因子的数据年 = 0.8325（2022 数据年，通知所印）" in told
    assert "缺读数 1 处，只知计数器跨过缺口的总量" in told


def test_help_and_faults_of_the_command_line_are_chinese_where_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--lang", "zh", "account", "--help"])
    assert capsys.readouterr().out.startswith("用法：lingtan account")
    main(["--lang", "zh", "flows", "x", "--step", "week"])
    assert "--step 不能是 'week'，可用的有" in capsys.readouterr().err
