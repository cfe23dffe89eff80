"""Zip archives in and out; nothing is written outside of the folder meant, and no more than the limits allow."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from lingtan.ledger.folder.columns import PARK_TOML
from lingtan.web.park.folder import places
from lingtan.web.park.folder.outcome import ImportRefused

#: Limits of an archive: entries, bytes unpacked, how much larger than packed an entry may be (beyond 1 MiB).
MOST_FILES, MOST_BYTES, MOST_RATIO = 50_000, 8 << 30, 250
SMALL = 1 << 20
_NOT_OURS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@contextmanager
def opened(source: Path | str | BinaryIO) -> Iterator[Path]:
    """Give the folder behind a path: itself, or a zip archive unpacked until the block ends.

    Raises
    ------
    ImportRefused : no folder and no archive, or an archive that must not be unpacked.
    """
    path = Path(source) if isinstance(source, (str, Path)) else None
    if path is not None and path.is_dir():
        yield path
        return
    if path is not None and not path.is_file():
        raise ImportRefused(f"expected a park folder or a zip archive at {path}; came nothing; check the path")
    target = places.staging() / places.new_mark()
    try:
        yield unpack(path or source, target)  # type: ignore[arg-type]
    finally:
        shutil.rmtree(target, ignore_errors=True)


def unpack(source: Path | BinaryIO, target: Path) -> Path:
    """Unpack a zip archive into a new folder and return the folder that holds ``park.toml``.

    Raises
    ------
    ImportRefused : as in `opened`; nothing of the archive is left behind.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            entries = list(_checked(archive))
            _fits(archive, target)
            target.mkdir(parents=True)
            left = MOST_BYTES
            for name, entry in entries:
                left -= _out(archive, entry, target / name, left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as wrong:
        shutil.rmtree(target, ignore_errors=True)
        raise ImportRefused(f"expected a zip archive of a park folder; came {wrong}; pack the folder again") from wrong
    except ImportRefused:
        shutil.rmtree(target, ignore_errors=True)
        raise
    return _top(target)


def _checked(archive: zipfile.ZipFile) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """Yield the files of an archive by their safe names."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise ImportRefused(
            f"expected at most {MOST_FILES} files; came {len(entries)}; leave out what is no part of it"
        )
    seen: set[str] = set()
    for entry in entries:
        name = _name(entry)
        if entry.is_dir() or name.startswith(_NOT_OURS) or PurePosixPath(name).name in _NOT_OURS:
            continue
        _safe(name, entry)
        if name.casefold() in seen:
            raise ImportRefused(
                f"{name}: expected each file once; came a second one of that name; pack the folder again"
            )
        seen.add(name.casefold())
        yield name, entry


def _name(entry: zipfile.ZipInfo) -> str:
    """Name of an entry; Chinese Windows writes GBK where the archive does not say UTF-8."""
    if entry.flag_bits & 0x800 or entry.filename.isascii():
        return entry.filename
    raw = entry.filename.encode("cp437", "replace")
    for codec in ("utf-8", "gbk"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return entry.filename


def _safe(name: str, entry: zipfile.ZipInfo) -> None:
    """Refuse what would leave the folder, lead over a link, or unpack to far more than it shows."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or "\x00" in name:
        raise ImportRefused(f"{name!r}: expected a name inside the folder; came one that leads out of it; rename it")
    mode = entry.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
        raise ImportRefused(f"{name}: expected a plain file; came a link or a device; pack the file itself")
    if entry.flag_bits & 0x1:
        raise ImportRefused(f"{name}: expected an archive without password; came an encrypted file; pack it without")
    if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
        raise ImportRefused(
            f"{name}: expected at most {MOST_RATIO} times its packed size; came {entry.file_size} bytes from "
            f"{entry.compress_size}; unpack it yourself and import the folder"
        )


def _fits(archive: zipfile.ZipFile, target: Path) -> None:
    """Refuse more than the limit or the disk takes, before anything is written."""
    whole = sum(entry.file_size for entry in archive.infolist())
    free = shutil.disk_usage(target.parent).free
    if whole > min(MOST_BYTES, free):
        most = min(MOST_BYTES, free) >> 20
        raise ImportRefused(f"expected at most {most} MB unpacked; came {whole >> 20} MB; import it in parts")


def _out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: Path, left: int) -> int:
    """Unpack one file and count what really comes out; headers may lie."""
    place.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with archive.open(entry) as source, place.open("xb") as out:
        while piece := source.read(SMALL):
            size += len(piece)
            if size > entry.file_size or size > left:
                raise ImportRefused(
                    f"{entry.filename}: expected {entry.file_size} bytes; came more; pack the folder again"
                )
            out.write(piece)
    return size


def _top(folder: Path) -> Path:
    """Return the folder itself, or the one folder in it that holds ``park.toml``."""
    if (folder / PARK_TOML).is_file():
        return folder
    inside = [each for each in folder.iterdir() if each.is_dir() and (each / PARK_TOML).is_file()]
    return inside[0] if len(inside) == 1 else folder


def pack(folder: Path, target: Path) -> None:
    """Pack a folder into a zip archive; what is packed already is stored as it is."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for file in places.relative_files(folder):
            packed = file.endswith((".parquet", ".zip", ".xlsx", ".docx", ".png", ".jpg", ".jpeg", ".pdf"))
            archive.write(folder / file, file, zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED)
    os.utime(target)
