"""Shared places of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of open data beside the project; skip where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the open data sets are not beside the project")
    return SHARED
