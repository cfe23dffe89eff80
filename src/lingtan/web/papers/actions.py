"""What people do in the room: have a paper made. The work itself is a job; its result is two documents and a record."""

from __future__ import annotations

import hashlib
import io
import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop

from lingtan.report.paper import Paper as Values
from lingtan.report.paper import PaperError, pdf, word
from lingtan.web.kernel.workflow import Refused
from lingtan.web.papers.contents.basis import Basis, gather, state_of
from lingtan.web.papers.kinds import KINDS, Kind
from lingtan.web.papers.paper import Language, Paper
from lingtan.web.people.access import Access, access_of
from lingtan.web.people.roles import GRANTS, Role
from lingtan.web.period import Period
from lingtan.web.programme.jobs import handler, queue
from lingtan.web.publish import store
from lingtan.web.publish.document import Document, DocumentVersion

if TYPE_CHECKING:
    from lingtan.web.park.park import Park
    from lingtan.web.programme.job import Job

READING = noop("Reading account and ledger")
WRITING = noop("Writing the paper")
KEEPING = noop("Keeping the files")
#: Language of a paper -> that of the catalogue of words.
CATALOGUE = {Language.CHINESE: "zh-hans", Language.ENGLISH: "en"}
ENDINGS = {"pdf": ".pdf", "word": ".docx"}


def ask_for_paper(park: Park, kind: str, period: str, *, language: str, by: Access) -> Job:
    """Queue the work that makes a paper of a period.

    Raises
    ------
    PermissionDenied : the role may not. Refused : there is no such kind, period or language, or it is not over yet.
    """
    if not by.may("compute"):
        raise PermissionDenied
    check(park, kind, period, language)
    return queue("paper", park=park, by=by.user_id, paper=kind, period=period, language=language)


def check(park: Park, kind: str, period: str, language: str) -> tuple[Kind, Period]:
    """Return the kind and period that words name.

    Raises
    ------
    Refused : one of them is none, or the period has not begun.
    """
    from lingtan.web.kernel.pages import today_in

    found, read = KINDS.get(kind), Period.read(period)
    if found is None or language not in Language.values:
        raise Refused("paper.kind", _("Choose the paper and its language."))
    if read is None or read.kind != found.period:
        expected = "2026-03" if found.period == "month" else "2025"
        raise Refused("paper.period", _("Expected a period such as %(such)s, got %(came)s.")
                      % {"such": expected, "came": period[:20] or "—"})  # fmt: skip
    if read.start > today_in(park):
        raise Refused("paper.early", _("%(period)s has not begun yet.") % {"period": read})
    return found, read


@handler("paper", title=gettext_lazy("Make a paper"))
def work(progress: Any, park: Park, by: int | None, *, paper: str, period: str, language: str) -> dict[str, Any]:
    """Make a paper and tell the office; the job's result leads to it."""
    access = _access(park, by)
    made = make(park, paper, period, language=language, access=access, step=progress.step)
    link = reverse("paper", args=[park.code, made.pk])
    if by is None:
        from lingtan.web.papers.plans import tell_office

        tell_office(made)
    return {"link": link}


def _access(park: Park, by: int | None) -> Access:
    """Return the access of who asked; work without a person is the office's own."""
    from lingtan.web.kernel.pages import today_in
    from lingtan.web.people.user import User

    if by is None:
        actions = GRANTS[Role.OFFICE].actions
        return Access(None, park.pk, frozenset({"office"}), whole_park=True, actions=actions)
    person = User.objects.filter(pk=by).first()
    access = access_of(person, park.pk, today_in(park)) if person is not None else None
    if access is None or not access.may("compute") or not access.whole_park:
        raise PaperError(_("Who asked for this paper may not make it any more."))
    return access


def make(park: Park, kind: str, period: str, *, language: str, access: Access, step: Any = None) -> Paper:
    """Make a paper and keep it; where nothing in it has changed since the last one, that one is returned.

    Raises
    ------
    Refused : no such kind or period. NothingToWrite : no account of the year. PaperError : it cannot be set.
    """
    tell = step or (lambda name, done=0, total=0: None)
    with translation.override(CATALOGUE[Language(language)]), timezone.override(ZoneInfo(park.timezone)):
        found, read = check(park, kind, period, language)
        tell(READING, 0, 3)
        basis = gather(park, access, read)
        values = found.write(basis)
        answer = found.answer(basis)
        digest = digest_of(values)
        rows = Paper.objects.filter(park=park, kind=kind, period=period, language=language)
        last = rows.order_by("-pk").first()
        if last is not None and last.digest == digest and last.code_version == version("lingtan"):
            return last
        tell(WRITING, 1, 3)
        files = {"pdf": pdf.write(values), "word": word.write(values)}
        tell(KEEPING, 2, 3)
        return _keep(basis, found, values, digest=digest, answer=answer, files=files, language=language)


def digest_of(values: Values) -> str:
    """Return the digest of all that a paper says, but for the day on which it was made."""
    told = pdf.plain(values)
    told.pop("day")
    told["facts"] = [pair for pair in told["facts"] if pair[0] != _("Made")]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _keep(
    basis: Basis, kind: Kind, values: Values, *, digest: str, answer: str, files: dict[str, bytes], language: str
) -> Paper:
    """Store the files as versions of two documents, and the record that leads to them."""
    person, period = basis.access.user_id, basis.period
    with transaction.atomic(), pghistory.context(user=person, action="paper"):
        kept = {
            form: _version(basis, values.title, f"{kind.key}-{period.text}-{language}{ENDINGS[form]}", content)
            for form, content in files.items()
        }
        return Paper.objects.create(
            park=basis.park, kind=kind.key, period=period.text, start=period.start, end=period.end, language=language,
            title=values.title[:255], answer=answer, state=state_of(basis), run=basis.run, method=basis.run.variant,
            digest=digest, inputs=basis.run.input_digest, code_version=version("lingtan"), made_at=basis.now,
            made_by_id=person, **kept,
        )  # fmt: skip


def _version(basis: Basis, title: str, name: str, content: bytes) -> DocumentVersion:
    """Store a content as the newest version of the document of its name; the same content is the same version.

    The document has no path: a paper is made anew from the park, so a folder of the park need not carry it.
    """
    digest, size = store.keep(io.BytesIO(content))
    link = f"paper:{name}"
    document, _made = Document.objects.select_for_update().get_or_create(
        park=basis.park, kind="paper", links=[link],
        defaults={"title": f"{title} ({name.rpartition('.')[2].upper()})"[:255], "issued": basis.today},
    )  # fmt: skip
    last = DocumentVersion.objects.filter(document=document).order_by("-number").first()
    if last is not None and last.sha256 == digest:
        return last
    document.sha256, document.size, document.issued = digest, size, basis.today
    document.version += 1
    document.save(update_fields=["sha256", "size", "issued", "version"])
    return DocumentVersion.objects.create(
        park=basis.park, document=document, number=last.number + 1 if last else 1, name=name, sha256=digest, size=size,
        added_at=basis.now, added_by_id=basis.access.user_id, note=_("run %(run)s") % {"run": basis.run.pk},
    )  # fmt: skip
