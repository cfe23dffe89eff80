"""Evidence that people upload: checked by name, size and first bytes, stored once, filed below the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

import pghistory
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish import store
from lingtan.web.publish.checks import DocumentRefused, check, clean_name
from lingtan.web.publish.document import Document, DocumentVersion
from lingtan.web.publish.documents import free_path

if TYPE_CHECKING:
    from lingtan.web.people.access import Access
    from lingtan.web.reporting.report import ReportLine

LARGEST = 20
KINDS = (".pdf", ".jpg", ".jpeg", ".png", ".heic", ".xlsx", ".docx", ".csv", ".txt")


def keep(row: ReportLine, upload: UploadedFile, *, by: Access) -> Document:
    """Store an upload as a document of the enterprise; the same content under the same name is the same document.

    Raises
    ------
    Refused : the kind, the size or the first bytes are not those of evidence.
    """
    name, report = clean_name(upload.name or ""), row.report
    try:
        check(name, cast(BinaryIO, upload.file), upload.size or 0, kinds=KINDS, largest=LARGEST)
        return file_away(
            upload.file, name, folder=f"evidence/reports/{report.enterprise.code}/{report.label}",
            park_id=report.park_id, node_id=report.enterprise_id, by=by,
            links=[f"report:{report.label}:{report.enterprise.code}"],
        )  # fmt: skip
    except DocumentRefused as refused:
        raise Refused("evidence", str(refused)) from refused


def file_away(
    source: BinaryIO, name: str, *, folder: str, park_id: int, node_id: int | None, by: Access, links: list[str]
) -> Document:
    """Store a content and return its document below ``folder``; one that stands there already is not doubled.

    Raises
    ------
    DocumentRefused : too many documents have this name.
    """
    with transaction.atomic(), pghistory.context(action="upload"):
        digest, size = store.keep(source)
        path, there = free_path(park_id, folder, name, digest)
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
