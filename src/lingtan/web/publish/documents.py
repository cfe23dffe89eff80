"""Documents: their page with versions, adding a file or a new version, sending one out."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lingtan.web.kernel import views
from lingtan.web.kernel.pages import ParkRequest, in_park
from lingtan.web.kernel.register import Register
from lingtan.web.people.access import Access
from lingtan.web.publish import store
from lingtan.web.publish.checks import KINDS, LARGEST, SHOWN, DocumentRefused, check, clean_name
from lingtan.web.publish.document import Document, DocumentVersion
from lingtan.web.publish.links import lines_of, links_of, proved

MOST_OF_A_NAME = 1_000


def add_version(document: Document, upload: UploadedFile, *, by: Access, reason: str = "") -> DocumentVersion | None:
    """Store a file as the newest version of a document; None where it is the content that holds already.

    Raises
    ------
    PermissionDenied : `by` may not change documents; DocumentRefused : the file is none that is taken.
    """
    if not by.may("change") or not Document.objects.visible_to(by).filter(pk=document.pk).exists():
        raise PermissionDenied
    name = clean_name(upload.name or "")
    check(name, upload.file, upload.size or 0)
    digest, size = store.keep(upload.file)
    with transaction.atomic(), pghistory.context(user=by.user_id, reason=reason):
        held = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        last = DocumentVersion.objects.filter(document=held).order_by("-number").first()
        if last is not None and last.sha256 == digest:
            return None
        held.path = held.path or free_path(held.park_id, "evidence", name)[0]
        held.sha256, held.size, held.version = digest, size, held.version + 1
        held.save(update_fields=["path", "sha256", "size", "version"])
        return DocumentVersion.objects.create(
            park_id=held.park_id, document=held, number=last.number + 1 if last else 1, name=name, sha256=digest,
            size=size, added_at=timezone.now(), added_by_id=by.user_id, note=reason,
        )  # fmt: skip


def free_path(park_id: int, folder: str, name: str, sha256: str | None = None) -> tuple[str, Document | None]:
    """Return a path below ``folder`` that no document of the park has, or the one that holds this content there.

    Raises
    ------
    DocumentRefused : too many documents have this name.
    """
    stem, ending = PurePosixPath(name).stem, PurePosixPath(name).suffix
    for number in range(1, MOST_OF_A_NAME):
        path = f"{folder}/{name}" if number == 1 else f"{folder}/{stem}-{number}{ending}"
        there = Document.objects.filter(park_id=park_id, path=path).first()
        if there is None or there.sha256 == sha256:
            return path, there
    raise DocumentRefused(_("%(name)s: there are too many files of this name. Give it another one.") % {"name": name})


def show(request: ParkRequest, register: Register, row: Document) -> HttpResponse:
    """Show a document with its versions."""
    versions = DocumentVersion.objects.visible_to(request.access).filter(document=row).select_related("added_by")
    listed = list(versions.order_by("-number"))
    more = {
        "template": "publish/document.html", "rich": True, "versions": listed, "largest": LARGEST,
        "accept": ",".join(KINDS), "links": links_of(request, row.links), "lines": lines_of(request, row),
        "held": [one for one in listed if store.place(one.sha256).is_file()],
    }  # fmt: skip
    return views.show(request, register, row, **more)


@require_POST
@in_park("change")
def upload(request: ParkRequest, pk: int) -> HttpResponse:
    """Add a file to a document."""
    document = get_object_or_404(Document.objects.visible_to(request.access), pk=pk)
    given = request.FILES.get("file")
    reason = request.POST.get("reason", "").strip()
    if given is None:
        messages.error(request, _("Choose the file first."))
    elif document.sha256 and not reason:
        messages.error(request, _("Say why there is a new version; it stays with the document."))
    else:
        try:
            made = add_version(document, given, by=request.access, reason=reason)
        except DocumentRefused as wrong:
            messages.error(request, str(wrong))
        else:
            words = (
                _("Version %(number)s is stored.") % {"number": made.number}
                if made
                else _("This content is there already.")
            )
            messages.success(request, words)
    return redirect("register_detail", park=request.park.code, slug="documents", pk=pk)


@in_park()
def download(request: ParkRequest, pk: int, number: int) -> HttpResponse:
    """Send a version of a document out; only kinds that cannot act are shown in place."""
    documents = Document.objects.visible_to(request.access)
    versions = DocumentVersion.objects.visible_to(request.access).filter(document__in=documents, document=pk)
    one = get_object_or_404(versions, number=number)
    return sent(one.sha256, one.name, in_place=bool(request.GET.get("show")))


def sent(sha256: str, name: str, *, in_place: bool = False) -> HttpResponse:
    """Return a stored content as an answer that cannot act in the browser; 404 where the content is gone."""
    place = store.place(sha256)
    if not place.is_file():
        raise Http404
    ending = PurePosixPath(name).suffix.lower()
    shown = ending in SHOWN and _begins(place, ending)
    answer: Any = FileResponse(place.open("rb"), content_type=KINDS[ending][1] if shown else "application/octet-stream")
    kind = "inline" if shown and in_place else "attachment"
    answer["Content-Disposition"] = f"{kind}; filename=\"document{ending}\"; filename*=UTF-8''{quote(name)}"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _begins(place: Any, ending: str) -> bool:
    """Tell whether a stored file begins as its kind does; files that came with a folder were not checked before."""
    with place.open("rb") as opened:
        head = opened.read(16)
    return any(head.startswith(one) for one in KINDS[ending][0])


@in_park()
def to_list(request: ParkRequest) -> HttpResponse:
    """Lead to the register of documents."""
    return redirect(reverse("register_list", args=[request.park.code, "documents"]))


@in_park()
def proofs(request: ParkRequest) -> HttpResponse:
    """List the clauses, figures and reports that documents stand for, each with its documents."""
    return render(request, "publish/proofs.html", {"groups": proved(request)})
