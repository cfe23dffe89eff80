"""``lingtan store`` on a real store."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from store_kit import drain, meter, park, put

from lingtan.cli import main
from lingtan.store import Store


def test_verify_backup_and_restore_by_command(
    fresh_store: Callable[..., Store],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = fresh_store()
    monkeypatch.setenv("DATABASE_URL", store.url)
    put(store, [("A", n, n) for n in range(9)])
    drain(store, park(meter("A")))
    assert main(["store", "verify", "--root", str(store.root)]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["store", "backup", str(tmp_path / "b"), "--root", str(store.root)]) == 0
    told = json.loads(capsys.readouterr().out)
    other = fresh_store()
    assert main(["store", "restore", str(tmp_path / "b"), "--root", str(other.root)]) == 0
    assert json.loads(capsys.readouterr().out) == told
    next(other.root.rglob("*.parquet")).unlink()
    assert main(["store", "verify", "--root", str(other.root)]) == 1
