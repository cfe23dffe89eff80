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

__all__ = ["Tree", "digest", "open_tree"]


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder as found: ``files`` relative to ``root`` with forward slashes, in name order, without links."""

    root: Path
    files: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def bytes_of(self, file: str) -> bytes | Finding:
        """Read a file, or say why that cannot be."""
        try:
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
    for entry, name in _walk(root, ""):
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


def _walk(folder: Path, prefix: str) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Entries below a folder that are files or links, with their relative names."""
    with os.scandir(folder) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), name + "/")
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
