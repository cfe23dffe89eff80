"""Reading and checking a folder as a whole."""

from __future__ import annotations

import os

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.load import load
from lingtan.ledger.folder.model import Loaded

__all__ = ["check", "read"]


def read(path: str | os.PathLike[str], *, observations: bool = False) -> Loaded:
    """Read a park folder: the park of its good rows, and a finding for every fault in its tables.

    Observations are kept as files; with ``observations`` their rows are checked too. Readings are opened when blocks
    of them are asked for; their faults come from ``readings.findings()`` afterwards.

    Raises
    ------
    FolderError
        where there is no folder, or no ``park.toml`` that can be read.
    """
    return load(path, observations=observations)


def check(path: str | os.PathLike[str]) -> tuple[Finding, ...]:
    """All findings of a folder in one run: tables, observations and every reading. Errors as in `read`."""
    loaded = load(path, observations=True)
    for _ in loaded.readings.blocks():
        pass
    return loaded.findings + loaded.readings.findings()
