"""Proposing, agreeing, releasing, withdrawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from lingtan.web.kernel.workflow import Refused
from lingtan.web.publish.release import RELEASE, Release, ReleaseKind

if TYPE_CHECKING:
    from lingtan.web.account.run import Figure
    from lingtan.web.people.access import Access
    from lingtan.web.publish.document import DocumentVersion


def propose_figure(figure: Figure, titles: tuple[str, str], *, by: Access) -> Release:
    """Propose a figure as it stands in its run; ``titles`` in Chinese and English."""
    from lingtan.inventory import methods

    run = figure.run
    method = methods.load(run.method)
    basis = {
        "run": run.pk,
        "year": run.year,
        "method": run.variant,
        "method_zh": method.name_zh,
        "method_en": method.name_en,
        "boundary": run.boundary,
        "coverage": run.result.get("coverage", {}),
        "digest": run.input_digest,
        "code": run.code_version,
    }
    return _propose(
        ReleaseKind.FIGURE,
        titles,
        by,
        node=figure.node,
        figure=figure.name,
        value=figure.value,
        unit=figure.unit,
        status=run.status,
        basis=basis,
    )


def propose_document(version: DocumentVersion, titles: tuple[str, str], *, by: Access) -> Release:
    """Propose one version of a document; a newer version is not released with it."""
    return _propose(ReleaseKind.DOCUMENT, titles, by, node=version.document.node, document=version)


def propose_notice(titles: tuple[str, str], texts: tuple[str, str], *, by: Access) -> Release:
    """Propose a text of the park's own."""
    return _propose(ReleaseKind.NOTICE, titles, by, text_zh=texts[0], text_en=texts[1])


def _propose(kind: ReleaseKind, titles: tuple[str, str], by: Access, **fields: Any) -> Release:
    if not by.may("release"):
        raise PermissionDenied
    if not all(title.strip() for title in titles):
        raise Refused("release.title", _("Give the title in Chinese and in English; the public reads both."))
    with transaction.atomic(), pghistory.context(action="propose"):
        return Release.objects.create(
            park_id=by.park_id,
            kind=kind,
            title_zh=titles[0].strip(),
            title_en=titles[1].strip(),
            proposed_by_id=by.user_id,
            **fields,
        )


def move(release: Release, action: str, *, by: Access, reason: str = "") -> bool:
    """Make a move of `release.RELEASE`; what speaks of an enterprise needs its word first.

    Raises
    ------
    Refused : see `kernel.workflow.Workflow.go`; or the enterprise has not agreed, or the agreement is not the person's
        to give.
    """
    if action == "release" and release.node_id is not None and release.state != "consented":
        raise Refused("release.consent", _("This speaks of an enterprise: its approver has to agree first."))
    if action == "consent" and release.node_id not in by.enterprises:
        raise Refused("release.consent", _("Only the enterprise that it speaks of can agree."))
    with transaction.atomic():
        moved = RELEASE.go(release, action, by=by, reason=reason)
        if moved and reason:
            Release.objects.filter(pk=release.pk).update(reason=reason)
            release.reason = reason
    return moved
