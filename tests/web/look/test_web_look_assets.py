"""The browser's files are those of the lock."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LOCK = tomllib.loads((ROOT / "assets.lock").read_text("utf-8"))["package"]
FILES = [(file["to"], file["sha256"]) for package in LOCK for file in package["files"]]


@pytest.mark.parametrize(("path", "digest"), FILES, ids=[path for path, _digest in FILES])
def test_a_file_is_the_one_of_the_lock(path: str, digest: str) -> None:
    assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest


def test_no_file_lies_beside_the_lock() -> None:
    there = {file.relative_to(ROOT).as_posix() for file in (ROOT / "src/lingtan/web/static/vendor").iterdir()}
    assert there <= {path for path, _digest in FILES}


@pytest.mark.parametrize("path", [path for path, _digest in FILES if path.endswith(".js")])
def test_no_source_map_line_is_left(path: str) -> None:
    assert "sourceMappingURL=" not in (ROOT / path).read_text("utf-8")


def test_the_notice_names_what_is_shipped() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for package in LOCK:
        if any("src/" in file["to"] for file in package["files"]):
            assert f"{package['name']} {package['version']}" in notice
