"""Evidence that people upload: checked by name, size and first bytes, stored once, filed below the report."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO

import pghistory
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion

if TYPE_CHECKING:
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.report import ReportLine

MEGABYTE = 1024 * 1024
LARGEST = 20
#: ending -> what the file must begin with; blank where the ending says it all (text).
KINDS: dict[str, tuple[bytes, ...]] = {
    ".pdf": (b"%PDF-",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n",),
    ".heic": (b"\x00\x00\x00",),
    ".xlsx": (b"PK\x03\x04",),
    ".docx": (b"PK\x03\x04",),
    ".csv": (),
    ".txt": (),
}
_ODD = re.compile(r"[^\w.\-() ]+", re.UNICODE)


def clean_name(name: str) -> str:
    """Return the last part of a file's name without what a folder or a spreadsheet could take amiss."""
    last = PurePosixPath(PureWindowsPath(name.replace("\x00", "")).name).name
    plain = _ODD.sub("_", unicodedata.normalize("NFC", last)).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return (
        f"{(stem or 'file').lstrip('-. ')[:100] or 'file'}{dot}{ending[:8].lower()}" if dot else plain[:100] or "file"
    )


def keep(row: ReportLine, upload: UploadedFile, *, by: Access) -> Document:
    """Store an upload as a document of the enterprise; the same content under the same name is the same document.

    Raises
    ------
    Refused : the kind, the size or the first bytes are not those of evidence.
    """
    name = clean_name(upload.name or "")
    _check(name, upload)
    report = row.report
    return file_away(
        upload.file, name, folder=f"reports/{report.enterprise.code}/{report.label}", park_id=report.park_id,
        node_id=report.enterprise_id, by=by, links=[f"report:{report.label}:{report.enterprise.code}"],
    )  # fmt: skip


def file_away(
    source: BinaryIO, name: str, *, folder: str, park_id: int, node_id: int | None, by: Access, links: list[str]
) -> Document:
    """Store a content and return its document below ``folder``; one that stands there already is not doubled."""
    with transaction.atomic(), pghistory.context(action="upload"):
        digest, size = store.keep(source)
        path, there = _path(park_id, folder, name, digest)
        if there is not None:
            return there
        document = Document.objects.create(
            park_id=park_id, title=name, path=path, node_id=node_id, kind="evidence", issued=timezone.localdate(),
            sha256=digest, size=size, links=links,
        )  # fmt: skip
        DocumentVersion.objects.create(
            park_id=park_id, document=document, number=1, name=name, sha256=digest, size=size,
            added_at=timezone.now(), added_by_id=by.user_id,
        )  # fmt: skip
    return document


def _check(name: str, upload: UploadedFile) -> None:
    ending = PurePosixPath(name).suffix
    if ending not in KINDS:
        words = _("Expected a file of one of these kinds: %(kinds)s; came %(came)s. Save it as PDF or take a photo.")
        raise Refused("evidence.kind", words % {"kinds": ", ".join(KINDS), "came": name})
    if not upload.size or upload.size > LARGEST * MEGABYTE:
        words = _("Expected a file of 1 byte to %(limit)s MB; came %(came)s MB. Make it smaller or split it.")
        came = f"{(upload.size or 0) / MEGABYTE:.1f}"
        raise Refused("evidence.size", words % {"limit": LARGEST, "came": came})
    head = upload.read(512)
    upload.seek(0)
    fits = any(head.startswith(start) for start in KINDS[ending]) if KINDS[ending] else b"\x00" not in head
    if not fits:
        words = _("%(name)s does not begin as a %(ending)s file does. Open it, save it anew, upload it again.")
        raise Refused("evidence.content", words % {"name": name, "ending": ending})


def _path(park_id: int, folder: str, name: str, digest: str) -> tuple[str, Document | None]:
    """Return a path that is free, or the document that already holds this content there."""
    stem, dot, ending = name.rpartition(".")
    for number in range(1, 1000):
        path = f"{folder}/{name}" if number == 1 else f"{folder}/{stem}-{number}{dot}{ending}"
        there = Document.objects.filter(park_id=park_id, path=path).first()
        if there is None or there.sha256 == digest:
            return path, there
    raise Refused("evidence.name", _("There are too many files of this name; give it another one."))
