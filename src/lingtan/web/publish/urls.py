"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import path

from lingtan.web.publish import documents
from lingtan.web.publish.release_urls import urlpatterns as releases

urlpatterns = [
    *releases,
    path("documents/", documents.to_list, name="documents"),
    path("documents/proofs/", documents.proofs, name="document_proofs"),
    path("documents/<int:pk>/file/", documents.upload, name="document_upload"),
    path("documents/<int:pk>/<int:number>/", documents.download, name="document_download"),
]
