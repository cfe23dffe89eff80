"""Contents of documents, each once, under the sum of their bytes below ``DATA/files/sha256``; never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

PIECE = 1 << 20


def place(sha256: str) -> Path:
    """Return where a content lies; a text that is no sum of bytes is refused."""
    if len(sha256) != 64 or set(sha256) - set("0123456789abcdef"):
        raise ValueError(f"expected 64 hexadecimal digits; came {sha256[:80]!r}")
    return Path(settings.DATA) / "files" / "sha256" / sha256[:2] / sha256


def keep(source: Path | BinaryIO) -> tuple[str, int]:
    """Store a content and return its sum and size [bytes]; one that is there already is not stored again."""
    base = Path(settings.DATA) / "files" / "sha256"
    base.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=base, prefix=".new-")
    made = Path(name)
    try:
        digest, size = hashlib.sha256(), 0
        with os.fdopen(handle, "wb") as out:
            for piece in _pieces(source):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        target = place(digest.hexdigest())
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            made.chmod(0o444)
            made.replace(target)
        return digest.hexdigest(), size
    finally:
        made.unlink(missing_ok=True)


def _pieces(source: Path | BinaryIO) -> Iterator[bytes]:
    if isinstance(source, Path):
        with source.open("rb") as opened:
            yield from iter(lambda: opened.read(PIECE), b"")
    else:
        source.seek(0)
        yield from iter(lambda: source.read(PIECE), b"")


def sum_of(source: Path) -> str:
    """Return the sum of a file's bytes."""
    with source.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sweep(named: Collection[str], *, older_than: float = 86_400.0) -> int:
    """Remove contents that nothing names and that are older than ``older_than`` [s]; returns how many."""
    base, limit, gone = Path(settings.DATA) / "files" / "sha256", time.time() - older_than, 0
    for file in base.rglob("*") if base.is_dir() else ():
        if file.is_file() and file.name not in named and file.stat().st_mtime < limit:
            file.unlink()
            gone += 1
    return gone
