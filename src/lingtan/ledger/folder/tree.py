"""The files of a folder: listing without following links, bytes, digests, evidence."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lingtan.ledger.finding import Finding
from lingtan.ledger.folder.columns import PARK_TOML
from lingtan.ledger.folder.faults import FolderError, fault
from lingtan.ledger.folder.text import TABLE_BYTES

__all__ = ["Tree", "digest", "open_tree"]


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder as found: ``files`` relative to ``root`` with forward slashes, in name order, without links."""

    root: Path
    files: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def bytes_of(self, file: str, limit: int = TABLE_BYTES) -> bytes | Finding:
        """Read a file, or say why that cannot be; nothing larger than ``limit`` [bytes] is read."""
        try:
            size = (self.root / file).stat().st_size
            if size > limit:
                came, todo = f"{size} bytes", "split it"
                return fault(
                    "file_too_large", file, lines=(1,), expected=f"at most {limit} bytes", came=came, todo=todo
                )
            return (self.root / file).read_bytes()
        except OSError as wrong:
            return fault(
                "unreadable_file",
                file,
                expected="a readable file",
                came=wrong.strerror or str(wrong),
                todo="check its permissions",
            )

    def evidence(self, path: str) -> str:
        """State of an evidence path: ``there``, ``absent`` or ``link``."""
        place = self.root
        for part in path.split("/"):
            place = place / part
            if place.is_symlink():
                return "link"
        return "there" if place.is_file() else "absent"


def open_tree(path: str | os.PathLike[str]) -> Tree:
    """List a park folder.

    Raises
    ------
    FolderError
        where there is no folder or it holds no ``park.toml``.
    """
    root = Path(path)
    if not root.is_dir():
        came = "a file" if root.exists() else "nothing"
        raise FolderError(
            f"expected a park folder at {root}; came {came}; give the path of the folder that holds park.toml"
        )
    if not (root / PARK_TOML).is_file():
        raise FolderError(f"expected {PARK_TOML} in {root}; came none; a park folder holds {PARK_TOML} at its top")
    files: list[str] = []
    found: list[Finding] = []
    for entry, name in _walk(root, "", found):
        if not entry.is_symlink():
            files.append(name)
        elif not _inside(root, Path(entry.path)):
            found.append(
                fault(
                    "link_outside",
                    name,
                    expected="plain files",
                    came="a link that leads out of the folder",
                    todo="copy the file itself into the folder",
                )
            )
        elif entry.is_file():
            files.append(name)
        else:
            found.append(
                fault(
                    "link_outside",
                    name,
                    expected="plain folders",
                    came="a link to a folder",
                    todo="copy the folder itself",
                )
            )
    return Tree(root, tuple(sorted(files)), tuple(found))


def _walk(folder: Path, prefix: str, found: list[Finding]) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Entries below a folder that are files or links, with their relative names."""
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except OSError as wrong:
        came = wrong.strerror or str(wrong)
        found.append(
            fault("unreadable_file", prefix, expected="a readable folder", came=came, todo="check its permissions")
        )
        return
    for entry in ordered:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/", found)
        elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
            yield entry, name


def _inside(root: Path, link: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False


def digest(path: str | os.PathLike[str]) -> dict[str, str]:
    """SHA-256 [hex] of every file of a park folder by relative name, for the references of a manifest."""
    tree = open_tree(path)
    sums = {}
    for file in tree.files:
        with (tree.root / file).open("rb") as handle:
            sums[file] = hashlib.file_digest(handle, "sha256").hexdigest()
    return sums
