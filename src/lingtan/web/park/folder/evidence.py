"""Documents of a park to ``evidence/`` with their versions, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from lingtan.web.park.folder import places
from lingtan.web.park.folder.outcome import Difference, ImportRefused
from lingtan.web.park.folder.records import RECORDS, put
from lingtan.web.park.folder.shapes import evidence_path, new_ids
from lingtan.web.people.user import User
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion

if TYPE_CHECKING:
    from lingtan.web.park.folder.take import Codes
    from lingtan.web.park.park import Park

EVIDENCE = "evidence/"
#: Former versions stand here by their sum, so that a path in a table always leads to the one that holds.
FORMER = "evidence/versions/"
_PLAIN = ("title", "kind", "issued", "keep_until", "links", "note")


def write_evidence(park: Park, folder: Path, *, link: bool) -> None:
    """Write the documents of a park: files, and what is known of them beyond name and content."""
    versions: dict[int, list[DocumentVersion]] = {}
    rows = DocumentVersion.objects.filter(park=park).select_related("added_by").order_by("document", "number")
    for one in rows:
        versions.setdefault(one.document_id, []).append(one)
    lines = []
    rows = Document.objects.filter(park=park).exclude(path="").select_related("node").order_by("path", "pk")
    for document in rows:
        held = versions.get(document.pk, [])
        for one in held:
            path = evidence_path(document.path) if one is held[-1] else FORMER + one.sha256
            _lay(store.place(one.sha256), folder, path, link=link)
        line = _line(document, held)
        if set(line) > {"path"}:
            lines.append(line)
    if lines:
        put(folder / f"{RECORDS}documents.jsonl", lines)


def _lay(content: Path, folder: Path, path: str, *, link: bool) -> None:
    """Put a content where it stands in the folder; one that the disk has lost is left out and seen by `check`."""
    if content.is_file() and not (folder / path).exists():
        places.place(content, folder / path, link=link)


def _line(document: Document, versions: list[DocumentVersion]) -> dict[str, Any]:
    """Return what a document is beyond its path; only the path where all follows from it."""
    made: dict[str, Any] = {"path": evidence_path(document.path)}
    made |= {name: getattr(document, name) for name in _PLAIN if getattr(document, name)}
    if document.title == PurePosixPath(document.path).name:
        del made["title"]
    if document.node is not None:
        made["node"] = document.node.code
    if len(versions) > 1 or any(one.added_by_id or one.note for one in versions):
        made["versions"] = [
            {
                "number": one.number, "name": one.name, "sha256": one.sha256, "size": one.size,
                "added_at": one.added_at,
                "added_by": one.added_by.username if one.added_by else "", "note": one.note,
            }
            for one in versions
        ]  # fmt: skip
    return made


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a folder holds of documents, and what this installation knows of them."""

    folder: Path
    files: frozenset[str]
    codes: Codes
    users: Mapping[str, int]
    known: frozenset[tuple[int, str]]
    latest: Mapping[int, DocumentVersion]


def take_evidence(park: Park, folder: Path, files: list[str], lines: list[dict[str, Any]], codes: Codes) -> Difference:
    """Store the documents of a folder: new paths, new contents, what is said of them; none is ever removed."""
    said = {str(line.get("path", "")): line for line in lines}
    held = DocumentVersion.objects.filter(park=park).order_by("number").only("document", "number", "sha256")
    users = dict(User.objects.values_list("username", "pk")) if lines else {}
    known = frozenset((one.document_id, one.sha256) for one in held)
    shelf = _Shelf(folder, frozenset(files), codes, users, known, {one.document_id: one for one in held})
    present = {evidence_path(one.path): one for one in Document.objects.filter(park=park).exclude(path="")}
    paths = [file for file in files if not file.startswith(FORMER)]
    paths += [path for path in said if path not in shelf.files and path.startswith(EVIDENCE)]
    ids = iter(new_ids(Document, sum(path not in present for path in paths)))
    created, changed, versions = [], [], []
    for path in paths:
        if len(path) > 512:
            raise ImportRefused(
                f"{path[:80]}…: expected a path of at most 512 characters; came {len(path)}; rename it."
            )
        document = present.get(path) or Document(pk=next(ids), park=park, path=path)
        before = _state(document)
        _describe(document, said.get(path), codes, fresh=path not in present)
        made = list(_versions(document, said.get(path, {}), shelf))
        versions += made
        for one in made[-1:]:
            document.sha256, document.size = one.sha256, one.size
        if path not in present:
            created.append(document)
        elif before != _state(document):
            document.version += 1
            changed.append(document)
    Document.objects.bulk_create(created)
    if changed:
        Document.objects.bulk_update(changed, [*_PLAIN, "node", "sha256", "size", "version"], batch_size=2_000)
    DocumentVersion.objects.bulk_create(versions)
    return Difference(Document._meta.label_lower, len(created), len(changed), 0)


def _state(document: Document) -> list[Any]:
    return [getattr(document, name) for name in (*_PLAIN, "node_id", "sha256")]


def _describe(document: Document, line: Mapping[str, Any] | None, codes: Codes, *, fresh: bool) -> None:
    """Give a document what the folder says of it; a folder that says nothing leaves it as it is."""
    if line is None and not fresh:
        return
    line = line or {}
    for one in _PLAIN:
        field = Document._meta.get_field(one)
        given = line.get(one)
        default = PurePosixPath(document.path).name[:255] if one == "title" else field.get_default()
        try:
            value = field.to_python(given) if given else default
            field.run_validators(value)
        except (ValidationError, ValueError, TypeError) as wrong:
            raise _unreadable(document.path, one, given) from wrong
        setattr(document, one, value)
    document.node_id = codes.of["nodes.csv"].get(str(line.get("node", "")))


def _unreadable(path: str, name: str, given: object) -> ImportRefused:
    return ImportRefused(f"{RECORDS}documents.jsonl: {path}: {name}: came {given!r}; write it as an export does.")


def _versions(document: Document, line: Mapping[str, Any], shelf: _Shelf) -> Iterator[DocumentVersion]:
    """Yield the versions that are not there yet: those that the folder lists, then a content that it does not list."""
    last = shelf.latest.get(document.pk)
    number = last.number if last else 0
    here = evidence_path(document.path)
    current = store.sum_of(shelf.folder / here) if here in shelf.files else ""
    listed = [one for one in line.get("versions", []) if isinstance(one, dict)]
    for one in listed:
        sha256 = str(one.get("sha256", ""))
        path = here if sha256 == current else FORMER + sha256
        if (document.pk, sha256) in shelf.known or path not in shelf.files:
            continue
        number += 1
        yield _version(document, number, shelf.folder / path, one, shelf.users)
    seen = {one.get("sha256") for one in listed}
    if current and current not in seen and (last is None or last.sha256 != current):
        yield _version(document, number + 1, shelf.folder / here, {}, shelf.users)


def _version(
    document: Document, number: int, file: Path, said: Mapping[str, Any], users: Mapping[str, int]
) -> DocumentVersion:
    sha256, size = store.keep(file)
    try:
        added = parse_datetime(str(said["added_at"])) if said.get("added_at") else None
    except ValueError as wrong:
        raise _unreadable(document.path, "added_at", said["added_at"]) from wrong
    return DocumentVersion(
        park=document.park, document=document, number=number, sha256=sha256, size=size,
        name=str(said.get("name") or PurePosixPath(document.path).name)[:255], added_at=added or timezone.now(),
        added_by_id=users.get(str(said.get("added_by", ""))), note=str(said.get("note", "")),
    )  # fmt: skip
