"""The house rules that no linter knows: purity of rooms, sizes, faces, dependencies with reasons."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "lingtan"
PURE_ROOMS = ("reference", "ledger", "series", "flows", "certificates", "inventory", "trace")
# Modules of pure rooms that may read files: the park folder, the tables shipped inside the package. `ledger/steam.py`
# reads none: it names itself in sys.modules while it loads the compiled steam tables without their slow package.
MAY_READ = ("ledger/folder/", "ledger/steam.py", "reference/tables.py", "inventory/methods.py")
FORBIDDEN_NAMES = {"open", "input", "print", "eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {
    "os",
    "sys",
    "socket",
    "subprocess",
    "pathlib",
    "random",
    "time",
    "urllib",
    "http",
    "django",
    "logging",
}
FORBIDDEN_CALLS = {("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("date", "today")}


def modules(*rooms: str) -> list[Path]:
    """Return all modules of the rooms (of the whole package without arguments)."""
    bases = [SOURCE / room for room in rooms] or [SOURCE]
    return sorted(path for base in bases for path in base.rglob("*.py") if path.parent.name != "migrations")


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", modules(*PURE_ROOMS), ids=relative)
def test_pure_room_touches_no_file_clock_or_network(path: Path) -> None:
    if relative(path).startswith(MAY_READ):
        pytest.skip("may read files by design")
    faults = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_NAMES:
            faults.append(f"line {node.lineno}: {node.func.id}()")
        if isinstance(node, ast.Import):
            faults += [
                f"line {node.lineno}: import {a.name}" for a in node.names if a.name.split(".")[0] in FORBIDDEN_MODULES
            ]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN_MODULES:
            faults.append(f"line {node.lineno}: from {node.module}")
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in FORBIDDEN_CALLS
        ):
            faults.append(f"line {node.lineno}: {node.value.id}.{node.attr}")
        if isinstance(node, ast.Global):
            faults.append(f"line {node.lineno}: global state")
    assert not faults, faults


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_files_stay_under_500_lines_and_functions_under_60(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            lines = (node.end_lineno or 0) - node.lineno + 1
            if docstring is not None:
                lines -= (docstring.end_lineno or 0) - docstring.lineno + 1
            assert lines <= 60, f"{node.name} has {lines} lines"


@pytest.mark.parametrize("room", sorted(p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists()))
def test_room_has_at_most_fifteen_modules_and_a_face(room: str) -> None:
    assert len([p for p in (SOURCE / room).glob("*.py") if p.name != "__init__.py"]) <= 15
    face = ast.parse((SOURCE / room / "__init__.py").read_text("utf-8"))
    assert ast.get_docstring(face)


def test_at_most_ten_type_ignores_outside_the_platform() -> None:
    assert sum(path.read_text("utf-8").count("type: ignore") for path in modules() if "web" not in path.parts) <= 10


def test_every_dependency_has_a_line_saying_why() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    project = tomllib.loads(text)["project"]
    wanted = list(project["dependencies"]) + [d for group in project["optional-dependencies"].values() for d in group]
    for dependency in wanted:
        assert re.search(re.escape(f'"{dependency}"') + r",\s+# \w", text), dependency


def test_no_branch_on_the_name_of_a_data_set() -> None:
    sets = ("gwangyang", "cossmic", "system50", "elmas", "melbourne", "aalborg")
    for path in modules():
        text = path.read_text("utf-8").lower()
        assert not [name for name in sets if name in text], path
